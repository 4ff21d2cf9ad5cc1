"""What only time shows: an hour of market making, a wrong clock, streams that are refused."""

from __future__ import annotations

from collections import Counter

import pytest

from checks.conformance.timeline import arrived, timeline
from harness.checking import (
    Attach,
    claimed,
    drawn,
    expect,
    measured,
    not_applicable,
    requirement,
    seen_in_ledger,
    undetermined,
)
from harness.checking.plan import CALM_PACE
from harness.outcome import Evidence, EvidenceKind
from harness.scenarios.played.clocks import WrongClocks
from harness.scenarios.played.errors import RefusedStreams
from harness.scenarios.played.hour import SNAPSHOTS, Hour

MINUTE = 60.0
MOST_DEAF = 180.0  # virtual seconds in the whole of it
MOST_STREAMS = 12  # one, one after we broke it, and some to spare
MOST_NEW_TASKS, MOST_NEW_SOCKETS = 8, 4
MOST_NEW_BYTES = 64 << 20
MOST_TRIES = 2.0  # a second, for each stream


@pytest.mark.takes_a_minute
@requirement("long-run-stays-healthy")
def test_an_hour_of_market_making(hour: Hour, evidence: Attach) -> None:
    """After more than an hour of quoting no order is lost or stuck, nothing leaked, and it still trades."""
    exchanges = hour.part.wire.requests()
    each_minute = _each_minute(hour)
    evidence(
        drawn(
            measured(
                f"{hour.seconds / MINUTE:.0f} minutes of market making: {len(hour.lives)} orders, "
                f"{len(exchanges)} requests, {max(each_minute)} in the busiest minute",
                minutes=round(hour.seconds / MINUTE),
                orders=len(hour.lives),
                requests=len(exchanges),
            ),
            each_minute,
        ),
    )
    lost = [life for life in hour.lives if life.placed is None and life.late is None]
    expect(
        not lost,
        f"{len(lost)} of {len(hour.lives)} orders in an hour never reached the exchange.",
        *(item for life in lost[:2] for item in timeline(life)),
    )
    expect(
        not hour.forgotten,
        f"After an hour, the connector has lost track of {len(hour.forgotten)} open orders.",
        *(
            seen_in_ledger(f"order {o.order_id}, client order id {o.client_order_id}")
            for o in hour.forgotten[:3]
        ),
    )
    expect(
        not hour.stuck,
        f"After an hour, the connector still tracks {len(hour.stuck)} orders that are not open.",
        *(claimed(EvidenceKind.EVENT, f"it tracks {order_id}") for order_id in hour.stuck[:3]),
    )
    if hour.pace > CALM_PACE:  # a busy machine's haste looks like a dead network
        _shown_by(hour)
    expect(
        not hour.restarts,
        f"It dropped all its connections {hour.restarts} times in an hour without any fault.",
    )
    expect(
        hour.network == "CONNECTED",
        f"After an hour, the connector reports its network status as {hour.network}.",
    )
    _nothing_piled_up(hour, evidence)


@pytest.mark.takes_a_minute
@requirement("long-run-stays-healthy")
def test_changed_rules_are_followed(hour: Hour) -> None:
    """After the exchange increased the lot size, orders follow it within half an hour."""
    if not any(life.placed is not None for life in hour.lives):
        undetermined("No order reached the exchange in the hour.")
    if not hour.coarser:
        not_applicable("The exchange cannot announce that this market's lot size grew.")
    for life in hour.coarser:
        arrived(
            life,
            f"{(life.asked_at - hour.changed_at) / MINUTE:.0f} minutes after the exchange raised the "
            f"market's lot size, a {life.name} order for {life.amount:f} was not rounded to it, "
            "and was refused.",
        )


def _nothing_piled_up(run: Hour, evidence: Attach) -> None:
    early, late = run.usages[0], run.usages[-1]
    tasks, sockets = len(late.tasks) - len(early.tasks), late.sockets - early.sockets
    grown = late.memory_bytes - early.memory_bytes
    evidence(
        _chart("memory in MiB", [each.memory_bytes / (1 << 20) for each in run.usages]),
        _chart("tasks", [len(each.tasks) for each in run.usages]),
        _chart("sockets", [each.sockets for each in run.usages]),
        _chart("seconds of processor time so far", [each.cpu_seconds for each in run.usages]),
    )
    expect(tasks <= MOST_NEW_TASKS, f"The number of its tasks grew by {tasks} in an hour.")
    expect(sockets <= MOST_NEW_SOCKETS, f"The number of its open sockets grew by {sockets} in an hour.")
    expect(grown <= MOST_NEW_BYTES, f"Its memory grew by {grown / (1 << 20):.0f} MiB in an hour.")


def _chart(what: str, values: list[float]) -> Evidence:
    """What its process says of itself, from the fast part's end to the last order."""
    words = f"{what}: {values[0]:.4g} at first, {values[-1]:.4g} in the end"
    return drawn(claimed(EvidenceKind.MEASUREMENT, words), values)


def _each_minute(run: Hour) -> list[int]:
    """Requests in each minute since it was ready."""
    counts = Counter(int((each.at - run.began) // MINUTE) for each in run.part.wire.requests())
    return [counts[minute] for minute in range(int(run.seconds // MINUTE) + 1)]


@pytest.mark.takes_a_minute
@requirement("user-stream-kept-alive")
def test_the_private_stream_is_kept_alive(hour: Hour, evidence: Attach) -> None:
    """Listen keys and tokens are renewed: the private stream stays up, also after a late disconnection."""
    if not hour.private:
        undetermined("The connector never opened a private stream.")
    opened = len(hour.private)
    evidence(
        measured(
            f"{opened} private streams opened, without one for {hour.deaf:.0f} s",
            seconds=round(hour.deaf),
            opened=opened,
        )
    )
    sockets = [hour.part.wire.evidence(each) for each in hour.part.wire.sockets()[-4:]]
    expect(
        hour.deaf <= MOST_DEAF,
        f"It had no private stream for {hour.deaf / MINUTE:.0f} of {hour.seconds / MINUTE:.0f} minutes.",
        *sockets,
    )
    expect(
        opened <= MOST_STREAMS,
        f"The exchange closed its private stream {opened - 1} times in {hour.seconds / MINUTE:.0f} minutes.",
        *sockets,
    )
    _shown_by(hour)
    fill = hour.last_fill
    if fill is None:
        undetermined("No open order was left at the end to be filled.")
    expect(
        hour.last_fill_streamed,
        "After an hour, a fill no longer arrives on the private stream.",
        seen_in_ledger(f"fill {fill.trade_id}: {fill.amount} at {fill.price}"),
        *sockets,
    )


def _shown_by(run: Hour) -> None:
    """What a new start puts right anyway cannot be seen in an hour that had one."""
    if run.restarts:
        undetermined(f"It dropped all its connections {run.restarts} times by itself and started again.")


@pytest.mark.takes_a_minute
@requirement("order-book-recovers-from-gap")
def test_a_gap_in_the_book_is_mended(hour: Hour) -> None:
    """After order book messages were lost, the book equals the exchange's again within an hour."""
    if not hour.judged and hour.renewed:
        undetermined(
            f"It connected anew {hour.renewed} times after an order book message was lost, and got a new "
            "book each time: whether it recovers without that cannot be seen."
        )
    if not hour.judged:
        undetermined("No order book message could be withheld from it.")
    if not hour.still_wrong:
        _shown_by(hour)
    if hour.still_wrong and hour.after < SNAPSHOTS:
        undetermined(
            "The levels whose change was withheld could be looked at for "
            f"{hour.after / MINUTE:.0f} minutes only."
        )
    expect(
        not hour.still_wrong,
        f"An hour after a message was lost, {len(hour.still_wrong)} levels of the book are still wrong.",
        *(seen_in_ledger(f"{each} as the connector has it") for each in hour.still_wrong[:3]),
        measured(
            f"{hour.judged} levels whose change it was not told, {hour.after / MINUTE:.0f} minutes later",
            levels=hour.judged,
            minutes=round(hour.after / MINUTE),
        ),
    )


@pytest.mark.takes_a_minute
@requirement("order-book-recovers-from-gap")
def test_a_deaf_connection_is_left(hour: Hour) -> None:
    """A connection that stays open without any message, not even a pong, is replaced by a new one."""
    if not hour.muted:
        undetermined("No connection carried order book messages.")
    if not hour.still_deaf:
        _shown_by(hour)
    expect(
        not hour.still_deaf,
        f"The connector kept {len(hour.still_deaf)} of {len(hour.muted)} dead connections, on which not even "
        "a pong came, for five minutes.",
        *(hour.part.wire.evidence(each) for each in hour.still_deaf[:3]),
    )


@requirement("tolerates-clock-skew")
def test_a_wrong_clock_is_borne(wrong_clocks: WrongClocks) -> None:
    """With the exchange's clock 75 seconds ahead, and then behind, it becomes ready and an order arrives."""
    for each in wrong_clocks.tries:
        how = f"{abs(each.ahead):.0f} seconds {'ahead' if each.ahead > 0 else 'behind'}"
        refused = [e for e in each.part.wire.requests() if (e.status or 0) >= 400]
        evidence = [each.part.wire.evidence(exchange) for exchange in refused[-3:]]
        expect(
            each.life is not None,
            f"The connector never gets ready with the exchange's clock {how}.",
            *evidence,
        )
        expect(
            each.life is not None and each.life.placed is not None,
            f"No order arrives with the exchange's clock {how}.",
            *evidence,
        )


@requirement("tolerates-clock-skew")
def test_a_clock_that_jumps_is_borne(wrong_clocks: WrongClocks) -> None:
    """After the exchange's clock jumps 75 seconds ahead, as after a computer's sleep, orders arrive again."""
    jumped = [each for each in wrong_clocks.tries if each.after_a_jump]
    if not jumped:
        undetermined("No order arrived before the clock could jump.")
    for each in jumped:
        first = each.after_a_jump[0].asked_at
        refused = [e for e in each.part.wire.requests() if (e.status or 0) >= 400 and e.at >= first]
        expect(
            each.after_a_jump[-1].placed is not None,
            f"After the exchange's clock jumped {abs(each.ahead):.0f} seconds ahead, "
            f"none of {len(each.after_a_jump)} orders arrived.",
            *(each.part.wire.evidence(exchange) for exchange in refused[-3:]),
        )


@requirement("reconnects-with-back-off")
def test_refused_streams_are_not_hammered(refused_streams: RefusedStreams, evidence: Attach) -> None:
    """While its streams are refused for a minute, it retries with pauses until it is accepted."""
    if not refused_streams.before:
        undetermined("No stream was open to be refused.")
    rate = refused_streams.tries / refused_streams.seconds / refused_streams.before
    evidence(
        measured(
            f"{refused_streams.tries} tries to open {refused_streams.before} streams "
            f"in {refused_streams.seconds:.0f} s",
            tries=refused_streams.tries,
            streams=refused_streams.before,
        )
    )
    expect(
        rate <= MOST_TRIES,
        f"It tried to reconnect each refused stream {rate:.1f} times a second.",
    )
    expect(
        refused_streams.back,
        f"It did not reopen its {refused_streams.before} streams when the exchange let it connect again.",
        *(refused_streams.part.wire.evidence(each) for each in refused_streams.part.wire.sockets()[-3:]),
    )
