"""Judges the traces that a screening kept with today's checks: no sandbox, nothing of the fork runs."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import checks.conformance
from harness.checking import slugs_of
from harness.checking.conclusions import missing_prerequisite, outcomes_of, unloadable
from harness.checking.kept import KeptTraces, prefix_for
from harness.checking.plan import PACE
from harness.checking.runner import EVIDENCE, OF_A_TRY, judges_traces, parameters_of, policy_for, run
from harness.errors import UserError
from harness.forks.submission import Submission
from harness.outcome import Outcome, OutcomeLog
from harness.requirement import Catalogue
from harness.scenarios.trace.store import FOLDER
from harness.screenings.screened import profile_of
from harness.screenings.store import OUTCOMES, SUBMISSION

CANDIDATE = "candidate"


@dataclass(frozen=True)
class Change:
    """What a check says now; `before` is None where it said nothing of the requirement then."""

    before: Outcome | None
    after: Outcome

    @property
    def of_status(self) -> bool:
        return self.before is None or self.before.status is not self.after.status


@dataclass(frozen=True)
class Judged:
    """How many outcomes were judged again in a candidate's folder, and which of them are others now."""

    folder: Path
    judged: int
    changes: tuple[Change, ...]


class NoTraceError(UserError):
    """A candidate that never ran: its fork was gone, or did not build."""


def screenings_in(folder: Path) -> tuple[Path, ...]:
    """The folders of candidates: itself, or those of a round. Raises UserError where there is none."""
    if (folder / OUTCOMES).is_file():
        return (folder,)
    found = tuple(sorted(path.parent for path in folder.glob(f"*/{OUTCOMES}")))
    if not found:
        raise UserError(
            "no screening is stored here", where=str(folder), hint="give a folder such as reports/2026-12"
        )
    return found


def judge(folder: Path, select: str | None = None) -> Judged:
    """Judge a candidate's traces again and append what changed to its outcomes.

    `select`: only checks whose name or requirement contains it. Where checks and traces are the same, nothing
    is written. Raises NoTraceError.
    """
    log = OutcomeLog(folder / OUTCOMES)
    before = {(each.requirement, each.check): each for each in log.outcomes()}
    changes: list[Change] = []
    judged = 0
    for outcome in _judged_anew(folder, log, select):
        judged += 1
        old = before.get((outcome.requirement, outcome.check))
        if old is not None and outcome.model_copy(update={"seconds": old.seconds}) == old:
            continue
        changes.append(Change(old, outcome))
    if changes:
        log.append(change.after for change in changes)
    return Judged(folder, judged, tuple(changes))


def _judged_anew(folder: Path, log: OutcomeLog, select: str | None) -> Iterator[Outcome]:
    submission_file = folder / SUBMISSION
    if not (folder / FOLDER).is_dir() or not submission_file.is_file():
        raise NoTraceError(
            "no trace of this candidate is stored",
            where=str(folder / FOLDER),
            hint="screen it again with `harness run --again`, which stores traces",
        )
    submission = Submission.from_json(submission_file.read_text(encoding="utf-8"))
    outcomes, catalogue = log.outcomes(), Catalogue.load()
    profile = profile_of(submission.candidate, submission)
    wanted = {each.id for each in catalogue.for_profile(profile)}
    scale = log.header().get("time_scale")
    pace = float(scale) if isinstance(scale, int | float) else PACE
    if missing_prerequisite(outcomes) is not None:
        return
    connectors = submission.candidate.connectors
    for connector in connectors:
        source = KeptTraces(folder / FOLDER, prefix_for(connector, connectors))
        for place, check in checks_of_traces():
            name = f"{place}[{connector}]"
            slugs = [slug for slug in slugs_of(check) if select is None or select in f"{name} {slug}"]
            if not source or not wanted.intersection(slugs) or unloadable(outcomes, name) is not None:
                continue
            policy = policy_for(
                check,
                pace,
                source.control,
                of_the_running=True,
                connector=connector,
                doubted=all(slug in source.unconfirmed for slug in slugs_of(check)),
            )
            ending = run(check, policy, source, {CANDIDATE: submission.candidate})
            yield from outcomes_of(
                name, [catalogue[slug] for slug in slugs], policy, ending, 0.0, source.unconfirmed
            )


def checks_of_traces() -> Iterator[tuple[str, Callable[..., object]]]:
    """Every check that needs nothing but traces and the candidate's row, by its place as pytest names it."""
    allowed = {*OF_A_TRY, EVIDENCE, CANDIDATE}
    for module_info in sorted(pkgutil.iter_modules(checks.conformance.__path__), key=lambda each: each.name):
        if not module_info.name.startswith("test_"):
            continue
        module = importlib.import_module(f"checks.conformance.{module_info.name}")
        for name, check in inspect.getmembers(module, inspect.isfunction):
            own = name.startswith("test_") and check.__module__ == module.__name__
            if own and judges_traces(check) and allowed.issuperset(parameters_of(check)):
                yield f"checks/conformance/{module_info.name}.py::{name}", check


def in_words(change: Change) -> str:
    """One line for a terminal."""
    before = "nothing" if change.before is None else change.before.status.value
    now = change.after.status.value
    how = f"{before} → {now}" if change.of_status else f"{now}, in other words"
    return f"{change.after.requirement}: {how}: {change.after.summary}"
