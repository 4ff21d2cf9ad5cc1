from __future__ import annotations

from datetime import date

import pytest

from harness.grading import Verdict, Waived, combine, grade, score, set_aside_words
from harness.outcome import Leaning, Lifecycle, Outcome, Severity, Status


def outcome(
    requirement: str,
    status: Status,
    severity: Severity = Severity.BLOCKER,
    summary: str = "It does not.",
    lifecycle: Lifecycle = Lifecycle.STABLE,
) -> Outcome:
    return Outcome(
        requirement=requirement,
        status=status,
        severity=severity,
        lifecycle=lifecycle,
        subject="orders",
        summary=summary,
        check=f"checks/{requirement}",
    )


PASSED, FAILED, UNDETERMINED = Status.PASSED, Status.FAILED, Status.UNDETERMINED


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ([PASSED, PASSED], Verdict.ELIGIBLE),
        ([PASSED, FAILED], Verdict.INELIGIBLE),
        ([UNDETERMINED, FAILED], Verdict.INELIGIBLE),
        ([PASSED, UNDETERMINED], Verdict.UNDETERMINED),
        ([PASSED, Status.HARNESS_ERROR], Verdict.UNDETERMINED),
        ([PASSED, Status.NOT_APPLICABLE], Verdict.ELIGIBLE),
        ([], Verdict.UNDETERMINED),
        ([Status.NOT_APPLICABLE], Verdict.UNDETERMINED),
    ],
)
def test_only_blockers_make_the_verdict(statuses: list[Status], verdict: Verdict) -> None:
    outcomes = [outcome(f"r-{number}", status) for number, status in enumerate(statuses)]
    outcomes.append(outcome("lesser", FAILED, Severity.MAJOR))
    assert grade(outcomes).verdict is verdict


@pytest.mark.parametrize(
    ("failed", "reason"),
    [
        (0, "Every blocking requirement is met."),
        (1, "Every blocking requirement is met; one lesser requirement is not."),
        (6, "Every blocking requirement is met; 6 lesser ones are not."),
    ],
)
def test_what_does_not_block_is_counted_apart(failed: int, reason: str) -> None:
    lesser = [outcome(f"lesser-{number}", FAILED, Severity.MAJOR) for number in range(failed)]
    assert grade([outcome("a", PASSED), *lesser]).reason == reason


def test_undetermined_is_not_passed() -> None:
    result = score([outcome("a", PASSED), outcome("b", UNDETERMINED)])
    assert (result.value, result.low, result.high) == (100.0, 50.0, 100.0)
    assert (result.decided, result.total) == (1, 2)


def test_our_own_failure_costs_no_points() -> None:
    assert score([outcome("a", PASSED), outcome("b", Status.HARNESS_ERROR)]).value == 100.0


def test_weights_follow_severity() -> None:
    result = score(
        [outcome("a", PASSED), outcome("b", FAILED, Severity.MAJOR), outcome("c", FAILED, Severity.MINOR)]
    )
    assert result.value == pytest.approx(100 * 10 / 17, abs=0.05)


def test_nothing_decided_has_no_score() -> None:
    assert score([outcome("a", UNDETERMINED)]).value is None


def test_several_checks_of_one_requirement_count_once_and_the_worst_wins() -> None:
    checks = [
        outcome("a", PASSED),
        outcome("a", FAILED, summary="One."),
        outcome("a", FAILED, summary="Two."),
    ]
    (combined,) = combine(checks)
    assert combined.status is FAILED
    assert combined.summary == "One. · Two."


@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_one_check_would_not_meet_is_not_met_if_the_exchange_is_as_described(place: int) -> None:
    """As whitebit's fills: of four checks one would have failed, and the requirement counted as met, if."""
    leanings = [Leaning(status=Status.PASSED, fields=("routes",)) for _ in range(3)]
    leanings[place] = Leaning(status=Status.FAILED, fields=("words",))
    checks = [
        outcome("a", UNDETERMINED, summary=each.status).model_copy(update={"leaning": each})
        for each in leanings
    ]
    (combined,) = combine(checks)
    assert combined.leaning == leanings[place]
    assert combined.summary == "failed · passed"


def test_a_waiver_is_told_with_the_score_without_it() -> None:
    result = grade([outcome("a", PASSED), outcome("b", FAILED)], {"b": Waived("Ann", date(2027, 1, 31))})
    assert result.verdict is Verdict.ELIGIBLE
    assert (
        result.reason
        == "By waiver: 1 blocking requirement set aside by Ann until 2027-01-31; every other one is met."
    )
    assert (result.waived, result.set_aside) == (("b",), ("b",))
    assert result.score.value == 100.0
    assert result.without_waivers.value == 50.0


def test_a_waiver_of_what_is_met_counts_for_nothing() -> None:
    result = grade([outcome("a", PASSED), outcome("b", PASSED)], {"b": Waived("Ann", date(2027, 1, 31))})
    assert (result.waived, result.set_aside) == ((), ())
    assert result.score.decided == 2
    assert result.reason == "Every blocking requirement is met."


def test_waivers_of_several_people_and_days_are_told_apart() -> None:
    first, second = Waived("Ann", date(2027, 1, 31)), Waived("Bo", date(2027, 3, 1))
    assert set_aside_words([first, second, first]) == (
        "2 blocking requirements set aside by Ann until 2027-01-31 and 1 set aside by Bo until 2027-03-01"
    )


def test_the_reason_says_how_many_blockers_fail_and_which() -> None:
    result = grade([outcome("a", FAILED, summary="A fill is lost."), outcome("b", FAILED)])
    assert result.reason == "2 blocking requirements are not met: a; b."
    named = grade([outcome("a", FAILED)], titles={"a": "Every fill is told"})
    assert named.reason == "One blocking requirement is not met: Every fill is told."


def test_an_undetermined_reason_names_what_most_have_in_common() -> None:
    missing = [outcome(f"r-{number}", UNDETERMINED, summary="No dialect yet.") for number in range(3)]
    result = grade([outcome("a", UNDETERMINED, summary="Something else."), *missing])
    assert result.reason.startswith("No dialect yet.")


@pytest.mark.parametrize("status", Status)
def test_an_experimental_requirement_costs_nothing(status: Status) -> None:
    others = [
        outcome("a", PASSED),
        outcome("b", FAILED, Severity.MINOR),
        outcome("c", UNDETERMINED, Severity.MAJOR),
    ]
    new = outcome("new", status, lifecycle=Lifecycle.EXPERIMENTAL)
    assert grade([*others, new]) == grade(others)
    assert score([*others, new]) == score(others)


def test_an_experimental_requirement_alone_makes_nobody_eligible() -> None:
    result = grade([outcome("new", PASSED, lifecycle=Lifecycle.EXPERIMENTAL)])
    assert (result.verdict, result.score.total) == (Verdict.UNDETERMINED, 0)


def test_a_waiver_of_an_experimental_requirement_is_not_told() -> None:
    new = outcome("new", FAILED, lifecycle=Lifecycle.EXPERIMENTAL)
    result = grade([outcome("a", PASSED), new], {"new": Waived("Ann", date(2027, 1, 31))})
    assert (result.waived, result.set_aside) == ((), ())
    assert result.reason == "Every blocking requirement is met."


def test_a_deprecated_requirement_counts_as_before() -> None:
    old = outcome("old", FAILED, lifecycle=Lifecycle.DEPRECATED)
    assert grade([outcome("a", PASSED), old]) == grade([outcome("a", PASSED), outcome("old", FAILED)])
