"""Where the time of one screening goes: the shares of its steps, measured in one run.

    python benchmarks/screening.py FORK_FOLDER UPSTREAM_URL@REF

Runs `harness check` on a fork with everything built before (the first run, which is not counted, builds it),
then reads the seconds of each step out of the report it wrote.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

RUNS = 3


def main(fork: str, upstream: str) -> None:
    runs = [measure(fork, upstream) for _ in range(RUNS + 1)][1:]
    names = list(runs[0])
    sys.stdout.write("| step | seconds (median of 3) | share |\n|---|---:|---:|\n")
    whole = sorted(run["whole command"] for run in runs)[RUNS // 2]
    for name in names:
        median = sorted(run[name] for run in runs)[RUNS // 2]
        sys.stdout.write(f"| {name} | {median:.1f} | {median / whole:.0%} |\n")


def measure(fork: str, upstream: str) -> dict[str, float]:
    """Seconds of each kind of check, by the folder and file it stands in, and of the whole command."""
    with tempfile.TemporaryDirectory() as reports:
        began = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "harness", "check", fork, "--upstream", upstream, "--reports", reports],
            stdout=subprocess.DEVNULL,
            check=False,
        )
        whole = time.monotonic() - began
        (log,) = Path(reports).glob("*/outcomes.jsonl")
        spent: defaultdict[str, float] = defaultdict(float)
        counted = set()
        for line in log.read_text(encoding="utf-8").splitlines()[1:]:
            outcome = json.loads(line)
            if outcome["check"] not in counted:  # a check of two requirements leaves two outcomes
                counted.add(outcome["check"])
                spent[step_of(outcome["check"])] += outcome["seconds"]
    shares = dict(sorted(spent.items(), key=lambda item: -item[1]))
    return {**shares, "fetch, build, imports, start-up": whole - sum(spent.values()), "whole command": whole}


def step_of(check: str) -> str:
    folder, name = Path(check.split("::")[0]).parts[-2:]
    return (
        "static checks"
        if folder == "static"
        else name.removeprefix("test_").removesuffix(".py").replace("_", " ")
    )


if __name__ == "__main__":
    main(*sys.argv[1:3])
