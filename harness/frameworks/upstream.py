"""Upstream at one commit, exported and built once for all submissions that build on it."""

from __future__ import annotations

from pathlib import Path

from harness.forks.object_store import ObjectStore
from harness.forks.tree import Tree
from harness.forks.upstream import declared_at
from harness.frameworks.building import Progress
from harness.frameworks.environment import EXPORTED, Base, EnvironmentBuilder, silent
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
    exported = get_or_make(
        cache / "trees",
        digest([commit, *EXPORTED]),
        lambda place: _export(Tree(store, commit), place / "files"),
    )
    as_of = declared_at(store, commit)
    return EnvironmentBuilder(cache, backend).upstream(exported / "files", generation, progress, as_of)


def _export(tree: Tree, destination: Path) -> None:
    tree.export(destination, prefixes=EXPORTED)
