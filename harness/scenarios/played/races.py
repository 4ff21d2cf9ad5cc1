"""Answers in an order that nobody likes: a fill before its confirmation, an order not yet to be found, a poll
that is answered after a cancel, messages of fills after a poll has told of them.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal

from harness.gateway.faults import Delay, DropMessage, HoldUntil
from harness.scenarios.played import start
from harness.scenarios.played.order_life import (
    PRIVATE,
    WAIT,
    Life,
    completed,
    let_trade,
    rest,
    settle,
    size,
    submit,
)
from harness.scenarios.rig import Rig, Rigs
from harness.scenarios.trace.view import View
from harness.venue.market import floor_to
from harness.venue.model import Side

LATE = 3.0  # virtual seconds by which the confirmation comes after the fill
LAG = 12.0  # virtual seconds in which a poll has to come
MORE = Decimal("1.003")  # times the best ask: what an order would pay that trades at the best ask
SLOW = 2.0  # times as fast as the wall
POLLS = 3  # until one has told of an order's end
HELD = 60.0  # virtual seconds that a message is held back at most
QUESTIONS = 2  # that are told of no such order; today's framework gives an order up after four


@dataclass
class Races(View):
    """`crossed` traded at once while its confirmation was late; `lagging` could not be found for a while;
    `polled` was cancelled after the connector had asked for it and before that was answered. `overtaken` was
    filled in two parts, whose messages came once a poll had told of its end; `ended_first` is whether it had.
    """

    rig_number: int
    crossed: Life | None = None
    lagging: Life | None = None
    polled: Life | None = None
    overtaken: Life | None = None
    ended_first: bool = False
    asked_for_lagging: int = 0
    tracked_while_missing: bool = False


def race(rigs: Rigs, pace: float) -> Races:
    with rigs.open(pace) as rig:
        run = Races(rig.number)
        start(rig)
        run.crossed = _fill_before_the_reply(rig)
        _lose_sight_of_an_order(rig, run)
        run.polled = _cancel_during_a_poll(rig)
        _tell_of_fills_after_the_end(rig, run)
        return run


def _fill_before_the_reply(rig: Rig) -> Life:
    """An order that takes what the best ask offers, for less than it would pay; its reply is held back."""
    best = rig.venue.book(rig.market, 1).asks[0]
    amount = size(rig)
    if best.amount < amount:
        rig.venue.set_level(rig.market, Side.SELL, best.price, amount * 2)
    with rig.faults.during(Delay(LATE, when="reply"), "place_order"):
        would_pay = floor_to(best.price * MORE, rig.market.tick_size)
        life = submit(rig, Side.BUY, amount, would_pay)
        rig.pause(2 * LATE)
    rig.connector.tick()
    rig.connector.wait_event(completed(Side.BUY), life.order_id, 3 * WAIT)
    rig.pause(3)
    return settle(rig, life)


def _lose_sight_of_an_order(rig: Rig, run: Races) -> None:
    """With the private stream silent, a poll is told that there is no such order; later it is there again."""
    life = run.lagging = rest(rig, Side.SELL)
    if life.placed is None:
        return
    number = life.placed.order_id
    with rig.faults.during(DropMessage(), "stream:orders"):
        mark = rig.record.mark()
        rig.venue.hide(number, QUESTIONS)
        _until_asked_for_orders(rig, mark, LAG)
        rig.pause(1)
        run.asked_for_lagging = len(rig.record.requests("order_status", since=mark))
        run.tracked_while_missing = life.order_id in rig.connector.orders()
        rig.venue.show(number)
    rig.connector.tick()
    rig.pause(LAG / 4)
    let_trade(rig, life)
    rig.connector.wait_event(completed(Side.SELL), life.order_id, 3 * WAIT)
    settle(rig, life)


def _cancel_during_a_poll(rig: Rig) -> Life:
    """The exchange answers a cancel first, and then a poll that was asked before it.

    Slowly: what a connector computes before it sends a cancel takes real time, and its polls time out.
    """
    rig.go_at(SLOW)
    life = rest(rig, Side.BUY)
    if life.placed is None:
        return settle(rig, life)
    mark, number = rig.record.mark(), life.placed.order_id

    def answered() -> bool:
        return any(each.replied_at for each in rig.record.requests("cancel_order", since=mark))

    with rig.faults.during(HoldUntil(answered, LAG), "order_status"):
        _until_asked_for_orders(rig, mark, LATE)
        rig.connector.cancel(life.order_id)
        rig.eventually(lambda: not rig.venue.order(rig.account, order_id=number).status.live, LAG)
        rig.connector.wait_event("OrderCancelled", life.order_id, WAIT)
        rig.pause(LATE / 2)
    return settle(rig, life)


def _tell_of_fills_after_the_end(rig: Rig, run: Races) -> None:
    """Polls tell of two fills and of the end; the private messages of all that come after it."""
    life = run.overtaken = rest(rig, Side.SELL)
    if life.placed is None:
        return

    def told() -> bool:
        rig.connector.tick()
        return bool(rig.connector.wait_event(completed(life.side), life.order_id, LAG))

    over = threading.Event()
    with ExitStack() as held:
        for stream in PRIVATE:
            held.enter_context(rig.faults.during(HoldUntil(over.is_set, HELD), stream))
        let_trade(rig, life, life.placed.amount / rig.market.lot_size // 2 * rig.market.lot_size)
        let_trade(rig, life)
        run.ended_first = any(told() for _ in range(POLLS))
        over.set()
        rig.pause(LATE)
    settle(rig, life)


def _until_asked_for_orders(rig: Rig, mark: int, lag: float) -> None:
    """Connectors poll orders less often than they poll: `lag` is for each poll."""
    for _ in range(3):
        rig.connector.tick()
        if rig.eventually(lambda: rig.record.requests("order_status", since=mark), lag):
            return
