"""Looks, several times a second, at what a job uses of what no limit of the kernel bounds as a whole."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from . import kernel, staging, tree

SECONDS = 0.2
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_BLOCK = 512  # of st_blocks, on every file system (stat(2))
# What a job's disk may leave to the machine, or half of what there is when that is less.
_RESERVE_BYTES = 1 << 30


class TooMuchError(Exception):
    """A job has to end; the words are those of `protocol.Exit`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


class Bounds(NamedTuple):
    """What a job may use in all: seconds of processor time, bytes of memory (None where a group bounds it),
    bytes and number of the files in the folders that it may write to."""

    cpu_seconds: int
    memory_bytes: int | None
    disk_bytes: int
    disk_files: int


class Watch:
    """Watches all processes of this pid namespace but those that are `ours`.

    `folders` are where the job may write. `accounts` is a descriptor of its group's cpu.stat where it has
    one, which also knows the time of children that nobody waited for.
    """

    def __init__(self, bounds: Bounds, folders: Collection[str], accounts: int | None) -> None:
        kernel.mount("proc", staging.PROC, "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
        self._bounds, self._accounts = bounds, accounts
        self._reserves = {folder: min(_RESERVE_BYTES, _left(folder) // 2) for folder in folders}
        self._next_walk = 0.0

    def look(self, ours: Collection[int]) -> None:
        """Raises TooMuchError when the job has, OSError when it may not go on for another reason."""
        processes = [name for name in os.listdir(staging.PROC) if name.isdigit() and int(name) not in ours]
        samples = [_sample(name) for name in processes]
        seconds = max(sum(each.seconds for each in samples), _accounted(self._accounts))
        # The kernel ends a single process by itself at its limit, and exactly.
        if seconds > self._bounds.cpu_seconds + 1:
            raise TooMuchError("cpu", f"used {self._bounds.cpu_seconds} s of processor time")
        self._look_at_memory(processes, sum(each.bytes for each in samples))
        self._look_at_disk(processes)

    def _look_at_memory(self, processes: list[str], mapped: int) -> None:
        """`mapped` counts pages that processes share once for each of them; to know better costs more."""
        limit = self._bounds.memory_bytes
        if limit is not None and mapped > limit and sum(map(_proportional, processes)) > limit:
            raise TooMuchError("memory", f"needed more than {limit} bytes")

    def _look_at_disk(self, processes: list[str]) -> None:
        """Done less often in a large tree, so that looking stays below a tenth of the time."""
        began = time.monotonic()
        if began < self._next_walk or not self._reserves:
            return
        used = disk(self._reserves, self._bounds.disk_files)
        hidden = deleted(processes, self._reserves, staging.PROC)
        self._next_walk = began + 10 * (time.monotonic() - began)
        if used.files > self._bounds.disk_files:
            raise TooMuchError("disk", f"made more than {self._bounds.disk_files} files")
        if used.bytes + hidden > self._bounds.disk_bytes:
            raise TooMuchError("disk", f"wrote more than {self._bounds.disk_bytes} bytes to disk")
        if any(_left(folder) < reserve for folder, reserve in self._reserves.items()):
            raise OSError(errno.ENOSPC, "this machine's disk is nearly full")


class Use(NamedTuple):
    """Of the folders that a job may write to."""

    bytes: int
    files: int


def disk(folders: Iterable[str], most: int) -> Use:
    """What is allotted to all below `folders`; stops to count beyond `most` files."""
    size = files = 0
    linked: set[int] = set()
    for folder in chain.from_iterable(map(tree.folders, folders)):
        for status in _statuses(folder):
            files += 1
            if status.st_nlink == 1 or stat.S_ISDIR(status.st_mode) or status.st_ino not in linked:
                size += status.st_blocks * _BLOCK
            linked.add(status.st_ino)
        if files > most:
            break
    return Use(size, files)


def _statuses(folder: int) -> Iterator[os.stat_result]:
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                yield entry.stat(follow_symlinks=False)


def _left(folder: str) -> int:
    """Bytes that are free on the folder's file system."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


class _Sample(NamedTuple):
    seconds: float
    bytes: int


def _sample(process: str) -> _Sample:
    """Processor time of a process and of its children that were waited for, and the memory it has mapped."""
    try:
        with open(f"{staging.PROC}/{process}/stat", "rb") as stream:
            # proc(5): utime, stime, cutime, cstime are fields 14 to 17, rss is 24; the name may be anything.
            fields = stream.read().rpartition(b") ")[2].split()
    except OSError:
        return _Sample(0, 0)
    return _Sample(sum(map(int, fields[11:15])) / _TICKS, int(fields[21]) * _PAGE)


def _proportional(process: str) -> int:
    """Bytes of a process's memory, of pages that n processes share the n-th part."""
    with contextlib.suppress(OSError), open(f"{staging.PROC}/{process}/smaps_rollup", "rb") as stream:
        for line in stream:
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) << 10
    return 0


def _accounted(accounts: int | None) -> float:
    """Seconds of processor time in a cgroup's cpu.stat."""
    if accounts is None:
        return 0.0
    return int(os.pread(accounts, 4096, 0).split()[1]) / 1e6


def deleted(processes: Iterable[str], folders: Iterable[str], proc: str) -> int:
    """Bytes of open files without a name on the file systems of `folders`; `proc` is where /proc is seen."""
    devices = {os.stat(folder).st_dev for folder in folders}
    found: dict[tuple[int, int], int] = {}
    for process in processes:
        with contextlib.suppress(OSError):
            for number in os.listdir(f"{proc}/{process}/fd"):
                with contextlib.suppress(OSError):
                    status = os.stat(f"{proc}/{process}/fd/{number}")
                    if status.st_nlink == 0 and status.st_dev in devices and stat.S_ISREG(status.st_mode):
                        found[status.st_dev, status.st_ino] = status.st_blocks * _BLOCK
    return sum(found.values())
