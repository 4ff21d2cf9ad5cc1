from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.forks import limits, upkeep
from harness.forks.errors import GitFailed
from harness.forks.object_store import ObjectStore
from harness.forks.tree import Tree

OTHERS_USE = (
    "import pathlib, sys\n"
    "from harness.forks.object_store import ObjectStore\n"
    "store = ObjectStore(pathlib.Path(sys.argv[1])); store.repository\n"
    "print('using', flush=True); sys.stdin.read()\n"
)


def filled(root: Path, fork: Any) -> tuple[str, str]:
    """(kept, forgotten): two commits in a store that nobody uses any more."""
    store = ObjectStore(root)
    kept = fork.commit({"a.py": "kept\n"})
    store.fetch(str(fork.path), "master", "candidates/r/kept/tip")
    store.complete(kept, str(fork.path))
    forgotten = fork.commit({"a.py": "forgotten\n"})
    store.fetch(str(fork.path), "master", "candidates/r/refused/tip")
    store.complete(forgotten, str(fork.path))
    store.forget("candidates/r/refused/tip")
    return kept, forgotten


def packs(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "objects/pack").glob("*.pack"))


def test_what_was_forgotten_is_gone_at_the_next_start(tmp_path: Path, fork: Any) -> None:
    kept, forgotten = filled(tmp_path / "s", fork)
    assert len(packs(tmp_path / "s")) == 4

    store = ObjectStore(tmp_path / "s")

    assert store.commit(forgotten) is None
    assert Tree(store, kept).text("a.py") == "kept\n"
    assert len(packs(tmp_path / "s")) == 1
    assert not (tmp_path / "s" / upkeep.UNTIDY).exists()


def test_a_tidied_store_takes_more_forks(tmp_path: Path, fork: Any) -> None:
    filled(tmp_path / "s", fork)
    newer = fork.commit({"b.py": "newer\n"})
    store = ObjectStore(tmp_path / "s")
    store.fetch(str(fork.path), "master", "candidates/r/newer/tip")
    store.complete(newer, str(fork.path))
    assert Tree(store, newer).text("b.py") == "newer\n"


def test_nothing_is_tidied_while_another_process_uses_the_store(tmp_path: Path, fork: Any) -> None:
    _, forgotten = filled(tmp_path / "s", fork)
    (tmp_path / "s" / upkeep.UNTIDY).unlink()
    other = subprocess.Popen(
        [sys.executable, "-c", OTHERS_USE, str(tmp_path / "s")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout
    assert other.stdout.readline() == b"using\n"
    try:
        upkeep.mark_untidy(tmp_path / "s")
        assert ObjectStore(tmp_path / "s").commit(forgotten) == forgotten
    finally:
        other.communicate()
    assert ObjectStore(tmp_path / "s").commit(forgotten) is None


def test_many_packs_become_one(tmp_path: Path, fork: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, _ = filled(tmp_path / "s", fork)
    (tmp_path / "s" / upkeep.UNTIDY).unlink()
    monkeypatch.setattr(limits, "PACKS", 3)
    assert Tree(ObjectStore(tmp_path / "s"), kept).text("a.py") == "kept\n"
    assert len(packs(tmp_path / "s")) == 1


def test_a_failure_leaves_the_store_as_it_was(
    tmp_path: Path, fork: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, _ = filled(tmp_path / "s", fork)
    before = packs(tmp_path / "s")

    def broken(_: Path) -> Path:
        raise GitFailed(("pack-objects",), 128, "fatal: no space left on device")

    monkeypatch.setattr(upkeep, "_packed_anew", broken)
    assert Tree(ObjectStore(tmp_path / "s"), kept).text("a.py") == "kept\n"
    assert packs(tmp_path / "s") == before
    assert (tmp_path / "s" / upkeep.UNTIDY).exists()


@pytest.mark.parametrize("step", ["_drop", "move_pack"])
def test_killed_in_the_middle_it_loses_nothing(tmp_path: Path, fork: Any, step: str) -> None:
    kept, _ = filled(tmp_path / "s", fork)
    script = (
        "import os, pathlib, sys\n"
        "from harness.forks import upkeep\n"
        f"setattr(upkeep, {step!r}, lambda *_: os.kill(os.getpid(), 9))\n"
        "upkeep.tidy(pathlib.Path(sys.argv[1]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "s")], capture_output=True, check=False
    )
    assert done.returncode == -9, done.stderr.decode()

    store = ObjectStore(tmp_path / "s")

    assert Tree(store, kept).text("a.py") == "kept\n"
    assert len(packs(tmp_path / "s")) == 1
    assert not list((tmp_path / "s").glob(".harness-*"))
