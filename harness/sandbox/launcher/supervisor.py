"""Starts a sandbox, and ends it when the harness, the clock or the job itself says so."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import time
from typing import Any, NoReturn

from . import group, init, insides, kernel, staging, watch

HANDLES = 6


def serve(handles: list[int], harness: int) -> NoReturn:
    """Run one job and write how it ended as one JSON line; the life of a supervisor.

    `handles`: the spec (JSON), where to write the result, the lifeline, and the job's stdin, stdout, stderr.
    The lifeline's other end is the harness's: its end of file ends the job, as does the end of the process
    `harness` (a pidfd).
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    spec_handle, result_handle, lifeline, *streams = handles
    for number, handle in enumerate(streams):
        os.dup2(handle, number)
        os.close(handle)
    try:
        with open(spec_handle, encoding="utf-8") as stream:
            spec: insides.Spec = json.load(stream)
        result = supervise(spec, (lifeline, harness), result_handle)
    except Exception as error:
        result = {"error": f"{type(error).__name__}: {error}"}
    os.write(result_handle, json.dumps(result).encode() + b"\n")
    # What else is open may take its time.
    os.close(result_handle)
    os._exit(0)


def supervise(spec: insides.Spec, lifelines: tuple[int, ...], result_handle: int) -> dict[str, Any]:
    started = time.monotonic()
    kernel.adopt_orphans()
    trouble, trouble_end = os.pipe()
    status, status_end = os.pipe()
    kept, keeping = (end.detach() for end in socket.socketpair())
    ends = init.Ends(trouble_end, status_end, keeping)
    memory = group.make(spec["memory_bytes"])
    if memory:
        memory.open_early()
    porter = os.fork()
    if porter == 0:
        for handle in (*lifelines, result_handle, trouble, status, kept):
            os.close(handle)
        _port(spec, ends, memory)
    for handle in ends:
        os.close(handle)
    kernel.release_streams()
    reason = _watch(porter, lifelines, started + spec["wall_seconds"])
    if reason:
        os.kill(porter, signal.SIGKILL)
    cpu_seconds = _reap_all()
    if os.getuid() == 0:
        _hand_over(spec, 0)
    result = _result(spec, reason, _read(status), _read(trouble), cpu_seconds)
    if memory:
        if memory.out_of_memory() and (result.get("code") or "error" in result):
            detail = f"needed more than {spec['memory_bytes']} bytes"
            result = {"code": None, "reason": "memory", "detail": detail}
        memory.remove()
    return result


def _watch(porter: int, lifelines: tuple[int, ...], deadline: float) -> str | None:
    """Wait for the porter's end (None) or for the reason to end it."""
    handle = os.pidfd_open(porter)
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    for lifeline in lifelines:
        poll.register(lifeline, select.POLLIN | select.POLLHUP)
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            return "wall_clock"
        ready = [number for number, _ in poll.poll(min(left, 86_400) * 1000)]
        if handle in ready:
            return None
        if ready:
            return "killed"


def _reap_all() -> float:
    """Wait until none of the sandbox's processes is left; returns the CPU seconds they used."""
    seconds = 0.0
    while True:
        try:
            _, _, usage = os.wait3(0)
        except ChildProcessError:
            return seconds
        seconds += usage.ru_utime + usage.ru_stime


def _result(spec: insides.Spec, reason: str | None, status: str, trouble: str, cpu: float) -> dict[str, Any]:
    if reason == "wall_clock":
        return {"code": None, "reason": reason, "detail": f"still running after {spec['wall_seconds']:g} s"}
    if reason:
        return {"code": None, "reason": reason, "detail": ""}
    if trouble:
        told: dict[str, Any] = json.loads(trouble.splitlines()[0])
        return told
    # bubblewrap writes one JSON document a line; the exit code only when the sandbox stood and the job began.
    documents = map(json.loads, status.splitlines())
    codes = [document["exit-code"] for document in documents if "exit-code" in document]
    if not codes:
        return {"error": "bubblewrap could not set the sandbox up"}
    killed_busy = codes[0] == 128 + signal.SIGKILL and cpu >= spec["cpu_seconds"]
    if killed_busy or codes[0] == 128 + signal.SIGXCPU:
        return {"code": None, "reason": "cpu", "detail": f"used {spec['cpu_seconds']} s of processor time"}
    return {"code": codes[0], "reason": "exited", "detail": ""}


def _tell(trouble: int, result: dict[str, Any]) -> None:
    """Say what the job's result is, where bubblewrap cannot."""
    os.write(trouble, json.dumps(result).encode() + b"\n")


def _read(handle: int) -> str:
    chunks = []
    while chunk := os.read(handle, 65536):
        chunks.append(chunk)
    return b"".join(chunks).decode("utf-8", "replace")


def _port(spec: insides.Spec, ends: init.Ends, memory: group.Group | None) -> NoReturn:
    """The porter's life: namespaces, mounts, then wait for the init that does the rest."""
    code = 1
    supervisor = os.getppid()
    try:
        kernel.die_with_parent()
        staged = _enter(spec)
        kernel.die_with_parent()
        alive, alive_end = os.pipe()
        if os.getppid() != supervisor:
            os._exit(1)
        pid = os.fork()
        if pid == 0:
            os.close(alive_end)
            _be_init(spec, staged, ends, alive, memory)
        os.close(ends.status)
        os.close(ends.keeping)
        kernel.release_streams()
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except Exception as error:
        _tell(ends.trouble, {"error": f"{type(error).__name__}: {error}"})
    finally:
        os._exit(code & 0xFF)


def _be_init(
    spec: insides.Spec, staged: list[str], ends: init.Ends, alive: int, memory: group.Group | None
) -> NoReturn:
    code = 1
    try:
        kernel.die_with_parent()
        if select.select([alive], [], [], 0)[0]:
            os._exit(1)  # the porter ended before it could take us along
        os.close(alive)
        code = init.run(spec, staged, ends, memory)
    except watch.TooMuchError as end:
        _tell(ends.trouble, {"code": None, "reason": end.reason, "detail": end.detail})
    except Exception as error:
        _tell(ends.trouble, {"error": f"{type(error).__name__}: {error}"})
    finally:
        os._exit(code & 0xFF)


def _enter(spec: insides.Spec) -> list[str]:
    """Enter namespaces of our own, mounts staged; as root the mounts are made before root is given up."""
    rest = kernel.CLONE_NEWNS | kernel.CLONE_NEWNET | kernel.CLONE_NEWPID
    if os.getuid() == 0:
        _hand_over(spec, spec["uid"])
        kernel.unshare(kernel.CLONE_NEWNS)
        owners = kernel.owner_map(spec["uid"])
        staged = staging.stage(spec["mounts"], spec["etc"], spec["etc_paths"], spec["gateway"], owners)
        os.close(owners)
        kernel.become(spec["uid"])
        kernel.unshare(kernel.CLONE_NEWUSER | rest)
        kernel.map_to_root(spec["uid"], spec["uid"])
        return staged
    uid, gid = os.getuid(), os.getgid()
    kernel.unshare(kernel.CLONE_NEWUSER | rest)
    kernel.map_to_root(uid, gid)
    return staging.stage(spec["mounts"], spec["etc"], spec["etc_paths"], spec["gateway"])


def _hand_over(spec: insides.Spec, uid: int) -> None:
    """Give what the sandbox may write to `uid`: its user before a job, root after it.

    The kernel takes set-user-id bits off with the change, so none of them is ever root's.
    """
    for mount in spec["mounts"]:
        if mount["writable"]:
            staging.give(mount["source"], uid)
    if spec["gateway"] and uid:
        os.chown(spec["gateway"], uid, -1)
