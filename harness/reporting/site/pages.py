"""The site's own pages: rounds, connectors over time, requirements and who met them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.outcome import Status
from harness.reporting.matrix import Column, Subject, subjects
from harness.reporting.model import Finding
from harness.reporting.place import Place
from harness.reporting.site.history import Exchange, PublishedRound, Standing
from harness.reporting.templating import render
from harness.requirement import Catalogue, Requirement

UNREMARKABLE = (Status.PASSED, Status.NOT_APPLICABLE)


@dataclass(frozen=True)
class Demand:
    """A requirement as the site tells it; `record` is None for one that the catalogue lacks by now."""

    id: str
    title: str
    subject: str
    why: str
    fix: str
    record: Requirement | None


def demands(catalogue: Catalogue, rounds: Sequence[PublishedRound]) -> tuple[Demand, ...]:
    """Those of the catalogue, then those that only earlier rounds asked for."""
    known = {
        item.id: Demand(item.id, item.title, item.subject, item.why, item.fix, item) for item in catalogue
    }
    for round_ in rounds:
        for report in round_.reports:
            for finding in report.outcomes:
                known.setdefault(finding.requirement, _demand(finding))
    return tuple(known.values())


def _demand(finding: Finding) -> Demand:
    title = finding.title or finding.requirement
    return Demand(finding.requirement, title, finding.subject, finding.why or "", finding.fix or "", None)


def index_page(base: str, rounds: Sequence[PublishedRound], found: Sequence[Exchange]) -> str:
    return render("site_index.html.j2", place=Place(base, ""), rounds=rounds, exchanges=found)


def exchange_page(base: str, exchange: Exchange) -> str:
    """Its rounds with their scores, and each requirement that it did not always meet."""
    place = Place(base, exchange.path)
    columns = [
        Column(f"{each.round.round.id} {each.entry.name}", f"{place.root}{each.page}", each.report)
        for each in reversed(exchange.appearances)
    ]
    scores = [(each.title, each.report.score.value or 0) for each in columns if each.report.score]
    return render(
        "exchange.html.j2",
        place=place,
        exchange=exchange,
        columns=columns,
        subjects=tuple(_remarkable(subjects(columns))),
        scores=scores,
    )


def _remarkable(found: Sequence[Subject]) -> list[Subject]:
    """Without what every cell meets."""
    made = []
    for subject in found:
        rows = tuple(
            row for row in subject.rows if any(cell and cell.status not in UNREMARKABLE for cell in row.cells)
        )
        if rows:
            made.append(Subject(subject.name, rows))
    return made


def requirements_page(base: str, found: Sequence[Demand]) -> str:
    by_subject: dict[str, list[Demand]] = {}
    for demand in found:
        by_subject.setdefault(demand.subject, []).append(demand)
    return render("requirements.html.j2", place=Place(base, "requirements"), subjects=by_subject)


def requirement_page(base: str, demand: Demand, over_time: Sequence[Standing]) -> str:
    """What is asked, where that was published, why, what to do, and who met it in each round."""
    return render(
        "requirement.html.j2",
        place=Place(base, f"requirements/{demand.id}"),
        demand=demand,
        standings=over_time,
        shares=[each.share for each in reversed(over_time)],
    )
