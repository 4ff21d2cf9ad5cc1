"""The backend for a container engine: Docker, or another that speaks its protocol.

A job's container has no network of its own: none at all, or that of a second, small container of ours, in
which the shim runs (`keeper.py`). So the job sees neither the shim nor the gateway's socket. Interpreters are
bound at their own paths as in bubblewrap; the image brings only the shared libraries and the compiler, and
`health_check` tries this machine's Python in it.
"""

from __future__ import annotations

import os
from typing import Any

from docker.errors import DockerException

from harness.sandbox import engine, image, settings, trial
from harness.sandbox.container import ContainerProcess
from harness.sandbox.keeper import Keeper
from harness.sandbox.launcher import staging
from harness.sandbox.pipes import complete
from harness.sandbox.protocol import Completed, Job, NoSandboxError, SandboxFailure

# https://gvisor.dev/docs/user_guide/networking/: its loopback is its own and leads to no other container's.
_RUNTIMES_NETWORK = 'gVisor needs "runtimeArgs": ["--network=host"], which is the network that a job is given'


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
            made_with = settings.of_job(job, self._runtime, keeper.network if keeper else None)
            container = client.containers.create(image.tag(), **made_with)
            self._check_runtime(container)
            ready = keeper.await_ready if keeper else lambda: None
            return ContainerProcess(client, container, job, ready, lambda: _clean_up(job, keeper))
        except BaseException:
            _clean_up(job, keeper)
            raise

    def _check_runtime(self, container: Any) -> None:
        """Podman takes the name of any runtime here, and runs its default one."""
        used = container.attrs["HostConfig"].get("Runtime")
        if self._runtime and used != self._runtime:
            container.remove(force=True)
            raise SandboxFailure(f"the engine uses the runtime {used} instead of {self._runtime}")


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
        if reason or not runtime:
            return reason or trial.why_not(backend)
        # A runtime such as gVisor is a kernel of its own and shows none of this one's filters.
        return trial.why_not(backend, filtered=False, remedy=_RUNTIMES_NETWORK)
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
    return (
        f"make {runtime} the engine's default runtime, or use another engine"
        if runtime
        else "see the message above"
    )
