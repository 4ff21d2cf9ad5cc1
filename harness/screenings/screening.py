"""One candidate, from the pin to its outcomes."""

from __future__ import annotations

import hashlib
import shutil
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import JsonValue

from harness import __version__, temporary
from harness.checking.plan import PACE, LiveWay, Plan
from harness.checking.process import run_checks
from harness.checking.progress_lines import Said
from harness.errors import HarnessError, OurFailure, UserError
from harness.forks.errors import ForkError, NoRepository, NothingBeforeDeadline, Unreachable
from harness.forks.lockfile import Lock
from harness.forks.object_store import ObjectStore
from harness.forks.pin import pin
from harness.forks.submission import Submission
from harness.forks.tree import Tree
from harness.frameworks.installed import installed_in
from harness.outcome import Basis, Evidence, EvidenceKind, Outcome, OutcomeLog, Status
from harness.requirement import Catalogue, Requirement
from harness.rounds.round import Candidate, GitUpstream, Round
from harness.sandbox import Choice
from harness.sandbox.choosing import described
from harness.scenarios.trace.store import FOLDER
from harness.screenings.exchange_facts import exchange_facts
from harness.screenings.header import Header, code_digest, python_version, row_of
from harness.screenings.run import InstalledInfo, RunInfo
from harness.screenings.screened import Screened, profile_of
from harness.screenings.store import OUTCOMES, SUBMISSION, read_screening, write_run
from harness.text import one_line, plain
from harness.venue.described.loading import recorded_of, review_of

LOG = "checks.log"
LACKING_NAMED = 10
MAX_TRACE = 100_000  # characters, the last ones


@dataclass(frozen=True)
class Progress:
    """Something happened to a candidate. `total` and `outcomes` are about checks.

    `derived`: its exchange was, and the questions about it lie in its folder.
    """

    candidate: str
    step: str | None = None
    total: int | None = None
    finished_checks: int = 0
    outcomes: tuple[Outcome, ...] = ()
    derived: bool = False


Watcher = Callable[[Progress], None]


@dataclass(frozen=True)
class Settings:
    """What all candidates of a round share."""

    round: Round
    round_file: Path
    store: ObjectStore
    lock: Lock | None = None
    sandbox: Choice = "auto"
    seed: int = 0
    scale: float = PACE
    select: str | None = None
    again: bool = False
    environment: str | None = None  # the digest of the lock that the framework's packages come from
    live: LiveWay | None = None  # how real exchanges may be reached, if they may
    descriptions: Path | None = None  # where reviews of derived descriptions lie


@dataclass
class Stopwatch:
    """Seconds spent in each step."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        finally:
            spent = time.monotonic() - started
            self.seconds[name] = round(self.seconds.get(name, 0.0) + spent, 2)


def screen(candidate: Candidate, settings: Settings, folder: Path, watch: Watcher) -> None:
    """Bring `folder` to hold submission.json, outcomes.jsonl and run.json for this candidate.

    What an earlier run already found is kept where everything that it depends on is the same (see `Header`);
    where that run broke off or failed through a fault of ours, only what is missing is tried. Raises
    OurFailure.
    """
    clock = Stopwatch()
    watch(Progress(candidate.name, step="fetching"))
    with clock.step("fetch"):
        submission, trouble = _pin(candidate, settings, Catalogue.load())
    screen_submission(candidate, submission, trouble, settings, folder, clock, watch)


def screen_submission(
    candidate: Candidate,
    submission: Submission | None,
    trouble: Outcome | None,
    settings: Settings,
    folder: Path,
    clock: Stopwatch,
    watch: Watcher,
) -> Screened:
    """The same for a submission already pinned, or for the `trouble` that there is none."""
    folder = folder.absolute()  # the checks run in a process and a folder of their own
    log = OutcomeLog(folder / OUTCOMES)
    header = _header(candidate, settings, submission)
    if log.begin(header, afresh=settings.again):
        kept = read_screening(folder, candidate)
        if kept.finished:
            watch(Progress(candidate.name, step="kept from an earlier run", outcomes=kept.outcomes))
            return kept
    else:
        shutil.rmtree(folder / FOLDER, ignore_errors=True)  # of another commit, or of other checks
    info = _info(settings, trouble, submission)
    write_run(folder, info, submission)
    if trouble is not None:
        log.append([trouble])
    else:
        with clock.step("checks"):
            _run_checks(candidate, settings, folder, header, watch)
    found = {"finished_at": datetime.now(UTC), "timings": clock.seconds, "installed": _installed(folder)}
    finished = info.model_copy(update=found)
    write_run(folder, finished, submission)
    screened = read_screening(folder, candidate)
    if not screened.outcomes:
        raise OurFailure(f"the checks of {candidate.name} left no outcome", where=str(folder / LOG))
    watch(Progress(candidate.name, step="done", outcomes=screened.outcomes))
    return screened


def _info(settings: Settings, trouble: Outcome | None, submission: Submission | None = None) -> RunInfo:
    upstream = settings.round.upstream
    name = (
        f"{upstream.git} {upstream.ref}"
        if isinstance(upstream, GitUpstream)
        else f"{upstream.pypi} {upstream.version}"
    )
    return RunInfo(
        started_at=datetime.now(UTC),
        seed=settings.seed,
        harness=__version__,
        catalogue=Catalogue.load().version,
        backend=described(settings.sandbox),
        framework=name,
        python=python_version(),
        time_scale=settings.scale,
        selected=settings.select,
        exchange=exchange_facts(Tree.of(settings.store, submission), submission) if submission else None,
        notes=_lacking(settings.store, submission) if submission else (),
        no_submission=trouble.summary if trouble else None,
    )


def _lacking(store: ObjectStore, submission: Submission) -> tuple[str, ...]:
    """What a reader has to know of files whose content no copy of the history at hand has."""
    paths = Tree.of(store, submission).lacking
    if not paths:
        return ()
    named = f"{', '.join(paths[:LACKING_NAMED])}{' …' if len(paths) > LACKING_NAMED else ''}"
    return (f"This copy of the history lacks the content of {named}: what needs it is undetermined.",)


def _installed(folder: Path) -> InstalledInfo | None:
    found = installed_in(folder)
    if found is None:
        return None
    lock, additions = found.lock, found.additions
    return InstalledInfo(
        python=lock.python,
        as_of=lock.as_of,
        undated=lock.undated,
        packages=lock.packages,
        relaxations=tuple(map(str, lock.relaxations)),
        added=additions.packages,
        unavailable=tuple(f"{each.declared}: {each.why}" for each in additions.unavailable),
    )


def _pin(
    candidate: Candidate, settings: Settings, catalogue: Catalogue
) -> tuple[Submission | None, Outcome | None]:
    """The submission, or the outcome that says why there is none."""
    try:
        return pin(settings.store, candidate, settings.round, settings.lock), None
    except NothingBeforeDeadline as error:
        return None, _trouble(catalogue["submitted-before-deadline"], Status.FAILED, error)
    except ForkError as error:
        return None, _trouble(catalogue["repository-reachable"], Status.UNDETERMINED, error)


def _trouble(requirement: Requirement, status: Status, error: ForkError) -> Outcome:
    return Outcome(
        requirement=requirement.id,
        status=status,
        severity=requirement.severity,
        lifecycle=requirement.lifecycle,
        subject=requirement.subject,
        summary=_in_a_sentence(error),
        evidence=(Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.GIT, text=str(error)),),
        check="harness.screenings.screening",
        seconds=0,
    )


def _in_a_sentence(error: ForkError) -> str:
    if isinstance(error, NoRepository):
        return "No repository is known for this candidate."
    if isinstance(error, Unreachable):
        return f"The repository could not be read: {error.reason}."
    return f"{error.message[:1].upper()}{error.message[1:]}."


def _header(candidate: Candidate, settings: Settings, submission: Submission | None) -> dict[str, JsonValue]:
    """Outcomes with equal headers are about the same thing and may stand in one log."""
    return Header(
        commit=submission.commit if submission else None,
        upstream=submission.upstream_commit if submission else None,
        pinned_by=submission.pinned_by if submission else None,
        submissions_close=settings.round.submissions_close,
        row=row_of(candidate),
        profile=profile_of(candidate, submission),
        environment=settings.environment,
        backend=described(settings.sandbox),
        catalogue=Catalogue.load().version,
        harness=__version__,
        code=code_digest(),
        python=python_version(),
        seed=settings.seed,
        time_scale=settings.scale,
        reviews=_reviews(candidate, settings.descriptions),
        recording=_recording(candidate),
    ).as_line()


def _reviews(candidate: Candidate, folder: Path | None) -> str | None:
    """A digest of the reviews of its exchanges' descriptions, None where there is none."""
    described = [folder / f"{name}.yml" for name in candidate.connectors] if folder else []
    files = [beside(each) for each in described for beside in (review_of, recorded_of)]
    texts = [file.read_bytes() for file in files if file.exists()]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:16] if texts else None


def _recording(candidate: Candidate) -> str | None:
    """A digest of what is replayed. Raises UserError where it cannot be read."""
    if candidate.exchange.recording is None:
        return None
    file = Path(candidate.exchange.recording)
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise UserError(
            f"the recording cannot be read: {error.strerror}", where=str(file), hint="correct `recording:`"
        ) from error


def _run_checks(
    candidate: Candidate,
    settings: Settings,
    folder: Path,
    header: dict[str, JsonValue],
    watch: Watcher,
) -> None:
    plan = Plan(
        round_file=settings.round_file,
        candidate=candidate.name,
        connectors=candidate.connectors,
        profile=read_screening(folder, candidate).profile,
        submission_file=folder / SUBMISSION,
        outcomes_file=folder / OUTCOMES,
        store=settings.store.root,
        sandbox=settings.sandbox,
        seed=settings.seed,
        scale=settings.scale,
        header=header,
        descriptions=settings.descriptions.absolute() if settings.descriptions else None,
        mode=candidate.exchange.mode,
        live=settings.live,
    )
    with temporary.folder("plan") as place:
        plan_file = place / "plan.json"
        plan_file.write_text(plan.model_dump_json(), encoding="utf-8")
        run_checks(
            plan_file, settings.select, folder / LOG, lambda said: watch(_progress(candidate.name, said))
        )


def _progress(candidate: str, said: Said) -> Progress:
    return Progress(
        candidate,
        step=said.check,
        total=said.total,
        finished_checks=0 if said.outcomes is None else 1,
        outcomes=said.outcomes or (),
        derived=said.derived,
    )


def write_down_failure(candidate: Candidate, settings: Settings, folder: Path, error: Exception) -> None:
    """Keep that a failure of ours ended a screening: a sentence for the report, all of it for the log.

    What had been found by then stands; the next run goes on from there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOG).open("a", encoding="utf-8") as log:
        log.write(plain("".join(traceback.format_exception(error))[-MAX_TRACE:], lines=True))
    said = error.message if isinstance(error, HarnessError) else f"{type(error).__name__}: {error}"
    sentence = f"The harness failed: {one_line(said, 300)}. Details are in {LOG}."
    try:
        kept = read_screening(folder, candidate)
    except OurFailure:
        kept = None
    run = (kept and kept.run) or _info(settings, None)
    broken = run.model_copy(update={"finished_at": None, "broken": sentence})
    write_run(folder, broken, kept.submission if kept else None)
