"""Where an attack by one sandboxed program runs, and what is looked at when it is over."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from harness.sandbox import engine
from harness.sandbox.launcher import group
from harness.sandbox.protocol import Backend, Completed, Job, Limits, Process
from harness.sandbox.reaper import LABEL
from tests.sandbox.world import python, run, said

# Small, so that an attack meets its limit soon, on a laptop too.
TIGHT = Limits(
    memory_bytes=192 << 20,
    processes=48,
    open_files=128,
    file_bytes=8 << 20,
    tmp_bytes=16 << 20,
    output_bytes=100_000,
    cpu_seconds=30,
    wall_seconds=90,
)
# Long enough for the slowest engine to begin a job, short enough for one that would last for ever.
BRIEF = replace(TIGHT, wall_seconds=3)
COMMON_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/etc")
# What every program finds ready: `outcome(f)` is what f() gave, or the name of the error it met;
# `works(f)` is whether it met none; `filled(f)` does f(0), f(1) … until an error, and is how often and which;
# `call(9, …)` is what a system call by number gave, or its error.
PRELUDE = """
import ctypes, errno, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def outcome(act):
    try: return act()
    except OSError as error: return errno.errorcode.get(error.errno, str(error))
    except (MemoryError, ValueError) as error: return type(error).__name__
def works(act):
    try: act()
    except (OSError, MemoryError, ValueError): return False
    return True
def filled(act, most=100_000):
    for done in range(most):
        answer = outcome(lambda: act(done))
        if isinstance(answer, str): return done, answer
    return most, "none"
def call(number, *arguments):
    wide = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    result = libc.syscall(ctypes.c_long(number), *wide)
    return errno.errorcode[ctypes.get_errno()] if result == -1 else result
"""


@dataclass
class Arena:
    """Runs programs that carry `marker` in their command line and environment."""

    backend: Backend
    temporary: Path
    marker: str = field(default_factory=lambda: f"mark-{uuid.uuid4().hex}")

    def job(self, code: str, **more: Any) -> Job:
        env = {"MARKER": self.marker, **more.pop("env", {})}
        return python(f"{PRELUDE}{code}\n# {self.marker}", **{"limits": TIGHT, "env": env, **more})

    def run(self, code: str, **more: Any) -> Completed:
        return self.backend.run(self.job(code, **more))

    def start(self, code: str, **more: Any) -> Process:
        return self.backend.start(self.job(code, **more))

    def said(self, code: str, **more: Any) -> str:
        """What the program printed; it has to end well."""
        return said(self.run(code, **more))

    def next_job(self) -> str:
        return said(run(self.backend, "print('the harness goes on')"))

    def left_behind(self) -> list[str]:
        """What the attack left on this machine: processes, files, mounts, containers."""
        return [*self._processes(), *self._files(), *_mounts(), *self._containers()]

    def _processes(self) -> list[str]:
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            if int(folder.name) == os.getpid():
                continue
            words = _bytes_of(folder / "cmdline") + _bytes_of(folder / "environ")
            if self.marker.encode() in words:
                found.append(f"{folder}")
        return found

    def _files(self) -> list[str]:
        places = chain.from_iterable(Path(folder).glob(f"*{self.marker}*") for folder in COMMON_FOLDERS)
        return [str(path) for path in chain(places, self.temporary.iterdir())]

    def _containers(self) -> list[str]:
        if self.backend.name != "docker":
            return []
        label = f"{LABEL}={engine.labels()[LABEL]}"
        return [
            str(found.id) for found in engine.client().containers.list(all=True, filters={"label": label})
        ]


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # it has ended meanwhile


def _mounts() -> list[str]:
    lines = Path("/proc/self/mounts").read_text().splitlines()
    return [line for line in lines if line.split()[0] in ("staging", "scratch")]


def bounds_all_memory(backend: Backend) -> bool:
    """Whether a job's memory is bounded as a whole here; else each of its processes is by itself."""
    if backend.name == "docker":
        return True
    trial = group.make(64 << 20)
    if trial is None:
        return False
    trial.remove()
    return True


def need_bounded_memory(backend: Backend) -> None:
    if not bounds_all_memory(backend):
        pytest.skip("no memory cgroup can be made here: bubblewrap bounds each process by itself")
