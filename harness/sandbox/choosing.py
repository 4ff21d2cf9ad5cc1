"""Which sandbox backend to use on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

from harness.sandbox.protocol import Backend, NoSandboxError

Choice = Literal["auto", "docker", "bubblewrap"]


def _docker() -> Backend:
    from harness.sandbox.docker import Docker

    return Docker()


def _bubblewrap() -> Backend:
    from harness.sandbox.bubblewrap import Bubblewrap

    return Bubblewrap()


# In the order that "auto" prefers them.
BACKENDS: Mapping[str, Callable[[], Backend]] = MappingProxyType(
    {"docker": _docker, "bubblewrap": _bubblewrap}
)


def choose(name: Choice = "auto") -> Backend:
    """The backend of that name, or for "auto" the first that works here.

    A container image that is not built yet is built by `harness sandbox build`, never here: it takes minutes.
    Raises NoSandboxError, saying for each backend tried why it cannot be used and what would help.
    """
    wanted = list(BACKENDS) if name == "auto" else [name]
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
