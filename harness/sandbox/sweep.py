"""What a harness that was killed with -9 may have left on this machine, and its removal by the next one.

Its processes, mounts and network are gone by then: each hangs on a pipe that the kernel closed, or lives in a
namespace that ended. Left can be temporary folders with their sockets, half-made folders of the cache, empty
control groups, and containers where its reaper was killed too.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from docker.errors import APIError, DockerException

from harness import temporary
from harness.ownership import Owner
from harness.paths import cache_dir
from harness.sandbox import engine
from harness.sandbox.bubblewrap import UNPRIVILEGED_UID
from harness.sandbox.launcher import group
from harness.sandbox.protocol import NoSandboxError
from harness.sandbox.reaper import LABEL


@dataclass(frozen=True)
class Swept:
    """How much was removed."""

    folders: int
    containers: int
    groups: int

    def __str__(self) -> str:
        parts = [
            f"{count} {name}{'s' if count > 1 else ''}"
            for count, name in (
                (self.folders, "temporary folder"),
                (self.containers, "container"),
                (self.groups, "control group"),
            )
            if count
        ]
        return f"Removed what a killed run left: {', '.join(parts)}." if parts else ""


def sweep() -> Swept:
    """Remove what this user's own harnesses left whose processes are gone; nothing of anybody else.

    Safe beside any number of running harnesses. What cannot be removed now is left for the next time.
    """
    return Swept(len(_folders()), _containers(), group.sweep())


def _folders() -> list[Path]:
    cache = cache_dir()
    places = [*temporary.places(), cache, *(path for path in cache.iterdir() if path.is_dir())]
    # Root hands what a job may write to the job's user, and takes it back in the end if it lives to.
    owners = {os.geteuid(), UNPRIVILEGED_UID} if os.geteuid() == 0 else {os.geteuid()}
    return temporary.sweep(places, frozenset(owners))


def _containers() -> int:
    removed = 0
    with contextlib.suppress(NoSandboxError, DockerException, OSError):
        client, local = engine.client(), engine.address().local
        for found in client.api.containers(all=True, filters={"label": LABEL}):
            owner = Owner.parse(found["Labels"].get(LABEL, ""))
            # Another boot is another machine's, maybe, where the engine isn't this one's.
            if owner and owner.gone() and (local or not owner.earlier_boot):
                with contextlib.suppress(APIError):
                    client.api.remove_container(found["Id"], force=True, v=True)
                    removed += 1
    return removed
