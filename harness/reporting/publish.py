"""Everything published of a round, made from what is stored: no sandbox, no network, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from harness.errors import UserError
from harness.grading import Waived, grade
from harness.reporting import badge, ballot, json, junit, markdown, matrix, sarif
from harness.reporting.assemble import candidate_report, round_report
from harness.reporting.candidate_page import render_candidate
from harness.reporting.comparison import Difference, differences
from harness.reporting.model import CandidateReport, Result, RoundReport
from harness.reporting.round_page import render_round
from harness.requirement import Catalogue
from harness.rounds.reading import load_round
from harness.rounds.round import Round
from harness.screenings.screened import Screened, complete, waivers_in_force
from harness.screenings.store import ROUND, read_screening, write_whole

ROUND_REPORT, RESULT, REPORT = "round.json", "result.json", "report.json"
BEFORE = "report.before.json"


def publish_round(
    round_dir: Path, *, site_url: str | None = None, catalogue: Catalogue | None = None
) -> Path:
    """Grade and write every report of the round in `round_dir`; returns the round's page.

    `site_url` is the https address that the folder will have; the ballot then links the reports. The same
    stored files give the same bytes. Raises UserError where `round_dir` holds no round.
    """
    kept = round_dir / ROUND
    if not kept.is_file():
        raise UserError(
            "this is not a round's folder: round.yml is missing",
            where=str(round_dir),
            hint="give the folder that `harness run` wrote, e.g. reports/2020-08",
        )
    round_ = load_round(kept)
    catalogue = catalogue or Catalogue.load()
    reports = [
        report_of(round_, read_screening(round_dir / candidate.name, candidate), catalogue)
        for candidate in round_.candidates
    ]
    overview = round_report(round_, catalogue, reports, read_result(round_dir))
    for report in reports:
        write_candidate(round_dir / report.candidate.name, report, overview)
    return _write_round(round_dir, overview, reports, site_url)


def read_result(round_dir: Path) -> Result | None:
    """The result that `harness tally` wrote, None where there is none; raises UserError for a broken one."""
    path = round_dir / RESULT
    if not path.exists():
        return None
    try:
        return Result.model_validate_json(path.read_bytes())
    except ValidationError as error:
        hint = "count the votes again: harness tally"
        raise UserError("this is not the result of a vote", where=str(path), hint=hint) from error


def report_of(round_: Round, screened: Screened, catalogue: Catalogue) -> CandidateReport:
    """Grade one screening, its waivers judged on the day it ran."""
    day = screened.run.started_at.date() if screened.run else round_.submissions_close.date()
    waivers = waivers_in_force(screened.candidate, day, catalogue)
    outcomes = complete(screened, catalogue)
    waived = {item.requirement: Waived(item.granted_by, item.until) for item in waivers}
    graded = grade(outcomes, waived, {item.id: item.title for item in catalogue})
    return candidate_report(round_, screened, catalogue, outcomes, graded, waivers)


def write_candidate(folder: Path, report: CandidateReport, overview: RoundReport | None = None) -> Path:
    """Write one candidate's reports into `folder`; returns its page. Without `overview` it stands alone.

    A report of an earlier run that is there is kept beside it, for what changed.
    """
    _keep(folder, report)
    write_whole(folder / REPORT, json.render(report))
    write_whole(folder / "report.md", markdown.render_candidate(report))
    write_whole(folder / "junit.xml", junit.render(report))
    write_whole(folder / "report.sarif", sarif.render(report))
    _write_or_remove(folder / "badge.svg", badge.render(report))
    return write_whole(
        folder / "index.html", render_candidate(report, overview, changes=changes(folder, report))
    )


def changes(folder: Path, report: CandidateReport) -> tuple[Difference, ...]:
    """What is otherwise than in the run before, whose report `folder` keeps; nothing where it has none."""
    before = _read(folder / BEFORE)
    return differences(before, report) if before else ()


def _keep(folder: Path, report: CandidateReport) -> None:
    there = _read(folder / REPORT)
    started = there.environment.started_at if there else None
    if started and report.environment.started_at not in (None, started):
        (folder / REPORT).replace(folder / BEFORE)


def _read(path: Path) -> CandidateReport | None:
    """A report; None where there is none, or one of another version of the harness."""
    try:
        return CandidateReport.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _write_round(
    folder: Path, overview: RoundReport, reports: Sequence[CandidateReport], site_url: str | None
) -> Path:
    made = None if overview.with_verdict(None) else ballot.ballot(overview, site_url)
    changed = {each.candidate.name: changes(folder / each.candidate.name, each) for each in reports}
    write_whole(folder / ROUND_REPORT, json.render(overview))
    write_whole(folder / matrix.TABLE, matrix.render_csv(reports))
    write_whole(folder / matrix.PAGE, matrix.render_matrix(overview, reports, changed))
    write_whole(folder / "report.md", markdown.render_round(overview))
    _write_or_remove(folder / "ballot.json", json.render(made) if made else None)
    _write_or_remove(folder / "ballot.md", ballot.render(made) if made else None)
    return write_whole(folder / "index.html", render_round(overview))


def _write_or_remove(path: Path, text: str | None) -> None:
    """What is not there this time must not stay from an earlier one."""
    if text is None:
        path.unlink(missing_ok=True)
    else:
        write_whole(path, text)
