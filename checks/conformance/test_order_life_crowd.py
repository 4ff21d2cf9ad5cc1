"""Many pairs and many orders at once, against the venue's ledger."""

from __future__ import annotations

from checks.conformance.test_order_life_ends import told_as_it_was
from checks.conformance.timeline import timeline
from harness.checking import Attach, expect, fail, measured, requirement, undetermined
from harness.scenarios.played.crowd import Crowd


@requirement("many-orders-at-once")
def test_a_dozen_pairs(crowd: Crowd, evidence: Attach) -> None:
    """With a dozen pairs it becomes ready, no request is refused, and its books stay right."""
    count = len(crowd.pairs)
    evidence(measured(f"{count} pairs", pairs=count))
    refused = [crowd.part.wire.evidence(each) for each in crowd.refused[:3]]
    for first in crowd.refused[:1]:
        fail(
            f"With {count} pairs, the exchange refused {len(crowd.refused)} requests, the first of them "
            f"{first.name}.",
            *refused,
        )
    waiting = ", ".join(crowd.waiting_for)
    expect(
        not crowd.waiting_for,
        f"With {count} pairs, the connector never became ready ({waiting}); with one it does.",
    )
    expect(crowd.difference is None, f"With {count} pairs, order books go wrong: {crowd.difference}.")


@requirement("many-orders-at-once")
def test_many_orders_at_once(crowd: Crowd, evidence: Attach) -> None:
    """Each of many orders arrives once, and its fills and its end are reported correctly."""
    placed = [life for life in crowd.lives if life.placed is not None]
    if not placed:
        undetermined("No order reached the exchange.")
    lost = [life for life in crowd.lives if life.placed is None and life.late is None]
    for life in lost:
        what = f"{len(lost)} of {len(crowd.lives)} orders never reached the exchange"
        fail(f"{what}, a {life.name} order among them.", *timeline(life))
    for life in placed:
        told_as_it_was(life, f"A {life.name} order among many")
    fills = sum(len(life.fills) for life in placed)
    evidence(measured(f"{len(placed)} orders, {fills} fills", orders=len(placed), fills=fills))
