"""The exchange answers with errors, loses an answer, or is away for a while."""

from __future__ import annotations

from dataclasses import dataclass

from harness.gateway.fault_plan import Rule
from harness.gateway.faults import (
    LoseReply,
    RateLimit,
    Refuse,
)
from harness.scenarios.played import NotReady, start
from harness.scenarios.played.order_life import (
    WAIT,
    Life,
    opening,
    rest,
    resting_price,
    settle,
    size,
    submit,
)
from harness.scenarios.rig import Rig, Rigs
from harness.scenarios.trace.view import View
from harness.venue.model import Order, Side

# By operation: the first of all, how clients look whether the exchange is there, and what they ask besides.
FIRST_ERRORS = (("*", 503), ("server_time", 502), ("ping", 502), ("ticker", 502), ("fees", 500))
# Some perpetuals ask their ticker for funding, and the framework asks for that once, whatever comes of it
# (`PerpetualDerivativePyBase._init_funding_info`). Whether that is the first question is chance.
NOT_OF_PERPETUALS = "ticker"
STREAMS_REFUSED = 60.0  # virtual seconds
LET_IN = 180.0  # virtual seconds; back-off may have grown as long as the refusals lasted


@dataclass
class Errors(View):
    """The exchange answers with errors, at the start and later.

    `waiting_for` is what kept the connector from getting ready among the first errors, None where it did get
    ready: the rest is then played on an exchange that answered everything while it started.
    """

    rig_number: int
    waiting_for: tuple[str, ...] | None = None
    faults_met: int = 0
    refused_cancel: Life | None = None
    cancelled_while_refused: bool = False
    tracked_while_refused: bool = False
    open_while_refused: bool = False
    server_error: Life | None = None
    rate_limited: Life | None = None
    rate_limited_requests: int = 0
    after: Life | None = None


def answer_with_errors(rigs: Rigs, pace: float) -> Errors:
    with rigs.open(pace) as rig:
        rules = [
            rig.faults.add(Refuse(status, {"msg": "try later"}), operation, on="request")
            for operation, status in FIRST_ERRORS
            if not (rig.market.perpetual and operation == NOT_OF_PERPETUALS)
        ]
        try:
            start(rig)
        except NotReady as error:
            waiting_for = error.waiting_for
        else:
            return _answer_later_with_errors(rig, Errors(rig.number), rules)
    with rigs.open(pace) as rig:
        start(rig)
        return _answer_later_with_errors(rig, Errors(rig.number, waiting_for), [])


def _answer_later_with_errors(rig: Rig, run: Errors, rules: list[Rule]) -> Errors:
    """`rules` are those of the start."""
    for operation, status in (("balances", 500), ("open_orders", 503), ("order_status", 502)):
        rules.append(rig.faults.add(Refuse(status, {"msg": "try later"}), operation))
    rig.connector.tick()
    rig.pause(5)
    run.faults_met = sum(rule.applied for rule in rules)
    rig.faults.clear()
    _refuse_a_cancel(rig, run)
    rig.faults.add(Refuse(500, {"msg": "internal error"}), "place_order")
    run.server_error = _failing(rig)
    _limit_the_rate(rig, run)
    rig.faults.clear()
    run.after = rest(rig, Side.BUY)
    return run


def _refuse_a_cancel(rig: Rig, run: Errors) -> None:
    life = run.refused_cancel = rest(rig, Side.BUY)
    if life.placed is None:
        return
    with rig.faults.during(Refuse(503, {"msg": "not now"}), "cancel_*"):
        rig.connector.cancel(life.order_id)
        event = rig.connector.wait_event("OrderCancelled", life.order_id, 6.0)
        run.cancelled_while_refused = event is not None
        run.tracked_while_refused = life.order_id in rig.connector.orders()
    run.open_while_refused = rig.venue.order(rig.account, order_id=life.placed.order_id).status.live
    settle(rig, life)


def _failing(rig: Rig) -> Life:
    life = submit(rig, Side.SELL, size(rig), resting_price(rig, Side.SELL))
    rig.connector.wait_event("OrderFailure", life.order_id, WAIT)
    rig.pause(5)
    return settle(rig, life)


def _limit_the_rate(rig: Rig, run: Errors) -> None:
    mark = rig.record.mark()
    rule = rig.faults.add(RateLimit(10), "place_order", times=None)
    run.rate_limited = _failing(rig)
    run.rate_limited_requests = len(rig.record.requests("place_order", since=mark))
    rule.remove()


@dataclass(frozen=True)
class LostReply(View):
    """An order that the exchange took while its answer never arrived; `order` is None if it never did."""

    rig_number: int
    life: Life
    order: Order | None


def lose_a_reply(rigs: Rigs, pace: float) -> LostReply:
    with rigs.open(pace) as rig:
        start(rig)
        rig.faults.add(LoseReply(), "place_order")
        amount, price = size(rig), resting_price(rig, Side.BUY)
        asked_at = rig.clock.now()
        order_id = rig.connector.buy(rig.pair, amount, price, position=opening(rig))
        rig.eventually(lambda: rig.venue.orders(rig.account), WAIT)
        for _ in range(3):
            rig.connector.tick()
            rig.pause(6)
        orders = rig.venue.orders(rig.account)
        order = orders[-1] if orders else None
        life = Life(rig.number, asked_at, order_id, Side.BUY, "LIMIT", amount, price, order, ())
        return LostReply(rig.number, settle(rig, life), life.final)


@dataclass
class RefusedStreams(View):
    """For `seconds` (virtual) every try to open a stream is refused; `before` were open.

    `back` says whether as many were open again within `LET_IN` after that.
    """

    rig_number: int
    before: int
    seconds: float
    tries: int = 0
    back: bool = False


def refuse_streams(rigs: Rigs, pace: float) -> RefusedStreams:
    with rigs.open(pace) as rig:
        start(rig)
        run = RefusedStreams(rig.number, len(rig.gateway.open_sockets()), STREAMS_REFUSED)
        with rig.faults.during(Refuse(503, {"msg": "maintenance"}), "*", on="upgrade") as rule:
            rig.gateway.close_sockets()
            rig.pause(STREAMS_REFUSED)
            run.tries = rule.applied
        run.back = bool(rig.eventually(lambda: len(rig.gateway.open_sockets()) >= run.before, LET_IN))
        return run


@dataclass(frozen=True)
class Outage(View):
    """The exchange is away for a while."""

    rig_number: int
    before: str
    during: str
    after: str


def take_exchange_away(rigs: Rigs, pace: float) -> Outage:
    with rigs.open(pace) as rig:
        start(rig)
        before = rig.connector.network_status()
        with rig.faults.during(Refuse(503, {"msg": "maintenance"}), "*"):
            rig.eventually(lambda: rig.connector.network_status() != "CONNECTED", 60.0)
            during = rig.connector.network_status()
        rig.eventually(lambda: rig.connector.network_status() == "CONNECTED", 60.0)
        return Outage(rig.number, before, during, rig.connector.network_status())
