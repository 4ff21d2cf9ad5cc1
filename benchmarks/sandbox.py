"""What a sandbox costs to start, beyond the start of the interpreter that runs in it.

    python -m benchmarks.sandbox [STARTS]

For each backend that works here: a Python program that does nothing, started in the sandbox without and with
a gateway, and the same interpreter started as a plain process, in turn, so that all three meet the same
machine. The figures are medians of STARTS starts (30), in milliseconds. The cost is the difference of the
medians. On a busy machine, `chrt --fifo 10` in front (as root) makes it quiet for bubblewrap.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from harness.sandbox.choosing import BACKENDS
from harness.sandbox.protocol import Backend, Job

PYTHON = str(Path(sys.executable).resolve())
NOTHING = (PYTHON, "-I", "-S", "-c", "pass")
TARGETS = {"bubblewrap": 50, "docker": 1000}  # milliseconds
HEAD = "| backend | gateway | in the sandbox | by itself | cost | ratio | fastest | slowest | wanted |"


def main(starts: int) -> None:
    load = os.getloadavg()[0]
    sys.stdout.write(f"{starts} starts each, {os.cpu_count()} processors, load {load:.1f} when it began\n\n")
    sys.stdout.write(f"{HEAD}\n|---|---|{'---:|' * 7}\n")
    for name, make in BACKENDS.items():
        backend = make()
        if reason := backend.health_check():
            sys.stdout.write(f"| {name} | not here: {reason} |\n")
        else:
            measure(backend, starts)


def measure(backend: Backend, starts: int) -> None:
    """Print a line for a job without a gateway and one for a job with it."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        Path(folder).chmod(0o711)
        path = Path(folder) / "gateway.sock"
        server.bind(str(path))
        server.listen()
        kinds: dict[str, Callable[[], object]] = {
            "itself": by_itself,
            "no": lambda: in_sandbox(backend, None),
            "yes": lambda: in_sandbox(backend, path),
        }
        taken: dict[str, list[float]] = {kind: [] for kind in kinds}
        for _ in range(starts + 1):
            for kind, act in kinds.items():
                taken[kind].append(milliseconds(act))
    alone = statistics.median(taken["itself"][1:])  # the first of each only warms up
    for kind in ("no", "yes"):
        times = taken[kind][1:]
        median = statistics.median(times)
        columns = [f"{each:.0f}" for each in (median, alone, median - alone)]
        columns += [f"{median / alone:.1f}", f"{min(times):.0f}", f"{max(times):.0f}"]
        sys.stdout.write(f"| {backend.name} | {kind} | {' | '.join(columns)} | < {TARGETS[backend.name]} |\n")


def milliseconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def by_itself() -> None:
    subprocess.run(NOTHING, env={}, check=True, capture_output=True, stdin=subprocess.DEVNULL)


def in_sandbox(backend: Backend, gateway: Path | None) -> None:
    done = backend.run(Job(NOTHING, gateway=gateway))
    if not done.exit.ok:
        raise SystemExit(f"{backend.name}: {done.exit} {done.stderr.decode('utf-8', 'replace')}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
