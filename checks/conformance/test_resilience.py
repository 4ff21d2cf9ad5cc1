"""What happens when things go wrong on the way."""

from __future__ import annotations

from checks.conformance.conftest import Play
from checks.conformance.scenarios import NotReady
from checks.conformance.scenarios.errors import answer_with_errors, take_exchange_away
from checks.conformance.scenarios.market_data import watch_market
from checks.conformance.scenarios.order_life import trade
from checks.conformance.scenarios.streams import Reconnection, break_streams, send_junk
from checks.conformance.timeline import timeline
from harness.checking import (
    Attach,
    claimed,
    expect,
    fail,
    measured,
    requirement,
    seen_in_ledger,
    undetermined,
)
from harness.outcome import EvidenceKind


def _how(reconnection: Reconnection) -> str:
    return (
        "the connection broke"
        if reconnection.code == 1006
        else f"the exchange closed it ({reconnection.code})"
    )


# Today's `PerpetualDerivativePyBase.stop_network` forgets it, whatever the connector does.
LEFT_BY_THE_FRAMEWORK = "PerpetualDerivativePyBase._funding_payment_polling_loop"


@requirement("reconnects-market-stream")
def test_market_stream_comes_back(play: Play) -> None:
    """After its socket was closed, the order book follows the exchange's again."""
    run = play(break_streams)
    for each in _rounds(run.rounds):
        expect(
            each.book_difference is None,
            f"After {_how(each)}, the order book stays wrong: {each.book_difference}.",
            *(run.rig.record.evidence(socket) for socket in each.after[:4]),
        )


@requirement("reconnects-user-stream")
def test_user_stream_comes_back(play: Play) -> None:
    """After its socket was closed, the next fill is reported."""
    run = play(break_streams)
    for each in _rounds(run.rounds):
        fill = each.fill
        if fill is None:
            undetermined(f"After {_how(each)}, there was no open order that could have been filled.")
        truth = seen_in_ledger(f"fill {fill.trade_id}: {fill.amount} at {fill.price}")
        sockets = [run.rig.record.evidence(socket) for socket in each.after[:4]]
        expect(each.fill_reported, f"After {_how(each)}, a fill was never reported.", *sockets, truth)
        expect(
            each.orders_streamed,
            f"After {_how(each)}, a fill was found by polling alone: the private stream stayed away.",
            *sockets,
            truth,
        )


def _rounds(rounds: list[Reconnection]) -> list[Reconnection]:
    """Those with something to break; undetermined when there was nothing."""
    if not any(each.before for each in rounds):
        undetermined("No socket was open that could have been broken.")
    return rounds


@requirement("survives-server-errors")
def test_server_errors_are_survived(play: Play) -> None:
    """It gets ready though some first answers are errors, and trades on after polls and an order failed."""
    try:
        run = play(answer_with_errors)
    except NotReady as error:
        play(watch_market)  # one that never gets ready is not judged here
        fail(
            "The connector gets ready, but not when one of the exchange's first answers is an error.",
            *error.evidence,
            *(error.rig.record.evidence(each) for each in error.rig.record.exchanges() if each.fault),
        )
    if not run.faults_met:
        undetermined("The connector asked nothing that could have been answered with an error.")
    life = run.server_error
    if life is not None and (life.placed is None or not life.tracked_after):  # it may have tried again
        failures = life.kinds().count("OrderFailure")
        expect(
            failures == 1,
            f"An order that the exchange answered with 500 ended in {failures} failure events.",
            *timeline(life),
        )
    expect(
        run.after is not None and run.after.placed is not None,
        "After errors of the exchange, the next order never arrived.",
    )


@requirement("honours-rate-limit-replies")
def test_a_rate_limit_is_not_hammered(play: Play, evidence: Attach) -> None:
    """An order answered with 429 and Retry-After is not sent again and again."""
    run = play(answer_with_errors)
    if run.rate_limited is None or not run.rate_limited_requests:
        undetermined("No order reached the exchange that could have been limited.")
    evidence(measured(f"{run.rate_limited_requests} requests for one order while the answer was 429"))
    expect(
        run.rate_limited_requests <= 2,
        f"While the exchange answered 429, the order was sent {run.rate_limited_requests} times.",
        *timeline(run.rate_limited),
    )


@requirement("tolerates-malformed-messages")
def test_junk_is_survived(play: Play) -> None:
    """Junk on the streams is ignored: the book still follows and fills are still reported."""
    run = play(send_junk)
    if not run.sent or run.life is None:
        undetermined("No message could be sent that makes no sense.")
    expect(run.book_follows, "After messages that make no sense, the order book does not follow any more.")
    if run.fill is None:
        undetermined("There was no open order left that could have been filled.")
    expect(run.fill_reported, "After messages that make no sense, a fill was never reported.")


@requirement("stops-cleanly")
def test_nothing_is_left_after_stop(play: Play) -> None:
    """After stop no socket stays open, no request is sent, and no task of its own runs."""
    run = play(trade)
    expect(
        not run.open_sockets_after_stop,
        f"{run.open_sockets_after_stop} sockets stay open after the connector was stopped.",
    )
    expect(
        not run.requests_after_stop,
        f"{len(run.requests_after_stop)} requests were sent after the connector was stopped.",
        *(run.rig.record.evidence(exchange) for exchange in run.requests_after_stop[:3]),
    )
    tasks = run.usage_after_stop.tasks if run.usage_after_stop else ()
    own = [task for task in tasks if "hummingbot/connector/" in task and LEFT_BY_THE_FRAMEWORK not in task]
    expect(
        not own,
        f"{len(own)} tasks of the connector still run after it was stopped.",
        *(claimed(EvidenceKind.NOTE, task) for task in own[:5]),
    )


@requirement("network-status-truthful")
def test_an_outage_is_noticed(play: Play) -> None:
    """While the exchange is away the connector says so, and afterwards that it is back."""
    run = play(take_exchange_away)
    expect(run.before == "CONNECTED", f"Trading, the connector says that its network is {run.before}.")
    expect(
        run.during != "CONNECTED",
        "While the exchange answered every request with 503, the connector said that it was connected.",
    )
    expect(run.after == "CONNECTED", f"When the exchange was back, the connector said {run.after}.")
