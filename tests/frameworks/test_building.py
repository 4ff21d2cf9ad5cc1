"""What is taken out of a folder that a sandbox could write to, and what a build may say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.frameworks import building
from harness.frameworks.building import _result, collect


def test_only_wanted_regular_files_leave_the_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "MAX_MODULE_BYTES", 100)
    out, taken = tmp_path / "out", tmp_path / "taken"
    (out / "pkg").mkdir(parents=True)
    (out / "pkg" / "good.so").write_bytes(b"code")
    (out / "pkg" / "good.so").chmod(0o4777)
    (out / "pkg" / "other.so").write_bytes(b"code")
    (out / "pkg" / "notes.txt").write_bytes(b"text")
    (out / "pkg" / "huge.so").write_bytes(b"x" * 101)
    (out / "pkg" / "link.so").symlink_to("/etc/passwd")
    (out / "away").symlink_to("/etc")
    os.mkfifo(out / "pkg" / "pipe.so")
    assert collect(out, taken, ".so", lambda path: path != "pkg/other.so") == ("pkg/good.so",)
    assert [path.name for path in taken.rglob("*") if not path.is_dir()] == ["good.so"]
    assert (taken / "pkg" / "good.so").stat().st_mode & 0o7777 == 0o644


@pytest.mark.parametrize("line", [b"hello", b"[]", b'{"module": "a"}', b"\xff", b"[" * 100_000])
def test_what_is_no_result_is_passed_over(line: bytes) -> None:
    assert _result(line) is None
