"""Tiny real repositories, in a world where home and network are out of reach."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.forks.object_store import ObjectStore
from harness.rounds.round import Candidate, Round
from tests.forks.repository import BASE, Repository, a_candidate, a_round


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No home, no cache of the user's, and a proxy that refuses every connection."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path / "store.git")


@pytest.fixture
def upstream(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "upstream")
    repository.commit(BASE)
    return repository


@pytest.fixture
def fork(upstream: Repository, tmp_path: Path) -> Repository:
    return upstream.fork(tmp_path / "fork")


@pytest.fixture
def candidate(fork: Repository) -> Candidate:
    return a_candidate(str(fork.path))


@pytest.fixture
def make_round(upstream: Repository) -> Callable[..., Round]:
    """A round with the given candidates."""

    def make(*candidates: Candidate, ref: str = "master") -> Round:
        return a_round(upstream.path, *candidates, ref=ref)

    return make


@pytest.fixture
def make_repository() -> type[Repository]:
    return Repository
