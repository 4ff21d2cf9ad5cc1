"""Every file of the site, from its path below the site's root to its text or the file that is copied.

A candidate's files are made one after another as they are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from harness.reporting import badge, ballot, json, junit, markdown, matrix, sarif
from harness.reporting.candidate_page import render_candidate
from harness.reporting.model import CandidateReport, Entry
from harness.reporting.place import Appearance, Place
from harness.reporting.publish import changes
from harness.reporting.round_page import render_round
from harness.reporting.schema import schema_text, schemas
from harness.reporting.site import feeds, pages
from harness.reporting.site.governance import governance
from harness.reporting.site.history import (
    Exchange,
    PublishedRound,
    exchanges,
    read_report,
    read_rounds,
    standings,
)
from harness.requirement import Catalogue
from harness.scenarios.trace.store import FOLDER as TRACES

Content = str | Path | Callable[[], str]
NO_JEKYLL = ".nojekyll"  # GitHub Pages then serves the files as they are


def site_files(reports: Path, base: str, catalogue: Catalogue) -> dict[str, Content]:
    """All files; raises UserError where `reports` holds no published round."""
    rounds = read_rounds(reports)
    found = exchanges(rounds)
    kept = _LastReport()
    files: dict[str, Content] = {NO_JEKYLL: ""}
    files |= _shared(base, rounds, found)
    for demand in (asked := pages.demands(catalogue, rounds)):
        over_time = standings(demand.id, rounds)
        files[f"requirements/{demand.id}/index.html"] = pages.requirement_page(base, demand, over_time)
    files["requirements/index.html"] = pages.requirements_page(base, asked)
    for exchange in found:
        files[f"{exchange.path}/index.html"] = pages.exchange_page(base, exchange)
    for place, round_ in enumerate(rounds):
        earlier = {item.path for item in rounds[place + 1 :]}
        for path, content in _round(base, round_, found, earlier, kept):
            files[f"{round_.path}/{path}"] = content
    return files


def _shared(base: str, rounds: Sequence[PublishedRound], found: Sequence[Exchange]) -> dict[str, Content]:
    new = feeds.news(rounds)
    return {
        "index.html": pages.index_page(base, rounds, found),
        "feed.atom": feeds.atom(base, new),
        "feed.json": feeds.json_feed(base, new),
        "governance.json": json.render(governance(base, rounds, found)),
        "governance.schema.json": schema_text(schemas()["governance.schema.json"]),
    }


def _round(
    base: str, round_: PublishedRound, found: Sequence[Exchange], earlier: set[str], kept: _LastReport
) -> Iterator[tuple[str, Content]]:
    overview, place = round_.overview, Place(base, round_.path)
    changed = {
        each.candidate.name: changes(round_.folder / each.candidate.name, each) for each in round_.reports
    }
    yield "index.html", render_round(overview, place)
    yield matrix.PAGE, matrix.render_matrix(overview, round_.reports, changed, place)
    yield matrix.TABLE, matrix.render_csv(round_.reports)
    yield "report.md", markdown.render_round(overview)
    yield "round.json", json.render(overview)
    if overview.result:
        yield "result.json", json.render(overview.result)
    if not overview.with_verdict(None):
        made = ballot.ballot(overview, place.address)
        yield "ballot.md", ballot.render(made)
        yield "ballot.json", json.render(made)
    for entry, report in round_.entries:
        for path, content in _candidate(base, round_, entry, report, found, earlier, kept):
            yield f"{entry.name}/{path}", content


def _candidate(
    base: str,
    round_: PublishedRound,
    entry: Entry,
    report: CandidateReport,
    found: Sequence[Exchange],
    earlier: set[str],
    kept: _LastReport,
) -> Iterator[tuple[str, Content]]:
    folder = round_.folder / entry.name
    place = Place(base, f"{round_.path}/{entry.name}", *_elsewhere(report, found, earlier))

    def whole() -> CandidateReport:
        return _with_traces_there(kept.read(folder), folder)

    yield "index.html", lambda: render_candidate(whole(), round_.overview, place, changes(folder, whole()))
    yield "report.json", lambda: json.render(whole())
    yield "report.md", lambda: markdown.render_candidate(whole())
    yield "report.sarif", lambda: sarif.render(whole())
    yield "junit.xml", lambda: junit.render(whole())
    if shield := badge.render(report, place.address):
        yield "badge.svg", shield
    for name in sorted({name for item in report.outcomes for name in item.traces}):
        if (folder / TRACES / name).is_file():
            yield f"{TRACES}/{name}", folder / TRACES / name


class _LastReport:
    """Whole reports from their folders. The last is kept: a candidate's files are made one after another."""

    def __init__(self) -> None:
        self._last: tuple[Path, CandidateReport] | None = None

    def read(self, folder: Path) -> CandidateReport:
        if self._last is None or self._last[0] != folder:
            self._last = (folder, read_report(folder))
        return self._last[1]


def _with_traces_there(report: CandidateReport, folder: Path) -> CandidateReport:
    """Without traces that were not kept, so that no link is dead."""
    there = {path.name for path in (folder / TRACES).glob("*")}
    outcomes = tuple(
        item.model_copy(update={"traces": tuple(name for name in item.traces if name in there)})
        for item in report.outcomes
    )
    return report.model_copy(update={"outcomes": outcomes})


def _elsewhere(
    report: CandidateReport, found: Sequence[Exchange], earlier: set[str]
) -> tuple[tuple[Appearance, ...], tuple[tuple[str, str], ...]]:
    """How its connectors did in earlier rounds, and their own pages."""
    named = {(report.candidate.kind, name) for name in report.candidate.connectors}
    ours = [each for each in found if (each.kind, each.name) in named]
    before: dict[str, Appearance] = {
        past.page: past
        for each in ours
        for past in each.appearances
        if f"rounds/{past.round.round.id}" in earlier
    }
    return tuple(before.values()), tuple((each.title, f"{each.path}/index.html") for each in ours)
