"""The packet for whoever reviews the winner: what was found, what is open, what is for people. Pure.

Its first part has the form of upstream's pull request template: three things to be ticked, then what is
changed, which tests were run, and what a tester by hand should know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.forks.branch import Branch
from harness.forks.since import Since
from harness.forks.submission import Submission
from harness.grading import UNDECIDED
from harness.outcome import Status
from harness.reporting.markup import code, escaped
from harness.reporting.model import CandidateReport, Finding
from harness.voting.parts import Part
from harness.voting.qa import Row

MOST_TRACES = 3  # in a cell
MARKS = {
    Status.PASSED: "✓",
    Status.FAILED: "✕",
    Status.WAIVED: "waived",
    Status.NOT_APPLICABLE: "–",
    Status.UNDETERMINED: "?",
    Status.HARNESS_ERROR: "?",
}


@dataclass(frozen=True)
class Packet:
    """All that the packet tells. `people` are the ids of requirements that no program decides."""

    report: CandidateReport
    submission: Submission
    branch: Branch
    parts: tuple[Part, ...]
    qa: tuple[Row, ...]
    since: Since
    people: frozenset[str]
    try_command: str

    def found(self, requirement: str) -> Finding | None:
        return next((each for each in self.report.outcomes if each.requirement == requirement), None)

    @property
    def open(self) -> tuple[Finding, ...]:
        """Failed, undecided or waived, what blocks first; what needs a person stands elsewhere."""
        kinds = (Status.FAILED, *UNDECIDED, Status.WAIVED)
        found = [each for each in self.report.with_status(*kinds) if each.requirement not in self.people]
        return tuple(sorted(found, key=lambda each: (list(kinds).index(each.status), each.severity)))


def titled(finding: Finding) -> str:
    return escaped(finding.title or finding.requirement)


def cell(text: str, limit: int = 160) -> str:
    return escaped(text, limit)


def traces(traces: Sequence[str], most: int = MOST_TRACES) -> str:
    shown = ", ".join(code(each) for each in traces[:most])
    return f"{shown} and {len(traces) - most} more" if len(traces) > most else shown
