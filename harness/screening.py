"""One candidate, from the pin to its outcomes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import JsonValue

import checks
from harness import __version__
from harness.errors import OurFailure
from harness.forks.errors import ForkError, NoRepository, NothingBeforeDeadline, Unreachable
from harness.forks.lockfile import Lock
from harness.forks.pin import pin
from harness.forks.store import ObjectStore
from harness.forks.submission import Submission
from harness.outcome import Basis, Evidence, EvidenceKind, Outcome, OutcomeLog, Status
from harness.paths import cache_dir
from harness.plan import PACE, Plan
from harness.reporting.model import RunInfo
from harness.reporting.screened import Screened
from harness.reporting.store import OUTCOMES, SUBMISSION, read_screening, write_run
from harness.requirement import Catalogue, Requirement
from harness.round import Candidate, GitUpstream, Round
from harness.sandbox import Choice

CHECKS = Path(checks.__file__).resolve().parent
LOG = "checks.log"
# Long enough for the slowest honest connector; a run that takes longer is ended and reported as ours.
MAX_SECONDS = 1800


@dataclass(frozen=True)
class Progress:
    """Something happened to a candidate. `total` and `outcomes` are about checks."""

    candidate: str
    step: str | None = None
    total: int | None = None
    finished_checks: int = 0
    outcomes: tuple[Outcome, ...] = ()


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

    What an earlier run of the same commit, catalogue, harness and seed already found is kept. Raises
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
    if settings.again:
        log.set_aside()
    header = _header(settings, submission)
    resumed = log.begin(header)
    kept = read_screening(folder, candidate)
    if resumed and submission is not None and kept.run is not None and kept.run.finished_at:
        watch(Progress(candidate.name, step="kept from an earlier run", outcomes=kept.outcomes))
        return kept
    info = _info(settings, trouble)
    write_run(folder, info, submission)
    if trouble is not None:
        log.append([trouble])
    else:
        with clock.step("checks"):
            _run_checks(candidate, settings, folder, header, watch)
    finished = info.model_copy(update={"finished_at": datetime.now(UTC), "timings": clock.seconds})
    write_run(folder, finished, submission)
    screened = read_screening(folder, candidate)
    if not screened.outcomes:
        raise OurFailure(f"the checks of {candidate.name} left no outcome", where=str(folder / LOG))
    watch(Progress(candidate.name, step="done", outcomes=screened.outcomes))
    return screened


def _info(settings: Settings, trouble: Outcome | None) -> RunInfo:
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
        backend=settings.sandbox,
        framework=name,
        python=sys.version.split()[0],
        time_scale=settings.scale,
        no_submission=trouble.summary if trouble else None,
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
        subject=requirement.subject,
        summary=_in_a_sentence(error),
        evidence=(Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.GIT, text=str(error)),),
        check="harness.screening",
        seconds=0,
    )


def _in_a_sentence(error: ForkError) -> str:
    if isinstance(error, NoRepository):
        return "No repository is known for this candidate."
    if isinstance(error, Unreachable):
        return f"The repository could not be read: {error.reason}."
    return f"{error.message[:1].upper()}{error.message[1:]}."


def _header(settings: Settings, submission: Submission | None) -> dict[str, JsonValue]:
    """Outcomes with equal headers are about the same thing and may stand in one log."""
    return {
        "commit": submission.commit if submission else None,
        "upstream": submission.upstream_commit if submission else None,
        "catalogue": Catalogue.load().version,
        "harness": __version__,
        "seed": settings.seed,
    }


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
    )
    with tempfile.TemporaryDirectory(prefix="harness-plan-") as temporary:
        plan_file = Path(temporary) / "plan.json"
        plan_file.write_text(plan.model_dump_json(), encoding="utf-8")
        _run_pytest(plan_file, settings.select, candidate.name, folder / LOG, watch)


def _run_pytest(plan_file: Path, select: str | None, candidate: str, log: Path, watch: Watcher) -> None:
    """Run the checks in a process of their own; raises OurFailure when that process breaks.

    pytest's exit codes 0 (all passed), 1 (some failed) and 5 (nothing left to run) are all a finished run.
    """
    reading, writing = os.pipe()
    command = [
        sys.executable, "-m", "pytest", str(CHECKS), "-p", "harness.pytest_plugin", "--plan", str(plan_file),
        "-c", os.devnull, "--rootdir", str(CHECKS.parent), "--confcutdir", str(CHECKS),
        "--import-mode=importlib", "-p", "no:cacheprovider", "-q", "--tb=no",
    ]  # fmt: skip
    if select:
        command += ["-k", select]
    # Byte code of our own, whatever the caller's settings: without it each run compiles everything anew.
    byte_code = {"PYTHONPYCACHEPREFIX": str(cache_dir() / "byte-code")}
    environment = {**os.environ, **byte_code, "HARNESS_PROGRESS_FD": str(writing)}
    for name in ("PYTEST_ADDOPTS", "PYTHONDONTWRITEBYTECODE"):
        environment.pop(name, None)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            pass_fds=(writing,), env=environment, cwd=plan_file.parent,
        )  # fmt: skip
    os.close(writing)
    limit = threading.Timer(MAX_SECONDS, process.kill)
    limit.start()
    try:
        _follow(reading, candidate, watch)
        code = process.wait()
    finally:
        limit.cancel()
        process.kill()
        process.wait()
    if code not in (0, 1, 5):
        raise OurFailure(f"the checks of {candidate} ended with exit code {code}", where=str(log))


def _follow(reading: int, candidate: str, watch: Watcher) -> None:
    with os.fdopen(reading, encoding="utf-8") as stream:
        for line in stream:
            said = json.loads(line)
            outcomes = tuple(Outcome.model_validate(item) for item in said.get("outcomes", ()))
            watch(
                Progress(
                    candidate,
                    step=said.get("check"),
                    total=said.get("total"),
                    finished_checks=1 if "outcomes" in said else 0,
                    outcomes=outcomes,
                )
            )
