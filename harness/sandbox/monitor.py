"""Looks at what a container uses of what its engine bounds only a process or not at all."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import NamedTuple

from harness.sandbox.launcher import watch
from harness.sandbox.protocol import Job, Reason


class TooMuch(NamedTuple):
    """Why a job has to end, in the words of `protocol.Exit`."""

    reason: Reason
    detail: str


class Monitor:
    """`identity` is the container's, `pid` its first process's on this machine, 0 where it is over already.

    Its processor time is read from its control group. Where that cannot be seen from here, the kernel's limit
    on each process is all there is.
    """

    def __init__(self, job: Job, identity: str, pid: int) -> None:
        self._limits = job.limits
        self._folders = [str(mount.source.resolve()) for mount in job.mounts if mount.writable]
        self._accounts = _accounts(identity, pid)
        self._next_walk = 0.0

    def look(self) -> TooMuch | None:
        """Done every `watch.SECONDS`; walks through large folders less often."""
        # The kernel ends a single process by itself at its limit, and exactly.
        if self._seconds() > self._limits.cpu_seconds + 1:
            return TooMuch("cpu", f"used {self._limits.cpu_seconds} s of processor time")
        began = time.monotonic()
        if not self._folders or began < self._next_walk:
            return None
        used = watch.disk(self._folders, self._limits.disk_files)
        hidden = watch.deleted(self._processes(), self._folders, "/proc")
        self._next_walk = began + 10 * (time.monotonic() - began)
        if used.files > self._limits.disk_files:
            return TooMuch("disk", f"made more than {self._limits.disk_files} files")
        if used.bytes + hidden > self._limits.disk_bytes:
            return TooMuch("disk", f"wrote more than {self._limits.disk_bytes} bytes to disk")
        return None

    def _processes(self) -> list[str]:
        """The container's processes, by their numbers here; none where its control group cannot be seen."""
        if self._accounts is None:
            return []
        try:
            return self._accounts.with_name("cgroup.procs").read_text().split()
        except OSError:
            return []

    def _seconds(self) -> float:
        if self._accounts is None:
            return 0.0
        try:
            words = self._accounts.read_text().split()
        except OSError:
            return 0.0
        # Version 1 has a file of nanoseconds, version 2 a table that begins with `usage_usec`.
        return int(words[0]) / 1e9 if len(words) == 1 else int(words[1]) / 1e6


def _accounts(identity: str, pid: int) -> Path | None:
    """The file with the processor time of all of a container's processes, dead ones included."""
    try:
        groups = [line.split(":", 2) for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines()]
    except OSError:
        return None
    # Where the engine has other process numbers than we, that process is not the container's.
    paths = {name: path for _, names, path in groups if identity in path for name in names.split(",")}
    with contextlib.suppress(OSError), Path("/proc/self/mounts").open() as mounts:
        for _, folder, kind, options, *_ in (line.split() for line in mounts):
            if kind == "cgroup" and "cpuacct" in options.split(",") and "cpuacct" in paths:
                return _readable(Path(folder + paths["cpuacct"], "cpuacct.usage"))
            if (
                kind == "cgroup2"
                and "" in paths
                and (found := _readable(Path(folder + paths[""], "cpu.stat")))
            ):
                return found
    return None


def _readable(path: Path) -> Path | None:
    return path if os.access(path, os.R_OK) else None
