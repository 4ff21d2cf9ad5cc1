"""Many orders at once, against the venue's ledger."""

from __future__ import annotations

from checks.conformance.test_order_life_ends import told_as_it_was
from checks.conformance.timeline import timeline
from harness.checking import Attach, expect, measured, requirement, undetermined
from harness.scenarios.played.crowd import Crowd


@requirement("many-orders-at-once")
def test_many_orders_at_once(crowd: Crowd, evidence: Attach) -> None:
    """Each of many orders arrives once, and its fills and its end are told as they were."""
    placed = [life for life in crowd.lives if life.placed is not None]
    if not placed:
        undetermined("No order reached the exchange.")
    for life in crowd.lives:
        expect(
            life.placed is not None,
            f"Of {len(crowd.lives)} orders, {len(crowd.lives) - len(placed)} never reached the exchange; one of "
            f"them was a {life.name} order.",
            *timeline(life),
        )
    for life in placed:
        told_as_it_was(life, f"A {life.name} order among many")
    fills = sum(len(life.fills) for life in placed)
    evidence(measured(f"{len(placed)} orders, {fills} fills", orders=len(placed), fills=fills))
