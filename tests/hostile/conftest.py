from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.sandbox.protocol import Backend
from tests.hostile.world import Arena
from tests.sandbox.fixtures import backend, gateway

__all__ = ["arena", "backend", "gateway"]


@pytest.fixture
def arena(backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Arena]:
    """Where one attack runs; in the end the machine has to be as it was, and the next job has to work."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    prepared = Arena(backend, tmp_path / "temporary")
    yield prepared
    assert prepared.left_behind() == []
    assert prepared.next_job() == "the harness goes on\n"
