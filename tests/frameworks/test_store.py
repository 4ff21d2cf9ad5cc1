"""Folders made once, whole or not at all, whoever asks."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest

from harness.frameworks.store import digest, get_or_make


def test_it_is_made_once(tmp_path: Path) -> None:
    calls = []

    def make(folder: Path) -> None:
        calls.append(folder)
        (folder / "file").write_text("x")

    first = get_or_make(tmp_path / "store", "key", make)
    assert get_or_make(tmp_path / "store", "key", make) == first
    assert (first / "file").read_text() == "x"
    assert len(calls) == 1


def test_what_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def make(folder: Path) -> None:
        (folder / "half").write_text("x")
        raise ValueError("interrupted")

    with pytest.raises(ValueError, match="interrupted"):
        get_or_make(tmp_path, "key", make)
    assert [path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock")] == []


def _make_slowly(folder: Path) -> None:
    with (folder.parent / "calls").open("a") as calls:
        calls.write("made\n")
    time.sleep(0.5)


def _ask(folder: Path) -> None:
    get_or_make(folder, "key", _make_slowly)


def test_two_processes_make_it_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_ask, args=(tmp_path,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    assert (tmp_path / "calls").read_text() == "made\n"


def test_borders_between_parts_count() -> None:
    assert digest(["ab", "c"]) != digest(["a", "bc"]) != digest([b"a", "b", "c"])
