"""A commit against upstream: merge-base, changed files, merge preview, connectors. Needs no network."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath

from harness.forks.connectors import connectors, generation
from harness.forks.diff import changes
from harness.forks.merge import preview
from harness.forks.object_store import ObjectStore
from harness.forks.submission import AddedConnector, Change, Generation, MergePreview
from harness.forks.tree import Tree
from harness.forks.upstream import UpstreamCommit

FIRST_INSTANT = datetime(1, 1, 1, tzinfo=UTC)
LAST_INSTANT = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@dataclass(frozen=True)
class Comparison:
    """The part of a Submission that follows from two commits: `Submission(**vars(comparison), …)`."""

    merge_base: str | None
    behind: int
    merge_base_at: datetime | None
    changes: tuple[Change, ...]
    merge: MergePreview
    connectors: tuple[AddedConnector, ...]
    generation: Generation


def merge_base(store: ObjectStore, first: str, second: str) -> str | None:
    """The best common ancestor, or None where histories are not related."""
    return store.text("merge-base", first, second, codes=(0, 1)) or None


def committed_at(store: ObjectStore, commit: str) -> datetime:
    """A commit's own date, UTC: what its author's machine said, not when anybody saw it."""
    return instant(int(store.text("log", "-1", "--format=%ct", commit)))


def instant(seconds: int) -> datetime:
    """Seconds since 1970 as a UTC datetime; the first or last there is for those no calendar holds."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return LAST_INSTANT if seconds > 0 else FIRST_INSTANT


def compare(store: ObjectStore, upstream: UpstreamCommit, commit: str) -> Comparison:
    """What `commit` changes in upstream. Its contents and upstream's must be in the store.

    Where no history is shared, trees are compared: files that the release does not carry (it ships a part of
    the repository) count only where they bear the name of a connector that the fork adds.
    """
    base = merge_base(store, upstream.commit, commit)
    if base is None:
        return _unrelated(store, upstream, commit)
    if upstream.url:
        store.complete(base, upstream.url)
    changed = changes(store, base, commit)
    upstream_paths = (*Tree(store, upstream.commit).paths(), *Tree(store, base).paths())
    return Comparison(
        merge_base=base,
        behind=int(store.text("rev-list", "--count", f"{base}..{upstream.commit}")),
        merge_base_at=committed_at(store, base),
        changes=changed,
        merge=preview(store, upstream.commit, commit),
        connectors=connectors(changed, upstream_paths),
        generation=generation(Tree(store, commit).paths()),
    )


def _unrelated(store: ObjectStore, upstream: UpstreamCommit, commit: str) -> Comparison:
    """For a fork that shares no history with upstream, such as one made from a released package."""
    upstream_paths = Tree(store, upstream.commit).paths()
    paths = Tree(store, commit).paths()
    everything = changes(store, upstream.commit, commit)
    names = {item.name for item in connectors(everything, upstream_paths) if item.new}
    shipped, folders = _Shipped.by(upstream_paths), _folders(paths)
    changed = tuple(
        change
        for change in everything
        if change.status in ("modified", "renamed")
        or _named_after(change.path, names)
        or (change.status == "added" and shipped.would_ship(change))
        or (change.status == "deleted" and _folder(change.path) in folders)
    )
    left_out = len(everything) - len(changed)
    tail = f"; {left_out} files that the release never ships are not counted." if left_out else "."
    return Comparison(
        merge_base=None,
        behind=0,
        merge_base_at=None,
        changes=changed,
        merge=MergePreview(
            "unknown",
            (),
            "The fork shares no history with upstream, so git cannot preview a merge and files were "
            f"compared one by one{tail}",
        ),
        connectors=connectors(changed, upstream_paths),
        generation=generation(paths),
    )


@dataclass(frozen=True)
class _Shipped:
    """What kind of file a release carries: it is a part of the repository, so a fork may well have more."""

    top: frozenset[str]
    folders: frozenset[str]
    suffixes: frozenset[str]

    @classmethod
    def by(cls, paths: Collection[str]) -> _Shipped:
        tops = frozenset(path.split("/")[0] for path in paths if path.count("/") > 1)
        return cls(tops, _folders(paths), frozenset(PurePosixPath(path).suffix for path in paths))

    def would_ship(self, change: Change) -> bool:
        """Whether an added file would be in the release, had upstream had it."""
        if "/" not in change.path:
            return False
        known_suffix = change.binary or PurePosixPath(change.path).suffix in self.suffixes
        return known_suffix and (
            change.path.split("/")[0] in self.top or _folder(change.path) in self.folders
        )


def _named_after(path: str, names: Collection[str]) -> bool:
    """Whether a folder or file of `path` carries one of the connectors' names."""
    parts = path.split("/")
    return any(part == name or re.match(rf"(test_)?{name}[_.]", part) for part in parts for name in names)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _folders(paths: Collection[str]) -> frozenset[str]:
    return frozenset(map(_folder, paths))
