"""More than an hour of market making: orders refreshed often, then seldom, with two mishaps on the way.

Time runs fast while there is nothing to do but wait: renewals, polls and pings fall due as often as they do.
No faster, though, than the connector can follow: what takes a tenth of a second on a busy machine is nine
seconds to it, which it rightly takes for a dead network. So idle time runs slower, too, while processes wait
for a processor.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal

from harness.driving.claims import Usage
from harness.gateway.entries import ClosedBy, Socket
from harness.gateway.faults import DropMessage, Stall
from harness.scenarios.played import start
from harness.scenarios.played.order_life import WAIT, Life, let_trade, rest, settle
from harness.scenarios.played.polls import POLLS
from harness.scenarios.played.rounding import awkward
from harness.scenarios.played.streams import wait_for_fill
from harness.scenarios.pressure import processor_pressure
from harness.scenarios.rig import Rig, Rigs
from harness.scenarios.trace.view import SeenSocket, View
from harness.venue.model import Fill, Order, Side

IDLE_FACTOR, FASTEST = 7.5, 90.0  # how much faster time runs while all wait, and how fast at most
MOST_LAG = 2.5  # virtual seconds until it answers us; it gives the exchange ten
SLOWER, FASTER = 0.6, 1.15
MOST_CARE = 4  # how much slower idle time runs at most because others want the processors
TRIES = 3  # each at half the pace of the one before; the last goes to its end whatever happens
FAST_ROUNDS, FAST_REFRESH = 6, 10.0  # virtual seconds between two rounds, as in qa's two rows
SLOW_ROUNDS, SLOW_REFRESH = 15, 300.0
MOST_ROUNDS = 2 * SLOW_ROUNDS  # where what it was not told has to be looked at anew
LEVELS = 150  # a side of the book
DEAF_IN, GAP_IN, BREAK_IN = 0, 1, 13  # rounds of the slow part with a mishap; keys live up to an hour
# Rounds of the slow part: in one the market's steps change, in the other the framework has read its rules
# anew, as it does every half hour.
NEW_RULES_IN, KNOWN_IN = 2, 9
COARSER = 10  # times
CHANGED = 6  # levels
DEEPEST = 100  # what every snapshot has
SNAPSHOTS = 3700.0  # virtual seconds; the framework asks for one every hour
LOOK_EVERY, WALK_EVERY = 5.0, 10.0  # virtual seconds; no market is silent for half a minute
PRIVATE = ("stream:orders", "stream:fills")
BACK = 120.0  # virtual seconds after which a broken private stream has to be there again


@dataclass
class Hour(View):
    """What came of it. Times are virtual seconds. `depth` is how many levels of each side it keeps at first,
    `pace` how many times as fast as the wall it ran while orders were placed.

    `restarts` counts how often it broke all its connections off by itself, as it does when it thinks that its
    network is down. `deaf` is how long no private stream was open, after one had been and besides `BACK`
    after the break. `coarser` are orders with more decimals than the market has since `changed_at`; none
    where the exchange cannot tell of that, as some count the decimals of amounts.
    `private` are the numbers of the sockets that were one. `unheard` are the amounts, by price, of levels
    whose change the connector was never told. Of those that it keeps and that never changed again, `judged`
    could be looked at last, so long (`after`) after it; `still_wrong` says how it had them. `told_by` are the
    connections with the book that they were withheld on: a new one brings a new book, which says nothing of
    what becomes of a gap, so a change is withheld again then, `renewed` times. `forgotten` are
    orders open at the end that it does not track, `stuck` those that it tracks and that are not open; the
    exchange has `bids` bids then. `muted` are the connections with the book that said nothing any more from
    one moment on, and `still_deaf` those of them that it kept for the five minutes after it. `usages` are
    what its process held in the slow part, at the beginning of each round and at the end.
    """

    rig_number: int
    pace: float = 0.0
    depth: tuple[int, int] = (0, 0)
    lives: list[Life] = field(default_factory=list)
    coarser: list[Life] = field(default_factory=list)
    changed_at: float = 0.0
    began: float = 0.0
    ended: float = 0.0
    restarts: int = 0
    deaf: float = 0.0
    private: set[int] = field(default_factory=set)
    unheard: dict[Decimal, Decimal] = field(default_factory=dict)
    told_by: frozenset[int] = frozenset()
    renewed: int = 0
    lost_at: float = 0.0
    after: float = 0.0
    judged: int = 0
    still_wrong: list[str] = field(default_factory=list)
    last_fill: Fill | None = None
    last_fill_streamed: bool = False
    usages: list[Usage] = field(default_factory=list)
    network: str = ""
    bids: int = 0
    muted: tuple[SeenSocket, ...] = ()
    still_deaf: tuple[SeenSocket, ...] = ()
    forgotten: tuple[Order, ...] = ()
    stuck: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    @property
    def mended(self) -> bool:
        """Right when it was looked at last, on the connection on which the change was withheld."""
        return bool(self.judged) and not self.still_wrong


def make_markets(rigs: Rigs, pace: float) -> Hour:
    """Quote both sides again and again; now and then somebody takes one.

    An hour in which it started its network anew shows little: what was wrong may have been put right by that.
    It may have been our haste, so the hour begins again, more slowly, and so does the next that is played on
    this machine.
    """
    fastest = max(pace, min(pace * IDLE_FACTOR, FASTEST))
    slowest = max(pace, fastest / 2 ** (TRIES - 1))
    for _ in range(TRIES - 1):
        speed = max(min(fastest, rigs.bearable), slowest)
        with suppress(_RestartedError):
            return _hour(rigs, pace, speed, strict=True)
        rigs.bearable = speed / 2
    speed = max(min(fastest, rigs.bearable), slowest)
    run = _hour(rigs, pace, speed, strict=False)
    if run.restarts:
        rigs.bearable = speed / 2
    return run


class _RestartedError(Exception):
    """The connector started its network anew."""


def _hour(rigs: Rigs, pace: float, fastest: float, *, strict: bool) -> Hour:
    """Raises _RestartedError, if `strict`."""
    with rigs.open(pace) as rig:
        run = Hour(rig.number, pace)
        rig.venue.seed_book(rig.market, LEVELS)
        start(rig)
        run.began = rig.clock.now()
        book = rig.connector.book(rig.pair)
        run.depth = (len(book.bids), len(book.asks))
        watch = _Watch(rig, run, pace, fastest, strict=strict)
        quotes: list[Life] = []
        for number in range(FAST_ROUNDS):
            quotes = _refresh(rig, run, quotes, taken=number % 3 == 1)
            watch.idle(FAST_REFRESH)
        for number in range(MOST_ROUNDS):
            if number >= SLOW_ROUNDS and not _gap_is_young(run, rig.clock.now()):
                break
            _mishap(rig, run, watch, number)
            run.usages.append(rig.connector.usage())
            quotes = _refresh(rig, run, quotes, taken=number % 3 == 1)
            watch.idle_fast(SLOW_REFRESH)
            if number == DEAF_IN:
                _look_who_is_deaf(rig, run)
            if _mended_by_a_new_connection(rig, run):
                watch.slow_down()
                _lose_part_of_the_book(rig, run)
        _end(rig, run, quotes)
        return run


def _mishap(rig: Rig, run: Hour, watch: _Watch, number: int) -> None:
    """What goes wrong, or changes, at the beginning of a slow round."""
    if number == DEAF_IN:
        _mute_the_book(rig, run)
    if number == GAP_IN:
        _lose_part_of_the_book(rig, run)
    if number == NEW_RULES_IN and rig.dialect.tells_lots and rig.market.lot_size < 1:
        _make_coarser(rig)
        run.changed_at = rig.clock.now()
    if number == KNOWN_IN and run.changed_at:
        run.coarser = [awkward(rig, rig.market, side) for side in Side]
        _withdraw(rig, run.coarser)
        run.coarser = [settle(rig, life) for life in run.coarser]
    if number == BREAK_IN:
        watch.break_private_streams()


def _make_coarser(rig: Rig) -> None:
    """The market's amounts have one decimal less from now on; what is quoted anyway keeps to that, too."""
    lot = rig.market.lot_size * COARSER
    rig.market = replace(rig.market, lot_size=lot, min_amount=max(rig.market.min_amount, lot))
    rig.venue.change_rules(rig.market)


def _refresh(rig: Rig, run: Hour, quotes: list[Life], *, taken: bool) -> list[Life]:
    """Cancel the last quotes and place new ones; of the new bid a part is `taken`."""
    _withdraw(rig, quotes)
    new = [rest(rig, side) for side in Side]
    if taken and (placed := new[0].placed) is not None:
        lots = placed.amount / rig.market.lot_size // 3
        let_trade(rig, new[0], lots * rig.market.lot_size)
    run.lives += new
    return new


def _withdraw(rig: Rig, quotes: list[Life]) -> None:
    for life in quotes:
        rig.connector.cancel(life.order_id)
    numbers = [life.placed.order_id for life in quotes if life.placed is not None]
    rig.eventually(
        lambda: not any(rig.venue.order(rig.account, order_id=number).status.live for number in numbers),
        WAIT,
    )


def _mute_the_book(rig: Rig, run: Hour) -> None:
    """The connections that tell of the book stay open; nothing comes on them any more, not even a pong."""
    wanted = {each.number for each in rig.gateway.open_sockets("stream:book")}

    def muted() -> list[Socket]:
        return [each for each in rig.record.sockets() if each.number in wanted and each.fault]

    with rig.faults.during(Stall(), "stream:book"):
        rig.venue.walk(1, rig.market)
        rig.eventually(lambda: len(muted()) == len(wanted), 5.0)
    run.muted = tuple(muted())


def _look_who_is_deaf(rig: Rig, run: Hour) -> None:
    """Those that it did not leave by itself are broken, so that the rest of the hour is as ever."""
    numbers = {each.number for each in run.muted}
    run.still_deaf = tuple(each for each in rig.record.sockets() if each.number in numbers and each.is_open)
    if run.still_deaf:
        rig.gateway.close_sockets(operation="stream:book")


def _lose_part_of_the_book(rig: Rig, run: Hour) -> None:
    """Change levels that the connector keeps and nobody else soon touches, and let nobody be told.

    Only those are looked at in the end: of levels that change often, today's framework puts back old amounts
    whenever a new snapshot arrives (`OrderBookMessage.__lt__`), whatever the connector does. They are asks:
    for a bid to be taken, other bids step aside, and all are told again.
    """
    first = max(min(*run.depth, DEEPEST) * 4 // 5 - CHANGED, 0)
    book = rig.venue.book(rig.market)
    run.judged, run.still_wrong, run.unheard, run.told_by = 0, [], {}, _connections_with_the_book(rig)
    with rig.faults.during(DropMessage(), "stream:book") as rule:
        for level in book.asks[first : first + CHANGED]:
            amount = other_amount(level.amount, rig.market.lot_size, rig.random.randint(2, 10))
            rig.venue.set_level(rig.market, Side.SELL, level.price, amount)
            run.unheard[level.price] = amount
        rig.eventually(lambda: rule.applied, 5.0)
        rig.pause(3)  # more than the longest time between two messages
        run.lost_at = rig.clock.now()
        if not rule.applied:
            run.unheard.clear()


def other_amount(amount: Decimal, lot_size: Decimal, steps: int) -> Decimal:
    """A larger amount that also fits the market's lot size after it grew: some exchanges write a book's
    amounts with no more decimals than the lot size has.
    """
    coarse = lot_size * COARSER
    return (amount // coarse + steps) * coarse


def _connections_with_the_book(rig: Rig) -> frozenset[int]:
    return frozenset(each.number for each in rig.gateway.open_sockets("stream:book"))


def _gap_is_young(run: Hour, now: float) -> bool:
    """Whether a change that was withheld again has to be looked at for longer."""
    return bool(run.renewed and run.unheard) and not run.mended and now - run.lost_at < SNAPSHOTS


def _mended_by_a_new_connection(rig: Rig, run: Hour) -> bool:
    """Look at the levels whose change was withheld; whether they are right since it connected anew.

    Whether the hourly snapshot would have put them right cannot be told then. On a busy machine, connections
    are left because a pong comes too late for the hurry in which time runs.
    """
    levels = rig.venue.book(rig.market, rig.dialect.book_depth).asks
    truth = {level.price: level.amount for level in levels}
    kept = dict(rig.connector.book(rig.pair).asks)
    deepest = max(kept, default=Decimal(0))
    unheard = [(price, amount) for price, amount in run.unheard.items() if price <= deepest]
    same = [price for price, amount in unheard if truth.get(price) == amount]
    if not same:
        return False
    told_wrong = [price for price in same if price in kept and kept[price] != truth[price]]
    if not (told_wrong or run.mended) and not run.told_by <= _connections_with_the_book(rig):
        run.renewed += 1
        return True
    run.judged, run.after = len(same), rig.clock.now() - run.lost_at
    run.still_wrong = [f"{truth[price]} at {price}, not {kept[price]}" for price in told_wrong]
    return False


class _Watch:
    """Lets time go by, as fast as the connector can follow, and looks whether there is a private stream."""

    def __init__(self, rig: Rig, run: Hour, pace: float, fastest: float, *, strict: bool) -> None:
        self._story = run
        self._strict = strict
        self._rig = rig
        self._pace, self._fastest, self._fast = pace, fastest, fastest
        self._open: frozenset[int] = frozenset()
        self._excused_until = 0.0
        self._last = self._walk_at = rig.clock.now()

    def break_private_streams(self) -> None:
        self._look()
        for operation in PRIVATE:
            self._rig.gateway.close_sockets(operation=operation)
        self._excused_until = self._rig.clock.now() + BACK

    def idle_fast(self, seconds: float) -> None:
        self._fast = min(self._fast * FASTER, self._fastest)
        self._rig.go_at(min(self._fast, self._bearable()))
        self.idle(seconds)
        self._rig.go_at(self._pace)

    def slow_down(self) -> None:
        """It left a connection, which may have been for our hurry."""
        self._fastest = self._fast = max(self._fastest / 2, self._pace)

    def idle(self, seconds: float) -> None:
        """Prices move a little meanwhile."""
        end = self._rig.clock.now() + seconds
        while (left := end - self._rig.clock.now()) > 0:
            self._rig.pause(min(LOOK_EVERY, left))
            self._look()
            if self._last >= self._walk_at:
                self._rig.venue.walk(1, self._rig.market)
                self._walk_at = self._last + WALK_EVERY
            self._let_it_keep_up()

    def _let_it_keep_up(self) -> None:
        asked = self._rig.clock.now()
        self._rig.connector.network_status()
        late = self._rig.clock.now() - asked > MOST_LAG
        if self._rig.clock.scale <= self._pace:
            return
        if late:
            self._fast = max(self._fast * SLOWER, self._pace)
        bearable = min(self._fast, self._bearable())
        if late or bearable < self._rig.clock.scale * SLOWER:
            self._rig.go_at(bearable)

    def _bearable(self) -> float:
        """Slower than the fastest, the more processes wait for a processor."""
        careful = self._fastest * (1 - processor_pressure())
        return max(careful, min(self._fastest, self._pace * IDLE_FACTOR / MOST_CARE))

    def _look(self) -> None:
        now = self._rig.clock.now()
        gateway = self._rig.gateway
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
        ended = {each.number: each.closed_by for each in self._rig.record.sockets()}
        return all(ended.get(number) in (ClosedBy.CLIENT, ClosedBy.LOST) for number in numbers)


def _end(rig: Rig, run: Hour, quotes: list[Life]) -> None:
    """One more fill, everything withdrawn, and a look at what is left."""
    run.usages.append(rig.connector.usage())
    life = quotes[1]
    run.last_fill = let_trade(rig, life, None)
    if run.last_fill is not None:
        since = rig.record.mark()
        reported = wait_for_fill(rig, life, run.last_fill, WAIT)
        streamed = any(rig.record.frames(each, direction="received", since=since) for each in PRIVATE)
        run.last_fill_streamed = reported and streamed
    _withdraw(rig, [quotes[0]])
    rig.connector.wait_event("OrderCancelled", quotes[0].order_id, WAIT)
    rig.eventually(lambda: not rig.connector.orders(), POLLS + WAIT)  # a poll may have to tell it
    for each in run.lives:
        settle(rig, each)
    open_orders = rig.venue.open_orders(rig.account)
    tracked = set(rig.connector.orders())
    mine = {each.placed.order_id: each.order_id for each in run.lives if each.placed is not None}
    run.forgotten = tuple(o for o in open_orders if mine.get(o.order_id) not in tracked)
    live = {mine.get(order.order_id) for order in open_orders}
    run.stuck = tuple(sorted(tracked - live))
    run.network = rig.connector.network_status()
    run.bids = len(rig.venue.book(rig.market).bids)
    run.ended = rig.clock.now()
