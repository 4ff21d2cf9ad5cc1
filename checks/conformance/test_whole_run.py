"""What the whole run showed of a connector; the name keeps it last, when every story has been told."""

from __future__ import annotations

from checks.conformance.conftest import Tell
from checks.conformance.stories.market_data import watch_market
from checks.conformance.stories.order_life import trade
from harness.checking import Finding, claimed, expect, irregular, requirement
from harness.driver import ConnectorError
from harness.driving.claims import Usage
from harness.lab import Lab
from harness.outcome import EvidenceKind


@requirement("plays-fair-with-the-harness")
def test_nobody_speaks_for_the_driver(tell: Tell, lab: Lab) -> None:
    """Nothing but our driver answered us, no process outlived its scenario, and the driver is what it was."""
    usages: list[Usage | None] = []
    broken: Exception | None = None
    try:
        usages.append(tell(watch_market).usage)
        usages.append(tell(trade).usage_after_stop)
    except (Finding, ConnectorError) as error:
        broken = error
    odd = lab.irregularities
    expect(
        not odd,
        f"It interfered with how it is tested: {odd[0] if odd else ''}",
        *irregular(odd),
    )
    changed = sorted({name for usage in usages if usage for name in usage.changed})
    expect(
        not changed,
        f"It replaced parts of the program that tests it: {', '.join(changed[:5])}.",
        *(
            claimed(EvidenceKind.NOTE, f"{name} is no longer what it was before the import")
            for name in changed
        ),
    )
    if broken is not None:
        raise broken
