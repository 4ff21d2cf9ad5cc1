"""Events and tracking, against the venue's ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import NoReturn

from checks.conformance.timeline import timeline, timeline_of
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
from harness.outcome import EvidenceKind
from harness.scenarios.played.errors import Errors, LostReply
from harness.scenarios.played.histories import Histories, History
from harness.scenarios.played.invariants import breaches, misreported_fills
from harness.scenarios.played.order_life import Life, Trading, completed, created
from harness.scenarios.played.races import Races
from harness.scenarios.played.restart import Restart
from harness.scenarios.played.streams import BrokenStreams
from harness.scenarios.played.unheard import DeafStreams


def placed(lives: Iterable[Life]) -> list[Life]:
    """Those that reached the exchange; undetermined when none did."""
    found = [life for life in lives if life.placed is not None]
    if not found:
        undetermined("No order of this kind reached the exchange.")
    return found


@requirement("created-event-once")
def test_created_once(trading: Trading) -> None:
    """An accepted order is announced once, as a buy or a sell."""
    for life in placed((*trading.filled, *trading.cancelled, *trading.maker_orders)):
        count = life.kinds().count(created(life.side))
        expect(count == 1, f"An accepted {life.name} order was announced {count} times.", *timeline(life))
        wrong = len(life.of("BuyOrderCreated", "SellOrderCreated")) - count
        expect(not wrong, f"A {life.name} order was announced with the opposite side.", *timeline(life))


def _fills_reported(life: Life) -> None:
    lost, extra = misreported_fills(life)
    expect(
        not lost,
        f"{lost} of {len(life.fills)} fills of a {life.name} order were not reported as they happened.",
        *timeline(life),
    )
    expect(
        not extra,
        f"{extra} reported fills of a {life.name} order never happened.",
        *timeline(life),
    )


@requirement("every-fill-reported-once")
def test_every_fill_once(trading: Trading) -> None:
    """Partial and full fills: each one reported once, with the price and amount of the ledger."""
    for life in placed((*trading.filled, *trading.market_orders)):
        _fills_reported(life)


@requirement("fills-at-their-price")
def test_fills_have_the_price_at_which_they_traded(races: Races) -> None:
    """A limit order that trades at a better price than its own is reported at that price."""
    (life,) = placed([races.crossed] if races.crossed else [])
    better = [fill.price for fill in life.fills if fill.price != life.price]
    told = [price for event in life.of("OrderFilled") if (price := event.decimal("price")) is not None]
    if not better or not told:
        undetermined("No fill at a better price than the order's was reported.")
    expect(
        life.price not in told,
        f"A {life.name} order at {life.price:f} traded at {better[0]:f}, which the connector reported at its "
        "own price.",
        *timeline(life),
    )


@requirement("every-fill-reported-once")
def test_a_repeated_message_is_no_second_fill(deaf_streams: DeafStreams) -> None:
    """The exchange sends each private message twice; the fills are still reported once."""
    for life in placed([deaf_streams.repeated] if deaf_streams.repeated else []):
        _fills_reported(life)


@requirement("every-fill-reported-once")
def test_fills_told_in_one_message(deaf_streams: DeafStreams) -> None:
    """One private message contains two fills: both are reported, as promptly as a single one."""
    (life,) = placed([deaf_streams.together] if deaf_streams.together else [])
    if not deaf_streams.joined:
        not_applicable("The exchange sends each fill in a separate message.")
    alone, *both = deaf_streams.heard
    if not alone:
        undetermined("It reports no fill before it polls.")
    expect(
        all(both),
        f"Two fills came in one message; {sum(both)} of them were reported before a poll.",
        *timeline(life),
    )


@requirement("orders-of-others-pass-by")
def test_orders_of_others_hold_nothing_up(deaf_streams: DeafStreams) -> None:
    """A fill that follows messages about orders from the browser, without client order ids, is reported."""
    (life,) = placed([deaf_streams.after_others] if deaf_streams.after_others else [])
    if not any(deaf_streams.heard[:1]):
        undetermined("It reports no fill before it polls.")
    expect(
        deaf_streams.heard_after_others,
        "After messages about orders placed in the browser, a fill was not reported before a poll.",
        *timeline(life),
    )


@requirement("completed-after-last-fill")
def test_completed_last(trading: Trading) -> None:
    """The completion comes once, after the last fill, with the right total."""
    for life in placed((*trading.filled, *trading.market_orders)):
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
def test_cancelled_once(trading: Trading) -> None:
    """A cancelled order is reported as cancelled once, and as nothing else."""
    for life in placed(trading.cancelled):
        ends = [event.kind for event in life.terminal()]
        expect(
            ends == ["OrderCancelled"],
            f"A cancelled order was reported as {ends or 'nothing'}.",
            *timeline(life),
        )


@requirement("cancelled-event-once")
def test_cancelled_once_during_a_poll(races: Races) -> None:
    """An order is cancelled during a poll; the poll's answer comes last and does not end it again."""
    for life in placed([races.polled] if races.polled else []):
        ends = [event.kind for event in life.terminal()]
        expect(
            ends == ["OrderCancelled"],
            f"An order that was cancelled during a poll was reported as {', '.join(ends) or 'nothing'}.",
            *timeline(life),
        )


@requirement("failure-event-on-reject")
def test_a_refused_order_fails_once(trading: Trading) -> None:
    """An order that the exchange refuses ends in one failure; it is never announced or tracked."""
    life = trading.refused
    if life is None or not life.requests:
        undetermined("The order meant to be rejected never reached the exchange.")
    if life.placed is not None:
        undetermined("The simulated exchange accepted the order meant to be rejected.")
    failures = life.kinds().count("OrderFailure")
    expect(
        failures == 1,
        f"A rejected order ended in {failures} failure events instead of one.",
        *timeline(life),
    )
    announced = len(life.of("BuyOrderCreated", "SellOrderCreated"))
    expect(not announced, "A rejected order was announced as created.", *timeline(life))
    expect(not life.tracked_after, "A rejected order is still tracked.", *timeline(life))


@requirement("late-messages-handled")
def test_late_messages_leave_an_order_ended(races: Races) -> None:
    """Polls report two fills and the end; the stream's messages about them come later and change nothing."""
    (life,) = placed([races.overtaken] if races.overtaken else [])
    if not races.ended_first:
        undetermined("No poll reported the order's end while its messages were delayed.")
    ends = [event.kind for event in life.terminal()]
    expect(
        len(ends) == 1,
        f"A {life.name} order ended again when the messages of its fills arrived late: {', '.join(ends)}.",
        *timeline(life),
    )
    truth = sum(fill.amount for fill in life.fills)
    told = sum(event.decimal("amount") or 0 for event in life.of("OrderFilled"))
    expect(
        told == truth,
        f"After a poll ended a {life.name} order and the messages of its fills arrived late, {told:f} "
        f"instead of {truth:f} was reported as filled.",
        *timeline(life),
    )
    expect(
        not life.tracked_after,
        f"An ended {life.name} order is tracked as open again after the messages of its fills arrived late.",
        *timeline(life),
    )


@requirement("one-terminal-event")
def test_one_end_whatever_happens(
    trading: Trading, deaf_streams: DeafStreams, errors: Errors, races: Races
) -> None:
    """No order ends twice: in quiet trading, when messages repeat or come late, or under errors."""
    repeated = (deaf_streams.repeated, deaf_streams.silent_fill, deaf_streams.silent_cancel)
    others = (*repeated, errors.server_error, races.polled)
    for life in (*trading.lives(), *(life for life in others if life is not None)):
        ends = [event.kind for event in life.terminal()]
        expect(
            len(ends) <= 1,
            f"A {life.name} order ended {len(ends)} times: {', '.join(ends)}.",
            *timeline(life),
        )


@requirement("event-timestamps-in-seconds")
def test_timestamps(trading: Trading) -> None:
    """Each event's time lies within the scenario, in seconds."""
    for life in placed(trading.lives()):
        for event in life.events:
            stamp = event.timestamp
            if stamp is None:
                continue
            expect(
                trading.began - 5 <= stamp <= trading.ended + 60,
                f"A {event.kind} event has timestamp {stamp}; it happened at {event.at:.0f} (in seconds).",
                *timeline(life),
            )


@requirement("in-flight-orders-tracked")
def test_tracked_while_open(trading: Trading) -> None:
    """An open order is tracked, an ended one is not."""
    for life in placed((*trading.filled, *trading.cancelled)):
        expect(life.tracked is not None, f"An open {life.name} order is not tracked.", *timeline(life))
        expect(not life.tracked_after, f"An ended {life.name} order is still tracked.", *timeline(life))


@requirement("status-updated-without-user-stream")
def test_polling_finds_the_end(deaf_streams: DeafStreams) -> None:
    """With the private stream silent, the next polls find that one order was filled and one cancelled."""
    for life, kind in (
        (deaf_streams.silent_fill, "BuyOrderCompleted"),
        (deaf_streams.silent_cancel, "OrderCancelled"),
    ):
        (life,) = placed([life] if life else [])
        expect(
            life.kinds().count(kind) == 1,
            f"{kind} was reported {life.kinds().count(kind)} times while the private stream was silent.",
            *timeline(life),
        )


@requirement("missed-fills-recovered")
def test_a_missed_fill_is_found(broken_streams: BrokenStreams) -> None:
    """A fill that happened while the streams were silent is found by polling."""
    if broken_streams.life is None or broken_streams.missed_fill is None:
        undetermined("No order that could be filled reached the exchange.")
    fill = broken_streams.missed_fill
    expect(
        broken_streams.missed_fill_reported,
        "A fill that happened while the private stream was silent was never reported.",
        seen_in_ledger(f"fill {fill.trade_id}: {fill.amount} at {fill.price}"),
        *(
            broken_streams.part.wire.evidence(item)
            for item in broken_streams.part.wire.requests("order_trades")[-2:]
        ),
    )
    life = broken_streams.at_once
    if life is not None:
        expect(
            not broken_streams.unreported,
            f"{len(broken_streams.unreported)} of {len(life.fills)} simultaneous fills that no stream "
            "reported were never found.",
            *timeline(life),
        )


@requirement("lost-reply-reconciled")
def test_no_orphan_after_a_lost_reply(lost_reply: LostReply) -> None:
    """The exchange accepted an order but its answer was lost: the connector still tracks it, or ends it."""
    order = lost_reply.order
    if order is None:
        undetermined("The order whose reply was to be lost never reached the exchange.")
    expect(
        lost_reply.life.tracked_after or not order.status.live,
        "The reply to an accepted order was lost and the connector dropped the order, which stays open on "
        "the exchange.",
        seen_in_ledger(f"order {order.order_id} ({order.client_order_id}) is {order.status.value}"),
        *timeline(lost_reply.life),
    )


@requirement("fill-before-ack-handled")
def test_a_fill_may_come_first(races: Races) -> None:
    """An order trades at once, its confirmation comes late: announced, filled and completed once."""
    (life,) = placed([races.crossed] if races.crossed else [])
    if not life.fills:
        undetermined("The order that should have traded at once did not.")
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
def test_an_order_out_of_sight_is_not_given_up(races: Races) -> None:
    """One poll does not find the order, the next one does: it stays tracked, and its fill is reported."""
    (life,) = placed([races.lagging] if races.lagging else [])
    if not races.asked_for_lagging:
        undetermined("The connector did not ask for the order while it could not be found.")
    failed = life.of("OrderFailure", "OrderCancelled")
    expect(
        races.tracked_while_missing and not failed,
        "An order that the exchange could not find for a moment was given up; it was open all the time.",
        *timeline(life),
    )
    expect(
        life.of(completed(life.side)),
        "An order that the exchange could not find for a moment was filled later, and nothing was reported.",
        *timeline(life),
    )


@requirement("tracking-restored-after-restart")
def test_orders_survive_a_restart(restarted: Restart) -> None:
    """After a restart from the saved state, open orders are followed to their end."""
    placed(restarted.before)
    expect(
        not restarted.raised,
        "The connector raises an error when it restores its saved orders.",
        claimed(EvidenceKind.LOG, restarted.raised),
    )
    missing = [life.order_id for life in restarted.before if life.order_id not in restarted.tracked]
    expect(not missing, f"{len(missing)} of {len(restarted.before)} open orders were lost after a restart.")
    if restarted.filled is None or restarted.cancelled is None:
        undetermined("The orders could not be followed after the restart.")
    expect(
        restarted.filled.of(completed(restarted.filled.side)),
        "A fill after the restart went unreported.",
        *timeline(restarted.filled),
    )
    expect(
        restarted.cancelled.of("OrderCancelled"),
        "After the restart an order could not be cancelled.",
        *timeline(restarted.cancelled),
    )


@requirement("order-history-consistent")
def test_histories_end_as_the_ledger_has_them(histories: Histories, evidence: Attach) -> None:
    """After fills, cancels and faults drawn from the seed, its orders and balances agree with the ledger."""
    placed(life for history in histories.lived for life in history.lives.values())
    for history in histories.lived:
        for what, *_ in islice(breaches(history), 1):
            _breached(histories.shortest or history, what)
    steps = sum(len(history.schedule) for history in histories.lived)
    orders = sum(len(history.lives) for history in histories.lived)
    evidence(measured(f"{orders} orders lived through {steps} steps", orders=orders, steps=steps))


def _breached(history: History, what: str) -> NoReturn:
    breach = next(each for each in breaches(history) if each.what == what)
    steps = {0: "no step", 1: "one step"}.get(len(history.schedule), f"{len(history.schedule)} steps")
    fail(f"After {steps} of trading with faults, {breach.sentence}.", *timeline_of(history, breach.order))
