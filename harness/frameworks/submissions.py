"""A submission built once for its commit, and found again when it is screened again."""

from __future__ import annotations

import json
import os
import shutil
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from harness.forks.tree import Tree
from harness.frameworks.environment import FOLDERS, Base, BuildResult, EnvironmentBuilder, runtime_of
from harness.frameworks.store import digest, get_or_make
from harness.sandbox.protocol import Backend

UNUSED_SECONDS = 7 * 24 * 3600


def submission_build(cache: Path, backend: Backend, base: Base, tree: Tree) -> BuildResult:
    """What `EnvironmentBuilder.prepare` makes of the tree's commit on `base`.

    It is kept under the commit's own id and what it was built on, so no other submission ever gets it.
    """
    folder = cache / "submissions"
    key = digest([tree.commit, *(str(part) for part in (base.builds, base.bytecode, base.venv))])
    place = get_or_make(folder, key, lambda place: _make(cache, backend, base, tree, place))
    os.utime(place)
    _forget_unused(folder)
    stored = json.loads((place / "result.json").read_text(encoding="utf-8"))
    sequences = {name: tuple(stored[name]) for name in ("compiled", "failed", "warnings")}
    return BuildResult(**{**stored, **sequences}, runtime=runtime_of(base, place / "work" / "tree"))


def _make(cache: Path, backend: Backend, base: Base, tree: Tree, place: Path) -> None:
    tree.export(place / "export", prefixes=FOLDERS)
    built = EnvironmentBuilder(cache, backend).prepare(base, place / "export", place / "work")
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
