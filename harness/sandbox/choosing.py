"""Which sandbox backend to use on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

from harness.sandbox.protocol import Backend, NoSandboxError

Choice = Literal["auto", "docker", "bubblewrap"]
# The container engine's runtime, `runsc` for gVisor; in the environment as the engine's address is.
RUNTIME = "HARNESS_RUNTIME"


def _docker() -> Backend:
    from harness.sandbox.docker import Docker

    return Docker(os.environ.get(RUNTIME) or None)


def _bubblewrap() -> Backend:
    from harness.sandbox.bubblewrap import Bubblewrap

    return Bubblewrap()


# In the order that "auto" prefers them.
BACKENDS: Mapping[str, Callable[[], Backend]] = MappingProxyType(
    {"docker": _docker, "bubblewrap": _bubblewrap}
)


def described(name: Choice) -> str:
    """The backend's name, with the runtime that was asked for."""
    runtime = os.environ.get(RUNTIME)
    return f"{name} ({runtime})" if runtime else name


def choose(name: Choice = "auto") -> Backend:
    """The backend of that name, or for "auto" the first that works here.

    A container image that is not built yet is built by `harness sandbox build`, never here: it takes minutes.
    Raises NoSandboxError, saying for each backend tried why it cannot be used and what would help.
    """
    wanted = _wanted(name)
    reasons = []
    for candidate in wanted:
        backend = BACKENDS[candidate]()
        reason = backend.health_check()
        if reason is None:
            return backend
        reasons.append(f"{candidate}: {reason}")
    raise NoSandboxError(
        "no sandbox can be started on this machine\n" + "\n".join(reasons),
        hint="harness doctor lists what is missing",
    )


def _wanted(name: Choice) -> list[str]:
    """A runtime is a container engine's: who asked for one gets no other sandbox in its stead."""
    runtime = os.environ.get(RUNTIME)
    if runtime and name == "bubblewrap":
        raise NoSandboxError(
            f"bubblewrap has no runtimes, so {runtime} cannot be used",
            hint="--sandbox docker, or no --runtime",
        )
    if name == "auto":
        return ["docker"] if runtime else list(BACKENDS)
    return [name]
