"""The container engine this machine has, and what all our containers share."""

from __future__ import annotations

import os
import threading
from functools import cache
from pathlib import Path

import docker
from docker.errors import DockerException
from docker.types import Mount

from harness import ownership
from harness.sandbox import addresses
from harness.sandbox.addresses import Address
from harness.sandbox.bubblewrap import UNPRIVILEGED_UID
from harness.sandbox.protocol import NoSandboxError, SandboxFailure
from harness.sandbox.reaper import LABEL, Reaper
from harness.sandbox.traits import Traits, traits_of

_lock = threading.Lock()
_reapers: dict[str, Reaper] = {}


@cache
def address() -> Address:
    """The first engine that answers. Raises NoSandboxError when none does, saying what each one said."""
    silent = []
    for each in addresses.candidates():
        try:
            each.knock()
            _connect(each).close()
        except (DockerException, OSError) as error:
            silent.append(f"{each}: {(str(error).splitlines() or [type(error).__name__])[0]}")
        else:
            return each
    why = f" ({'; '.join(silent)})" if silent else ""
    denied = any("ermission denied" in words for words in silent)
    raise NoSandboxError(
        f"no engine answers{why}",
        hint="sudo usermod -aG docker $USER, then log in again"
        if denied
        else "scripts/container-engine start",
    )


@cache
def client() -> docker.DockerClient:
    """A client of that engine. Raises NoSandboxError."""
    return _connect(address())


def _connect(where: Address) -> docker.DockerClient:
    """Raises DockerException when there is no answer; closes what it opened then."""
    made = docker.from_env(timeout=60, environment=where.environment)
    try:
        made.ping()
    except BaseException:
        made.close()
        raise
    return made


@cache
def traits() -> Traits:
    """What that engine says of itself. Raises NoSandboxError, DockerException."""
    return traits_of(client())


def labels() -> dict[str, str]:
    """This process's label; from the first call on a reaper stands by for the case that we are killed."""
    name = str(ownership.current())
    with _lock:
        if name not in _reapers or not _reapers[name].alive():
            _reapers[name] = Reaper(name, address().environment)
    return {LABEL: name}


def bind(source: Path, target: str, writable: bool = False) -> Mount:
    """A mount of this machine's `source`. Raises SandboxFailure when the job's user could not read it."""
    real = source.resolve()
    if not real.exists():
        raise SandboxFailure(f"{real} is not there")
    if os.getuid() == 0 and not writable and not real.stat().st_mode & 0o004:
        raise SandboxFailure(
            f"only its owner can read {real}, and the container's user is not root", hint=f"chmod o+rX {real}"
        )
    return Mount(target, str(real), type="bind", read_only=not writable, propagation="rprivate")


def job_uid() -> int:
    """The harness's own user, whose files can be read then; somebody without rights where that is root.

    A rootless engine shows its user's own files as root's: there the job is that root, of nothing but them.
    """
    if traits().rootless:
        return 0
    return os.getuid() or UNPRIVILEGED_UID
