"""A memory cgroup for one job, where the user may make one: root, or the owner of a delegated subtree."""

from __future__ import annotations

import contextlib
import os
from typing import NamedTuple

_MOUNTS = "/proc/self/mounts"
_OWN = "/proc/self/cgroup"
_PREFIX = "connector-harness-"


class _Kind(NamedTuple):
    """Names of a cgroup version's files; `limits` are set in order, the second where it exists."""

    limits: tuple[str, str]
    events: str


_V1 = _Kind(("memory.limit_in_bytes", "memory.memsw.limit_in_bytes"), "memory.oom_control")
_V2 = _Kind(("memory.max", "memory.swap.max"), "memory.events")


class Group(NamedTuple):
    """A group that bounds memory, swap, tmpfs and shared memory of all processes in it together."""

    folder: str
    kind: _Kind
    procs: int
    """Descriptor to write "0" to, by the process that enters; works after root has been given up."""
    accounts: int | None
    """Descriptor of cpu.stat, which only version 2 has."""

    def open_early(self) -> None:
        """Have a child enter and end at once.

        The first to enter any group waits for 10 ms (a grace period of the kernel's), who comes during that
        time or soon after only for what is left of it. The child is the caller's to reap.
        """
        if os.fork() == 0:
            try:
                os.write(self.procs, b"0")
            finally:
                os._exit(0)

    def out_of_memory(self) -> bool:
        """Whether the kernel ended a process for want of memory."""
        with open(f"{self.folder}/{self.kind.events}") as stream:
            counts = dict(line.split() for line in stream)
        return counts.get("oom_kill", "0") != "0"

    def remove(self) -> None:
        for handle in (self.procs, self.accounts):
            if handle is not None:
                os.close(handle)
        with contextlib.suppress(OSError):
            os.rmdir(self.folder)


def make(memory_bytes: int) -> Group | None:
    """A new group of that size, or None where the kernel or our rights allow none.

    A group whose maker was killed is empty and named after a process that is gone: it is removed first.
    """
    for kind, parent in _candidates():
        with contextlib.suppress(OSError):
            _sweep(parent)
            folder = f"{parent}/{_PREFIX}{os.getpid()}"
            os.mkdir(folder)
            try:
                return _limited(folder, kind, memory_bytes)
            except OSError:
                os.rmdir(folder)
    return None


def _limited(folder: str, kind: _Kind, memory_bytes: int) -> Group:
    swap = "0" if kind is _V2 else str(memory_bytes)
    for name, value in zip(kind.limits, (str(memory_bytes), swap), strict=True):
        if name == kind.limits[0] or os.path.exists(f"{folder}/{name}"):
            with open(f"{folder}/{name}", "w") as stream:
                stream.write(value)
    accounts = os.open(f"{folder}/cpu.stat", os.O_RDONLY | os.O_CLOEXEC) if kind is _V2 else None
    return Group(folder, kind, os.open(f"{folder}/cgroup.procs", os.O_WRONLY | os.O_CLOEXEC), accounts)


def _candidates() -> list[tuple[_Kind, str]]:
    """Where a group may be made: in our own, and with version 2 in the one above, as ours has processes."""
    with open(_OWN) as stream:
        own = {line.split(":")[1]: line.rstrip("\n").split(":", 2)[2] for line in stream}
    found = []
    for kind, folder in _hierarchies():
        if kind is _V1 and "memory" in own:
            found.append((_V1, folder + own["memory"].rstrip("/")))
        elif kind is _V2 and "" in own:
            here = folder + own[""].rstrip("/")
            found += [(_V2, here), (_V2, os.path.dirname(here))]
    return found


def _hierarchies() -> list[tuple[_Kind, str]]:
    """Where the groups of either version are mounted."""
    found = []
    with open(_MOUNTS) as stream:
        for _, folder, kind, options, *_ in (line.split() for line in stream):
            if kind == "cgroup" and "memory" in options.split(","):
                found.append((_V1, folder))
            elif kind == "cgroup2":
                found.append((_V2, folder))
    return found


def sweep() -> int:
    """Remove the groups whose maker was killed, in any login's part of the tree; how many there were."""
    return sum(_sweep(parent) for _, root in _hierarchies() for parent, _, _ in os.walk(root))


def _sweep(parent: str) -> int:
    removed = 0
    with contextlib.suppress(OSError):
        for name in os.listdir(parent):
            pid = name.removeprefix(_PREFIX)
            if pid != name and not os.path.exists(f"/proc/{pid}"):
                with contextlib.suppress(OSError):
                    os.rmdir(f"{parent}/{name}")
                    removed += 1
    return removed
