"""What is otherwise in one report of a candidate than in another, and why that may be. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import JsonValue

from harness.grading import UNDECIDED
from harness.outcome import Severity, Status
from harness.reporting.model import CandidateReport, Finding
from harness.reporting.wording import SEVERITIES, STATUSES, day
from harness.screenings.header import differing
from harness.text import one_line

# What outcomes depend on, by its name in the header of kept outcomes. What else differs is told by that name.
INPUTS: Mapping[str, str] = {
    "commit": "the fork's commit",
    "upstream": "upstream's commit",
    "pinned_by": "how the commit was chosen",
    "submissions_close": "the deadline",
    "profile": "which requirements apply",
    "environment": "the framework's packages",
    "backend": "the sandbox",
    "catalogue": "the catalogue of requirements",
    "harness": "the harness's version",
    "code": "the harness's code",
    "python": "the harness's Python",
    "seed": "the seed",
    "time_scale": "how fast time ran",
}
MAX_INPUT = 60  # characters of a value; a commit has 40


class Kind(StrEnum):
    """How a requirement changed, in the order of telling."""

    FAILED = "Newly failed"
    MET = "Newly met"
    UNDECIDED = "Undecided now"
    OTHER = "Otherwise"


@dataclass(frozen=True)
class Difference:
    """One requirement with another status; `before` or `after` is None where a report does not have it."""

    before: Finding | None
    after: Finding | None

    @property
    def finding(self) -> Finding:
        found = self.after or self.before
        assert found is not None  # noqa: S101 - one of the reports has it
        return found

    @property
    def kind(self) -> Kind:
        """What is experimental now costs nothing and is no failure."""
        status = self.after.status if self.after and self.after.counts else None
        if status is Status.FAILED:
            return Kind.FAILED
        if status is Status.PASSED:
            return Kind.MET
        return Kind.UNDECIDED if status in UNDECIDED else Kind.OTHER


def differences(before: CandidateReport, after: CandidateReport) -> tuple[Difference, ...]:
    """Every requirement whose status is another one, or that counts since, by kind and then by severity.

    Undecided and our own failure count as one: neither says anything of the connector.
    """
    old = {item.requirement: item for item in before.outcomes}
    new = {item.requirement: item for item in after.outcomes}
    found = [
        Difference(old.get(name), new.get(name))
        for name in dict.fromkeys((*new, *old))
        if _answer(old.get(name)) != _answer(new.get(name))
    ]
    kinds, severities = list(Kind), list(Severity)
    return tuple(
        sorted(found, key=lambda each: (kinds.index(each.kind), severities.index(each.finding.severity)))
    )


def _answer(finding: Finding | None) -> tuple[Status, bool] | None:
    """Its status, and whether that counts."""
    if finding is None:
        return None
    return Status.UNDETERMINED if finding.status in UNDECIDED else finding.status, finding.counts


def why(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """What differs of all that outcomes depend on, from the headers of kept outcomes."""
    return tuple(_input(name, _at(before, name), _at(after, name)) for name in differing(before, after))


def _at(header: Mapping[str, JsonValue], dotted: str) -> JsonValue:
    value: JsonValue = dict(header)
    for part in dotted.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _input(name: str, before: JsonValue, after: JsonValue) -> str:
    words = INPUTS.get(name, f"`{name}`")
    if name.startswith("row."):
        words = f"`{name.removeprefix('row.')}` of its row"
    return f"{words}: {_value(before)} → {_value(after)}"


def _value(value: JsonValue) -> str:
    listed = ", ".join(map(str, value)) if isinstance(value, list) else value
    return "nothing" if listed is None else one_line(str(listed), MAX_INPUT) or "nothing"


def told(difference: Difference) -> str:
    """`builds (blocks the vote): passed → failed: It does not build.` on one line."""
    before, after = difference.before, difference.after
    statuses = f"{_status(before)} → {_status(after)}"
    if before is None:
        statuses = f"{_status(after)}, not asked for before"
    if after is None:
        statuses = f"{_status(before)}, no longer required"
    found = difference.finding
    blocks = f" ({SEVERITIES[found.severity]})" if found.severity is Severity.BLOCKER and found.counts else ""
    return f"{found.requirement}{blocks}: {statuses}: {one_line(_reason(difference), 400)}"


def _status(finding: Finding | None) -> str:
    if finding is None:
        return ""
    return STATUSES[finding.status] if finding.counts else f"{STATUSES[finding.status]}, experimental"


def _reason(difference: Difference) -> str:
    """What decides it now: who waived or reviewed it, or what was found."""
    found = difference.finding
    if waiver := found.waiver:
        return f"set aside by {waiver.granted_by} until {day(waiver.until)}: {waiver.reason}"
    if review := found.reviewed:
        return f"reviewed by {review.by}: {found.summary}"
    ended = difference.before.waiver if difference.before else None
    return (
        f"the waiver of {ended.granted_by} does not hold any more: {found.summary}"
        if ended
        else found.summary
    )


def grouped(found: tuple[Difference, ...]) -> Iterator[tuple[Kind, tuple[Difference, ...]]]:
    """By kind, without those that nothing is of."""
    for kind in Kind:
        if group := tuple(each for each in found if each.kind is kind):
            yield kind, group
