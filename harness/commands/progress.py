"""What a person sees while a round is screened: live bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars

from harness.commands.terminal import safe, say
from harness.outcome import EvidenceKind, Lifecycle, Outcome, Severity, Status
from harness.requirement import Catalogue, Profile
from harness.screenings.screening import Progress


@dataclass
class Candidate:
    """What is known of one candidate so far."""

    step: str = "waiting"
    statuses: Counter[Status] = field(default_factory=Counter)

    def summary(self) -> str:
        return (
            f"{self.statuses[Status.PASSED]} passed, {self.statuses[Status.FAILED]} failed, "
            f"{self.statuses[Status.UNDETERMINED] + self.statuses[Status.HARNESS_ERROR]} undecided"
        )


class Watch:
    """Takes progress from several threads and shows it.

    `findings` prints each failed outcome as it comes, with what to do in words of the profile's generation.
    """

    def __init__(
        self, console: Console, names: Sequence[str], *, findings: bool = False, profile: Profile = "v2-spot"
    ) -> None:
        self.console = console
        self.findings = findings
        self._fixes = {item.id: item.fix_for(profile) for item in Catalogue.load()} if findings else {}
        self._lock = threading.Lock()
        self._candidates = {name: Candidate() for name in names}
        self._bars: Bars | None = None
        self._tasks: dict[str, TaskID] = {}
        if console.is_terminal:
            self._bars = Bars(
                TextColumn("{task.description:<18}"),
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[step]}"),
                console=console,
            )
            for name in names:
                self._tasks[name] = self._bars.add_task(escape(name), total=None, step="waiting")

    def __enter__(self) -> Self:
        if self._bars:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars:
            self._bars.stop()

    def __call__(self, progress: Progress) -> None:
        with self._lock:
            candidate = self._candidates[progress.candidate]
            if progress.step in ENDS and progress.step != "failed":  # after which only what came by is known
                candidate.statuses = Counter(outcome.status for outcome in progress.outcomes)
            else:
                candidate.statuses.update(outcome.status for outcome in progress.outcomes)
            self._show(progress, candidate)

    def _show(self, progress: Progress, candidate: Candidate) -> None:
        if self.findings and progress.step not in ENDS:
            for outcome in progress.outcomes:
                if outcome.status is Status.FAILED:
                    said = finding(outcome, self._fixes)
                    self.console.print(said, soft_wrap=True, highlight=False, emoji=False)
        if self._bars:
            self._update_bar(progress, candidate)
        elif progress.step in ENDS:
            say(self.console, f"{progress.candidate}: {progress.step} (checks: {candidate.summary()})")
        elif progress.step == "fetching" or progress.total is not None:
            what = f"{progress.total} checks to run" if progress.total is not None else progress.step
            say(self.console, f"{progress.candidate}: {what}")

    def _update_bar(self, progress: Progress, candidate: Candidate) -> None:
        assert self._bars is not None  # noqa: S101 - only called where there are bars
        task = self._tasks[progress.candidate]
        self._bars.update(task, advance=progress.finished_checks)
        if progress.total is not None:
            self._bars.update(task, total=progress.total)
        if progress.step in ENDS:
            total = self._bars.tasks[task].total or 1
            step = f"{progress.step}: {candidate.summary()}"
            self._bars.update(task, total=total, completed=total, step=step)
        elif progress.step:
            self._bars.update(task, step=safe(progress.step.removeprefix("test_").replace("_", " ")))


ENDS = ("done", "failed", "kept from an earlier run")

COLOURS = {Severity.BLOCKER: "bold red", Severity.MAJOR: "red", Severity.MINOR: "yellow"}


def finding(outcome: Outcome, fixes: Mapping[str, str]) -> str:
    """One failed outcome for a terminal, as rich markup; everything a fork may have said is escaped.

    `fixes` says, by requirement, what the developer does next.
    """
    colour = COLOURS[outcome.severity]
    stage = "" if outcome.lifecycle is Lifecycle.STABLE else f" ({outcome.lifecycle.value})"
    lines = [
        f"[{colour}]✗ {outcome.severity.value}[/]{stage} [bold]{outcome.requirement}[/]  "
        f"{safe(outcome.summary)}"
    ]
    timed = [item for item in outcome.evidence if item.when]
    for item in (*timed, *[item for item in outcome.evidence if not item.when][:5]):
        where = f"{item.when:>10}  " if item.when else f"{safe(item.place)}: " if item.place else ""
        said = " (said by the fork)" if item.basis.value == "claimed" else ""
        first, *more = item.text.strip().splitlines() or [""]
        lines.append(f"    {where}{safe(first[:160])}{said}")
        if item.kind is EvidenceKind.LOG:  # all of a traceback
            lines += [f"        {safe(line[:160])}" for line in more]
    if fix := fixes.get(outcome.requirement):
        lines.append(f"    [green]→ {escape(' '.join(fix.split()))}[/]")
    return "\n".join(lines)
