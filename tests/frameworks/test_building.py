"""What is taken from a sandbox in which compilers ran, and what a build may say."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from harness.frameworks import building
from harness.frameworks.building import SandboxBuilder, _announced, collect
from harness.frameworks.environment import silent
from harness.frameworks.generation import Compilation
from harness.sandbox.protocol import Completed, Exit, Job


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
    assert _announced(line) is None


class Builder:
    """A backend whose builder says what it is told to say."""

    name = "scripted"

    def __init__(self, said: bytes) -> None:
        self.stdin, self.stdout = io.BytesIO(), io.BytesIO(said)

    def health_check(self) -> str | None:
        return None

    def start(self, job: Job) -> Builder:
        return self

    def run(self, job: Job) -> Completed:
        raise NotImplementedError

    def stderr_tail(self) -> str:
        return "its last words"

    def poll(self) -> Exit | None:
        return None

    def wait(self, timeout: float | None = None) -> Exit:
        return Exit(0, "exited")

    def kill(self) -> None:
        pass


def said(module: str, file: str, size: int, *, ok: bool = True) -> bytes:
    fields = {"module": module, "ok": ok, "seconds": 1, "log": "", "file": file, "size": size}
    return json.dumps(fields).encode() + b"\n"


def built(tmp_path: Path, words: bytes, *modules: str) -> tuple[list[bool], list[str]]:
    """Whether each module counts as built, and what was written."""
    builder = SandboxBuilder(Builder(words), tmp_path)
    out = tmp_path / "out"
    results = builder.compile_modules(tmp_path, modules, Compilation("pkg", 3), out, silent)
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    return [each.ok for each in results], files


def test_what_was_built_comes_through_the_pipe(tmp_path: Path) -> None:
    words = b"chatter\n" + said("pkg/a.pyx", "a.x.so", 4) + b"\n\n{}" + said("pkg/b.pyx", "", 0, ok=False)
    assert built(tmp_path, words, "pkg/a.pyx", "pkg/b.pyx") == ([True, False], ["out/pkg/a.x.so"])
    assert (tmp_path / "out/pkg/a.x.so").read_bytes() == b"\n\n{}"


@pytest.mark.parametrize(
    ("file", "size"),
    [
        ("a.x.so", 0), ("a.x.so", 99), ("a.x.so", -1), ("a.x.so", 1 << 60), ("b.x.so", 4), ("../a.x.so", 4),
        ("a./../../x.so", 4), ("/etc/a.x.so", 4), ("a.x.py", 4), ("a.\n.so", 4), ("a.so", 4), ("", 4),
    ],
)  # fmt: skip
def test_built_is_only_what_came(tmp_path: Path, file: str, size: int) -> None:
    assert built(tmp_path, said("pkg/a.pyx", file, size) + b"code", "pkg/a.pyx") == ([False], [])


def test_a_build_that_says_nothing_has_failed(tmp_path: Path) -> None:
    assert built(tmp_path, b"", "pkg/a.pyx") == ([False], [])


def test_nothing_is_taken_that_was_not_asked_for(tmp_path: Path) -> None:
    words = said("pkg/other.pyx", "other.x.so", 4) + b"code" + said("../a.pyx", "a.x.so", 4) + b"code"
    assert built(tmp_path, words, "pkg/a.pyx") == ([False], [])
