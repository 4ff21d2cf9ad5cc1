"""What passes and fails on fields that only the fork vouches for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from harness.checking.confirmed import believed
from harness.checking.plan import Plan
from harness.checking.pytest_plugin import Screening
from harness.outcome import Outcome, OutcomeLog, Severity, Status
from harness.requirement import Catalogue

FIELD = "routes / GET /v1/fills / reply / list / each fill / px"


def outcome(status: Status, severity: Severity = Severity.BLOCKER) -> Outcome:
    return Outcome(
        requirement="every-fill-reported-once", status=status, severity=severity, subject="order-life",
        summary="Two fills were lost.", check="test_fills",
    )  # fmt: skip


@pytest.mark.parametrize("status", list(Status))
def test_where_all_is_confirmed_nothing_changes(status: Status) -> None:
    assert believed(outcome(status), ()) == outcome(status)


@pytest.mark.parametrize(
    ("status", "severity", "expected"),
    [
        (Status.PASSED, Severity.BLOCKER, Status.UNDETERMINED),
        (Status.PASSED, Severity.MAJOR, Status.PASSED),
        (Status.FAILED, Severity.BLOCKER, Status.UNDETERMINED),
        (Status.FAILED, Severity.MINOR, Status.UNDETERMINED),
        (Status.NOT_APPLICABLE, Severity.BLOCKER, Status.NOT_APPLICABLE),
        (Status.HARNESS_ERROR, Severity.BLOCKER, Status.HARNESS_ERROR),
    ],
)
def test_what_only_the_fork_says_decides_no_blocker(
    status: Status, severity: Severity, expected: Status
) -> None:
    assert believed(outcome(status, severity), (FIELD,)).status is expected


def test_it_says_what_would_decide_it() -> None:
    met = believed(outcome(Status.PASSED), (FIELD,))
    assert met.summary.startswith("Met, if the exchange is as the fork describes it")
    assert FIELD in met.summary
    assert met.evidence[-1].data == {"unconfirmed": [FIELD]}
    many = believed(outcome(Status.FAILED), [f"field {number}" for number in range(9)])
    assert many.summary.startswith("Not met, if")
    assert "and 4 more" in many.summary
    assert "Two fills were lost." in many.summary


@pytest.mark.parametrize(
    ("slug", "leans"), [("every-fill-reported-once", True), ("created-event-once", False)]
)
def test_a_screening_asks_for_what_the_requirement_leans_on(tmp_path: Path, slug: str, leans: bool) -> None:
    def unconfirmed(facts: Iterable[str]) -> tuple[str, ...]:
        return tuple(facts)

    path = tmp_path / "file"
    plan = Plan(
        round_file=path, candidate="a", connectors=("a",), profile="v2-spot", submission_file=path,
        outcomes_file=path, store=path, header={},
    )  # fmt: skip
    screening = Screening(plan, Catalogue.load(), OutcomeLog(path), unconfirmed=unconfirmed)
    passed = outcome(Status.PASSED).model_copy(update={"requirement": slug})
    weighed = screening.believed(passed)
    assert (weighed.status is Status.UNDETERMINED) is leans
    assert ("fill.price" in weighed.summary) is leans
