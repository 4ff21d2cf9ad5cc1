"""Compiled modules are kept once, whoever builds them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.frameworks.modules import ModuleStore


def built(folder: Path, text: str) -> Path:
    made = folder / "market.so"
    made.write_text(text, encoding="utf-8")
    return made


def test_a_module_that_another_process_kept_first_stays(tmp_path: Path) -> None:
    """Two that want different sets of modules have different locks, and some modules in common."""
    store = ModuleStore(tmp_path / "modules")
    store.folder.mkdir()
    for text in ("first", "second"):
        store._add("key", built(tmp_path, text))
    assert [each.name for each in store.folder.iterdir()] == ["key"], "nothing half-made is left"
    assert (store.folder / "key" / "market.so").read_text(encoding="utf-8") == "first"


def test_a_folder_that_cannot_be_made_is_no_module(tmp_path: Path) -> None:
    store = ModuleStore(tmp_path / "modules")
    store.folder.mkdir()
    with pytest.raises(OSError, match="No such file"):
        store._add("no/key", built(tmp_path, "first"))
