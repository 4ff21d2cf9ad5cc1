"""One candidate, from the pin to its outcomes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import JsonValue

import checks
from harness import __version__
from harness.errors import OurFailure
from harness.forks.lockfile import Lock
from harness.forks.pin import NothingBeforeDeadline, pin
from harness.forks.store import ObjectStore, RefNotFound, Unreachable
from harness.forks.submission import Submission
from harness.outcome import Basis, Evidence, EvidenceKind, Outcome, OutcomeLog, Status
from harness.plan import Plan
from harness.reporting.model import RunInfo
from harness.requirement import Catalogue, Profile, Requirement
from harness.round import Candidate, Round

CHECKS = Path(checks.__file__).resolve().parent
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
    sandbox: str = "auto"
    seed: int = 0
    scale: float = 10.0
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


def profile_of(candidate: Candidate, submission: Submission | None) -> Profile:
    """Which requirements apply: by the generation of the tree and the kind of connector."""
    if submission is not None and submission.generation == "v0":
        return "v0"
    if candidate.kind == "derivative":
        return "v2-perpetual"
    return "v0" if candidate.kind == "market" else "v2-spot"


def screen(candidate: Candidate, settings: Settings, folder: Path, watch: Watcher) -> None:
    """Bring `folder` to hold submission.json, outcomes.jsonl and run.json for this candidate.

    What an earlier run of the same commit, catalogue, harness and seed already found is kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    clock = Stopwatch()
    started = datetime.now(UTC)
    catalogue = Catalogue.load()
    watch(Progress(candidate.name, step="fetching"))
    with clock.step("fetch"):
        submission, trouble = _pin(candidate, settings, catalogue)
    profile = profile_of(candidate, submission)
    log = OutcomeLog(folder / "outcomes.jsonl")
    if settings.again:
        log.set_aside()
    header = _header(settings, catalogue, submission)
    if submission is None:
        log.begin(header)
        log.append(trouble)
    else:
        (folder / "submission.json").write_text(submission.to_json() + "\n", encoding="utf-8")
        if log.begin(header) and _finished(folder):
            watch(Progress(candidate.name, step="kept from an earlier run", outcomes=log.outcomes()))
            return
        with clock.step("checks"):
            _run_checks(candidate, settings, folder, header, profile, watch)
    log.append(_without_a_check(catalogue, profile, log.outcomes(), trouble))
    info = RunInfo(
        started_at=started,
        finished_at=datetime.now(UTC),
        seed=settings.seed,
        harness=__version__,
        catalogue=catalogue.version,
        backend=settings.sandbox,
        framework=settings.round.upstream.label,
        time_scale=settings.scale,
        python=sys.version.split()[0],
        timings=clock.seconds,
        no_submission=trouble[0].summary if trouble else None,
    )
    (folder / "run.json").write_text(info.model_dump_json(indent=2) + "\n", encoding="utf-8")
    watch(Progress(candidate.name, step="done", outcomes=log.outcomes()))


def _pin(
    candidate: Candidate, settings: Settings, catalogue: Catalogue
) -> tuple[Submission | None, tuple[Outcome, ...]]:
    """The submission, or the outcome that says why there is none."""
    try:
        return pin(settings.store, candidate, settings.round, settings.lock), ()
    except (Unreachable, RefNotFound) as error:
        return None, (_trouble(catalogue["repository-reachable"], Status.UNDETERMINED, error),)
    except NothingBeforeDeadline as error:
        return None, (_trouble(catalogue["submitted-before-deadline"], Status.FAILED, error),)


def _trouble(requirement: Requirement, status: Status, error: Exception) -> Outcome:
    seen = Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.GIT, text=str(error))
    summary = str(error).splitlines()[0]
    return _outcome(requirement, status, summary, (seen,))


def _outcome(
    requirement: Requirement, status: Status, summary: str, evidence: tuple[Evidence, ...] = ()
) -> Outcome:
    return Outcome(
        requirement=requirement.id,
        status=status,
        severity=requirement.severity,
        subject=requirement.subject,
        summary=summary,
        evidence=evidence,
        check="harness.screening",
    )


def _header(settings: Settings, catalogue: Catalogue, submission: Submission | None) -> dict[str, JsonValue]:
    """Outcomes with equal headers are about the same thing and may stand in one log."""
    return {
        "commit": submission.commit if submission else None,
        "upstream": submission.upstream_commit if submission else None,
        "catalogue": catalogue.version,
        "harness": __version__,
        "seed": settings.seed,
    }


def _finished(folder: Path) -> bool:
    return (folder / "run.json").exists()


def _run_checks(
    candidate: Candidate,
    settings: Settings,
    folder: Path,
    header: dict[str, JsonValue],
    profile: Profile,
    watch: Watcher,
) -> None:
    (folder / "run.json").unlink(missing_ok=True)
    plan = Plan(
        round_file=settings.round_file,
        candidate=candidate.name,
        connectors=candidate.connectors,
        profile=profile,
        submission_file=folder / "submission.json",
        outcomes_file=folder / "outcomes.jsonl",
        store=settings.store.root,
        sandbox=settings.sandbox,
        seed=settings.seed,
        scale=settings.scale,
        header=header,
    )
    with tempfile.TemporaryDirectory(prefix="harness-plan-") as temporary:
        plan_file = Path(temporary) / "plan.json"
        plan_file.write_text(plan.model_dump_json(), encoding="utf-8")
        _run_pytest(plan_file, settings.select, candidate.name, folder / "checks.log", watch)


def _run_pytest(plan_file: Path, select: str | None, candidate: str, log: Path, watch: Watcher) -> None:
    """Run the checks in a process of their own; raises OurFailure when that process breaks.

    pytest's exit codes 0 (all passed), 1 (some failed) and 5 (nothing left to run) are all a finished run.
    """
    reading, writing = os.pipe()
    command = [
        sys.executable, "-m", "pytest", str(CHECKS), "-p", "harness.pytest_plugin", "--plan", str(plan_file),
        "-c", os.devnull, "--rootdir", str(CHECKS.parent), "--confcutdir", str(CHECKS),
        "--import-mode=importlib", "-p", "no:cacheprovider", "-q", "--tb=short",
    ]  # fmt: skip
    if select:
        command += ["-k", select]
    environment = {**os.environ, "HARNESS_PROGRESS_FD": str(writing)}
    environment.pop("PYTEST_ADDOPTS", None)
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


def _without_a_check(
    catalogue: Catalogue, profile: Profile, outcomes: Iterable[Outcome], trouble: tuple[Outcome, ...]
) -> tuple[Outcome, ...]:
    """An `undetermined`, saying why, for every requirement that nothing spoke to."""
    spoken = {outcome.requirement for outcome in outcomes}
    return tuple(
        _outcome(item, Status.UNDETERMINED, _why_open(item, trouble))
        for item in catalogue.for_profile(profile)
        if item.id not in spoken
    )


def _why_open(requirement: Requirement, trouble: tuple[Outcome, ...]) -> str:
    if trouble:
        return trouble[0].summary
    if not requirement.automated:
        return f"Needs a person to look: {requirement.title}"
    return "No check of this run spoke to it."
