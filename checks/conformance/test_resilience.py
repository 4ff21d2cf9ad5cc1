"""What happens when things go wrong on the way."""

from __future__ import annotations

from checks.conformance.timeline import timeline
from harness.checking import (
    Attach,
    claimed,
    expect,
    fail,
    measured,
    not_applicable,
    requirement,
    seen_in_ledger,
    undetermined,
)
from harness.checking.endings import evidence_of
from harness.checking.traces import Traces
from harness.outcome import EvidenceKind
from harness.scenarios.catalogue import ERRORS
from harness.scenarios.played import NotReady
from harness.scenarios.played.errors import Errors, Outage
from harness.scenarios.played.order_life import Trading
from harness.scenarios.played.streams import BrokenStreams, JunkSent, Reconnection
from harness.scenarios.scenario import errors_logged


def _how(reconnection: Reconnection) -> str:
    if reconnection.code == 1006:
        return "the connection broke"
    key = ", and the listen key ended" if reconnection.keys_ended else ""
    return f"the exchange closed it ({reconnection.code}){key}"


# Today's `PerpetualDerivativePyBase.stop_network` forgets it, whatever the connector does.
LEFT_BY_THE_FRAMEWORK = "PerpetualDerivativePyBase._funding_payment_polling_loop"


@requirement("reconnects-market-stream")
def test_market_stream_comes_back(broken_streams: BrokenStreams) -> None:
    """After its socket was closed, the order book follows the exchange's again."""
    for each in _rounds(broken_streams.rounds):
        if each.book_difference is not None and each.wrong_before is not None:
            undetermined(f"The order book was wrong before {_how(each)} already: {each.wrong_before}.")
        expect(
            each.book_difference is None,
            f"After {_how(each)}, the order book stays wrong: {each.book_difference}.",
            *(broken_streams.part.wire.evidence(socket) for socket in each.after[:4]),
        )


@requirement("reconnects-market-stream")
def test_a_new_book_replaces_the_old(broken_streams: BrokenStreams) -> None:
    """A new subscription begins with the whole book: levels that it lacks are removed."""
    rounds = [each for each in _rounds(broken_streams.rounds) if each.vanished]
    if not rounds:
        not_applicable("No level vanished during the disconnection, or the exchange sends changes only.")
    for each in rounds:
        prices = ", ".join(f"{price:f}" for price in each.ghosts)
        expect(
            not each.ghosts,
            f"After {_how(each)}, the order book keeps asks that were gone meanwhile, at {prices}.",
            *(broken_streams.part.wire.evidence(socket) for socket in each.after[:4]),
        )


@requirement("reconnects-user-stream")
def test_user_stream_comes_back(broken_streams: BrokenStreams) -> None:
    """After its socket was closed, the next fill is reported."""
    for each in _rounds(broken_streams.rounds):
        fill = each.fill
        if fill is None:
            undetermined(f"No open order was left to be filled after {_how(each)}.")
        truth = seen_in_ledger(f"fill {fill.trade_id}: {fill.amount} at {fill.price}")
        sockets = [broken_streams.part.wire.evidence(socket) for socket in each.after[:4]]
        expect(each.fill_reported, f"After {_how(each)}, a fill was never reported.", *sockets, truth)
        expect(
            each.orders_streamed,
            f"After {_how(each)}, a fill was found by polling only: the private stream did not come back.",
            *sockets,
            truth,
        )


@requirement("all-topics-come-back")
def test_every_topic_comes_back(broken_streams: BrokenStreams) -> None:
    """After its sockets were closed, it has all its subscriptions again, including trades and funding."""
    for each in _rounds(broken_streams.rounds):
        topics = ", ".join(sorted(topic.removeprefix("stream:") for topic in each.missing))
        expect(
            not each.missing,
            f"After {_how(each)}, these topics never came back: {topics}.",
            *(broken_streams.part.wire.evidence(socket) for socket in each.after[:4]),
        )


def _rounds(rounds: list[Reconnection]) -> list[Reconnection]:
    """Those with something to break; undetermined when there was nothing."""
    if not any(each.before for each in rounds):
        undetermined("No connection was open to be broken.")
    return rounds


@requirement("survives-server-errors")
def test_server_errors_are_survived(traces: Traces) -> None:
    """It gets ready although some first answers are errors, and trades on after polls and an order failed."""
    run = traces.view(ERRORS)
    if run.waiting_for is not None:
        start = traces.of(ERRORS).parts[0]
        fail(
            "The connector does not become ready when one of the exchange's first replies is an error.",
            *evidence_of(NotReady(run.waiting_for, errors_logged(start))),
            *(start.wire.evidence(each) for each in start.wire.requests() if each.fault),
        )
    if not run.faults_met:
        undetermined("The connector sent no request that could be answered with an error.")
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
def test_a_rate_limit_is_not_hammered(errors: Errors, evidence: Attach) -> None:
    """An order answered with 429 and Retry-After is not sent again and again."""
    if errors.rate_limited is None or not errors.rate_limited_requests:
        undetermined("No order reached the exchange to be rate limited.")
    evidence(measured(f"{errors.rate_limited_requests} requests for one order while the answer was 429"))
    expect(
        errors.rate_limited_requests <= 2,
        f"While the exchange answered 429, the order was sent {errors.rate_limited_requests} times.",
        *timeline(errors.rate_limited),
    )


@requirement("tolerates-malformed-messages")
def test_junk_is_survived(junk: JunkSent) -> None:
    """Junk on the streams is ignored: the book still follows and fills are still reported."""
    if not junk.sent or junk.life is None:
        undetermined("No malformed message could be sent.")
    expect(junk.book_follows, "After malformed messages, the order book no longer follows the exchange.")
    if junk.fill is None:
        undetermined("No open order was left to be filled.")
    expect(junk.fill_reported, "After malformed messages, a fill was never reported.")


@requirement("stops-cleanly")
def test_nothing_is_left_after_stop(trading: Trading) -> None:
    """After stop no socket stays open, no request is sent, and no task of its own runs."""
    expect(
        not trading.open_sockets_after_stop,
        f"{trading.open_sockets_after_stop} sockets stay open after the connector was stopped.",
    )
    expect(
        not trading.requests_after_stop,
        f"{len(trading.requests_after_stop)} requests were sent after the connector was stopped.",
        *(trading.part.wire.evidence(exchange) for exchange in trading.requests_after_stop[:3]),
    )
    tasks = trading.usage_after_stop.tasks if trading.usage_after_stop else ()
    own = [task for task in tasks if "hummingbot/connector/" in task and LEFT_BY_THE_FRAMEWORK not in task]
    expect(
        not own,
        f"{len(own)} tasks of the connector still run after it was stopped.",
        *(claimed(EvidenceKind.NOTE, task) for task in own[:5]),
    )


@requirement("network-status-truthful")
def test_an_outage_is_noticed(outage: Outage) -> None:
    """During an outage the connector reports the exchange as unreachable, and afterwards as connected."""
    expect(
        outage.before == "CONNECTED",
        f"While trading, the connector reports its network status as {outage.before}.",
    )
    expect(
        outage.during != "CONNECTED",
        "The connector reported itself connected while the exchange answered every request with 503.",
    )
    expect(
        outage.after == "CONNECTED",
        f"After the outage, the connector reported its network status as {outage.after}.",
    )
