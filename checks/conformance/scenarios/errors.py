"""The exchange answers with errors, loses an answer, or is away for a while."""

from __future__ import annotations

from dataclasses import dataclass

from checks.conformance.scenarios import start
from checks.conformance.scenarios.order_life import (
    WAIT,
    Life,
    opening,
    rest,
    resting_price,
    settle,
    size,
    submit,
)
from harness.gateway.faults import (
    LoseReply,
    RateLimit,
    Refuse,
)
from harness.scenarios.rig import Bench, Lab
from harness.venue.model import Order, Side

DOOR_CLOSED = 60.0  # virtual seconds
LET_IN = 180.0  # virtual seconds; back-off may have grown as long as the refusals lasted


@dataclass
class Errors:
    """The exchange answers with errors, at the start and later."""

    bench: Bench
    faults_met: int = 0
    refused_cancel: Life | None = None
    cancelled_while_refused: bool = False
    tracked_while_refused: bool = False
    open_while_refused: bool = False
    server_error: Life | None = None
    rate_limited: Life | None = None
    rate_limited_requests: int = 0
    after: Life | None = None


def answer_with_errors(lab: Lab, pace: float) -> Errors:
    with lab.bench(pace) as bench:
        story = Errors(bench)
        rules = [
            bench.faults.add(Refuse(status, {"msg": "try later"}), operation)
            for operation, status in (("server_time", 502), ("fees", 500))
        ]
        start(bench)
        for operation, status in (("balances", 500), ("open_orders", 503), ("order_status", 502)):
            rules.append(bench.faults.add(Refuse(status, {"msg": "try later"}), operation))
        bench.connector.tick()
        bench.pause(5)
        story.faults_met = sum(rule.applied for rule in rules)
        bench.faults.clear()
        _refuse_a_cancel(story)
        bench.faults.add(Refuse(500, {"msg": "internal error"}), "place_order")
        story.server_error = _failing(bench)
        _limit_the_rate(story)
        bench.faults.clear()
        story.after = rest(bench, Side.BUY)
        return story


def _refuse_a_cancel(story: Errors) -> None:
    bench = story.bench
    life = story.refused_cancel = rest(bench, Side.BUY)
    if life.placed is None:
        return
    with bench.faults.during(Refuse(503, {"msg": "not now"}), "cancel_*"):
        bench.connector.cancel(life.order_id)
        event = bench.connector.wait_event("OrderCancelled", life.order_id, 6.0)
        story.cancelled_while_refused = event is not None
        story.tracked_while_refused = life.order_id in bench.connector.orders()
    story.open_while_refused = bench.venue.order(bench.account, order_id=life.placed.order_id).status.live
    settle(bench, life)


def _failing(bench: Bench) -> Life:
    life = submit(bench, Side.SELL, size(bench), resting_price(bench, Side.SELL))
    bench.connector.wait_event("OrderFailure", life.order_id, WAIT)
    bench.pause(5)
    return settle(bench, life)


def _limit_the_rate(story: Errors) -> None:
    bench, mark = story.bench, story.bench.record.mark()
    rule = bench.faults.add(RateLimit(10), "place_order", times=None)
    story.rate_limited = _failing(bench)
    story.rate_limited_requests = len(bench.record.exchanges("place_order", since=mark))
    rule.remove()


@dataclass(frozen=True)
class LostReply:
    """An order that the exchange took while its answer never arrived; `order` is None if it never did."""

    bench: Bench
    life: Life
    order: Order | None


def lose_a_reply(lab: Lab, pace: float) -> LostReply:
    with lab.bench(pace) as bench:
        start(bench)
        bench.faults.add(LoseReply(), "place_order")
        amount, price = size(bench), resting_price(bench, Side.BUY)
        asked_at = bench.clock.now()
        order_id = bench.connector.buy(bench.pair, amount, price, position=opening(bench))
        bench.eventually(lambda: bench.venue.orders(bench.account), WAIT)
        for _ in range(3):
            bench.connector.tick()
            bench.pause(6)
        orders = bench.venue.orders(bench.account)
        order = orders[-1] if orders else None
        life = Life(bench, asked_at, order_id, Side.BUY, "LIMIT", amount, price, order, ())
        return LostReply(bench, settle(bench, life), life.final)


@dataclass
class ClosedDoor:
    """For `seconds` (virtual) every try to open a stream is refused; `before` were open.

    `back` says whether as many were open again within `LET_IN` after that.
    """

    bench: Bench
    before: int
    seconds: float
    tries: int = 0
    back: bool = False


def refuse_streams(lab: Lab, pace: float) -> ClosedDoor:
    with lab.bench(pace) as bench:
        start(bench)
        story = ClosedDoor(bench, len(bench.gateway.open_sockets()), DOOR_CLOSED)
        with bench.faults.during(Refuse(503, {"msg": "maintenance"}), "*", on="upgrade") as rule:
            bench.gateway.close_sockets()
            bench.pause(DOOR_CLOSED)
            story.tries = rule.applied
        story.back = bool(bench.eventually(lambda: len(bench.gateway.open_sockets()) >= story.before, LET_IN))
        return story


@dataclass
class Outage:
    """The exchange is away for a while."""

    bench: Bench
    before: str
    during: str
    after: str


def take_exchange_away(lab: Lab, pace: float) -> Outage:
    with lab.bench(pace) as bench:
        start(bench)
        before = bench.connector.network_status()
        with bench.faults.during(Refuse(503, {"msg": "maintenance"}), "*"):
            bench.eventually(lambda: bench.connector.network_status() != "CONNECTED", 60.0)
            during = bench.connector.network_status()
        bench.eventually(lambda: bench.connector.network_status() == "CONNECTED", 60.0)
        return Outage(bench, before, during, bench.connector.network_status())
