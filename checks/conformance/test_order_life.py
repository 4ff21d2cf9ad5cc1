"""Events and tracking, against the venue's ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import NoReturn

from checks.conformance.conftest import Play
from checks.conformance.invariants import breaches, broken, misreported_fills
from checks.conformance.scenarios.errors import answer_with_errors, lose_a_reply
from checks.conformance.scenarios.histories import History, Shorten, endure
from checks.conformance.scenarios.order_life import Life, completed, created, trade
from checks.conformance.scenarios.races import race
from checks.conformance.scenarios.restart import restart
from checks.conformance.scenarios.streams import break_streams, disturb_user_stream
from checks.conformance.timeline import timeline, timeline_of
from harness.checking import (
    Attach,
    expect,
    fail,
    measured,
    requirement,
    seen_in_ledger,
    undetermined,
)


def placed(lives: Iterable[Life]) -> list[Life]:
    """Those that reached the exchange; undetermined when none did."""
    found = [life for life in lives if life.placed is not None]
    if not found:
        undetermined("No order of this kind reached the exchange.")
    return found


@requirement("created-event-once")
def test_created_once(play: Play) -> None:
    """An accepted order is announced once, as a buy or a sell."""
    run = play(trade)
    for life in placed((*run.filled, *run.cancelled, *run.maker_orders)):
        count = life.kinds().count(created(life.side))
        expect(count == 1, f"An accepted {life.name} order was announced {count} times.", *timeline(life))
        wrong = len(life.of("BuyOrderCreated", "SellOrderCreated")) - count
        expect(not wrong, f"A {life.name} order was announced as its opposite.", *timeline(life))


def _fills_reported(life: Life) -> None:
    lost, extra = misreported_fills(life)
    expect(
        not lost,
        f"{lost} of {len(life.fills)} fills of a {life.name} order were not reported as they happened.",
        *timeline(life),
    )
    expect(
        not extra,
        f"{extra} fills of a {life.name} order were reported that never happened.",
        *timeline(life),
    )


@requirement("every-fill-reported-once")
def test_every_fill_once(play: Play) -> None:
    """Partial and full fills: each one reported once, with the price and amount of the ledger."""
    run = play(trade)
    for life in placed((*run.filled, *run.market_orders)):
        _fills_reported(life)


@requirement("every-fill-reported-once")
def test_a_repeated_message_is_no_second_fill(play: Play) -> None:
    """The exchange sends each private message twice; the fills are still reported once."""
    run = play(disturb_user_stream)
    for life in placed([run.repeated] if run.repeated else []):
        _fills_reported(life)


@requirement("completed-after-last-fill")
def test_completed_last(play: Play) -> None:
    """The completion comes once, after the last fill, with the right total."""
    run = play(trade)
    for life in placed((*run.filled, *run.market_orders)):
        kinds = life.kinds()
        done = life.of(completed(life.side))
        expect(
            len(done) == 1, f"A filled {life.name} order was completed {len(done)} times.", *timeline(life)
        )
        expect(
            "OrderFilled" not in kinds[kinds.index(completed(life.side)) :],
            f"A {life.name} order was reported as completed before its last fill.",
            *timeline(life),
        )
        total = sum(fill.amount for fill in life.fills)
        amount = done[0].decimal("base_asset_amount")
        expect(
            amount == total, f"A {life.name} order of {total} was completed with {amount}.", *timeline(life)
        )


@requirement("cancelled-event-once")
def test_cancelled_once(play: Play) -> None:
    """A cancelled order is reported as cancelled once, and as nothing else."""
    run = play(trade)
    for life in placed(run.cancelled):
        ends = [event.kind for event in life.terminal()]
        expect(
            ends == ["OrderCancelled"],
            f"A cancelled order was reported as {ends or 'nothing'}.",
            *timeline(life),
        )


@requirement("failure-event-on-reject")
def test_a_refused_order_fails_once(play: Play) -> None:
    """An order that the exchange refuses ends in one failure; it is never announced or tracked."""
    run = play(trade)
    life = run.refused
    if life is None or not life.requests:
        undetermined("The order meant to be refused never reached the exchange.")
    if life.placed is not None:
        undetermined("The order meant to be refused was accepted by the simulated exchange.")
    failures = life.kinds().count("OrderFailure")
    expect(
        failures == 1,
        f"A refused order ended in {failures} failure events instead of one.",
        *timeline(life),
    )
    announced = len(life.of("BuyOrderCreated", "SellOrderCreated"))
    expect(not announced, "An order that the exchange refused was announced as created.", *timeline(life))
    expect(not life.tracked_after, "A refused order is still tracked.", *timeline(life))


@requirement("one-terminal-event")
def test_one_end_whatever_happens(play: Play) -> None:
    """No order ends twice: not in quiet trading, not under repeated messages, not when errors strike."""
    quiet, repeated, errors = play(trade), play(disturb_user_stream), play(answer_with_errors)
    others = (repeated.repeated, repeated.silent_fill, repeated.silent_cancel, errors.server_error)
    for life in (*quiet.lives(), *(life for life in others if life is not None)):
        ends = [event.kind for event in life.terminal()]
        expect(
            len(ends) <= 1,
            f"A {life.name} order ended {len(ends)} times: {', '.join(ends)}.",
            *timeline(life),
        )


@requirement("event-timestamps-in-seconds")
def test_timestamps(play: Play) -> None:
    """Each event's time lies within the scenario, in seconds."""
    run = play(trade)
    for life in placed(run.lives()):
        for event in life.events:
            stamp = event.timestamp
            if stamp is None:
                continue
            expect(
                run.began - 5 <= stamp <= run.ended + 60,
                f"A {event.kind} event is stamped {stamp}, but it happened at {event.at:.0f} (in seconds).",
                *timeline(life),
            )


@requirement("in-flight-orders-tracked")
def test_tracked_while_open(play: Play) -> None:
    """An open order is tracked, one that is done is not."""
    run = play(trade)
    for life in placed((*run.filled, *run.cancelled)):
        expect(life.tracked is not None, f"An open {life.name} order is not tracked.", *timeline(life))
        expect(not life.tracked_after, f"A {life.name} order that is done is still tracked.", *timeline(life))


@requirement("status-updated-without-user-stream")
def test_polling_finds_the_end(play: Play) -> None:
    """With the private stream silent, the next polls find that one order was filled and one cancelled."""
    run = play(disturb_user_stream)
    for life, kind in ((run.silent_fill, "BuyOrderCompleted"), (run.silent_cancel, "OrderCancelled")):
        (life,) = placed([life] if life else [])
        expect(
            life.kinds().count(kind) == 1,
            f"With the private stream silent, {kind} was reported {life.kinds().count(kind)} times.",
            *timeline(life),
        )


@requirement("missed-fills-recovered")
def test_a_missed_fill_is_found(play: Play) -> None:
    """A fill that happened while no stream was heard is found by polling."""
    run = play(break_streams)
    if run.life is None or run.missed_fill is None:
        undetermined("No order reached the exchange that could have been filled.")
    fill = run.missed_fill
    expect(
        run.missed_fill_reported,
        "A fill that happened while the private stream was silent was never reported.",
        seen_in_ledger(f"fill {fill.trade_id}: {fill.amount} at {fill.price}"),
        *(run.rig.record.evidence(item) for item in run.rig.record.exchanges("order_trades")[-2:]),
    )


@requirement("lost-reply-reconciled")
def test_no_orphan_after_a_lost_reply(play: Play) -> None:
    """The exchange accepted an order but its answer was lost: the connector still knows of it, or ends it."""
    run = play(lose_a_reply)
    order = run.order
    if order is None:
        undetermined("The order whose reply was to be lost never reached the exchange.")
    expect(
        run.life.tracked_after or not order.status.live,
        "The answer to an accepted order was lost, and the connector forgot the order: it stays open on the "
        "exchange and nobody watches it.",
        seen_in_ledger(f"order {order.order_id} ({order.client_order_id}) is {order.status.value}"),
        *timeline(run.life),
    )


@requirement("fill-before-ack-handled")
def test_a_fill_may_come_first(play: Play) -> None:
    """An order trades at once, its confirmation comes late: announced, filled and completed once."""
    run = play(race)
    (life,) = placed([run.crossed] if run.crossed else [])
    if not life.fills:
        undetermined("The order that was to trade at once did not.")
    _fills_reported(life)
    kinds = Counter(life.kinds())
    expect(
        kinds[created(life.side)] == 1,
        f"An order whose fill came before its confirmation was announced {kinds[created(life.side)]} times.",
        *timeline(life),
    )
    ends = [event.kind for event in life.terminal()]
    expect(
        ends == [completed(life.side)],
        f"An order whose fill came before its confirmation ended as {', '.join(ends) or 'nothing'}.",
        *timeline(life),
    )


@requirement("missing-order-not-failed-early")
def test_an_order_out_of_sight_is_not_given_up(play: Play) -> None:
    """One poll finds no such order, the next one does: it stays tracked, and its fill is reported."""
    run = play(race)
    (life,) = placed([run.lagging] if run.lagging else [])
    if not run.asked_for_lagging:
        undetermined("The connector did not ask for the order while it could not be found.")
    failed = life.of("OrderFailure", "OrderCancelled")
    expect(
        run.tracked_while_missing and not failed,
        "An order that the exchange could not find for a moment was given up; it was open all the time.",
        *timeline(life),
    )
    expect(
        life.of(completed(life.side)),
        "An order that the exchange could not find for a moment was filled later, and nothing was reported.",
        *timeline(life),
    )


@requirement("tracking-restored-after-restart")
def test_orders_survive_a_restart(play: Play) -> None:
    """After a restart from the saved state, open orders are followed to their end."""
    run = play(restart)
    placed(run.before)
    missing = [life.order_id for life in run.before if life.order_id not in run.tracked]
    expect(not missing, f"{len(missing)} of {len(run.before)} open orders were forgotten over a restart.")
    if run.filled is None or run.cancelled is None:
        undetermined("The orders could not be followed after the restart.")
    expect(
        run.filled.of(completed(run.filled.side)),
        "A fill after the restart went unreported.",
        *timeline(run.filled),
    )
    expect(
        run.cancelled.of("OrderCancelled"),
        "After the restart an order could not be cancelled.",
        *timeline(run.cancelled),
    )


@requirement("order-history-consistent")
def test_histories_end_as_the_ledger_has_them(play: Play, last_try: bool, evidence: Attach) -> None:
    """Fills, cancels and faults as the seed draws them: in the end it knows what the ledger knows."""
    run = play(endure)
    placed(life for history in run.histories for life in history.lives.values())
    for history in run.histories:
        for what, _, order in islice(breaches(history), 1):
            shorten = Shorten(history.schedule, what, order, broken)
            shortest = play(shorten, alone=True) if last_try else None
            _breached(shortest or history, what)
    steps = sum(len(history.schedule) for history in run.histories)
    orders = sum(len(history.lives) for history in run.histories)
    evidence(measured(f"{orders} orders lived through {steps} steps", orders=orders, steps=steps))


def _breached(history: History, what: str) -> NoReturn:
    breach = next(each for each in breaches(history) if each.what == what)
    steps = f"{len(history.schedule)} steps" if len(history.schedule) > 1 else "one step"
    fail(f"After {steps} of trading with trouble, {breach.sentence}.", *timeline_of(history, breach.order))
