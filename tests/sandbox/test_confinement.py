"""What a job is given: its own environment and its mounts. What it tries beyond is in tests/hostile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.sandbox.protocol import Backend, Mount
from tests.sandbox.world import run, said


def test_the_environment_is_the_jobs_own(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_SECRET", "do not show")
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    inside = json.loads(said(run(backend, code, env={"GIVEN": "yes=no", "EMPTY": ""})))
    # bubblewrap sets PWD by itself, a container engine PATH, HOSTNAME and HOME.
    added = {name: inside.pop(name, None) for name in ("PWD", "PATH", "HOSTNAME", "HOME", "LC_CTYPE")}
    assert inside == {"GIVEN": "yes=no", "EMPTY": ""}
    assert added["HOME"] in (None, "/tmp/work")


def test_mounts_are_read_only_unless_said(backend: Backend, tmp_path: Path) -> None:
    for name in ("read", "write"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    (tmp_path / "one.txt").write_text("one file")
    code = """
print(open("/opt/read/file").read(), open("/opt/write/file").read(), open("/opt/one.txt").read())
open("/opt/write/new", "w").write("made inside")
for path in ("/opt/read/file", "/opt/read/new", "/opt/one.txt"):
    try: open(path, "w")
    except OSError as error: print(error.errno)
"""
    done = run(
        backend,
        code,
        mounts=(
            Mount(tmp_path / "read", "/opt/read"),
            Mount(tmp_path / "write", "/opt/write", writable=True),
            Mount(tmp_path / "one.txt", "/opt/one.txt"),
        ),
    )
    assert said(done).splitlines() == ["read write one file", "30", "30", "30"]
    assert (tmp_path / "write" / "new").read_text() == "made inside"


def test_a_folder_in_a_private_one_can_be_mounted(backend: Backend, tmp_path: Path) -> None:
    folder = tmp_path / "private" / "shown"
    folder.mkdir(parents=True)
    (tmp_path / "private").chmod(0o700)
    (folder / "file").write_text("shown")
    code = "print(open('/opt/shown/file').read())"
    assert said(run(backend, code, mounts=(Mount(folder, "/opt/shown"),))) == "shown\n"
