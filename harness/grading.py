"""From outcomes to a verdict and a score. Pure: no clock, no files, no sandbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from harness.outcome import Outcome, Severity, Status

WEIGHTS: Mapping[Severity, int] = {Severity.BLOCKER: 10, Severity.MAJOR: 5, Severity.MINOR: 2}
DECIDED = frozenset({Status.PASSED, Status.FAILED})
UNDECIDED = frozenset({Status.UNDETERMINED, Status.HARNESS_ERROR})
UNMET = UNDECIDED | {Status.FAILED}

SEPARATOR = " · "  # between the summaries of several checks of one requirement

# Several checks may speak to one requirement: the first of these that any of them found is what counts.
PRECEDENCE = (
    Status.FAILED,
    Status.HARNESS_ERROR,
    Status.UNDETERMINED,
    Status.PASSED,
    Status.NOT_APPLICABLE,
    Status.WAIVED,
)


class Verdict(StrEnum):
    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True)
class Score:
    """0–100. `low` counts the undecided as failed, `high` as passed; `value` is None with nothing decided."""

    value: float | None
    low: float
    high: float
    decided: int
    total: int


@dataclass(frozen=True)
class Waived:
    """Who set a requirement aside, and the last day that holds."""

    granted_by: str
    until: date


@dataclass(frozen=True)
class Grade:
    """`without_waivers` is the same score had nothing been waived; equal to `score` where nothing was.

    `waived` are the requirements that a waiver took out because they were not met or not decided, `set_aside`
    the blocking ones among them.
    """

    verdict: Verdict
    reason: str
    score: Score
    without_waivers: Score
    waived: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = ()


def combine(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """One outcome a requirement, with all evidence of those that share the status that counts."""
    grouped: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        grouped.setdefault(outcome.requirement, []).append(outcome)
    return tuple(_worst(group) for group in grouped.values())


def _worst(group: Sequence[Outcome]) -> Outcome:
    status = next(status for status in PRECEDENCE if any(item.status is status for item in group))
    chosen = sorted((item for item in group if item.status is status), key=_not_met_if, reverse=True)
    summaries = list(dict.fromkeys(item.summary for item in chosen))
    return chosen[0].model_copy(
        update={
            "summary": SEPARATOR.join(summaries),
            "evidence": tuple(evidence for item in chosen for evidence in item.evidence),
            "seconds": sum(item.seconds for item in group),
        }
    )


def _not_met_if(outcome: Outcome) -> bool:
    """Whether it is undetermined, and not met if the exchange is as the fork describes it."""
    return outcome.leaning is not None and outcome.leaning.status is Status.FAILED


def grade(
    outcomes: Iterable[Outcome],
    waivers: Mapping[str, Waived] = MappingProxyType({}),
    titles: Mapping[str, str] = MappingProxyType({}),
) -> Grade:
    """The verdict and score of one candidate; the reason names requirements by their `titles`.

    `waivers` are by requirement. One that is met needs none; the others count for nothing, and the score that
    would have been is kept beside it. A blocker that failed makes it ineligible whatever else is undecided.
    Experimental requirements count for nothing.
    """
    combined = tuple(item for item in combine(outcomes) if item.counts)
    waived = [item for item in combined if item.requirement in waivers and item.status in UNMET]
    counted = [item for item in combined if item not in waived]
    blocking = [item.requirement for item in waived if item.severity is Severity.BLOCKER]
    verdict, reason = _verdict(counted, [waivers[each] for each in blocking], titles)
    return Grade(
        verdict,
        reason,
        score(counted),
        score(combined),
        tuple(item.requirement for item in waived),
        tuple(blocking),
    )


def set_aside_words(waivers: Iterable[Waived]) -> str:
    """`2 blocking requirements set aside by NAME until DATE`, for each name and date."""
    counted = Counter(waivers)
    parts = [
        f"{amount} set aside by {each.granted_by} until {each.until}" for each, amount in counted.items()
    ]
    first, _, rest = " and ".join(parts).partition(" ")
    return f"{first} blocking requirement{'s' if first != '1' else ''} {rest}"


def _verdict(
    outcomes: Sequence[Outcome], set_aside: Sequence[Waived], titles: Mapping[str, str]
) -> tuple[Verdict, str]:
    blockers = [item for item in outcomes if item.severity is Severity.BLOCKER]
    failed = [item for item in blockers if item.status is Status.FAILED]
    open_ones = [item for item in blockers if item.status in UNDECIDED]
    if failed:
        names = [titles.get(each.requirement, each.requirement) for each in failed]
        return Verdict.INELIGIBLE, _not_met(names)
    if open_ones:
        shared_cause, _ = Counter(item.summary for item in open_ones).most_common(1)[0]
        rest = sum(item.summary != shared_cause for item in open_ones)
        return Verdict.UNDETERMINED, f"{shared_cause} (and {rest} more)" if rest else shared_cause
    if not any(item.status is Status.PASSED for item in blockers):
        return Verdict.UNDETERMINED, "No blocking requirement was decided."
    failures = sum(item.status is Status.FAILED for item in outcomes)
    lesser = "one lesser requirement is" if failures == 1 else f"{failures} lesser ones are"
    tail = f"; {lesser} not" if failures else ""
    if set_aside:
        return Verdict.ELIGIBLE, f"By waiver: {set_aside_words(set_aside)}; every other one is met{tail}."
    return Verdict.ELIGIBLE, f"Every blocking requirement is met{tail}."


def _not_met(titles: Sequence[str]) -> str:
    amount = "One blocking requirement is" if len(titles) == 1 else f"{len(titles)} blocking requirements are"
    return f"{amount} not met: {'; '.join(titles)}."


def score(outcomes: Iterable[Outcome]) -> Score:
    """Weighted share of passed among decided, with the interval the undecided leave open.

    Experimental requirements have no share in it.
    """
    passed = failed = undecided = 0
    decided = total = 0
    for item in (each for each in outcomes if each.counts):
        weight = WEIGHTS[item.severity]
        if item.status in DECIDED:
            decided += 1
            passed += weight * (item.status is Status.PASSED)
            failed += weight * (item.status is Status.FAILED)
        undecided += weight * (item.status in UNDECIDED)
        total += item.status in DECIDED | UNDECIDED
    weights = passed + failed + undecided
    value = round(100 * passed / (passed + failed), 1) if passed + failed else None
    low = round(100 * passed / weights, 1) if weights else 0.0
    high = round(100 * (passed + undecided) / weights, 1) if weights else 100.0
    return Score(value, low, high, decided, total)
