"""Answers in an order that nobody likes: a fill before its confirmation, an order not yet to be found."""

from __future__ import annotations

from dataclasses import dataclass

from checks.conformance.scenarios import start
from checks.conformance.scenarios.order_life import (
    WAIT,
    Life,
    completed,
    let_trade,
    rest,
    settle,
    size,
    submit,
)
from harness.gateway.faults import Delay, DropMessage
from harness.scenarios.rig import Bench, Lab
from harness.venue.model import Side

LATE = 3.0  # virtual seconds by which the confirmation comes after the fill
LAG = 12.0  # virtual seconds for which an order cannot be looked up: one or two polls


@dataclass
class Races:
    """`crossed` traded at once while its confirmation was late; `lagging` could not be found for a while."""

    bench: Bench
    crossed: Life | None = None
    lagging: Life | None = None
    asked_for_lagging: int = 0
    tracked_while_missing: bool = False


def race(lab: Lab, pace: float) -> Races:
    with lab.bench(pace) as bench:
        story = Races(bench)
        start(bench)
        story.crossed = _fill_before_the_reply(bench)
        _lose_sight_of_an_order(story)
        return story


def _fill_before_the_reply(bench: Bench) -> Life:
    """An order that takes what the best ask offers, and whose reply is held back."""
    best = bench.venue.book(bench.market, 1).asks[0]
    amount = size(bench)
    if best.amount < amount:
        bench.venue.set_level(bench.market, Side.SELL, best.price, amount * 2)
    with bench.faults.during(Delay(LATE, when="reply"), "place_order"):
        life = submit(bench, Side.BUY, amount, best.price)
        bench.pause(2 * LATE)
    bench.connector.tick()
    bench.connector.wait_event(completed(Side.BUY), life.order_id, 3 * WAIT)
    bench.pause(3)
    return settle(bench, life)


def _lose_sight_of_an_order(story: Races) -> None:
    """With the private stream silent, a poll is told that there is no such order; later it is there again."""
    bench = story.bench
    life = story.lagging = rest(bench, Side.SELL)
    if life.placed is None:
        return
    number = life.placed.order_id
    with bench.faults.during(DropMessage(), "stream:orders"):
        mark = bench.record.mark()
        bench.venue.hide(number)
        for _ in range(3):  # connectors poll orders less often than they poll
            bench.connector.tick()
            if bench.eventually(lambda: bench.record.exchanges("order_status", since=mark), LAG):
                break
        bench.pause(LAG / 4)
        story.asked_for_lagging = len(bench.record.exchanges("order_status", since=mark))
        story.tracked_while_missing = life.order_id in bench.connector.orders()
        bench.venue.show(number)
    bench.connector.tick()
    bench.pause(LAG / 4)
    let_trade(bench, life)
    bench.connector.wait_event(completed(Side.SELL), life.order_id, 3 * WAIT)
    settle(bench, life)
