"""Many pairs and many orders at once, against the venue's ledger."""

from __future__ import annotations

from checks.conformance.test_order_life_ends import told_as_it_was
from checks.conformance.timeline import timeline
from harness.checking import Attach, expect, fail, measured, requirement, undetermined
from harness.scenarios.played.crowd import Crowd


@requirement("many-orders-at-once")
def test_a_dozen_pairs(crowd: Crowd, evidence: Attach) -> None:
    """Nothing that the connector asks for a dozen pairs is more than the exchange takes at once."""
    evidence(measured(f"{len(crowd.pairs)} pairs", pairs=len(crowd.pairs)))
    first = next(iter(crowd.refused), None)
    expect(
        first is None,
        f"With {len(crowd.pairs)} pairs, the exchange refused {len(crowd.refused)} requests, among them "
        f"{first.method if first else ''} {first.path if first else ''}.",
        *(crowd.part.wire.evidence(each) for each in crowd.refused[:3]),
    )


@requirement("many-orders-at-once")
def test_many_orders_at_once(crowd: Crowd, evidence: Attach) -> None:
    """Each of many orders arrives once, and its fills and its end are told as they were."""
    placed = [life for life in crowd.lives if life.placed is not None]
    if not placed:
        undetermined("No order reached the exchange.")
    lost = [life for life in crowd.lives if life.placed is None]
    for life in lost:
        what = f"{len(lost)} of {len(crowd.lives)} orders never reached the exchange"
        fail(f"{what}, a {life.name} order among them.", *timeline(life))
    for life in placed:
        told_as_it_was(life, f"A {life.name} order among many")
    fills = sum(len(life.fills) for life in placed)
    evidence(measured(f"{len(placed)} orders, {fills} fills", orders=len(placed), fills=fills))
