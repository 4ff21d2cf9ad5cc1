"""First process of the outer pid namespace: makes the network, runs the shim, then bubblewrap."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import time
from importlib import import_module
from typing import NamedTuple, NoReturn

from . import group, insides, kernel, network, staging, watch

# Loaded before /tmp is covered: this package may lie under it.
shim = import_module("inside.shim")


class Ends(NamedTuple):
    """Descriptors of which the supervisor has the other ends."""

    trouble: int
    """Takes a result that bubblewrap cannot tell, one JSON line."""
    status: int
    """Takes bubblewrap's own words."""
    keeping: int
    """Takes copies of the shim's packet sockets. Closing a last copy takes the kernel 16 ms of waiting: the
    supervisor has it, who closes it when all is told."""


def run(spec: insides.Spec, staged: list[str], ends: Ends, memory: group.Group | None) -> int:
    """Run the job to its end and return bubblewrap's exit status. What still lives dies with this process.

    Raises TooMuchError when the job used more than it may, OSError when the sandbox fails.
    """
    begin, begin_end = os.pipe()
    # Entering a group takes the kernel 10 ms of waiting, in which the network is made.
    options = insides.arguments(spec, staged, ends.status)
    job = _start_bubblewrap(spec, options, begin, ends.status, memory)
    network.raise_loopback()
    the_shim = _start_shim(ends.keeping) if spec["gateway"] else None
    staging.mount_scratch(spec["tmp_bytes"])
    os.write(begin_end, b".")
    for handle in (begin, begin_end, ends.status, ends.keeping):
        os.close(handle)
    kernel.release_streams()
    watcher = watch.Watch(_bounds(spec, memory), _writable(spec, staged), memory.accounts if memory else None)
    wait_status = _await(job, the_shim, watcher)
    _reap_rest(the_shim)
    return os.waitstatus_to_exitcode(wait_status)


def _await(job: int, the_shim: int | None, watcher: watch.Watch) -> int:
    """Wait for the job's end, looking at what it uses; returns its status as `wait` does."""
    ours = {os.getpid(), the_shim or 0}
    # Blocked, the signal waits for `sigtimedwait` when it comes before that is called.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    next_look = time.monotonic() + watch.SECONDS
    while True:
        pid, wait_status = os.waitpid(-1, os.WNOHANG)
        if pid == job:
            return wait_status
        if pid and pid == the_shim:
            raise OSError(f"the shim ended by itself with status {wait_status}")
        if (left := next_look - time.monotonic()) <= 0:
            watcher.look(ours)
            next_look = time.monotonic() + watch.SECONDS
        elif not pid:
            signal.sigtimedwait({signal.SIGCHLD}, left)


def _bounds(spec: insides.Spec, memory: group.Group | None) -> watch.Bounds:
    memory_bytes = None if memory else spec["memory_bytes"]
    return watch.Bounds(spec["cpu_seconds"], memory_bytes, spec["disk_bytes"], spec["disk_files"])


def _writable(spec: insides.Spec, staged: list[str]) -> list[str]:
    """The folders that the job may write to and that outlive it."""
    pairs = zip(spec["mounts"], staged, strict=True)
    return [place for mount, place in pairs if mount["writable"] and os.path.isdir(place)]


def _reap_rest(the_shim: int | None) -> None:
    """Wait for all that bubblewrap leaves to die, so that its processor time is counted."""
    if the_shim:
        os.kill(the_shim, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()


def _start_shim(keeping: int) -> int:
    sockets = shim.open_sockets()
    with socket.socket(fileno=os.dup(keeping)) as pair:
        socket.send_fds(pair, [b"."], [handle.fileno() for handle in sockets.udp])
    network.redirect_all(sockets.tcp_port, sockets.dns_port, sockets.with_ipv6)
    pid = os.fork()
    if pid:
        for handle in (*sockets.tcp, *sockets.dns, *sockets.udp):
            handle.close()
        return pid
    try:
        kernel.release_streams()
        kernel.drop_capabilities()
        kernel.die_with_parent()
        shim.Shim(sockets, staging.GATEWAY).serve()
    finally:
        os._exit(1)


def _start_bubblewrap(
    spec: insides.Spec, options: list[str], begin: int, status: int, memory: group.Group | None
) -> int:
    """Fork the process that becomes bubblewrap once `begin` can be read."""
    rules = kernel.memory_file("seccomp", bytes.fromhex(spec["seccomp"]))
    options = ["--seccomp", str(rules), *options]
    given = kernel.memory_file("arguments", b"".join(os.fsencode(option) + b"\0" for option in options))
    pid = os.fork()
    if pid:
        os.close(given)
        os.close(rules)
        return pid
    try:
        if memory:
            os.write(memory.procs, b"0")
        os.nice(spec["niceness"])
        _limit(spec, in_group=memory is not None)
        os.read(begin, 1)
        _exec(spec, given, (given, rules, status))
    finally:
        os._exit(127)


def _exec(spec: insides.Spec, given: int, kept: tuple[int, ...]) -> NoReturn:
    for handle in kept:
        os.set_inheritable(handle, True)
    bwrap = spec["bwrap"]
    kernel.die_with_parent()
    os.execve(bwrap, [bwrap, "--args", str(given), "--", *spec["argv"]], {})  # noqa: S606


def _limit(spec: insides.Spec, in_group: bool) -> None:
    """Limits of each process; memory only where no group bounds all processes together."""
    memory = spec["memory_bytes"]
    limits = [
        (resource.RLIMIT_CORE, (0, 0)),
        (resource.RLIMIT_NPROC, (spec["processes"], spec["processes"])),
        (resource.RLIMIT_NOFILE, (spec["open_files"], spec["open_files"])),
        (resource.RLIMIT_FSIZE, (spec["file_bytes"], spec["file_bytes"])),
        # One second more, so that SIGXCPU comes before SIGKILL and says what it was.
        (resource.RLIMIT_CPU, (spec["cpu_seconds"], spec["cpu_seconds"] + 1)),
    ]
    if not in_group:
        # Address space is reserved far beyond its use (thread arenas, libraries); shared memory is not DATA.
        limits += [(resource.RLIMIT_DATA, (memory, memory)), (resource.RLIMIT_AS, (4 * memory, 4 * memory))]
    for kind, limit in limits:
        resource.setrlimit(kind, limit)
