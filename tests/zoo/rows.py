"""A row for each requirement: how well its checks tell good from bad. Sums are made of the rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.outcome import Severity

_COUNTS = "planted | found | runs on merged connectors | false alarms | real defects"
HEADER = f"| requirement | severity | checks | {_COUNTS} |"
SUMMARY_HEADER = (
    "| severity | requirements | checks | planted | found | recall | runs on merged connectors "
    "| false alarms |"
)


@dataclass(frozen=True)
class Row:
    """A requirement and how many checks there are of it.

    `asked` counts each check on each connector as it was merged; of these answers `alarms` were false, and
    `real` told of a defect that is there.
    """

    requirement: str
    severity: Severity
    checks: int
    planted: int = 0
    found: int = 0
    asked: int = 0
    alarms: int = 0
    real: int = 0

    def line(self) -> str:
        counts = (self.checks, self.planted, self.found, self.asked, self.alarms, self.real)
        return f"| `{self.requirement}` | {self.severity} | {' | '.join(map(str, counts))} |"


def table(rows: Iterable[Row]) -> list[str]:
    """Markdown lines."""
    return [HEADER, "|---|---|---:|---:|---:|---:|---:|---:|", *(row.line() for row in rows)]


def summary(rows: Sequence[Row]) -> list[str]:
    """Markdown lines: the sums of the rows of each severity."""
    lines = [SUMMARY_HEADER, "|---|---:|---:|---:|---:|---:|---:|---:|"]
    for severity in Severity:
        own = [row for row in rows if row.severity is severity]
        checks, planted, found, asked, alarms = (
            sum(getattr(row, name) for row in own)
            for name in ("checks", "planted", "found", "asked", "alarms")
        )
        recall = found / planted if planted else 0.0
        lines.append(
            f"| {severity} | {len(own)} | {checks} | {planted} | {found} | {recall:.3f} | {asked} "
            f"| {alarms} |"
        )
    return lines


def read(page: str) -> list[Row]:
    """The rows of a page's table; ValueError where one is none."""
    lines = page.splitlines()
    if HEADER not in lines:
        return []
    found = []
    for line in lines[lines.index(HEADER) + 2 :]:
        if not line.startswith("| `"):
            break
        slug, severity, *counts = (cell.strip() for cell in line.strip("|").split("|"))
        found.append(Row(slug.strip("`"), Severity(severity), *map(int, counts)))
    return found
