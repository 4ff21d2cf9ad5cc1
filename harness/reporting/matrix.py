"""The maintainer's view of a round: requirements × candidates, on a page without scripts and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.grading import UNDECIDED
from harness.outcome import Severity, Status
from harness.reporting.comparison import Difference, grouped
from harness.reporting.model import CandidateReport, Finding, RoundReport
from harness.reporting.place import Place
from harness.reporting.templating import render
from harness.reporting.wording import STATES, STATUSES
from harness.text import one_line, plain

PAGE, TABLE = "matrix.html", "round.csv"
SIGNS = {
    Status.PASSED: "✓",
    Status.FAILED: "✕",
    Status.WAIVED: "⚠",
    Status.UNDETERMINED: "?",
    Status.HARNESS_ERROR: "?",
    Status.NOT_APPLICABLE: "–",
}
TOLD = (Status.FAILED, Status.WAIVED, *UNDECIDED)
COLUMNS = (
    "round", "candidate", "connector", "requirement", "title", "severity", "impact", "subject", "status",
    "found", "waived_by", "waived_until", "reviewed_by", "summary",
)  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One report of the matrix: its heading, and its page as the matrix links it."""

    title: str
    page: str
    report: CandidateReport


@dataclass(frozen=True)
class Cell:
    """`page` leads to the finding, None where there is nothing more to say than the sign does."""

    sign: str
    status: str
    words: str
    page: str | None


@dataclass(frozen=True)
class Row:
    """One requirement; a cell a column, None where it was not asked for."""

    finding: Finding
    cells: tuple[Cell | None, ...]

    def has(self, *statuses: Status) -> bool:
        return any(cell and cell.status in statuses for cell in self.cells)

    @property
    def failed(self) -> bool:
        return self.has(Status.FAILED)

    @property
    def undecided(self) -> bool:
        return self.has(*UNDECIDED)

    @property
    def blocking(self) -> bool:
        return self.finding.severity is Severity.BLOCKER and self.finding.counts


@dataclass(frozen=True)
class Subject:
    """A subject's requirements, blocking ones first."""

    name: str
    rows: tuple[Row, ...]

    @property
    def failures(self) -> int:
        return sum(row.failed for row in self.rows)

    @property
    def undecided(self) -> bool:
        return any(row.undecided for row in self.rows)

    @property
    def blocking(self) -> bool:
        return any(row.blocking for row in self.rows)


def subjects(columns: Sequence[Column]) -> tuple[Subject, ...]:
    """Those with failed blockers first, else in the order of the reports."""
    known: dict[str, Finding] = {}
    for column in columns:
        for finding in column.report.outcomes:
            known.setdefault(finding.requirement, finding)
    by_report = [(each, {item.requirement: item for item in each.report.outcomes}) for each in columns]
    rows: dict[str, list[Row]] = {}
    for name, finding in known.items():
        cells = tuple(_cell(column, found.get(name)) for column, found in by_report)
        rows.setdefault(finding.subject, []).append(Row(finding, cells))
    severities = list(Severity)
    made = [
        Subject(name, tuple(sorted(group, key=lambda row: severities.index(row.finding.severity))))
        for name, group in rows.items()
    ]
    return tuple(sorted(made, key=lambda each: not any(row.blocking and row.failed for row in each.rows)))


def _cell(column: Column, finding: Finding | None) -> Cell | None:
    if finding is None:
        return None
    words = f"{STATES.get(finding.status) or STATUSES[finding.status]}, {column.title}"
    page = f"{column.page}#r-{finding.requirement}" if finding.status in TOLD else None
    return Cell(SIGNS[finding.status], finding.status, words, page)


def render_matrix(
    report: RoundReport,
    reports: Sequence[CandidateReport],
    changes: Mapping[str, tuple[Difference, ...]],
    place: Place | None = None,
) -> str:
    """The page beside the round's; `changes` are those since the run before, by candidate."""
    columns = [Column(each.candidate.name, f"{each.candidate.name}/index.html", each) for each in reports]
    return render(
        "matrix.html.j2",
        report=report,
        place=place,
        columns=columns,
        subjects=subjects(columns),
        changes=[(name, list(grouped(found))) for name, found in changes.items() if found],
    )


def render_csv(reports: Sequence[CandidateReport]) -> str:
    """`round.csv`: a row a candidate and requirement. No cell is a formula to a spreadsheet."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for report in reports:
        for finding in report.outcomes:
            rows.writerow(map(_harmless, _fields(report, finding)))
    return text.getvalue()


def _fields(report: CandidateReport, finding: Finding) -> Iterator[str]:
    waiver, review = finding.waiver, finding.reviewed
    yield from (report.round, report.candidate.name, " ".join(report.connectors), finding.requirement)
    yield from (finding.title or "", finding.severity, finding.impact or "", finding.subject, finding.status)
    yield finding.found or ""
    yield from (waiver.granted_by, waiver.until.isoformat()) if waiver else ("", "")
    yield review.by if review else ""
    yield one_line(finding.summary, 400)


def _harmless(cell: str) -> str:
    """On one line, with nothing hidden in it, and no formula."""
    shown = plain(cell)
    return f"'{shown}" if shown.startswith(("=", "+", "-", "@")) else shown
