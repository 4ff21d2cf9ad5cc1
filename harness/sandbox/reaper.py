"""Removes the containers of a harness that ended without doing so itself, killed with -9 for instance.

Run as `python -P reaper.py LABEL` with the engine's address in its environment and a pipe as stdin whose
other end the harness alone holds; `-P` because our own docker.py lies beside it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping

import docker
from docker.errors import APIError, DockerException

LABEL = "connector-harness.owner"


class Reaper:
    """The harness's side: as long as this object's process lives, nothing is removed."""

    def __init__(self, owner: str, engine: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__, owner],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **engine},
            start_new_session=True,
        )
        atexit.register(self.dismiss)

    def alive(self) -> bool:
        return self._process.poll() is None

    def dismiss(self) -> None:
        """End it in good order; what is left is removed."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()


def remove_all(client: docker.DockerClient, owner: str) -> None:
    """Remove an owner's containers, running or not."""
    for found in client.api.containers(all=True, filters={"label": f"{LABEL}={owner}"}):
        with contextlib.suppress(APIError):
            client.api.remove_container(found["Id"], force=True, v=True)


def main(owner: str) -> None:
    client = docker.from_env()
    sys.stdin.buffer.read()
    # A second look: a container may have been on its way while the first list was made.
    for _ in range(2):
        with contextlib.suppress(DockerException):
            remove_all(client, owner)


if __name__ == "__main__":
    main(sys.argv[1])
