"""From what was screened to what is published: outcomes, grade and submission become one report. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from harness.grading import UNDECIDED, Grade, Score, combine
from harness.outcome import Outcome, Severity, Status
from harness.reporting.model import (
    CandidateInfo,
    CandidateReport,
    Counts,
    Entry,
    Environment,
    ExchangeInfo,
    Finding,
    Result,
    RoundInfo,
    RoundReport,
    ScoreInfo,
    SetAside,
    SubmissionInfo,
    VotingInfo,
)
from harness.requirement import Catalogue, Profile
from harness.rounds.round import PypiUpstream
from harness.rounds.upstream import in_one_word
from harness.screenings.reviews import BY_A_PERSON
from harness.screenings.run import ReviewInfo, RunInfo, WaiverInfo
from harness.screenings.screened import NOT_SCREENED, Screened
from harness.text import storable

if TYPE_CHECKING:
    from harness.forks.submission import Submission
    from harness.rounds.round import Round

MAX_PATHS = 1000
MAX_PATH = 500  # characters
MAX_TEXT = 2000


def candidate_report(
    round_: Round,
    screened: Screened,
    catalogue: Catalogue,
    outcomes: Iterable[Outcome],
    grade: Grade,
    waivers: Sequence[WaiverInfo] = (),
) -> CandidateReport:
    """One candidate's report. `outcomes` are those that `grade` was made from, `waivers` those in force."""
    run, partial = screened.run, screened.partial
    needed = {item.requirement: item for item in waivers if item.requirement in grade.waived}
    reviews = {item.requirement: ReviewInfo(by=item.by, at=item.at) for item in screened.candidate.reviewed}
    findings = _findings(outcomes, catalogue, screened.profile, needed, reviews)
    return CandidateReport(
        round=round_.id,
        catalogue=catalogue.version,
        upstream=in_one_word(round_.upstream),
        candidate=_candidate(screened),
        submission=_submission(screened),
        facts=run.exchange if run else None,
        verdict=None if partial else grade.verdict,
        reason=partial or grade.reason,
        score=None if partial else _score(grade.score),
        without_waivers=_score(grade.without_waivers) if needed and not partial else None,
        set_aside=tuple(
            _set_aside(item) for item in findings if item.requirement in grade.set_aside and not partial
        ),
        outcomes=findings,
        environment=_environment(run),
        timings=run.timings if run else {},
        notes=_notes(run),
    )


def round_report(
    round_: Round,
    catalogue: Catalogue,
    reports: Sequence[CandidateReport],
    result: Result | None = None,
) -> RoundReport:
    """The round's report; each candidate's own lies in a folder of its name."""
    voting = round_.voting
    return RoundReport(
        round=RoundInfo(
            id=round_.id,
            title=round_.title,
            release=round_.release,
            submissions_close=round_.submissions_close,
            voting=VotingInfo(
                opens=voting.opens, closes=voting.closes, channel=voting.channel, rule=voting.rule
            ),
            upstream=_upstream(round_),
        ),
        catalogue=catalogue.version,
        candidates=tuple(_entry(report) for report in reports),
        result=result,
    )


def _upstream(round_: Round) -> str:
    upstream = round_.upstream
    if isinstance(upstream, PypiUpstream):
        return f"{upstream.pypi} {upstream.version} from PyPI"
    return f"{upstream.git} at {upstream.ref}"


def _entry(report: CandidateReport) -> Entry:
    folder = report.candidate.name
    blockers = report.failed(Severity.BLOCKER)
    return Entry(
        name=report.candidate.name,
        connector=", ".join(report.connectors),
        repository=report.candidate.repository,
        commit=report.submission.commit,
        committed_at=report.submission.committed_at,
        commits_after_deadline=report.submission.commits_after_deadline,
        verdict=report.verdict,
        reason=report.reason,
        score=report.score,
        counts=Counts(
            blocker=len(blockers),
            major=len(report.failed(Severity.MAJOR)),
            minor=len(report.failed(Severity.MINOR)),
            waived=len(report.with_status(Status.WAIVED)),
            undecided=len(report.with_status(*UNDECIDED)),
            passed=len(report.with_status(Status.PASSED)),
        ),
        blockers=tuple(item.title or item.requirement for item in blockers),
        without_waivers=report.without_waivers,
        set_aside=report.set_aside,
        report=f"{folder}/report.json",
        page=f"{folder}/index.html",
    )


def _candidate(screened: Screened) -> CandidateInfo:
    candidate = screened.candidate
    exchange = candidate.exchange
    return CandidateInfo(
        name=candidate.name,
        repository=screened.submission.repository if screened.submission else candidate.repository,
        ref=candidate.ref,
        connectors=candidate.connectors,
        kind=candidate.kind,
        contact=candidate.contact,
        maintenance=candidate.maintenance,
        exchange=ExchangeInfo(
            hosts=exchange.hosts, dialect=exchange.dialect, ccxt=exchange.ccxt, mode=exchange.mode
        ),
    )


def _submission(screened: Screened) -> SubmissionInfo:
    submission = screened.submission
    if submission is None:
        stated = screened.run.no_submission if screened.run else None
        return SubmissionInfo(missing=storable(stated or NOT_SCREENED, MAX_TEXT))
    outside = _outside(submission)
    return SubmissionInfo(
        commit=submission.commit,
        committed_at=submission.committed_at,
        author=storable(submission.author, MAX_PATH),
        newest_commit=submission.newest_commit,
        commits_after_deadline=submission.commits_after_deadline,
        pinned_by=submission.pinned_by,
        upstream_commit=submission.upstream_commit,
        merge_base=submission.merge_base,
        merge_base_at=submission.merge_base_at,
        behind=submission.behind,
        generation=submission.generation,
        added=_names(f"{item.kind}/{item.name}" for item in submission.connectors if item.new),
        changed=len(submission.changes),
        changed_outside=_names(outside),
        outside_count=len(outside),
        merge=submission.merge.state,
        merge_reason=storable(submission.merge.reason, MAX_TEXT) or None,
        conflicts=_names(submission.merge.conflicts),
        conflict_count=len(submission.merge.conflicts),
    )


def _outside(submission: Submission) -> tuple[str, ...]:
    """Paths touched beside the connectors' own folders and the test folders named after them."""
    homes = tuple(item.path.rstrip("/") + "/" for item in submission.connectors)
    names = {item.name for item in submission.connectors}

    def inside(path: str) -> bool:
        parts = path.split("/")
        return path.startswith(homes) or (parts[0] in ("test", "tests") and bool(names & set(parts)))

    return tuple(change.path for change in submission.changes if not inside(change.path))


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(storable(name, MAX_PATH) for name in islice(names, MAX_PATHS))


def _findings(
    outcomes: Iterable[Outcome],
    catalogue: Catalogue,
    profile: Profile,
    waivers: Mapping[str, WaiverInfo],
    reviews: Mapping[str, ReviewInfo],
) -> tuple[Finding, ...]:
    """One finding a requirement, in the catalogue's order; ids it does not know come last."""
    order = {requirement.id: place for place, requirement in enumerate(catalogue)}
    last = len(order)
    combined = sorted(
        combine(outcomes), key=lambda item: (order.get(item.requirement, last), item.requirement)
    )
    return tuple(
        _finding(
            item,
            catalogue,
            profile,
            waivers.get(item.requirement),
            reviews.get(item.requirement) if item.check == BY_A_PERSON else None,
        )
        for item in combined
    )


def _finding(
    outcome: Outcome,
    catalogue: Catalogue,
    profile: Profile,
    waiver: WaiverInfo | None,
    review: ReviewInfo | None,
) -> Finding:
    requirement = catalogue.by_id.get(outcome.requirement)
    stated = outcome.model_dump()
    if waiver is not None:
        stated["status"] = Status.WAIVED
        stated["found"] = outcome.status
    return Finding(
        **stated,
        title=requirement.title if requirement else None,
        why=requirement.why if requirement else None,
        fix=requirement.fix_for(profile) if requirement else None,
        impact=requirement.impact if requirement else None,
        waiver=waiver,
        reviewed=review,
    )


def _set_aside(finding: Finding) -> SetAside:
    assert finding.waiver is not None  # noqa: S101 - only a waiver sets aside
    assert finding.found is not None  # noqa: S101
    return SetAside(
        **finding.waiver.model_dump(), title=finding.title or finding.requirement, found=finding.found
    )


def _environment(run: RunInfo | None) -> Environment:
    names = Environment.model_fields
    return Environment(**{name: getattr(run, name, None) for name in names})


def _notes(run: RunInfo | None) -> tuple[str, ...]:
    if run is None:
        return ()
    return (*run.notes, run.broken) if run.broken else run.notes


def _score(score: Score) -> ScoreInfo:
    return ScoreInfo(
        value=score.value, low=score.low, high=score.high, decided=score.decided, total=score.total
    )
