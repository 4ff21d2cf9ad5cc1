from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from demo import prepare as module
from demo.prepare import prepare
from harness.errors import OurFailure

if TYPE_CHECKING:
    from tests.demo.conftest import Cut


def test_the_second_time_nothing_is_cut(
    cut_demo: Cut, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "released_source", lambda progress: cut_demo.released)
    first_steps: list[str] = []
    second_steps: list[str] = []

    first = prepare(tmp_path, first_steps.append)
    second = prepare(tmp_path, second_steps.append)

    assert first == second
    assert first.is_file()
    assert "writing the fork late" in first_steps
    assert second_steps == []


def test_a_failed_cut_leaves_nothing_that_looks_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty"
    (empty / "hummingbot").mkdir(parents=True)
    for name in ("LICENSE", "MANIFEST.in", "README.md", "pyproject.toml", "setup.py"):
        (empty / name).touch()
    monkeypatch.setattr(module, "released_source", lambda progress: empty)

    with pytest.raises(OurFailure):
        prepare(tmp_path / "cache")

    assert list((tmp_path / "cache" / "demo").iterdir()) == []
