"""The backend for a container engine: Docker, or another that speaks its protocol.

A job's container has no network of its own: none at all, or that of a second, small container of ours, in
which the shim runs (`keeper.py`). So the job sees neither the shim nor the gateway's socket. Interpreters are
bound at their own paths as in bubblewrap; the image brings only the shared libraries and the compiler, and
`health_check` tries this machine's Python in it.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from typing import Any

from docker.errors import DockerException
from docker.types import LogConfig, Ulimit

from harness import temporary
from harness.paths import cache_dir
from harness.sandbox import engine, image, seccomp, trial
from harness.sandbox.container import ContainerProcess
from harness.sandbox.interpreter import mounts_of
from harness.sandbox.keeper import Keeper
from harness.sandbox.launcher import staging
from harness.sandbox.protocol import Completed, Job, Limits, NoSandboxError, SandboxFailure
from harness.sandbox.streams import complete

# A shell as first process: signals act on the job as anywhere else, and its end ends all that it started.
_FIRST = ("/bin/sh", "-c", '"$@"; exit $?', "sh")


class Docker:
    """Runs jobs in containers. `runtime` is the engine's runtime, `runsc` for gVisor; None is the default."""

    name = "docker"

    def __init__(self, runtime: str | None = None) -> None:
        self._runtime = runtime
        self._reason: str | None = None
        self._checked = False

    def health_check(self) -> str | None:
        if not self._checked:
            self._reason = _why_not(self, self._runtime)
            self._checked = True
        return self._reason

    def start(self, job: Job) -> ContainerProcess:
        try:
            return self._start(job)
        except DockerException as error:
            raise SandboxFailure(
                f"the container engine refused: {str(error)[:500]}", hint="harness doctor"
            ) from error

    def run(self, job: Job) -> Completed:
        return complete(self.start(job))

    def _start(self, job: Job) -> ContainerProcess:
        client = engine.client()
        _hand_over(job, engine.job_uid())
        keeper = Keeper(client, job.gateway) if job.gateway else None
        try:
            # Made while the keeper gets ready, started when it is.
            container = client.containers.create(image.tag(), **self._settings(job), **_network(keeper))
            ready = keeper.await_ready if keeper else lambda: None
            return ContainerProcess(client, container, job, ready, lambda: _clean_up(job, keeper))
        except BaseException:
            _clean_up(job, keeper)
            raise

    def _settings(self, job: Job) -> dict[str, Any]:
        uid = engine.job_uid()
        return {
            "command": [*_FIRST, *job.argv],
            "entrypoint": [],
            "environment": _environment(job),
            "working_dir": job.cwd,
            "user": f"{uid}:{uid}",
            "labels": engine.labels(),
            "stdin_open": True,
            "read_only": True,
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges", f"seccomp={_seccomp_profile()}"],
            "ipc_mode": "private",
            "log_config": LogConfig(type="none"),
            "mounts": [engine.bind(mount.source, mount.target, mount.writable) for mount in mounts_of(job)],
            "runtime": self._runtime,
            **_limits(job.limits),
        }


def _limits(limits: Limits) -> dict[str, Any]:
    """The pids limit is the job's own; `nproc` counts a user's processes on the whole machine."""
    tmpfs = f"rw,exec,nosuid,nodev,size={limits.tmp_bytes},mode=1777"
    if not engine.traits().podman:
        # Podman refuses the option; there only memory bounds the number of files.
        tmpfs += f",nr_inodes={max(1024, limits.tmp_bytes // 4096)}"
    bounds = {"core": 0, "nofile": limits.open_files, "fsize": limits.file_bytes}
    ulimits = [Ulimit(name=name, soft=value, hard=value) for name, value in bounds.items()]
    ulimits += engine.own_ulimits()
    ulimits.append(Ulimit(name="cpu", soft=limits.cpu_seconds, hard=limits.cpu_seconds + 1))
    return {
        "mem_limit": limits.memory_bytes,
        "memswap_limit": limits.memory_bytes,
        "pids_limit": limits.processes,
        "ulimits": ulimits,
        "shm_size": limits.tmp_bytes,
        "tmpfs": {"/tmp": tmpfs, "/tmp/work": tmpfs},  # noqa: S108 - inside
    }


def _network(keeper: Keeper | None) -> dict[str, Any]:
    if keeper:
        return {"network_mode": keeper.network}
    return {"network_mode": "none", "hostname": "sandbox", "dns": ["127.0.0.1"]}


def _environment(job: Job) -> list[str]:
    """The job's variables; a bare name takes away a variable of the image or the engine."""
    foreign = {"PATH", "HOSTNAME", *engine.image_variables()} - set(job.env)
    return [*sorted(foreign), *(f"{name}={value}" for name, value in job.env.items())]


@cache
def _seccomp_profile() -> str:
    """The profile itself; for Podman, which reads it from there, the path of a file that holds it."""
    profile = seccomp.docker_profile()
    if not engine.traits().podman:
        return profile
    path = cache_dir() / f"seccomp-{hashlib.sha256(profile.encode()).hexdigest()[:12]}.json"
    if not path.exists():
        with temporary.folder("seccomp", path.parent) as folder:
            (folder / path.name).write_text(profile)
            (folder / path.name).replace(path)
    return str(path)


def _hand_over(job: Job, uid: int) -> None:
    """Where we are root: give what the job may write to its user before, to root after."""
    if os.getuid() != 0:
        return
    for mount in job.mounts:
        if mount.writable:
            staging.give(str(mount.source.resolve()), uid)
    if job.gateway and uid:
        os.chown(job.gateway, uid, -1)


def _clean_up(job: Job, keeper: Keeper | None) -> None:
    if keeper:
        keeper.remove()
    _hand_over(job, 0)


def _why_not(backend: Docker, runtime: str | None) -> str | None:
    try:
        reason = engine.traits().why_not(runtime)
        if reason is None and not image.exists(engine.client()):
            reason = f"the image {image.tag()} is not built → harness sandbox build"
        # A runtime such as gVisor is a kernel of its own and shows none of this one's filters.
        return reason or trial.why_not(backend, filtered=runtime is None)
    except NoSandboxError as error:
        return f"{error.message} → {error.hint}"
    except (DockerException, OSError) as error:
        return f"{engine.address()} does not answer as an engine does: {error} → start it anew"
    except SandboxFailure as error:
        return f"a trial start failed: {error.message} → {_advice(runtime)}"


def _advice(runtime: str | None) -> str:
    where = engine.address()
    if not where.local:
        return f"{where} must run on this machine: its containers are to see this machine's files"
    return f"try the runtime {runtime} by hand" if runtime else "see the message above"
