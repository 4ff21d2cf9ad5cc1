"""Sockets break, private messages repeat or vanish, and junk arrives between messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

from checks.conformance.stories import start
from checks.conformance.stories.market_data import books_differ, depth_kept
from checks.conformance.stories.order_life import (
    WAIT,
    Life,
    completed,
    let_trade,
    place_by_hand,
    rest,
    resting_price,
    settle,
)
from harness.gateway.fault_plan import Rule
from harness.gateway.faults import (
    DropMessage,
    DuplicateMessage,
    Junk,
)
from harness.gateway.record import Socket
from harness.lab import Bench, Lab
from harness.venue.model import Fill, Side

POLLS = 120.0  # virtual seconds; today's framework polls at whole multiples of this while a stream is up
CLEAR = 15.0
STREAMS = ("stream:book", "stream:trades", "stream:orders")
RECONNECT = 60.0  # virtual seconds that a connector may take to come back
JUNK = (
    "not json at all",
    "{}",
    "[]",
    "null",
    '{"e": null, "type": 7, "data": {"x": [1e400]}}',
    '{"unfinished": ',
)


@dataclass(frozen=True)
class Reconnection:
    """A close code, what streams carried before, the sockets opened after, and whether things flowed again.

    `orders_streamed` is whether the fill was sent over a private stream, if others were before the break: a
    poll may find a fill too, but late.
    """

    code: int
    before: frozenset[str]
    after: tuple[Socket, ...]
    book_difference: str | None
    fill: Fill | None
    fill_reported: bool
    orders_streamed: bool

    @property
    def recovered(self) -> bool:
        return self.book_difference is None and self.fill_reported and self.orders_streamed


@dataclass
class BrokenStreams:
    """Every socket closed, by 1000 and by a broken connection, with an order open."""

    bench: Bench
    rounds: list[Reconnection] = field(default_factory=list)
    life: Life | None = None
    missed_fill: Fill | None = None
    missed_fill_reported: bool = False


def break_streams(lab: Lab, pace: float) -> BrokenStreams:
    """Close all sockets, twice; after each the book must follow and a new fill must arrive.

    Nothing happens meanwhile: today's framework does not recover what changes while it is away, whatever the
    connector does. A connector that did not come back is not broken again.
    """
    with lab.bench(pace) as bench:
        story = BrokenStreams(bench)
        start(bench)
        life = story.life = rest(bench, Side.BUY)
        if life.placed is None:
            return story
        # Of a short snapshot the far end has holes as soon as prices move, which is no matter of streams.
        depth = depth_kept(bench, [bench.market]) // 2
        for code in (1006, 1000):
            story.rounds.append(_break_once(bench, life, code, depth))
            if not story.rounds[-1].recovered:
                break
        _miss_a_fill(story, life)
        return story


def _break_once(bench: Bench, life: Life, code: int, depth: int) -> Reconnection:
    mark, before = bench.record.mark(), _carried(bench)
    streamed = _order_messages(bench, 0)
    bench.gateway.close_sockets(code)
    _wait_for_streams(bench, before)
    bench.pause(3)
    bench.venue.walk(40, bench.market)
    difference = books_differ(bench, [bench.market], RECONNECT, depth)
    filling = bench.record.mark()
    fill, reported = _fill_some(bench, life)
    again = bool(_order_messages(bench, filling)) or not streamed
    return Reconnection(code, before, bench.record.sockets(since=mark), difference, fill, reported, again)


def _carried(bench: Bench) -> frozenset[str]:
    """What the connector is subscribed to now, of all that matters here."""
    return frozenset(each for each in STREAMS if bench.gateway.open_sockets(each))


def _wait_for_streams(bench: Bench, wanted: frozenset[str]) -> bool:
    """Subscribed again to all of it, on whatever sockets; one that has not logged in hears nothing."""
    return bench.eventually(lambda: wanted <= _carried(bench), RECONNECT)


def _order_messages(bench: Bench, since: int) -> int:
    return len(bench.record.frames("stream:orders", direction="received", since=since))


def _fill_some(bench: Bench, life: Life) -> tuple[Fill | None, bool]:
    """An eighth of the order trades, None if it cannot; whether the connector reported just that fill."""
    assert life.placed is not None
    lots = life.placed.amount / bench.market.lot_size // 8
    _keep_clear_of_polls(bench)
    fill = let_trade(bench, life, lots * bench.market.lot_size)
    return fill, fill is not None and wait_for_fill(bench, life, fill)


def _keep_clear_of_polls(bench: Bench) -> None:
    """A fill that a regular poll might find shows nothing of the stream: wait until none is near."""
    left = POLLS - bench.clock.now() % POLLS
    if left < CLEAR:
        bench.pause(left + 3)


def wait_for_fill(bench: Bench, life: Life, fill: Fill, timeout: float = 10.0) -> bool:
    name = bench.dialect.trade_id(fill)

    def reported() -> bool:
        events = bench.connector.events("OrderFilled", life.order_id)
        return any(str(event.data.get("exchange_trade_id")) == name for event in events)

    return bool(bench.eventually(reported, timeout))


def _miss_a_fill(story: BrokenStreams, life: Life) -> None:
    """A fill that no stream tells of: the next poll has to find it."""
    bench = story.bench
    with bench.faults.during(DropMessage(), "stream:*"):
        assert life.placed is not None
        lots = life.placed.amount / bench.market.lot_size // 8
        story.missed_fill = let_trade(bench, life, lots * bench.market.lot_size)
        if story.missed_fill is None:
            return
        for _ in range(2):
            bench.connector.tick()
            story.missed_fill_reported = wait_for_fill(bench, life, story.missed_fill, 6.0)
            if story.missed_fill_reported:
                return


@dataclass
class DeafStreams:
    """Every private message sent twice, then none at all."""

    bench: Bench
    repeated: Life | None = None
    silent_fill: Life | None = None
    silent_cancel: Life | None = None


def disturb_user_stream(lab: Lab, pace: float) -> DeafStreams:
    with lab.bench(pace) as bench:
        story = DeafStreams(bench)
        start(bench)
        with bench.faults.during(DuplicateMessage(), "stream:orders"):
            story.repeated = _filled_in_two(bench)
        buy, sell = rest(bench, Side.BUY), rest(bench, Side.SELL)
        with bench.faults.during(DropMessage(), "stream:*"):
            _end_unheard(bench, buy, sell)
        story.silent_fill, story.silent_cancel = settle(bench, buy), settle(bench, sell)
        return story


def _filled_in_two(bench: Bench) -> Life:
    life = rest(bench, Side.SELL)
    if life.placed is not None:
        half = life.placed.amount / bench.market.lot_size // 2 * bench.market.lot_size
        for number, part in enumerate((half, None), start=1):
            let_trade(bench, life, part)
            bench.connector.wait_event("OrderFilled", life.order_id, WAIT, count=number)
        bench.connector.wait_event(completed(Side.SELL), life.order_id, WAIT)
        bench.pause(5)
    return settle(bench, life)


def _end_unheard(bench: Bench, buy: Life, sell: Life) -> None:
    """One order is filled and one is cancelled by hand while the private stream is silent."""
    if buy.placed is None or sell.placed is None:
        return
    let_trade(bench, buy)
    bench.venue.cancel(bench.account, order_id=sell.placed.order_id)
    for _ in range(4):
        bench.connector.tick()
        done = bench.connector.wait_event(completed(Side.BUY), buy.order_id, 8.0)
        gone = bench.connector.wait_event("OrderCancelled", sell.order_id, 8.0)
        if done and gone:
            return


@dataclass
class JunkStory:
    """Messages that make no sense on every stream, then business as usual."""

    bench: Bench
    sent: int = 0
    book_follows: bool = False
    life: Life | None = None
    fill: Fill | None = None
    fill_reported: bool = False


def send_junk(lab: Lab, pace: float) -> JunkStory:
    """Junk before ordinary messages. Changes lost while a connector reconnects are not held against it."""
    with lab.bench(pace) as bench:
        story = JunkStory(bench)
        start(bench)
        life = story.life = rest(bench, Side.BUY)
        if life.placed is None:
            return story
        carried = _carried(bench)
        for text in JUNK:
            rules = [bench.faults.add(Junk(text), kind) for kind in ("stream:book", "stream:orders")]
            bench.venue.walk(5, bench.market)
            _nudge(bench)
            bench.eventually(partial(_all_applied, rules), 5.0)
            story.sent += sum(rule.applied for rule in rules)
            bench.faults.clear()
            if not _wait_for_streams(bench, carried):
                break
        bench.pause(5)
        story.book_follows = _book_follows(bench)
        story.fill, story.fill_reported = _fill_some(bench, life)
        return story


def _all_applied(rules: list[Rule]) -> bool:
    return all(rule.applied for rule in rules)


def _book_follows(bench: Bench) -> bool:
    """A new bid at the top appears in the connector's book, with its amount, and goes away again.

    Other levels are not looked at: today's framework puts back those that changed while it was away
    (`OrderBookMessage.__lt__` lets it replay all it ever kept on top of a new snapshot).
    """
    price = _free_price(bench)
    amount = bench.market.lot_size * bench.random.randint(1000, 9999)
    bench.venue.set_level(bench.market, Side.BUY, price, amount)

    def there() -> list[Decimal]:
        return [each for bid, each in bench.connector.book(bench.pair).bids if bid == price]

    came = bench.eventually(lambda: there() == [amount], RECONNECT)
    bench.venue.set_level(bench.market, Side.BUY, price, Decimal(0))
    return bool(came and bench.eventually(lambda: not there(), RECONNECT))


def _free_price(bench: Bench) -> Decimal:
    """The highest price below the best ask at which nobody bids: above all bids, if there is room."""
    book, tick = bench.venue.book(bench.market), bench.market.tick_size
    taken = {level.price for level in book.bids}
    price = min(book.bids[0].price + tick, book.asks[0].price - tick)
    while price in taken:
        price -= tick
    return price


def _nudge(bench: Bench) -> None:
    """Something private happens: an order placed by hand on the same account, and cancelled."""
    placed = place_by_hand(bench, Side.SELL, resting_price(bench, Side.SELL))
    bench.venue.cancel(bench.account, order_id=placed.order_id)
