"""More than an hour of market making: orders refreshed often, then seldom, with two mishaps on the way.

Time runs fast while there is nothing to do but wait: renewals, polls and pings fall due as often as they do.
No faster, though, than the connector can follow: what takes a tenth of a second on a busy machine is nine
seconds to it, which it rightly takes for a dead network.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal

from checks.conformance.scenarios import start
from checks.conformance.scenarios.order_life import WAIT, Life, let_trade, rest, settle
from checks.conformance.scenarios.streams import POLLS, wait_for_fill
from harness.driving.claims import Usage
from harness.gateway.entries import ClosedBy
from harness.gateway.faults import DropMessage
from harness.scenarios.rig import Bench, Lab
from harness.venue.model import Fill, Order, Side

IDLE_FACTOR, FASTEST = 7.5, 90.0  # how much faster time runs while all wait, and how fast at most
MOST_LAG = 2.5  # virtual seconds until it answers us; it gives the exchange ten
SLOWER, FASTER = 0.6, 1.15
TRIES = 3  # each at half the pace of the one before; the last goes to its end whatever happens
FAST_ROUNDS, FAST_REFRESH = 6, 10.0  # virtual seconds between two rounds, as in qa's two rows
SLOW_ROUNDS, SLOW_REFRESH = 15, 300.0
LEVELS = 150  # a side of the book
GAP_IN, BREAK_IN = 1, 13  # rounds of the slow part in which something goes wrong; keys live up to an hour
CHANGED = 6  # levels
DEEPEST = 100  # what every snapshot has
LOOK_EVERY, WALK_EVERY = 5.0, 10.0  # virtual seconds; no market is silent for half a minute
PRIVATE = ("stream:orders", "stream:fills")
BACK = 120.0  # virtual seconds after which a broken private stream has to be there again


@dataclass
class Hour:
    """What came of it. Times are virtual seconds. `depth` is how many levels of each side it keeps at first.

    `restarts` counts how often it broke all its connections off by itself, as it does when it thinks that its
    network is down. `deaf` is how long no private stream was open, after one had been and besides `BACK`
    after the break.
    `private` are the numbers of the sockets that were one. `unheard` are the amounts, by price, of levels
    whose change the connector was never told. Of those that it keeps and that never changed again, `judged`
    could be looked at last, so long (`after`) after it; `still_wrong` says how it had them. `forgotten` are
    orders open at the end that it does not track, `stuck` those that it tracks and that are not open.
    `usages` are what its process held in the slow part, at the beginning of each round and at the end.
    """

    bench: Bench
    depth: tuple[int, int] = (0, 0)
    lives: list[Life] = field(default_factory=list)
    began: float = 0.0
    ended: float = 0.0
    restarts: int = 0
    deaf: float = 0.0
    private: set[int] = field(default_factory=set)
    unheard: dict[Decimal, Decimal] = field(default_factory=dict)
    lost_at: float = 0.0
    after: float = 0.0
    judged: int = 0
    still_wrong: list[str] = field(default_factory=list)
    last_fill: Fill | None = None
    last_fill_streamed: bool = False
    usages: list[Usage] = field(default_factory=list)
    network: str = ""
    forgotten: tuple[Order, ...] = ()
    stuck: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        return self.ended - self.began


def make_markets(lab: Lab, pace: float) -> Hour:
    """Quote both sides again and again; now and then somebody takes one.

    An hour in which it started its network anew shows little: what was wrong may have been put right by that.
    It may have been our haste, so the hour begins again, more slowly.
    """
    fastest = max(pace, min(pace * IDLE_FACTOR, FASTEST))
    for number in range(TRIES - 1):
        with suppress(_RestartedError):
            return _hour(lab, pace, max(pace, fastest / 2**number), strict=True)
    return _hour(lab, pace, max(pace, fastest / 2 ** (TRIES - 1)), strict=False)


class _RestartedError(Exception):
    """The connector started its network anew."""


def _hour(lab: Lab, pace: float, fastest: float, *, strict: bool) -> Hour:
    """Raises _RestartedError, if `strict`."""
    with lab.bench(pace) as bench:
        story = Hour(bench)
        bench.venue.seed_book(bench.market, LEVELS)
        start(bench)
        story.began = bench.clock.now()
        book = bench.connector.book(bench.pair)
        story.depth = (len(book.bids), len(book.asks))
        watch = _Watch(story, pace, fastest, strict=strict)
        quotes: list[Life] = []
        for number in range(FAST_ROUNDS):
            quotes = _refresh(story, quotes, taken=number % 3 == 1)
            watch.idle(FAST_REFRESH)
        for number in range(SLOW_ROUNDS):
            if number == GAP_IN:
                _lose_part_of_the_book(story)
            if number == BREAK_IN:
                watch.break_private_streams()
            story.usages.append(bench.connector.usage())
            quotes = _refresh(story, quotes, taken=number % 3 == 1)
            watch.idle_fast(SLOW_REFRESH)
            _look_at_what_was_lost(story)
        _end(story, quotes)
        return story


def _refresh(story: Hour, quotes: list[Life], *, taken: bool) -> list[Life]:
    """Cancel the last quotes and place new ones; of the new bid a part is `taken`."""
    _withdraw(story.bench, quotes)
    new = [rest(story.bench, side) for side in Side]
    if taken and (placed := new[0].placed) is not None:
        lots = placed.amount / story.bench.market.lot_size // 3
        let_trade(story.bench, new[0], lots * story.bench.market.lot_size)
    story.lives += new
    return new


def _withdraw(bench: Bench, quotes: list[Life]) -> None:
    for life in quotes:
        bench.connector.cancel(life.order_id)
    numbers = [life.placed.order_id for life in quotes if life.placed is not None]
    bench.eventually(
        lambda: not any(bench.venue.order(bench.account, order_id=number).status.live for number in numbers),
        WAIT,
    )


def _lose_part_of_the_book(story: Hour) -> None:
    """Change levels that the connector keeps and nobody else soon touches, and let nobody be told.

    Only those are looked at in the end: of levels that change often, today's framework puts back old amounts
    whenever a new snapshot arrives (`OrderBookMessage.__lt__`), whatever the connector does. They are asks:
    for a bid to be taken, other bids step aside, and all are told again.
    """
    bench, step = story.bench, story.bench.market.lot_size
    first = max(min(*story.depth, DEEPEST) * 4 // 5 - CHANGED, 0)
    book = bench.venue.book(bench.market)
    with bench.faults.during(DropMessage(), "stream:book") as rule:
        for level in book.asks[first : first + CHANGED]:
            amount = level.amount + step * bench.random.randint(7, 99)
            bench.venue.set_level(bench.market, Side.SELL, level.price, amount)
            story.unheard[level.price] = amount
        bench.eventually(lambda: rule.applied, 5.0)
        bench.pause(3)  # more than the longest time between two messages
        story.lost_at = bench.clock.now()
        if not rule.applied:
            story.unheard.clear()


def _look_at_what_was_lost(story: Hour) -> None:
    bench = story.bench
    told = bench.venue.book(bench.market, bench.dialect.book_depth).asks
    truth = {level.price: level.amount for level in told}
    kept = dict(bench.connector.book(bench.pair).asks)
    deepest = max(kept, default=Decimal(0))
    unheard = [(price, amount) for price, amount in story.unheard.items() if price <= deepest]
    same = [price for price, amount in unheard if truth.get(price) == amount]
    if same:
        story.judged, story.after = len(same), bench.clock.now() - story.lost_at
        told_wrong = ((price, kept[price]) for price in same if price in kept and kept[price] != truth[price])
        story.still_wrong = [f"{truth[price]} at {price}, not {claim}" for price, claim in told_wrong]


class _Watch:
    """Lets time go by, as fast as the connector can follow, and looks whether there is a private stream."""

    def __init__(self, story: Hour, pace: float, fastest: float, *, strict: bool) -> None:
        self._story = story
        self._strict = strict
        self._bench = story.bench
        self._pace, self._fastest, self._fast = pace, fastest, fastest
        self._open: frozenset[int] = frozenset()
        self._excused_until = 0.0
        self._last = self._walk_at = story.bench.clock.now()

    def break_private_streams(self) -> None:
        self._look()
        for operation in PRIVATE:
            self._bench.gateway.close_sockets(operation=operation)
        self._excused_until = self._bench.clock.now() + BACK

    def idle_fast(self, seconds: float) -> None:
        self._fast = min(self._fast * FASTER, self._fastest)
        self._bench.go_at(self._fast)
        self.idle(seconds)
        self._bench.go_at(self._pace)

    def idle(self, seconds: float) -> None:
        """Prices move a little meanwhile."""
        end = self._bench.clock.now() + seconds
        while (left := end - self._bench.clock.now()) > 0:
            self._bench.pause(min(LOOK_EVERY, left))
            self._look()
            if self._last >= self._walk_at:
                self._bench.venue.walk(1, self._bench.market)
                self._walk_at = self._last + WALK_EVERY
            self._let_it_keep_up()

    def _let_it_keep_up(self) -> None:
        asked = self._bench.clock.now()
        self._bench.connector.network_status()
        if self._bench.clock.now() - asked > MOST_LAG and self._bench.clock.scale > self._pace:
            self._fast = max(self._fast * SLOWER, self._pace)
            self._bench.go_at(self._fast)

    def _look(self) -> None:
        now = self._bench.clock.now()
        gateway = self._bench.gateway
        now_open = frozenset(each.number for each in gateway.open_sockets())
        gone = self._open - now_open
        if len(gone) > 1 and gone == self._open and self._left(gone):
            self._story.restarts += 1
            if self._strict:
                raise _RestartedError
        self._open = now_open
        there = [each for name in PRIVATE for each in gateway.open_sockets(name, subscribed=True)]
        if there:
            self._story.private.update(each.number for each in there)
        elif now > self._excused_until and self._story.private:
            self._story.deaf += now - max(self._last, self._excused_until)
        self._last = now

    def _left(self, numbers: frozenset[int]) -> bool:
        """Whether all these sockets were ended by the connector."""
        ended = {each.number: each.closed_by for each in self._bench.record.sockets()}
        return all(ended.get(number) in (ClosedBy.CLIENT, ClosedBy.LOST) for number in numbers)


def _end(story: Hour, quotes: list[Life]) -> None:
    """One more fill, everything withdrawn, and a look at what is left."""
    bench = story.bench
    story.usages.append(bench.connector.usage())
    life = quotes[1]
    story.last_fill = let_trade(bench, life, None)
    if story.last_fill is not None:
        since = bench.record.mark()
        told = wait_for_fill(bench, life, story.last_fill, WAIT)
        streamed = any(bench.record.frames(each, direction="received", since=since) for each in PRIVATE)
        story.last_fill_streamed = told and streamed
    _withdraw(bench, [quotes[0]])
    bench.connector.wait_event("OrderCancelled", quotes[0].order_id, WAIT)
    bench.eventually(lambda: not bench.connector.orders(), POLLS + WAIT)  # a poll may have to tell it
    for each in story.lives:
        settle(bench, each)
    open_orders = bench.venue.open_orders(bench.account)
    tracked = set(bench.connector.orders())
    mine = {each.placed.order_id: each.order_id for each in story.lives if each.placed is not None}
    story.forgotten = tuple(o for o in open_orders if mine.get(o.order_id) not in tracked)
    live = {mine.get(order.order_id) for order in open_orders}
    story.stuck = tuple(sorted(tracked - live))
    story.network = bench.connector.network_status()
    story.ended = bench.clock.now()
