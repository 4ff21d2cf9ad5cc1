"""Sockets break, and junk arrives between messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

from harness.driving.claims import EventView
from harness.driving.numbers import as_kept
from harness.gateway.fault_plan import Rule
from harness.gateway.faults import DropMessage, Junk
from harness.scenarios.played import start
from harness.scenarios.played.market_data import books_differ, depth_kept
from harness.scenarios.played.order_life import (
    WAIT,
    Life,
    let_trade,
    place_by_hand,
    rest,
    resting_price,
    settle,
    size,
    submit,
)
from harness.scenarios.played.polls import keep_clear_of_polls
from harness.scenarios.rig import Rig, Rigs
from harness.scenarios.trace.view import SeenSocket, View
from harness.venue.market import floor_to
from harness.venue.model import Fill, Side

OWN_RHYTHM = 90.0
STREAMS = ("stream:book", "stream:trades", "stream:orders")
TOPICS = (
    *STREAMS,
    "stream:fills",
    "stream:balances",
    "stream:positions",
    "stream:mark_price",
    "stream:ticker",
)
VANISHING = 3  # asks
NOT_TOLD = 1.0  # virtual seconds, more than between two messages of the book
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

    `keys_ended` says that the key of the private stream was worth nothing from then on, where there are such.

    `missing` are topics that it had before and not in the end. `wrong_before` is how the book differed before
    the break already.
    `vanished` are the prices of asks that went while it was away, and `ghosts` those that it still has.
    `orders_streamed` is whether the fill was sent over a private stream, if others were before the break: a
    poll may find a fill too, but late.
    """

    code: int
    before: frozenset[str]
    after: tuple[SeenSocket, ...]
    book_difference: str | None
    fill: Fill | None
    fill_reported: bool
    orders_streamed: bool
    missing: frozenset[str] = frozenset()
    wrong_before: str | None = None
    vanished: tuple[Decimal, ...] = ()
    ghosts: tuple[Decimal, ...] = ()
    keys_ended: bool = False

    @property
    def recovered(self) -> bool:
        return self.book_difference is None and self.fill_reported and self.orders_streamed


@dataclass
class BrokenStreams(View):
    """Every socket closed, by 1000 and by a broken connection, with an order open.

    `at_once` is another that met two orders at one moment while no stream was heard; of its fills,
    `unreported` were not found by polls.
    """

    rig_number: int
    rounds: list[Reconnection] = field(default_factory=list)
    life: Life | None = None
    missed_fill: Fill | None = None
    missed_fill_reported: bool = False
    at_once: Life | None = None
    unreported: list[Fill] = field(default_factory=list)


def break_streams(rigs: Rigs, pace: float) -> BrokenStreams:
    """Close all sockets, twice; after each the book must follow and a new fill must arrive.

    The second time keys that open private streams end, too, as they do when they were not renewed.

    Meanwhile levels vanish that nobody has touched before, where the exchange tells the whole book to who
    subscribes, and nothing else happens: today's framework does not recover the rest, whatever the connector
    does. A connector that did not come back is not broken again.
    """
    with rigs.open(pace) as rig:
        run = BrokenStreams(rig.number)
        start(rig)
        life = run.life = rest(rig, Side.BUY)
        if life.placed is None:
            return run
        # Of a short snapshot the far end has holes as soon as prices move, which is no matter of streams.
        depth, first = depth_kept(rig, [rig.market]) // 2, _asks(rig)
        for code in (1006, 1000):
            run.rounds.append(_break_once(rig, life, code, depth, first))
            if not run.rounds[-1].recovered:
                break
        _miss_a_fill(rig, run, life)
        if run.missed_fill_reported:
            _miss_two_at_once(rig, run)
        return run


def _asks(rig: Rig) -> dict[Decimal, Decimal]:
    return {level.price: level.amount for level in rig.venue.book(rig.market).asks}


def _break_once(
    rig: Rig, life: Life, code: int, depth: int, first: Mapping[Decimal, Decimal]
) -> Reconnection:
    """`first` are the asks of the start."""
    mark, before = rig.record.mark(), _carried(rig)
    streamed, topics = _order_messages(rig, 0), _carried(rig, TOPICS)
    wrong_before = books_differ(rig, [rig.market], WAIT, depth)
    keys_ended = code == 1000 and rig.dialect.renews_listen_keys
    with rig.faults.during(DropMessage(), "stream:book"):
        vanished = _take_levels_away(rig, first) if rig.dialect.books_begin_whole else ()
        if keys_ended:
            rig.dialect.expire_user_streams(rig.account)
        rig.gateway.close_sockets(code)
    _wait_for_streams(rig, before)
    rig.pause(3)
    rig.venue.walk(40, rig.market)
    difference = books_differ(rig, [rig.market], RECONNECT, depth)
    filling = rig.record.mark()
    fill, reported = _fill_some(rig, life, WAIT if streamed else OWN_RHYTHM)
    again = bool(_order_messages(rig, filling)) or not streamed
    rig.eventually(lambda: topics <= _carried(rig, TOPICS), WAIT)
    missing = topics - _carried(rig, TOPICS)
    return Reconnection(
        code, before, rig.record.sockets(since=mark), difference, fill, reported, again, missing,
        wrong_before, vanished, _still_there(rig, vanished), keys_ended,
    )  # fmt: skip


def _take_levels_away(rig: Rig, first: Mapping[Decimal, Decimal]) -> tuple[Decimal, ...]:
    """Of the asks that the connector has, some so far away that nothing else happens there; their prices.

    They are as they were at the start. The framework applies the last changes of a book once more after each
    snapshot (`bisect_right` of messages that are all less than each other), and would bring others back.
    """
    kept = {price for price, _ in rig.connector.book(rig.pair).asks}
    asks = _asks(rig).items()
    common = [price for price, amount in asks if price in kept and first.get(price) == amount]
    prices = common[len(common) * 3 // 4 :][:VANISHING]
    for price in prices:
        rig.venue.set_level(rig.market, Side.SELL, price, Decimal(0))
    rig.pause(NOT_TOLD)
    return tuple(prices)


def _still_there(rig: Rig, vanished: Iterable[Decimal]) -> tuple[Decimal, ...]:
    """Those that the connector has and nobody else, besides what lies beyond the exchange's depth."""
    offered = {level.price for level in rig.venue.book(rig.market).asks}
    kept = {price for price, _ in rig.connector.book(rig.pair).asks}
    return tuple(price for price in vanished if price in kept and price not in offered)


def _carried(rig: Rig, topics: Iterable[str] = STREAMS) -> frozenset[str]:
    """What the connector is subscribed to now, of all that matters here."""
    return frozenset(each for each in topics if rig.gateway.open_sockets(each))


def _wait_for_streams(rig: Rig, wanted: frozenset[str]) -> bool:
    """Subscribed again to all of it, on whatever sockets; one that has not logged in hears nothing."""
    return rig.eventually(lambda: wanted <= _carried(rig), RECONNECT)


def _order_messages(rig: Rig, since: int) -> int:
    return len(rig.record.frames("stream:orders", direction="received", since=since))


def _fill_some(rig: Rig, life: Life, timeout: float) -> tuple[Fill | None, bool]:
    """An eighth of the order trades, None if it cannot; whether the connector reported that fill in time."""
    if life.placed is None:
        return None, False
    lots = life.placed.amount / rig.market.lot_size // 8
    keep_clear_of_polls(rig)
    fill = let_trade(rig, life, lots * rig.market.lot_size)
    return fill, fill is not None and wait_for_fill(rig, life, fill, timeout)


def wait_for_fill(rig: Rig, life: Life, fill: Fill, timeout: float) -> bool:
    def reported() -> bool:
        fills = rig.venue.fills(rig.account, order_id=fill.order_id)
        events = rig.connector.events("OrderFilled", life.order_id)
        return is_reported(fill, [(each, rig.dialect.trade_id(each)) for each in fills], events)

    return bool(rig.eventually(reported, timeout))


def is_reported(fill: Fill, fills: Iterable[tuple[Fill, str]], events: Sequence[EventView]) -> bool:
    """Whether the events of an order tell of this fill: by its id, or else by what they add up to.

    `fills` are all that the order had, each with its id. Connectors of 2020 give the order's id in its place,
    and a poll may find two fills at once; then such events have to tell of what was filled by this one.
    """
    numbered = {name: each for each, name in fills}
    told = {_trade_id(event) for event in events}
    if any(name in told and each.trade_id == fill.trade_id for name, each in numbered.items()):
        return True
    amounts = [event.decimal("amount") for event in events if _trade_id(event) not in numbered]
    known = [amount for amount in amounts if amount is not None and amount.is_finite()]
    untold = [e for name, e in numbered.items() if name not in told and e.trade_id <= fill.trade_id]
    return as_kept(sum(known, Decimal(0))) >= as_kept(sum((each.amount for each in untold), Decimal(0)))


def _trade_id(event: EventView) -> str:
    return str(event.data.get("exchange_trade_id"))


def _miss_a_fill(rig: Rig, run: BrokenStreams, life: Life) -> None:
    """A fill that no stream tells of: the next poll has to find it."""
    with rig.faults.during(DropMessage(), "stream:*"):
        if life.placed is None:
            return
        lots = life.placed.amount / rig.market.lot_size // 8
        run.missed_fill = let_trade(rig, life, lots * rig.market.lot_size)
        if run.missed_fill is None:
            return
        for _ in range(2):
            rig.connector.tick()
            run.missed_fill_reported = wait_for_fill(rig, life, run.missed_fill, 6.0)
            if run.missed_fill_reported:
                return


def _miss_two_at_once(rig: Rig, run: BrokenStreams) -> None:
    """An order meets two others, so that two fills have one time, and no stream tells of them."""
    amount, (best, second) = size(rig), rig.venue.book(rig.market, 2).asks[:2]
    rig.venue.set_level(rig.market, Side.SELL, best.price, floor_to(amount / 2, rig.market.lot_size))
    rig.venue.set_level(rig.market, Side.SELL, second.price, amount)
    with rig.faults.during(DropMessage(), "stream:*"):
        life = run.at_once = settle(rig, submit(rig, Side.BUY, amount, second.price))
        for _ in range(2):
            rig.connector.tick()
            run.unreported = [fill for fill in life.fills if not wait_for_fill(rig, life, fill, 6.0)]
            if not run.unreported:
                break
    settle(rig, life)


@dataclass
class JunkSent(View):
    """Messages that make no sense on every stream, then business as usual."""

    rig_number: int
    sent: int = 0
    book_follows: bool = False
    life: Life | None = None
    fill: Fill | None = None
    fill_reported: bool = False


def send_junk(rigs: Rigs, pace: float) -> JunkSent:
    """Junk before ordinary messages. Changes lost while a connector reconnects are not held against it."""
    with rigs.open(pace) as rig:
        run = JunkSent(rig.number)
        start(rig)
        life = run.life = rest(rig, Side.BUY)
        if life.placed is None:
            return run
        carried = _carried(rig)
        for text in JUNK:
            rules = [rig.faults.add(Junk(text), kind) for kind in ("stream:book", "stream:orders")]
            rig.venue.walk(5, rig.market)
            _nudge(rig)
            rig.eventually(partial(_all_applied, rules), 5.0)
            run.sent += sum(rule.applied for rule in rules)
            rig.faults.clear()
            if not _wait_for_streams(rig, carried):
                break
        rig.pause(5)
        run.book_follows = _book_follows(rig)
        run.fill, run.fill_reported = _fill_some(rig, life, WAIT)
        return run


def _all_applied(rules: list[Rule]) -> bool:
    return all(rule.applied for rule in rules)


def _book_follows(rig: Rig) -> bool:
    """A new bid at the top appears in the connector's book, with its amount, and goes away again.

    Other levels are not looked at: today's framework puts back those that changed while it was away
    (`OrderBookMessage.__lt__` lets it replay all it ever kept on top of a new snapshot).
    """
    price = _free_price(rig)
    amount = rig.market.lot_size * rig.random.randint(1000, 9999)
    rig.venue.set_level(rig.market, Side.BUY, price, amount)

    def there() -> list[Decimal]:
        return [each for bid, each in rig.connector.book(rig.pair).bids if bid == price]

    came = rig.eventually(lambda: there() == [amount], RECONNECT)
    rig.venue.set_level(rig.market, Side.BUY, price, Decimal(0))
    return bool(came and rig.eventually(lambda: not there(), RECONNECT))


def _free_price(rig: Rig) -> Decimal:
    """The highest price below the best ask at which nobody bids: above all bids, if there is room."""
    book, tick = rig.venue.book(rig.market), rig.market.tick_size
    taken = {level.price for level in book.bids}
    price = min(book.bids[0].price + tick, book.asks[0].price - tick)
    while price in taken:
        price -= tick
    return price


def _nudge(rig: Rig) -> None:
    """Something private happens: an order placed by hand on the same account, and cancelled."""
    placed = place_by_hand(rig, Side.SELL, resting_price(rig, Side.SELL))
    rig.venue.cancel(rig.account, order_id=placed.order_id)
