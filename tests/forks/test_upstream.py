"""When what an upstream declares was true."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.forks import upstream as module
from harness.forks.object_store import ObjectStore
from harness.forks.upstream import declared_at, upstream_commit
from harness.rounds.round import GitUpstream, PypiUpstream
from tests.forks.repository import Repository

PACKED = datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)


def test_a_release_counts_from_when_it_was_packed(
    store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "hummingbot-1"
    folder.mkdir()
    for name in ("setup.py", "PKG-INFO"):
        (folder / name).write_text("Name: hummingbot\n")
    os.utime(folder / "PKG-INFO", (PACKED.timestamp(), PACKED.timestamp()))
    monkeypatch.setattr(module, "released_tree", lambda *_arguments: folder)
    found = upstream_commit(store, PypiUpstream(pypi="hummingbot", version="1"))
    assert declared_at(store, found.commit) == PACKED


def test_a_commit_counts_from_its_own_instant(store: ObjectStore, upstream: Repository) -> None:
    found = upstream_commit(store, GitUpstream(git=str(upstream.path), ref="master"))
    assert declared_at(store, found.commit) == datetime(2020, 8, 1, tzinfo=UTC)


def test_a_merge_counts_from_its_own_instant_without_what_it_merged(
    store: ObjectStore, upstream: Repository
) -> None:
    """Releases are merges; their parents' contents are not fetched."""
    upstream.git("checkout", "--quiet", "-b", "development")
    upstream.commit({"setup.py": "zero\ntwo\nthree\n"})
    upstream.git("checkout", "--quiet", "master")
    upstream.commit({"setup.py": "one\ntwo\nfour\n"})
    upstream.git("merge", "--quiet", "-m", "Release", "development", at="2020-08-11T02:18:46Z")
    found = upstream_commit(store, GitUpstream(git=str(upstream.path), ref="master"))
    assert declared_at(store, found.commit) == datetime(2020, 8, 11, 2, 18, 46, tzinfo=UTC)
