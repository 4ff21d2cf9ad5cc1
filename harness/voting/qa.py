"""Upstream's tables for testing a connector by hand, each row with what the traces say of it. Pure.

What stands in which line of these pages is known from the sources of the requirements in the catalogue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.outcome import Status
from harness.reporting.model import Finding
from harness.requirement import Catalogue, Profile

# The pages with the tables, by what they are about, and the profiles that they are for.
PAGES = {
    "test.md": ("v2-spot", "v1-spot", "v0", "v2-perpetual", "v1-perpetual"),
    "test-perp.md": ("v2-perpetual", "v1-perpetual"),
}
# The worst first: a row is as good as the worst of what it demands.
WORST = (
    Status.FAILED,
    Status.HARNESS_ERROR,
    Status.UNDETERMINED,
    Status.WAIVED,
    Status.PASSED,
    Status.NOT_APPLICABLE,
)


@dataclass(frozen=True)
class Row:
    """One line of a page: what was found of each requirement that rests on it."""

    page: str
    at: str
    line: int
    findings: tuple[Finding, ...]

    @property
    def status(self) -> Status:
        return min((each.status for each in self.findings), key=WORST.index)

    @property
    def traces(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(trace for each in self.findings for trace in each.traces))


def qa_rows(catalogue: Catalogue, findings: Sequence[Finding], profile: Profile) -> tuple[Row, ...]:
    """The rows of the pages for this kind of connector, in their order."""
    by_id = {each.requirement: each for each in findings}
    found: dict[tuple[str, str, int], list[Finding]] = {}
    for requirement in catalogue:
        if requirement.id not in by_id:
            continue
        for source in requirement.sources:
            page = source.doc.rpartition("/")[2]
            if page not in PAGES or profile not in PAGES[page] or source.lines is None:
                continue
            for line in _lines(source.lines):
                found.setdefault((page, source.at, line), []).append(by_id[requirement.id])
    return tuple(
        Row(page, at, line, tuple({each.requirement: each for each in group}.values()))
        for (page, at, line), group in sorted(found.items())
    )


def _lines(text: str) -> range:
    """`15-17` as numbers, the last one in."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)
