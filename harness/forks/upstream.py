"""The framework that a round builds on, as one commit of the store."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness.forks.errors import RefMissing, Unreachable
from harness.forks.object_store import ObjectStore
from harness.forks.released import released_tree
from harness.forks.snapshot import Signature, snapshot
from harness.rounds.fields import is_ref
from harness.rounds.round import GitUpstream, PypiUpstream

# Written by packaging, not by people: no part of what a release ships.
_PACKAGING = ("PKG-INFO", "setup.cfg")
_PACKED = "Packed"
_RELEASED = Signature("released package", "released@localhost", datetime(2000, 1, 1, tzinfo=UTC))


@dataclass(frozen=True)
class UpstreamCommit:
    """`url` is where to ask for more of its objects: None for a release, which the store has whole."""

    commit: str
    url: str | None


def upstream_commit(
    store: ObjectStore,
    upstream: GitUpstream | PypiUpstream,
    locked: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> UpstreamCommit:
    """Where upstream stands, with every file's content in the store.

    Looked up once a process. `locked` is a commit frozen earlier: it is taken instead of what the ref points
    at. Raises as `ObjectStore.fetch`, or as `released_tree`.
    """
    if isinstance(upstream, PypiUpstream):
        key = ("pypi", upstream.pypi, upstream.version)
        return store.once(key, lambda: _released(store, upstream, progress))
    return store.once(
        ("git", upstream.git, upstream.ref, locked or ""), lambda: _from_git(store, upstream, locked)
    )


def release_commit(store: ObjectStore, upstream: GitUpstream | PypiUpstream, release: str) -> str | None:
    """The release that a round fed, with every file's content in the store; None where there is no such tag.

    Looked up once a process.
    """
    if isinstance(upstream, PypiUpstream) or not is_ref(release) or release == upstream.ref:
        return None
    return store.once(("release", upstream.git, release), lambda: _tagged(store, upstream.git, release))


def _tagged(store: ObjectStore, url: str, release: str) -> str | None:
    try:
        commit = store.fetch(url, f"refs/tags/{release}", f"upstream/{store.key(url, release)}").commit
    except (RefMissing, Unreachable):
        return None
    store.complete(commit, url)
    return commit


def _from_git(store: ObjectStore, upstream: GitUpstream, locked: str | None) -> UpstreamCommit:
    keep = f"upstream/{store.key(upstream.git, locked or upstream.ref)}"
    if locked is None or store.commit(locked) is None:
        try:
            commit = store.fetch(upstream.git, locked or upstream.ref, keep).commit
        except Unreachable:
            # A commit's id means the same for ever; a branch or tag seen earlier may have moved since.
            if store.commit(upstream.ref) != upstream.ref:
                raise
            commit = upstream.ref
    else:
        commit = locked
    store.complete(commit, upstream.git)
    return UpstreamCommit(commit, upstream.git)


def _released(
    store: ObjectStore, upstream: PypiUpstream, progress: Callable[[str], None] | None
) -> UpstreamCommit:
    folder = released_tree(upstream.pypi, upstream.version, progress)
    packed = packed_at(folder).isoformat()
    message = f"{upstream.pypi} {upstream.version} as released\n\n{_PACKED}: {packed}\n"
    commit = snapshot(store, folder, _shipped(folder), _RELEASED, message)
    store.git("update-ref", f"refs/upstream/{store.key(upstream.pypi, upstream.version)}", commit)
    return UpstreamCommit(commit, None)


def declared_at(store: ObjectStore, commit: str) -> datetime:
    """When what upstream declares in `commit` was true: its day, or the day a release was packed."""
    fields = f"--format=%(trailers:key={_PACKED},valueonly)%x00%cI"
    packed, _, committed = store.text("log", "-1", fields, commit).partition("\0")
    return datetime.fromisoformat(packed.strip() or committed.strip()).astimezone(UTC)


def packed_at(folder: Path) -> datetime:
    """When a source distribution was packed: its metadata was written then. To the second."""
    return datetime.fromtimestamp(int((folder / "PKG-INFO").stat().st_mtime), UTC)


def _shipped(folder: Path) -> Iterator[bytes]:
    """A source distribution's files but for what packaging put in: metadata and generated C++."""
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.endswith(".egg-info"))
        cython = {Path(name).stem for name in files if name.endswith(".pyx")}
        relative = Path(parent).relative_to(folder)
        for name in files:
            generated = name.endswith((".c", ".cpp")) and Path(name).stem in cython
            if not generated and not (relative == Path() and name in _PACKAGING):
                yield os.fsencode(relative / name)
