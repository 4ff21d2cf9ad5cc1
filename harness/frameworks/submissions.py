"""A submission built once for its commit, and found again when it is screened again."""

from __future__ import annotations

import json
import os
import shutil
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from harness.errors import OurFailure
from harness.forks.errors import ForkError
from harness.forks.object_store import ObjectStore
from harness.forks.submission import Submission
from harness.forks.tree import Tree
from harness.frameworks.additions import Layer, layer
from harness.frameworks.declaration import Read, changed
from harness.frameworks.environment import Base, BuildResult, EnvironmentBuilder, runtime_of, spec_of
from harness.frameworks.store import digest, get_or_make
from harness.frameworks.upstream import upstream_files
from harness.sandbox.protocol import Backend

UNUSED_SECONDS = 7 * 24 * 3600


def submission_layer(
    cache: Path, backend: Backend, base: Base, submission: Submission, before: Tree, after: Tree
) -> Layer:
    """The libraries that it declares in `after` and that were not declared `before`, nor so.

    They are taken as the index had them when it was committed. Raises NotInstalledError.
    """
    declared = spec_of(base.generation).declared
    asked = changed(declared(reading_of(before)), declared(reading_of(after)))
    as_of = base.environment.lock.as_of
    as_of = max(as_of, submission.committed_at) if as_of else None
    return layer(cache, backend, base.environment, submission.commit, asked, as_of)


def reading_of(tree: Tree) -> Read:
    """The text of a tree's files."""

    def read(path: str) -> str | None:
        try:
            return tree.text(path)
        except ForkError:
            return None

    return read


def with_its_libraries(
    cache: Path, backend: Backend, base: Base, store: ObjectStore, submission: Submission, tree: Tree
) -> BuildResult:
    """`submission_build` with the libraries that the submission adds. Raises as both do."""
    before = Tree(store, submission.upstream_commit)
    added = submission_layer(cache, backend, base, submission, before, tree)
    return submission_build(cache, backend, base, tree, added, began_at(store, submission))


def submission_build(
    cache: Path,
    backend: Backend,
    base: Base,
    tree: Tree,
    added: Layer | None = None,
    earlier: Tree | None = None,
) -> BuildResult:
    """What `EnvironmentBuilder.prepare` makes of the tree's commit on `base`; `added` are its own libraries,
    `earlier` is upstream where its work began.

    It is kept under the commit's own id and what it was built on, so no other submission ever gets it. Raises
    OurFailure, and keeps nothing, where the real time was up first: that also depends on the machine.
    """
    folder = cache / "submissions"
    key = digest([tree.commit, base.made_of])
    place = get_or_make(folder, key, lambda place: _make(cache, backend, base, tree, earlier, place))
    os.utime(place)
    _forget_unused(folder)
    stored = json.loads((place / "result.json").read_text(encoding="utf-8"))
    sequences = {name: tuple(stored[name]) for name in ("compiled", "failed", "warnings")}
    return BuildResult(**{**stored, **sequences}, runtime=runtime_of(base, place / "work" / "tree", added))


def began_at(store: ObjectStore, submission: Submission) -> Tree | None:
    """Upstream where the submission's work began, None where that is not known or is upstream itself."""
    known = submission.merge_base not in (None, submission.upstream_commit)
    return Tree(store, submission.base) if known else None


def _make(cache: Path, backend: Backend, base: Base, tree: Tree, earlier: Tree | None, place: Path) -> None:
    tree.export(place / "export", prefixes=spec_of(base.generation).folders)
    files = upstream_files(cache, earlier, base.generation) if earlier else None
    built = EnvironmentBuilder(cache, backend).prepare(base, place / "export", place / "work", earlier=files)
    if built.out_of_time:
        raise OurFailure(
            f"{len(built.failed)} modules were not built within {built.seconds:.0f} s of real time",
            hint="run it again when the machine is less busy",
        )
    shutil.rmtree(place / "export")
    # The runtime names paths, and this folder is about to get its name: it is made again when read.
    result = {name: value for name, value in asdict(built).items() if name != "runtime"}
    (place / "result.json").write_text(json.dumps(result), encoding="utf-8")


def _forget_unused(folder: Path) -> None:
    oldest = time.time() - UNUSED_SECONDS
    for place in folder.iterdir():
        with suppress(OSError):
            if place.is_dir() and place.stat().st_mtime < oldest:
                shutil.rmtree(place, ignore_errors=True)
