"""What only time shows: an hour of market making, a wrong clock, a door that stays shut."""

from __future__ import annotations

from collections import Counter

import pytest

from checks.conformance.conftest import Tell
from checks.conformance.scenarios.clocks import trade_by_a_wrong_clock
from checks.conformance.scenarios.errors import refuse_streams
from checks.conformance.scenarios.hour import Hour, make_markets
from checks.conformance.timeline import told
from harness.checking import (
    Attach,
    claimed,
    drawn,
    expect,
    measured,
    requirement,
    seen_in_ledger,
    undetermined,
)
from harness.outcome import Evidence, EvidenceKind

MINUTE = 60.0
DEPTH = 100
MOST_DEAF = 180.0  # virtual seconds in the whole of it
SNAPSHOTS = 3700.0  # virtual seconds; the framework asks for one every hour
MOST_STREAMS = 12  # one, one after we broke it, and some to spare
MOST_NEW_TASKS, MOST_NEW_SOCKETS = 8, 4
MOST_NEW_BYTES = 64 << 20
MOST_TRIES = 2.0  # a second, for each stream


@pytest.mark.takes_a_minute
@requirement("long-run-stays-healthy")
def test_an_hour_of_market_making(tell: Tell, evidence: Attach) -> None:
    """After more than an hour of quoting: no order forgotten or stuck, nothing piled up, still trading."""
    story = tell(make_markets)
    exchanges = story.bench.record.exchanges()
    each_minute = _each_minute(story)
    evidence(
        drawn(
            measured(
                f"{story.seconds / MINUTE:.0f} minutes of market making: {len(story.lives)} orders, "
                f"{len(exchanges)} requests, {max(each_minute)} in the busiest minute",
                minutes=round(story.seconds / MINUTE),
                orders=len(story.lives),
                requests=len(exchanges),
            ),
            each_minute,
        ),
    )
    lost = [life for life in story.lives if life.placed is None]
    expect(
        not lost,
        f"{len(lost)} of {len(story.lives)} orders of an hour never reached the exchange.",
        *(item for life in lost[:2] for item in told(life)),
    )
    expect(
        not story.forgotten,
        f"After an hour, {len(story.forgotten)} orders are open that the connector has forgotten.",
        *(
            seen_in_ledger(f"order {o.order_id}, client order id {o.client_order_id}")
            for o in story.forgotten[:3]
        ),
    )
    expect(
        not story.stuck,
        f"After an hour, the connector still tracks {len(story.stuck)} orders that are not open.",
        *(claimed(EvidenceKind.EVENT, f"it tracks {order_id}") for order_id in story.stuck[:3]),
    )
    expect(
        not story.restarts,
        f"In an hour without any trouble it broke all its connections off {story.restarts} times by itself.",
    )
    expect(
        story.network == "CONNECTED",
        f"After an hour, the connector says that its network is {story.network}.",
    )
    _nothing_piled_up(story, evidence)


def _nothing_piled_up(story: Hour, evidence: Attach) -> None:
    early, late = story.usages[0], story.usages[-1]
    tasks, sockets = len(late.tasks) - len(early.tasks), late.sockets - early.sockets
    grown = late.memory_bytes - early.memory_bytes
    evidence(
        _chart("memory in MiB", [each.memory_bytes / (1 << 20) for each in story.usages]),
        _chart("tasks", [len(each.tasks) for each in story.usages]),
        _chart("sockets", [each.sockets for each in story.usages]),
        _chart("seconds of processor time so far", [each.cpu_seconds for each in story.usages]),
    )
    expect(tasks <= MOST_NEW_TASKS, f"In an hour the number of its tasks grew by {tasks}.")
    expect(sockets <= MOST_NEW_SOCKETS, f"In an hour the number of its open sockets grew by {sockets}.")
    expect(grown <= MOST_NEW_BYTES, f"In an hour its memory grew by {grown / (1 << 20):.0f} MiB.")


def _chart(what: str, values: list[float]) -> Evidence:
    """What its process says of itself, from the fast part's end to the last order."""
    words = f"{what}: {values[0]:.4g} at first, {values[-1]:.4g} in the end"
    return drawn(claimed(EvidenceKind.MEASUREMENT, words), values)


def _each_minute(story: Hour) -> list[int]:
    """Requests in each minute since it was ready."""
    counts = Counter(int((each.at - story.began) // MINUTE) for each in story.bench.record.exchanges())
    return [counts[minute] for minute in range(int(story.seconds // MINUTE) + 1)]


@pytest.mark.takes_a_minute
@requirement("user-stream-kept-alive")
def test_the_private_stream_is_kept_alive(tell: Tell, evidence: Attach) -> None:
    """Listen keys and tokens are renewed: there is a private stream all the time, and after a late break."""
    story = tell(make_markets)
    if not story.private:
        undetermined("The connector never opened a private stream.")
    opened = len(story.private)
    evidence(
        measured(
            f"{opened} private streams opened, without one for {story.deaf:.0f} s",
            seconds=round(story.deaf),
            opened=opened,
        )
    )
    sockets = [story.bench.record.evidence(each) for each in story.bench.record.sockets()[-4:]]
    expect(
        story.deaf <= MOST_DEAF,
        f"For {story.deaf / MINUTE:.0f} of {story.seconds / MINUTE:.0f} minutes there was no private stream.",
        *sockets,
    )
    expect(
        opened <= MOST_STREAMS,
        f"In {story.seconds / MINUTE:.0f} minutes the exchange ended its private stream {opened - 1} times.",
        *sockets,
    )
    _shown_by(story)
    fill = story.last_fill
    if fill is None:
        undetermined("There was no open order left at the end that could have been filled.")
    expect(
        story.last_fill_streamed,
        "After an hour, a fill is no longer told by the private stream.",
        seen_in_ledger(f"fill {fill.trade_id}: {fill.amount} at {fill.price}"),
        *sockets,
    )


def _shown_by(story: Hour) -> None:
    """What a new start puts right anyway cannot be seen in an hour that had one."""
    if story.restarts:
        undetermined(f"It broke all its connections off {story.restarts} times by itself and began anew.")


@pytest.mark.takes_a_minute
@requirement("order-book-recovers-from-gap")
def test_a_gap_in_the_book_is_mended(tell: Tell) -> None:
    """Messages of the order book were lost: an hour later at the latest, it equals the exchange's again."""
    story = tell(make_markets)
    if not story.judged:
        undetermined("No change of the order book could be kept from it.")
    if not story.still_wrong:
        _shown_by(story)
    if story.still_wrong and story.after < SNAPSHOTS:
        undetermined(
            f"The levels whose change it was not told changed again {story.after / MINUTE:.0f} minutes later."
        )
    expect(
        not story.still_wrong,
        f"An hour after a message was lost, {len(story.still_wrong)} levels of the book are still wrong.",
        *(seen_in_ledger(f"{each} as the connector has it") for each in story.still_wrong[:3]),
        measured(
            f"{story.judged} levels whose change it was not told, {story.after / MINUTE:.0f} minutes later",
            levels=story.judged,
            minutes=round(story.after / MINUTE),
        ),
    )


@pytest.mark.takes_a_minute
@requirement("order-book-depth-100")
def test_the_book_is_deep_enough(tell: Tell) -> None:
    """Of a book with 150 levels a side, it keeps 100, or as many as the exchange tells."""
    story = tell(make_markets)
    wanted = min(DEPTH, story.bench.dialect.book_depth)
    least = min(story.depth)
    expect(
        least >= wanted,
        f"The order book has {story.depth[0]} bids and {story.depth[1]} asks; the exchange gives {wanted}.",
        claimed(EvidenceKind.NOTE, f"{story.depth[0]} bids, {story.depth[1]} asks"),
        measured(f"the exchange has {len(story.bench.venue.book(story.bench.market).bids)} bids"),
    )


@requirement("tolerates-clock-skew")
def test_a_wrong_clock_is_borne(tell: Tell) -> None:
    """With the exchange's clock 75 seconds ahead, and then behind, it gets ready and an order arrives."""
    story = tell(trade_by_a_wrong_clock)
    for each in story.tries:
        how = f"{abs(each.ahead):.0f} seconds {'ahead' if each.ahead > 0 else 'behind'}"
        refused = [e for e in each.bench.record.exchanges() if (e.status or 0) >= 400]
        evidence = [each.bench.record.evidence(exchange) for exchange in refused[-3:]]
        expect(
            each.life is not None,
            f"With the exchange's clock {how}, the connector never gets ready.",
            *evidence,
        )
        expect(
            each.life is not None and each.life.placed is not None,
            f"With the exchange's clock {how}, no order arrives.",
            *evidence,
        )


@requirement("reconnects-with-back-off")
def test_a_closed_door_is_not_hammered(tell: Tell, evidence: Attach) -> None:
    """While its streams are refused for a minute, it tries again, not all the time, until it is let in."""
    story = tell(refuse_streams)
    if not story.before:
        undetermined("No stream was open that could have been refused.")
    rate = story.tries / story.seconds / story.before
    evidence(
        measured(
            f"{story.tries} tries to open {story.before} streams in {story.seconds:.0f} s",
            tries=story.tries,
            streams=story.before,
        )
    )
    expect(
        rate <= MOST_TRIES,
        f"While its streams were refused, it tried {rate:.1f} times a second for each of them.",
    )
    expect(
        story.back,
        f"It did not open its {story.before} streams again when the exchange let it in after a minute.",
        *(story.bench.record.evidence(each) for each in story.bench.record.sockets()[-3:]),
    )
