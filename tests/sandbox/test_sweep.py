"""A harness that was killed with -9, reaper and all, leaves nothing once the next one has begun."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.ownership import Owner
from harness.sandbox import engine
from harness.sandbox.protocol import Backend
from harness.sandbox.reaper import LABEL
from harness.sandbox.sweep import Swept, sweep
from tests.hostile.household import mounts
from tests.sandbox.test_lifetime import DAEMON, eventually
from tests.sandbox.world import PYTHON, processes_with

ROOT = Path(__file__).parents[2]
HARNESS = """
import contextlib, socket, sys
from harness import ownership, temporary
from harness.paths import cache_dir
from harness.sandbox.choosing import BACKENDS
from harness.sandbox.protocol import Job, Mount
with temporary.folder("rig") as folder, temporary.folder("out", cache_dir() / "builds") as out, \\
        socket.socket(socket.AF_UNIX) as server:
    folder.chmod(0o711)
    server.bind(str(folder / "gateway.sock")); server.listen()
    mounts = (Mount(out, "/opt/out", writable=True),)
    job = Job(tuple(sys.argv[2:]), mounts=mounts, gateway=folder / "gateway.sock")
    process = BACKENDS[sys.argv[1]]().start(job)
    print(ownership.current(), process.stdout.readline().decode().strip(), flush=True)
    process.wait()
"""


@dataclass
class Harness:
    """Another harness in a process of its own, with a job that daemonises and locks its folder up."""

    process: subprocess.Popen[str]
    owner: Owner
    marker: str
    temporary: Path
    cache: Path

    def kill(self) -> None:
        """End it and its reaper without a chance to clear up."""
        reapers = [int(line.split()[0]) for line in processes_with(str(self.owner)) if "reaper.py" in line]
        for pid in (*reapers, self.process.pid):
            os.kill(pid, signal.SIGKILL)
        self.process.wait(30)

    def folders(self) -> list[str]:
        found = [*self.temporary.iterdir(), *(self.cache / "builds").iterdir()]
        return [path.name for path in found if str(self.owner) in path.name]

    def containers(self) -> list[dict[str, Any]]:
        label = f"{LABEL}={self.owner}"
        return list(engine.client().api.containers(all=True, filters={"label": label}))


@contextmanager
def harness(backend: Backend, temporary: Path, cache: Path) -> Iterator[Harness]:
    marker = f"mark-{uuid.uuid4().hex}"
    lock = "os.mkdir('/opt/out/sealed'); os.chmod('/opt/out/sealed', 0); os.chmod('/opt/out', 0)"
    code = f"import os; {lock}\n{DAEMON.format(after='', marker=marker)}time.sleep(600)"
    command = [sys.executable, "-c", HARNESS, backend.name, PYTHON, "-I", "-S", "-c", code]
    env = {**os.environ, "TMPDIR": str(temporary), "HARNESS_CACHE": str(cache), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env, cwd="/") as process:
        assert process.stdout is not None
        name, word = process.stdout.readline().split()
        owner = Owner.parse(name)
        assert owner is not None
        assert word == "daemon"
        made = Harness(process, owner, marker, temporary, cache)
        try:
            yield made
        finally:
            if process.poll() is None:
                made.kill()


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Path]]:
    cache = tmp_path / "cache"
    (cache / "builds").mkdir(parents=True)
    monkeypatch.setenv("HARNESS_CACHE", str(cache))
    with tempfile.TemporaryDirectory() as temporary:
        monkeypatch.setattr(tempfile, "tempdir", temporary)
        yield Path(temporary), cache


def test_the_next_harness_removes_what_a_killed_one_left(backend: Backend, places: tuple[Path, Path]) -> None:
    with harness(backend, *places) as living, harness(backend, *places) as killed:
        assert (len(killed.folders()), len(living.folders())) == (2, 2)
        killed.kill()
        swept = sweep()
        assert eventually(lambda: processes_with(killed.marker) == [])
        assert killed.folders() == []
        assert swept.folders == 2
        assert mounts() == []
        if backend.name == "docker":
            assert swept.containers == 2
            assert killed.containers() == []
            assert len(living.containers()) == 2
        assert processes_with(living.marker)
        assert len(living.folders()) == 2
        assert living.process.poll() is None


def test_of_a_fork_nothing_lives_on_even_before_a_sweep(backend: Backend, places: tuple[Path, Path]) -> None:
    if backend.name == "docker":
        pytest.skip("a container goes with the reaper, or with the next harness's sweep")
    with harness(backend, *places) as killed:
        assert processes_with(killed.marker)
        killed.kill()
        assert eventually(lambda: processes_with(killed.marker) == [])


def test_what_was_swept_is_told_in_a_sentence() -> None:
    assert str(Swept(0, 0, 0)) == ""
    assert str(Swept(2, 1, 0)) == "Removed what a killed run left: 2 temporary folders, 1 container."
