"""`harness check`: a developer's own work tree, with the checks of the official round."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from harness import temporary
from harness.checking.derived import FOLDER as DESCRIBED
from harness.checking.plan import LiveWay
from harness.commands.derived_exchange import DerivedExchange
from harness.commands.progress import Watch
from harness.commands.run import build_upstream, chosen_name, clear_up, tell_live
from harness.commands.terminal import safe, say
from harness.describing.ccxt_reading.ccxt_releases import checked
from harness.errors import OurFailure, UserError
from harness.forks.object_store import ObjectStore
from harness.forks.submission import Submission
from harness.forks.worktree import work_tree
from harness.grading import Verdict
from harness.outcome import Status
from harness.recordings.recording import load
from harness.reporting.model import CandidateReport
from harness.reporting.publish import report_of, write_candidate
from harness.reporting.wording import NO_VERDICT, score_words, set_aside_line
from harness.requirement import Catalogue
from harness.rounds.round import OWN_CHECK, Candidate, Exchange, Round, Voting
from harness.rounds.upstream import DEFAULT, read_upstream
from harness.sandbox import Choice
from harness.screenings.round_file import read_round_file
from harness.screenings.screened import profile_of
from harness.screenings.screening import (
    Settings,
    Stopwatch,
    Watcher,
    screen_submission,
    write_down_failure,
)
from harness.screenings.store import read_screening, write_round
from harness.screenings.writing import writing
from harness.venue.described.loading import hosts_reviewed, review_of
from harness.venue.dialects import dialect, dialect_of


def check_work_tree(
    path: Path,
    *,
    connector: str | None,
    select: str | None,
    round_file: Path | None,
    upstream: str | None,
    exchange: str | None,
    derived: bool,
    ccxt: str | None,
    descriptions: Path,
    replay: Path | None,
    live: LiveWay | None,
    sandbox: Choice,
    reports: Path | None,
    seed: int,
    scale: float,
    console: Console,
) -> Verdict | None:
    """Check the work tree around `path`, print findings as they come, and return the verdict.

    None where `select` left checks out: a part of them gives none. Where it is interrupted, or a failure of
    ours ends it, what was decided until then is told before that is raised.
    """
    opinion = checked(ccxt, "--ccxt") if ccxt else None
    round_ = own_round(path, round_file, upstream)
    clear_up(console)
    store = ObjectStore()
    submission = work_tree(store, path, round_.upstream)
    candidate = _candidate(submission, round_, connector, exchange, derived=derived, reviews=descriptions)
    candidate = _read_by(_answered_by(candidate, replay, live), opinion)
    tell_live(candidate, live, console)
    submission = replace(submission, candidate=candidate)
    with ExitStack() as stack:
        folder = reports or stack.enter_context(temporary.folder("check"))
        stack.enter_context(writing(folder))
        kept = write_round(folder.absolute(), round_)
        settings = Settings(
            round_, kept, store, sandbox=chosen_name(sandbox), seed=seed, scale=scale, select=select,
            again=True, descriptions=descriptions, live=live,
        )  # fmt: skip
        settings = build_upstream(settings, console)
        profile = profile_of(candidate, submission)
        place = folder.absolute() / candidate.name
        name = candidate.connectors[0]
        review = review_of(descriptions / f"{name}.yml")
        told = DerivedExchange(place / DESCRIBED, name, review, console)
        with Watch(console, [candidate.name], findings=True, profile=profile) as watch:
            stopped = _screen(candidate, submission, settings, place, told.watching(watch))
        report = report_of(round_, read_screening(place, candidate), Catalogue.load())
        if stopped is not None:
            say(console, "\nStopped before its end. What was decided until then:")
        _summarise(report, console)
        told.conclude(report)
        if reports is not None:
            say(console, f"Report: {write_candidate(place, report)}")
    if stopped is not None:
        raise stopped
    return report.verdict


def _screen(
    candidate: Candidate, submission: Submission, settings: Settings, place: Path, watch: Watcher
) -> OurFailure | KeyboardInterrupt | None:
    """Screen it; what ended that early, None where nothing did."""
    try:
        screen_submission(candidate, submission, None, settings, place, Stopwatch(), watch)
    except OurFailure as error:
        write_down_failure(candidate, settings, place, error)
        return error
    except KeyboardInterrupt as interrupt:
        return interrupt
    return None


def own_round(path: Path, round_file: Path | None, upstream: str | None) -> Round:
    """The round to be checked for; without a file, one made up around the upstream."""
    if round_file is not None:
        round_ = read_round_file(round_file, others_rows=False)
        return round_.model_copy(update={"upstream": read_upstream(upstream)}) if upstream else round_
    now = datetime.now(UTC).replace(microsecond=0)
    tomorrow = now.date() + timedelta(days=1)
    return Round(
        id=OWN_CHECK,
        title=f"Own check of {path.absolute().name}",
        release="none",
        submissions_close=now,
        voting=Voting(opens=tomorrow, closes=tomorrow, channel="none"),
        upstream=read_upstream(upstream) if upstream else DEFAULT,
        candidates=(),
    )


def _candidate(
    submission: Submission,
    round_: Round,
    connector: str | None,
    exchange: str | None,
    *,
    derived: bool,
    reviews: Path,
) -> Candidate:
    """The round's own row for the connector where it has one, else one made up from what the fork adds.

    `derived`: whatever dialect there is, none is named, so that the exchange is derived from the connector.
    The hosts of one without a dialect are those that the review in `reviews` names.
    """
    found = {each.name: each for each in submission.connectors}
    if connector is not None and connector not in found:
        raise UserError(
            f"the work tree adds no connector {connector!r}",
            where=submission.repository,
            hint=f"it adds or changes: {', '.join(found)}",
        )
    names = (
        [connector] if connector else [each.name for each in submission.connectors if each.new] or list(found)
    )
    if len(names) > 1:
        raise UserError(
            f"the work tree adds {len(names)} connectors",
            where=submission.repository,
            hint=f"choose one with --connector: {', '.join(names)}",
        )
    row = next((each for each in round_.candidates if names[0] in each.connectors), None)
    if row is not None and derived:
        return row.model_copy(update={"exchange": row.exchange.model_copy(update={"dialect": None})})
    if row is not None and exchange is None:
        return row
    simulated = exchange or (None if derived else dialect_of(names[0], submission.generation))
    hosts = hosts_reviewed(review_of(reviews / f"{names[0]}.yml"))
    if simulated:
        hosts = (*dialect(simulated).rest_hosts, *dialect(simulated).stream_hosts)
    return Candidate(
        name=re.sub(r"[^a-z0-9]+", "-", names[0].lower()).strip("-"),
        repository=None,
        ref=submission.ref,
        connectors=(names[0],),
        kind=found[names[0]].kind,
        exchange=Exchange(
            hosts=hosts, dialect=simulated, ccxt=dialect(simulated).ccxt_id if simulated else None
        ),
    )


def _answered_by(candidate: Candidate, replay: Path | None, live: LiveWay | None) -> Candidate:
    """The row with what answers the connector, where the command says it; else as the row has it."""
    if replay is not None:
        load(replay)  # before anything is built
        update: dict[str, str | None] = {"mode": "replay", "recording": str(replay.absolute())}
    elif live is not None:
        update = {"mode": "live", "recording": None}
    else:
        return candidate
    return candidate.model_copy(update={"exchange": candidate.exchange.model_copy(update=update)})


def _read_by(candidate: Candidate, ccxt: str | None) -> Candidate:
    """The row with ccxt's name of the exchange, where the command gives it; else as the row has it."""
    if ccxt is None:
        return candidate
    return candidate.model_copy(update={"exchange": candidate.exchange.model_copy(update={"ccxt": ccxt})})


def _summarise(report: CandidateReport, console: Console) -> None:
    counts = Counter(item.status for item in report.counted)
    undecided = counts[Status.UNDETERMINED] + counts[Status.HARNESS_ERROR]
    verdict = report.verdict.value if report.verdict else NO_VERDICT.lower()
    by_waiver = " by waiver" if report.by_waiver else ""
    console.print(f"\n[bold]{verdict}{by_waiver}[/]: {safe(report.reason)}", soft_wrap=True, highlight=False)
    for waiver in report.set_aside:
        console.print(f"  {safe(set_aside_line(waiver))}", highlight=False)
    told = f"Requirements: {counts[Status.PASSED]} met, {counts[Status.FAILED]} not met"
    if report.score:
        told += f", {undecided} undecided; {score_words(report.score)}"
    say(console, f"{told}.")
    if report.without_waivers:
        console.print(f"without the waivers: {score_words(report.without_waivers)}", highlight=False)
