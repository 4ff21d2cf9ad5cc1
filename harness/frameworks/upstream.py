"""Upstream at one commit, exported and built once for all submissions that build on it."""

from __future__ import annotations

from pathlib import Path

from harness.forks.object_store import ObjectStore
from harness.forks.tree import Tree
from harness.forks.upstream import declared_at
from harness.frameworks.building import Progress
from harness.frameworks.environment import Base, EnvironmentBuilder, exported, silent
from harness.frameworks.runtime import Generation
from harness.frameworks.store import digest, get_or_make
from harness.sandbox.protocol import Backend


def upstream_base(
    cache: Path,
    backend: Backend,
    store: ObjectStore,
    commit: str,
    generation: Generation,
    progress: Progress = silent,
) -> Base:
    """What `EnvironmentBuilder.upstream` makes of that commit's files; they must be in the store."""
    files = upstream_files(cache, Tree(store, commit), generation)
    as_of = declared_at(store, commit)
    return EnvironmentBuilder(cache, backend).upstream(files, generation, progress, as_of)


def upstream_files(cache: Path, tree: Tree, generation: Generation) -> Path:
    """A folder with what is exported of a tree of upstream's."""
    wanted = exported(generation)
    place = get_or_make(
        cache / "trees",
        digest([tree.commit, *wanted]),
        lambda place: _export(tree, wanted, place / "files"),
    )
    return place / "files"


def _export(tree: Tree, wanted: tuple[str, ...], destination: Path) -> None:
    tree.export(destination, prefixes=wanted)
