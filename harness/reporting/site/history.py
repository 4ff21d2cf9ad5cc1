"""Rounds as they were published, and what they tell of one connector or requirement over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from harness.errors import UserError
from harness.grading import UNDECIDED
from harness.outcome import Status
from harness.reporting.model import CandidateReport, Entry, Finding, RoundReport
from harness.reporting.place import Appearance
from harness.reporting.publish import REPORT, ROUND_REPORT


@dataclass(frozen=True)
class PublishedRound:
    """`folder` is where its reports lie, `reports` are in the order of its entries.

    Reports are without evidence: all of many rounds would not fit into memory. `read_report` has it.
    """

    folder: Path
    overview: RoundReport
    reports: tuple[CandidateReport, ...]

    @property
    def path(self) -> str:
        """Its folder in the site."""
        return f"rounds/{self.overview.round.id}"

    @property
    def entries(self) -> tuple[tuple[Entry, CandidateReport], ...]:
        return tuple(zip(self.overview.candidates, self.reports, strict=True))


@dataclass(frozen=True)
class Exchange:
    """A connector over the rounds; `slug` is its folder, `appearances` are the newest first."""

    kind: str
    name: str
    appearances: tuple[Appearance, ...]

    @property
    def slug(self) -> str:
        return f"{self.kind}-{self.name}"

    @property
    def path(self) -> str:
        return f"exchanges/{self.slug}"

    @property
    def title(self) -> str:
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True)
class Standing:
    """How one round's candidates stood to a requirement: each with what was found."""

    round: PublishedRound
    found: tuple[tuple[Entry, Finding], ...]

    def having(self, *statuses: Status) -> tuple[tuple[Entry, Finding], ...]:
        return tuple(each for each in self.found if each[1].status in statuses)

    @property
    def met(self) -> tuple[tuple[Entry, Finding], ...]:
        return self.having(Status.PASSED)

    @property
    def failed(self) -> tuple[tuple[Entry, Finding], ...]:
        return self.having(Status.FAILED)

    @property
    def undecided(self) -> tuple[tuple[Entry, Finding], ...]:
        return self.having(*UNDECIDED)

    @property
    def waived(self) -> tuple[tuple[Entry, Finding], ...]:
        return self.having(Status.WAIVED)

    @property
    def share(self) -> float:
        """Percent of those decided that meet it; 0 where none was decided."""
        decided = len(self.met) + len(self.failed)
        return round(100 * len(self.met) / decided, 1) if decided else 0.0


def read_rounds(reports: Path) -> tuple[PublishedRound, ...]:
    """Every published round below `reports`, the newest vote first; raises UserError where there is none.

    They are read as they were published: what was decided then is not graded again by today's catalogue.
    """
    found = [_read(path.parent) for path in sorted(reports.glob(f"*/{ROUND_REPORT}"))]
    if not found:
        raise UserError(
            "there is no published round here",
            where=str(reports),
            hint="give the folder that `harness run` writes rounds into, e.g. reports",
        )
    newest = sorted(found, key=lambda each: (each.overview.round.voting.opens, each.overview.round.id))
    return tuple(reversed(newest))


def _read(folder: Path) -> PublishedRound:
    path = folder / ROUND_REPORT
    try:
        overview = RoundReport.model_validate_json(path.read_bytes())
        reports = []
        for entry in overview.candidates:
            path = folder / entry.name / REPORT
            reports.append(_without_evidence(read_report(path.parent)))
    except (ValidationError, FileNotFoundError) as error:
        raise UserError(
            "this is not a report of this version of the harness",
            where=str(path),
            hint=f"publish it again: harness report {folder}",
        ) from error
    return PublishedRound(folder, overview, tuple(reports))


def read_report(folder: Path) -> CandidateReport:
    """A candidate's whole report as it was published."""
    return CandidateReport.model_validate_json((folder / REPORT).read_bytes())


def _without_evidence(report: CandidateReport) -> CandidateReport:
    outcomes = tuple(item.model_copy(update={"evidence": ()}) for item in report.outcomes)
    return report.model_copy(update={"outcomes": outcomes})


def exchanges(rounds: Sequence[PublishedRound]) -> tuple[Exchange, ...]:
    """Every connector that a candidate announced, by name."""
    found: dict[tuple[str, str], list[Appearance]] = {}
    for round_ in rounds:
        for entry, report in round_.entries:
            for name in report.candidate.connectors:
                known = found.setdefault((name, report.candidate.kind), [])
                known.append(Appearance(round_.overview, entry, report))
    return tuple(Exchange(kind, name, tuple(found[name, kind])) for name, kind in sorted(found))


def standings(requirement: str, rounds: Iterable[PublishedRound]) -> tuple[Standing, ...]:
    """In each round that asked for it."""
    made = []
    for round_ in rounds:
        found = tuple(
            (entry, finding)
            for entry, report in round_.entries
            for finding in report.outcomes
            if finding.requirement == requirement
        )
        if found:
            made.append(Standing(round_, found))
    return tuple(made)
