"""What the whole run showed of a connector; the name keeps it last, when every scenario has been played."""

from __future__ import annotations

from checks.conformance.conftest import Play
from checks.conformance.scenarios.market_data import watch_market
from checks.conformance.scenarios.order_life import trade
from harness.checking import (
    Attach,
    Finding,
    claimed,
    expect,
    irregular,
    measured,
    requirement,
    seen_in_ledger,
)
from harness.driving.claims import Usage
from harness.driving.driver import ConnectorError
from harness.frameworks.unit_tests import UnitTestResult
from harness.outcome import EvidenceKind
from harness.scenarios.rig import Rigs


@requirement("plays-fair-with-the-harness")
def test_nobody_speaks_for_the_driver(play: Play, rigs: Rigs) -> None:
    """Nothing but our driver answered us, no process outlived its scenario, and the driver is what it was."""
    usages: list[Usage | None] = []
    broken: Exception | None = None
    try:
        usages.append(play(watch_market).usage)
        usages.append(play(trade).usage_after_stop)
    except (Finding, ConnectorError) as error:
        broken = error
    odd = rigs.irregularities
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


@requirement("plays-fair-with-the-harness")
def test_no_order_was_placed_unasked(play: Play) -> None:
    """Every order on the account is one that was asked for, or that the harness placed by hand."""
    run = play(trade)
    wanted = {life.placed.order_id for life in run.lives() if life.placed is not None}
    wanted |= {run.foreign.order_id} if run.foreign is not None else set()
    unasked = [order for order in run.rig.venue.orders(run.rig.account) if order.order_id not in wanted]
    expect(
        not unasked,
        f"It placed {len(unasked)} orders that nobody had asked for.",
        *(seen_in_ledger(f"{each.side.value} {each.amount} at {each.price}") for each in unasked[:5]),
    )


@requirement("plays-fair-with-the-harness")
def test_nobody_forges_the_unit_tests(unit_tests: UnitTestResult, evidence: Attach) -> None:
    """The program that runs the unit tests printed its one result, and nothing else printed in its place."""
    odd = unit_tests.irregular
    expect(not odd, f"Its unit tests forge their own result: {odd[0] if odd else ''}", *irregular(odd))
    evidence(measured("one result came, with the number that was asked for"))
