"""Where the time of one screening goes, and whether the same seed gives the same outcomes each time.

    python benchmarks/screening.py FORK_FOLDER UPSTREAM_URL@REF

Runs `harness check` on a fork with everything built before (the first run, which is not counted, builds it),
then reads the seconds of each step and the outcomes out of what it wrote. Ends with 1 when outcomes differ.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median

RUNS = 3


@dataclass
class Run:
    """`seconds` of each kind of check, by the folder and file it stands in, and of the whole command.

    `outcomes` are the statuses of each check's requirements.
    """

    seconds: dict[str, float]
    outcomes: dict[tuple[str, str], str]


def main(fork: str, upstream: str) -> int:
    runs = [measure(fork, upstream) for _ in range(RUNS + 1)][1:]
    sys.stdout.write("| step | seconds (median of 3) | share |\n|---|---:|---:|\n")
    whole = median(run.seconds["whole command"] for run in runs)
    for name in runs[0].seconds:
        seconds = median(run.seconds[name] for run in runs)
        sys.stdout.write(f"| {name} | {seconds:.1f} | {seconds / whole:.0%} |\n")
    different = {
        key for run in runs for key in run.outcomes if run.outcomes[key] != runs[0].outcomes.get(key)
    }
    for requirement, check in sorted(different):
        found = ", ".join(run.outcomes.get((requirement, check), "nothing") for run in runs)
        sys.stdout.write(f"{requirement} ({check}): {found}\n")
    same = len(runs[0].outcomes) - len(different)
    sys.stdout.write(f"{same} of {len(runs[0].outcomes)} outcomes were the same in {RUNS} runs\n")
    return 1 if different else 0


def measure(fork: str, upstream: str) -> Run:
    with tempfile.TemporaryDirectory() as reports:
        began = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "harness", "check", fork, "--upstream", upstream, "--reports", reports],
            stdout=subprocess.DEVNULL,
            check=False,
        )
        whole = time.monotonic() - began
        (log,) = Path(reports).glob("*/outcomes.jsonl")
        found = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()[1:]]
    spent: defaultdict[str, float] = defaultdict(float)
    counted = set()
    for outcome in found:
        if outcome["check"] not in counted:  # a check of two requirements leaves two outcomes
            counted.add(outcome["check"])
            spent[step_of(outcome["check"])] += outcome["seconds"]
    shares = dict(sorted(spent.items(), key=lambda item: -item[1]))
    rest = whole - sum(spent.values())
    outcomes = {(each["requirement"], each["check"]): each["status"] for each in found}
    return Run({**shares, "fetch, build, imports, start-up": rest, "whole command": whole}, outcomes)


def step_of(check: str) -> str:
    folder, name = Path(check.split("::")[0]).parts[-2:]
    return (
        "static checks"
        if folder == "static"
        else name.removeprefix("test_").removesuffix(".py").replace("_", " ")
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
