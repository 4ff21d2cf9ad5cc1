"""What is played in one screening, when and for how long, and whether the same seed gives the same outcomes.

    python -m benchmarks.screening FORK_FOLDER UPSTREAM_URL@REF

Runs `harness check` on a fork with everything built before (the first run, which is not counted, builds it),
then reads from the traces when each scenario was played. Ends with 1 when outcomes differ.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from harness.scenarios.trace.model import Began
from harness.scenarios.trace.store import kept_in, load

RUNS = 3


@dataclass(frozen=True)
class Played:
    """A scenario, at which pace and on whom: seconds from the command to its beginning, and to its end."""

    scenario: str
    pace: float
    trial: str
    began: float
    seconds: float

    @property
    def key(self) -> tuple[str, float, str]:
        return self.scenario, self.pace, self.trial


@dataclass(frozen=True)
class Run:
    """`outcomes` are the statuses of each check's requirements; `cpu` is of all but what a daemon runs."""

    seconds: float
    cpu: float
    played: tuple[Played, ...]
    outcomes: dict[tuple[str, str], str]


def main(fork: str, upstream: str) -> int:
    runs = [measure(fork, upstream) for _ in range(RUNS + 1)][1:]
    sys.stdout.write(table(runs))
    different = {
        key for run in runs for key in run.outcomes if run.outcomes[key] != runs[0].outcomes.get(key)
    }
    for requirement, check in sorted(different):
        found = ", ".join(run.outcomes.get((requirement, check), "nothing") for run in runs)
        sys.stdout.write(f"{requirement} ({check}): {found}\n")
    same = len(runs[0].outcomes) - len(different)
    sys.stdout.write(f"{same} of {len(runs[0].outcomes)} outcomes were the same in {RUNS} runs\n")
    return 1 if different else 0


def table(runs: list[Run]) -> str:
    """Medians of all runs, in the order in which the scenarios of the first began."""
    lines = [
        f"| scenario | pace | on | began | seconds (median of {len(runs)}) |",
        "|---|---:|---|---:|---:|",
    ]
    for one in sorted(runs[0].played, key=lambda each: each.began):
        same = [each for run in runs for each in run.played if each.key == one.key]
        began, seconds = median(each.began for each in same), median(each.seconds for each in same)
        name = one.scenario.replace("_", " ")
        lines.append(f"| {name} | {one.pace:g} | {one.trial} | {began:.0f} | {seconds:.1f} |")
    played = median(sum(each.seconds for each in run.played) for run in runs)
    lines.append(f"| all of them, one after the other | | | | {played:.1f} |")
    lines.append(f"| the whole command | | | | {median(run.seconds for run in runs):.1f} |")
    lines.append(f"| its processor time | | | | {median(run.cpu for run in runs):.1f} |")
    return "\n".join(lines) + "\n"


def measure(fork: str, upstream: str) -> Run:
    with tempfile.TemporaryDirectory() as reports:
        before, began, started = _used(), time.monotonic(), time.time()
        subprocess.run(
            [sys.executable, "-m", "harness", "check", fork, "--upstream", upstream, "--reports", reports],
            stdout=subprocess.DEVNULL,
            check=False,
        )
        seconds, cpu = time.monotonic() - began, _used() - before
        (log,) = Path(reports).glob("*/outcomes.jsonl")
        found = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()[1:]]
        played = tuple(each for path in kept_in(log.parent / "traces") for each in _played(path, started))
    outcomes = {(each["requirement"], each["check"]): each["status"] for each in found}
    return Run(seconds, cpu, played, outcomes)


def _played(path: Path, started: float) -> tuple[Played, ...]:
    """None where nothing was: virtual time begins as the wall's when an exchange is opened."""
    trace = load(path)
    began = trace.of(Began)
    if not began:
        return ()
    header = trace.header
    ended = path.stat().st_mtime
    return (Played(header.scenario, header.pace, header.trial, began[0].at - started, ended - began[0].at),)


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
