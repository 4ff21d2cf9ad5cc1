"""How often the connector asks, counted by the venue as the exchange counts."""

from __future__ import annotations

import pytest

from harness.checking import Attach, expect, measured, requirement
from harness.checking.observers import over_the_limit
from harness.checking.traces import Traces
from harness.gateway.wire import Wire
from harness.scenarios.played.hour import Hour


@requirement("stays-under-limits")
def test_no_limit_is_hit(traces: Traces, evidence: Attach) -> None:
    """Starting, watching and trading briskly never makes the exchange answer 429."""
    for trace in traces.quiet():
        _under_the_limits(trace.wire, evidence)


@pytest.mark.takes_a_minute
@requirement("stays-under-limits")
def test_no_limit_is_hit_in_an_hour(hour: Hour, evidence: Attach) -> None:
    """An hour of market making never makes the exchange answer 429."""
    _under_the_limits(hour.part.wire, evidence)


def _under_the_limits(wire: Wire, evidence: Attach) -> None:
    exchanges = wire.requests()
    weight = sum(exchange.weight for exchange in exchanges)
    evidence(measured(f"{len(exchanges)} requests, weight {weight}", requests=len(exchanges), weight=weight))
    over = over_the_limit(exchanges)
    expect(
        not over,
        f"The exchange answered {len(over)} of {len(exchanges)} requests with 429.",
        *(wire.evidence(exchange) for exchange in over[:3]),
    )
