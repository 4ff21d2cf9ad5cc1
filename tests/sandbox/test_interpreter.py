"""Which folders an interpreter needs is read from its links."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.sandbox.interpreter import mounts_of
from harness.sandbox.protocol import Job, Mount, NoSandboxError


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """An interpreter's prefix, and a second name for it as uv makes them."""
    (tmp_path / "pythons" / "3.11.7" / "bin").mkdir(parents=True)
    (tmp_path / "pythons" / "3.11.7" / "bin" / "python3.11").touch()
    (tmp_path / "pythons" / "3.11").symlink_to("3.11.7")
    return tmp_path / "pythons"


def venv(tmp_path: Path, target: Path) -> Mount:
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "bin" / "python").symlink_to(target)
    (tmp_path / "venv" / "bin" / "python3").symlink_to("python")
    return Mount(tmp_path / "venv", "/opt/venv")


@pytest.mark.parametrize("name", ["python", "python3"])
def test_an_environments_base_is_added(tmp_path: Path, base: Path, name: str) -> None:
    mount = venv(tmp_path, base / "3.11.7" / "bin" / "python3.11")
    job = Job((f"/opt/venv/bin/{name}",), mounts=(mount,))
    assert mounts_of(job) == (Mount(base / "3.11.7", str(base / "3.11.7")), mount)


def test_a_folder_with_two_names_is_shown_under_the_one_that_is_used(tmp_path: Path, base: Path) -> None:
    mount = venv(tmp_path, base / "3.11" / "bin" / "python3.11")
    job = Job(("/opt/venv/bin/python",), mounts=(mount,))
    assert mounts_of(job) == (Mount(base / "3.11.7", str(base / "3.11")), mount)


def test_a_base_named_outright_is_added(base: Path) -> None:
    program = str(base / "3.11.7" / "bin" / "python3.11")
    assert mounts_of(Job((program,))) == (Mount(base / "3.11.7", str(base / "3.11.7")),)


@pytest.mark.parametrize("program", ["/usr/bin/python3", "/bin/sh", "/opt/not-there/bin/python", "sh"])
def test_the_systems_programs_need_nothing(program: str) -> None:
    assert mounts_of(Job((program,))) == ()


def test_a_base_that_a_mount_brings_is_not_added_twice(base: Path) -> None:
    mount = Mount(base, str(base))
    assert mounts_of(Job((str(base / "3.11.7" / "bin" / "python3.11"),), mounts=(mount,))) == (mount,)


def test_a_prefix_that_holds_the_home_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    with pytest.raises(NoSandboxError, match="contains your home"):
        mounts_of(Job((str(tmp_path / "bin" / "python"),)))


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to("python")
    assert mounts_of(Job(("/opt/bin/python",), mounts=(Mount(tmp_path, "/opt"),)))[-1].target == "/opt"
