"""How often the connector asks, counted by the venue as the exchange counts."""

from __future__ import annotations

from checks.conformance.conftest import Play
from checks.conformance.scenarios.quiet import quiet_rigs
from harness.checking import Attach, expect, measured, requirement


@requirement("stays-under-limits")
def test_no_limit_is_hit(play: Play, evidence: Attach) -> None:
    """Starting, watching and trading briskly never makes the exchange answer 429."""
    for record in (rig.record for rig in quiet_rigs(play)):
        exchanges = record.exchanges()
        weight = sum(exchange.weight for exchange in exchanges)
        evidence(
            measured(f"{len(exchanges)} requests, weight {weight}", requests=len(exchanges), weight=weight)
        )
        over = [each for each in exchanges if each.status in (418, 429) and each.fault is None]
        expect(
            not over,
            f"The exchange answered {len(over)} of {len(exchanges)} requests with 429.",
            *(record.evidence(exchange) for exchange in over[:3]),
        )
