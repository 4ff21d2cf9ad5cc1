"""Upstream at one commit, exported and built once for all submissions that build on it."""

from __future__ import annotations

from pathlib import Path

from harness.forks.object_store import ObjectStore
from harness.forks.tree import Tree
from harness.frameworks.building import Progress
from harness.frameworks.environment import FOLDERS, Base, EnvironmentBuilder, silent
from harness.frameworks.runtime import Generation
from harness.frameworks.store import get_or_make
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
        cache / "trees", commit, lambda place: _export(Tree(store, commit), place / "files")
    )
    return EnvironmentBuilder(cache, backend).upstream(exported / "files", generation, progress)


def _export(tree: Tree, destination: Path) -> None:
    tree.export(destination, prefixes=FOLDERS)
