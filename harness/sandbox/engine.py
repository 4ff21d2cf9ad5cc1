"""The container engine this machine has, and what all our containers share."""

from __future__ import annotations

import os
import socket
import threading
import uuid
from functools import cache
from pathlib import Path

import docker
from docker.errors import DockerException
from docker.types import Mount

from harness.sandbox import image
from harness.sandbox.bubblewrap import UNPRIVILEGED_UID
from harness.sandbox.protocol import SandboxFailure
from harness.sandbox.reaper import LABEL, Reaper

_lock = threading.Lock()
_reapers: list[Reaper] = []
_name = uuid.uuid4().hex


@cache
def client() -> docker.DockerClient:
    """The engine that DOCKER_HOST names, else the local one. Raises DockerException when none answers."""
    return docker.from_env(timeout=60)


def why_none() -> str | None:
    """Why no engine can be used, image or not."""
    try:
        _knock()
        client().ping()
    except (DockerException, OSError) as error:
        return f"no engine answers ({str(error).splitlines()[0]}) → install docker.io and start it"
    return None


def _knock() -> None:
    """Try a local engine's socket ourselves: the SDK leaks one for each try that fails. Raises OSError."""
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if host.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as handle:
            handle.connect(host.removeprefix("unix://"))


def labels() -> dict[str, str]:
    """This process's label; from the first call on a reaper stands by for the case that we are killed."""
    with _lock:
        if not _reapers or not _reapers[-1].alive():
            _reapers.append(Reaper(_name))
    return {LABEL: _name}


def bind(source: Path, target: str, writable: bool = False) -> Mount:
    """A mount of this machine's `source`. Raises SandboxFailure when the job's user could not read it."""
    real = source.resolve()
    if not real.exists():
        raise SandboxFailure(f"{real} is not there")
    if os.getuid() == 0 and not writable and not real.stat().st_mode & 0o004:
        raise SandboxFailure(
            f"only its owner may read {real}, and a container's user is not root", hint=f"chmod o+rX {real}"
        )
    return Mount(target, str(real), type="bind", read_only=not writable, propagation="rprivate")


def job_uid() -> int:
    """The harness's own user, whose files can be read then; somebody without rights where that is root."""
    return os.getuid() or UNPRIVILEGED_UID


@cache
def image_variables() -> frozenset[str]:
    """Names of the environment variables that the image brings."""
    configured = client().images.get(image.tag()).attrs["Config"].get("Env") or ()
    return frozenset(entry.partition("=")[0] for entry in configured)
