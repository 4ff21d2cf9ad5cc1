"""Fixtures of everything that starts a sandbox: every available backend, and a gateway that only listens."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from harness.sandbox.choosing import BACKENDS, choose
from harness.sandbox.protocol import Backend
from tests.sandbox.world import Listener

QUICKEST_FIRST = ("bubblewrap", "docker")


@cache
def checked(name: str) -> tuple[Backend, str | None]:
    """A backend and why it cannot be used, asked once."""
    backend = BACKENDS[name]()
    return backend, backend.health_check()


def home() -> str:
    """The backend on which a default run tries what is meant for each: the quickest that works here."""
    return next((name for name in QUICKEST_FIRST if checked(name)[1] is None), QUICKEST_FIRST[0])


def at_hand() -> Backend:
    """For tests in which the walls of the sandbox do not matter. Raises NoSandboxError where none works."""
    chosen, reason = checked(home())
    return choose("auto") if reason else chosen


@pytest.fixture(params=list(BACKENDS))
def backend(request: pytest.FixtureRequest) -> Backend:
    chosen, reason = checked(request.param)
    if reason:
        pytest.skip(f"{request.param}: {reason}")
    return chosen


@pytest.fixture
def gateway() -> Iterator[Listener]:
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        listener = Listener(Path(folder) / "gateway.sock")
        server.bind(str(listener.path))
        server.listen(128)
        thread = threading.Thread(target=listener.listen, args=(server,), daemon=True)
        thread.start()
        yield listener
        server.shutdown(socket.SHUT_RDWR)
        thread.join(10)
