"""What passes and fails on fields that only the fork vouches for."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from harness.checking import seen_in_ledger
from harness.checking.conclusions import outcomes_of
from harness.checking.confirmed import believed, unconfirmed_of
from harness.checking.policy import Ending, Policy
from harness.outcome import Leaning, Outcome, Severity, Status
from harness.requirement import Catalogue
from harness.scenarios.rehearsal import NOT_TOLD
from harness.venue.dialects.base import Dialect

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
    assert met.leaning == Leaning(status=Status.PASSED, fields=(FIELD,))
    many = believed(outcome(Status.FAILED), [f"field {number}" for number in range(9)])
    assert many.summary.startswith("Not met, if")
    assert "and 4 more" in many.summary
    assert "Two fills were lost." in many.summary


def test_what_the_rehearsal_has_not_shown_is_no_field_to_be_confirmed() -> None:
    doubted = believed(outcome(Status.FAILED), (NOT_TOLD["streamed"],))
    assert doubted.summary == (
        "Not met, if the exchange is as the fork describes it: before the scenarios were played, "
        "no partial fill was reported at once. What was seen: Two fills were lost."
    )
    assert "confirm" not in doubted.evidence[-1].text
    both = believed(outcome(Status.FAILED), (FIELD, NOT_TOLD["streamed"]))
    assert f"nobody else confirms “{FIELD}”; before the scenarios were played, no partial" in both.summary


class NobodyConfirms(Dialect):
    @classmethod
    def unconfirmed(cls, facts: Iterable[str]) -> tuple[str, ...]:
        return tuple(facts)


@pytest.mark.parametrize(
    ("slug", "leans"), [("every-fill-reported-once", True), ("created-event-once", False)]
)
def test_what_a_requirement_leans_on_is_asked_of_the_exchange(slug: str, leans: bool) -> None:
    passed = Ending(Status.PASSED, "", (seen_in_ledger("a fill"),))
    outcome = weighed(slug, passed)
    assert (outcome.status is Status.UNDETERMINED) is leans
    assert ("fill.price" in outcome.summary) is leans


@pytest.mark.parametrize(
    ("slug", "accused"),
    [
        ("orders-below-minimum-not-sent", False),  # the size of a contract
        ("both-positions-in-hedge-mode", False),  # the position mode
        ("positions-closed-by-others-noticed", False),
        ("cancelled-event-once", False),
        ("stops-cleanly", True),
    ],
)
def test_nobody_is_accused_where_the_exchange_may_be_described_wrongly(slug: str, accused: bool) -> None:
    failed = Ending(Status.FAILED, "It is wrong.", (seen_in_ledger("an order"),))
    assert (weighed(slug, failed).status is Status.FAILED) is accused


def weighed(slug: str, ending: Ending) -> Outcome:
    """What the ending comes to for a connector whose exchange nobody but itself describes."""
    catalogue = Catalogue.load()
    unconfirmed = unconfirmed_of(NobodyConfirms, catalogue)
    (outcome,) = outcomes_of("test_fills", [catalogue[slug]], Policy(12.0), ending, 0.0, unconfirmed)
    return outcome
