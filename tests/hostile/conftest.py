from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import temporary
from harness.sandbox.protocol import Backend
from tests.hostile.forge import forge
from tests.hostile.world import Arena
from tests.sandbox.fixtures import backend, gateway

__all__ = ["arena", "backend", "forge", "gateway"]


@pytest.fixture
def arena(
    backend: Backend,
    tmp_path: Path,  # has to be made where pytest wants it, not in the arena
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Arena]:
    """Where one attack runs; in the end the machine has to be as it was, and the next job has to work."""
    # Not below pytest's own folder: that is too deep for the name of a socket.
    with tempfile.TemporaryDirectory(prefix="arena-") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        prepared = Arena(backend, Path(folder))
        yield prepared
        assert prepared.left_behind() == []
        assert prepared.next_job() == "the harness goes on\n"


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file of the harness's that no job was given; its text is its own name."""
    place = tmp_path / "secret" / "canary-of-the-host"
    place.parent.mkdir(mode=0o755)
    place.write_text(place.name)
    place.chmod(0o644)
    return place


@pytest.fixture
def out(tmp_path: Path) -> Iterator[Path]:
    """An empty folder to be mounted writable; pytest itself cannot remove what some attacks leave in it."""
    place = tmp_path / "out"
    place.mkdir()
    yield place
    assert temporary.remove(place)
