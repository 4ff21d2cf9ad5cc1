"""Orders live through schedules of trouble that the seed draws; one that breaks something is shortened."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice

from harness.driving.rpc_client import ConnectorError
from harness.gateway.fault import Fault
from harness.gateway.faults import Delay, DropMessage, DuplicateMessage, LoseReply, Refuse
from harness.scenarios.played import NotReady, start
from harness.scenarios.played.balances import IMPATIENT, PATIENT, BalanceView, settled
from harness.scenarios.played.invariants import breaches, broken
from harness.scenarios.played.order_life import (
    AWAY,
    PRIVATE,
    TERMINAL,
    WAIT,
    Life,
    let_trade,
    place_by_hand,
    rest,
    resting_price,
    settle,
)
from harness.scenarios.rig import Rig, Rigs
from harness.scenarios.trace.view import SeenRequest, View
from harness.venue.market import floor_to
from harness.venue.model import Order, Side, VenueRefusal

HISTORIES = 5
ORDERS = 3  # in one history
POLLS = 4  # at most, until the connector has heard of everything
IN_VAIN = 2  # questions about an order that are told of none; who asks often asks no more of these
LATE = 2.0  # virtual seconds by which private messages may come late
POLL = 8.0  # virtual seconds that a poll may take
TURNED_AWAY = (401, 403, 418, 429)
MOST_TRIES = 8  # at shortening
MOST_DRAWS = 200
QUESTIONS = ("order_status", "order_trades")


class Move(StrEnum):
    """What happens to an order; the words follow its name."""

    PLACE = "is placed"
    PART = "is filled in part"
    FILL = "is filled"
    CANCEL = "is cancelled by the connector"
    GONE = "is cancelled by hand"


class Trouble(StrEnum):
    """What goes wrong while a move is made."""

    LOST = "private messages are lost"
    TWICE = "private messages come twice"
    LATE = "private messages come late"
    BROKEN = "all connections break"
    SLOW = "the answer to an order comes late"
    UNSURE = "a question about an order is answered with 503"
    UNHEARD = "the answer to a cancellation is lost"
    MISSING = "the exchange cannot find the order"


# How an order may end, if it does; a cancellation may come too late.
ENDS: tuple[tuple[Move, ...], ...] = (
    (Move.FILL,),
    (Move.CANCEL,),
    (Move.GONE,),
    (Move.FILL, Move.CANCEL),
    (),
)
_FAULTS: dict[Trouble | None, tuple[tuple[Fault, str], ...]] = {
    Trouble.LOST: tuple((DropMessage(), stream) for stream in PRIVATE),
    Trouble.TWICE: tuple((DuplicateMessage(), stream) for stream in PRIVATE),
    Trouble.LATE: tuple((Delay(LATE), stream) for stream in PRIVATE),
    Trouble.SLOW: ((Delay(3.0, when="reply"), "place_order"),),
    Trouble.UNHEARD: ((LoseReply(), "cancel_order"),),
}
_ANYWHERE = (Trouble.LOST, Trouble.TWICE, Trouble.LATE, Trouble.BROKEN)
# Trouble in which one poll falls, while the order is open. Today's framework gives an order up after four
# questions that went wrong: there is only one of these in a history.
_DOUBT = (Trouble.UNSURE, Trouble.MISSING)
_FITTING: dict[Move, tuple[Trouble, ...]] = {
    Move.PLACE: (*_ANYWHERE, *_DOUBT, Trouble.SLOW),
    Move.PART: (*_ANYWHERE, *_DOUBT),
    Move.FILL: _ANYWHERE,
    Move.CANCEL: (*_ANYWHERE, Trouble.UNHEARD),
    Move.GONE: _ANYWHERE,
}
# Trouble that lasts until polls have found what was missed: today's framework, whatever the connector does,
# looks for no fill once it has heard of an order's end.
_DEAF = frozenset({Trouble.LOST, Trouble.BROKEN})


@dataclass(frozen=True)
class Step:
    """A move of the order with this number, the trouble meanwhile, and the virtual seconds until the next."""

    order: int
    move: Move
    trouble: Trouble | None
    pause: float

    def __str__(self) -> str:
        meanwhile = f" while {self.trouble}" if self.trouble else ""
        return f"order {self.order + 1} {self.move}{meanwhile}"


Schedule = tuple[Step, ...]


def schedules(seed: int) -> tuple[Schedule, ...]:
    """As many as there are histories; between them an open order meets each trouble."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable schedule, not a secret
    drawn: tuple[Schedule, ...] = ()
    for _ in range(MOST_DRAWS):
        drawn = tuple(_draw(chance) for _ in range(HISTORIES))
        if {step.trouble for schedule in drawn for step in _of_open_orders(schedule)} >= set(Trouble):
            break
    return drawn


def _draw(chance: random.Random) -> Schedule:
    """The moves of several orders, mixed, and trouble that comes in spells."""
    scripts = [[Move.PLACE, *[Move.PART] * chance.randint(0, 2), *chance.choice(ENDS)] for _ in range(ORDERS)]
    steps: list[Step] = []
    trouble: Trouble | None = None
    met: set[Trouble | None] = set()
    while left := [number for number, script in enumerate(scripts) if script]:
        order = chance.choice(left)
        move = scripts[order].pop(0)
        fitting = [each for each in _FITTING[move] if each not in _DOUBT or met.isdisjoint(_DOUBT)]
        if trouble not in fitting or chance.random() < 0.6:
            trouble = chance.choice(fitting) if chance.random() < 0.8 else None
        met.add(trouble)
        steps.append(Step(order, move, trouble, chance.choice((0.5, 1.0, 3.0))))
    return tuple(steps)


def _of_open_orders(schedule: Schedule) -> Iterator[Step]:
    ended: set[int] = set()
    for step in schedule:
        if step.order not in ended:
            yield step
        if step.move in (Move.FILL, Move.CANCEL, Move.GONE):
            ended.add(step.order)


@dataclass
class History(View):
    """What became of a schedule. `lives` are its orders, by their number in it.

    `taken` has the virtual times at which each step began and ended. `foreign` is an order on the account
    that is not the connector's, as it was in the end; `orders` are all that the account has. `turned_away`
    are requests that the exchange did not accept for who sent them, or for how many came. `heard` is
    whether the connector knows of everything after its last polls.
    """

    rig_number: int
    schedule: Schedule
    lives: dict[int, Life] = field(default_factory=dict)
    taken: list[tuple[float, float, Step]] = field(default_factory=list)
    foreign: Order | None = None
    orders: tuple[Order, ...] = ()
    turned_away: tuple[SeenRequest, ...] = ()
    balances: list[BalanceView] = field(default_factory=list)
    heard: bool = True


@dataclass
class Histories(View):
    """As many as were `lived`; `rig_number` is the last one's.

    `shortest` is a shorter one that breaks what the first bad one broke, where it was looked for and found.
    """

    rig_number: int
    lived: list[History]
    shortest: History | None = None


def endure(rigs: Rigs, pace: float) -> Histories:
    """Each of the seed's schedules, on an exchange of its own, until one is not heard of to its end.

    Where the rigs look closer, the schedule of one that breaks something is shortened.
    """
    lived: list[History] = []
    for schedule in schedules(rigs.seed):
        lived.append(_live(rigs, pace, schedule))
        if not lived[-1].heard:
            break
    run = Histories(lived[-1].rig_number, lived)
    hurried = rigs.looks_closer(pace)
    if hurried is not None:
        found = ((history.schedule, each) for history in lived for each in islice(breaches(history), 1))
        for schedule, (what, _, order) in islice(found, 1):
            run.shortest = _Shortening(what, order).of(rigs, hurried, schedule)
    return run


@dataclass(frozen=True)
class _Shortening:
    """`what` names the breach and `order` the order that it happened to, None where it is of the account."""

    what: str
    order: int | None

    def of(self, rigs: Rigs, pace: float, schedule: Schedule) -> History | None:
        """The shortest found that breaks the same; None when nothing shorter breaks it again."""
        shortest: History | None = None
        left = self._shorter(schedule)
        with suppress(NotReady, ConnectorError):
            for _ in range(MOST_TRIES):
                if (shorter := next(left, None)) is None:
                    break
                history = _live(rigs, pace, shorter)
                if broken(history) == self.what:
                    shortest, left = history, self._shorter(shorter)
        return shortest

    def _shorter(self, schedule: Schedule) -> Iterator[Schedule]:
        """Without the other orders, or without one of them, a move that is not the first, a trouble."""
        orders = {step.order for step in schedule}
        if self.order is not None and len(orders) > 1:
            yield tuple(step for step in schedule if step.order == self.order)
        for order in sorted(orders - {self.order}):
            yield tuple(step for step in schedule if step.order != order)
        for at, step in enumerate(schedule):
            if step.move is not Move.PLACE:
                yield schedule[:at] + schedule[at + 1 :]
        for at, step in enumerate(schedule):
            if step.trouble is not None:
                yield (*schedule[:at], replace(step, trouble=None), *schedule[at + 1 :])


def _live(rigs: Rigs, pace: float, schedule: Schedule) -> History:
    with rigs.open(pace) as rig:
        history = History(rig.number, schedule)
        start(rig)
        price = floor_to(resting_price(rig, Side.BUY) * AWAY, rig.market.tick_size)
        foreign = place_by_hand(rig, Side.BUY, price, named=True)
        for step in schedule:
            _take(rig, history, step)
        _settle(rig, history)
        history.foreign = rig.venue.order(rig.account, order_id=foreign.order_id)
        history.orders = rig.venue.orders(rig.account)
        history.turned_away = tuple(
            each for each in rig.record.requests() if each.status in TURNED_AWAY and each.fault is None
        )
        patience = PATIENT if history.heard else IMPATIENT
        history.balances = list(settled(rig, "in the end", patience).views)
        for number, life in history.lives.items():
            history.lives[number] = settle(rig, life)
        return history


def _take(rig: Rig, history: History, step: Step) -> None:
    """Make the move with its trouble, and let a poll fall into some."""
    began = rig.clock.now()
    with ExitStack() as stack:
        for fault, operation in _FAULTS.get(step.trouble, ()):
            stack.enter_context(rig.faults.during(fault, operation))
        if step.trouble is Trouble.UNSURE:
            for question in QUESTIONS:
                stack.callback(rig.faults.add(Refuse(503, {"msg": "not now"}), question).remove)
        if step.trouble is Trouble.BROKEN:
            rig.gateway.close_sockets(1006)
        _move(rig, history, step)
        placed = history.lives[step.order].placed
        if step.trouble is Trouble.MISSING and placed is not None:
            rig.venue.hide(placed.order_id, IN_VAIN)
            stack.callback(rig.venue.show, placed.order_id)
        rig.pause(step.pause)
        if step.trouble in _DEAF:
            history.heard = _polled(rig, history, POLLS if history.heard else 1)
        if step.trouble in _DOUBT:
            _poll(rig, history)
            rig.pause(POLL / 2)
    history.taken.append((began, rig.clock.now(), step))


def _move(rig: Rig, history: History, step: Step) -> None:
    if step.move is Move.PLACE:
        history.lives[step.order] = rest(rig, tuple(Side)[step.order % len(Side)])
        return
    life = history.lives[step.order]
    if life.placed is None:
        return
    if step.move is Move.PART:
        lots = life.placed.amount / rig.market.lot_size // 4
        let_trade(rig, life, lots * rig.market.lot_size)
    elif step.move is Move.FILL:
        let_trade(rig, life)
    elif step.move is Move.CANCEL:
        rig.connector.cancel(life.order_id, rig.pair)
    else:
        _cancel_by_hand(rig, life.placed)


def _cancel_by_hand(rig: Rig, order: Order) -> None:
    """Nothing where it is done already."""
    try:
        rig.venue.cancel(rig.account, order_id=order.order_id)
    except VenueRefusal:
        return


def _settle(rig: Rig, history: History) -> None:
    """Poll until all is told, or long enough; then wait for what is told too much."""
    history.heard = _polled(rig, history, POLLS)
    rig.pause(WAIT / 2)


def _poll(rig: Rig, history: History) -> None:
    """Once late messages have come: those that come after a poll has told of them are played by `races`.

    A socket keeps its order, so that each of a move's three messages may wait for the one before.
    """
    late = [ended for _, ended, step in history.taken if step.trouble is Trouble.LATE]
    if late:
        rig.pause(max(0.0, max(late) + len(PRIVATE) * LATE - rig.clock.now()))
    rig.connector.tick()


def _polled(rig: Rig, history: History, polls: int) -> bool:
    """Whether the connector has heard of everything after at most so many polls."""
    for _ in range(polls):
        _poll(rig, history)
        if rig.eventually(lambda: all(_heard(rig, life) for life in history.lives.values()), POLL):
            return True
    return False


def _heard(rig: Rig, life: Life) -> bool:
    """Whether as many fills were reported as there are, and an end if there is one."""
    if life.placed is None:
        return True
    order = rig.venue.order(rig.account, order_id=life.placed.order_id)
    fills = rig.venue.fills(rig.account, order_id=life.placed.order_id)
    kinds = [event.kind for event in rig.connector.events(order_id=life.order_id)]
    ended = any(kind in TERMINAL for kind in kinds)
    return kinds.count("OrderFilled") >= len(fills) and ended is not order.status.live
