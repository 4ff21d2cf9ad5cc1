"""How often the connector asks, counted by the venue as the exchange counts."""

from __future__ import annotations

from harness.checking import Attach, expect, measured, requirement
from harness.checking.observers import over_the_limit
from harness.checking.runner import Traces


@requirement("stays-under-limits")
def test_no_limit_is_hit(traces: Traces, evidence: Attach) -> None:
    """Starting, watching and trading briskly never makes the exchange answer 429."""
    for trace in traces.quiet():
        exchanges = trace.wire.exchanges()
        weight = sum(exchange.weight for exchange in exchanges)
        evidence(
            measured(f"{len(exchanges)} requests, weight {weight}", requests=len(exchanges), weight=weight)
        )
        over = over_the_limit(exchanges)
        expect(
            not over,
            f"The exchange answered {len(over)} of {len(exchanges)} requests with 429.",
            *(trace.wire.evidence(exchange) for exchange in over[:3]),
        )
