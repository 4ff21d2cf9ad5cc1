"""Limits on all of a job together, by root with a memory group and by a user who can have none."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.sandbox.bubblewrap import Bubblewrap
from harness.sandbox.launcher import tree, watch
from harness.sandbox.protocol import Limits, Mount
from tests.sandbox.anybody import run_as_anybody
from tests.sandbox.world import run

TIGHT = Limits(
    memory_bytes=200 << 20,
    file_bytes=16 << 20,
    disk_bytes=64 << 20,
    disk_files=1000,
    cpu_seconds=2,
    wall_seconds=60,
)
Runner = Callable[[str, Limits, Path], tuple[list[Any], str, str]]


def as_whoever_we_are(code: str, limits: Limits, out: Path) -> tuple[list[Any], str, str]:
    backend = Bubblewrap()
    if reason := backend.health_check():
        pytest.skip(reason)
    done = run(backend, code, limits=limits, mounts=(Mount(out, "/out", writable=True),))
    return [done.exit.code, done.exit.reason], done.stdout.decode(), done.stderr.decode()


@pytest.fixture(params=[as_whoever_we_are, run_as_anybody], ids=["ourselves", "anybody"])
def runner(request: pytest.FixtureRequest) -> Runner:
    chosen: Runner = request.param
    return chosen


@pytest.fixture
def out() -> Iterator[Path]:
    """Where anybody can get at; pytest's own folder is for its user only."""
    with tempfile.TemporaryDirectory(prefix="out-") as folder:
        yield Path(folder)


MEMORY = """
import os, signal
for _ in range(6):
    if os.fork() == 0:
        x = bytearray(60 << 20); x[::4096] = bytes(len(x[::4096])); signal.pause()
status = os.wait()[1]
os._exit(3)
"""
PROCESSOR = """
import os, time
while True:
    for _ in range(2):
        if os.fork() == 0:
            while time.process_time() < 0.3: pass
            os._exit(0)
    for _ in range(2): os.wait()
"""
DISK = """
import time
for n in range(40): open(f"/out/{n}", "wb").write(bytes(8 << 20)); time.sleep(0.02)
time.sleep(60)
"""
DELETED = """
import os, time
kept = []
for n in range(40):
    kept.append(open("/out/x", "wb", 0)); os.unlink("/out/x")
    kept[-1].write(bytes(8 << 20)); time.sleep(0.02)
time.sleep(60)
"""
FILES = """
import os, time
for n in range(3000):
    if n % 100 == 0: os.mkdir(f"/out/{n}d"); os.chdir(f"/out/{n}d")
    open(str(n), "w").close()
    if n % 100 == 99: os.chmod(".", 0)
time.sleep(60)
"""


@pytest.mark.parametrize(
    ("code", "reason"),
    [(MEMORY, "memory"), (PROCESSOR, "cpu"), (DISK, "disk"), (DELETED, "disk"), (FILES, "disk")],
    ids=["memory", "processor time", "disk", "disk without names", "files"],
)
def test_what_all_processes_use_together_is_limited(
    runner: Runner, code: str, reason: str, out: Path
) -> None:
    ended, _, stderr = runner(code, TIGHT, out)
    assert ended == [None, reason], stderr


def test_what_processes_share_counts_once(runner: Runner, out: Path) -> None:
    code = """
import os, time
x = bytearray(120 << 20); x[::4096] = bytes(len(x[::4096]))
for _ in range(5):
    if os.fork() == 0: time.sleep(1.5); os._exit(0)
for _ in range(5): os.wait()
"""
    ended, _, stderr = runner(code, TIGHT, out)
    assert ended == [0, "exited"], stderr


def test_what_is_below_the_limits_goes_on(runner: Runner, out: Path) -> None:
    code = """
import os, time
for n in range(5): open(f"/out/{n}", "wb").write(bytes(8 << 20))
for n in range(200): os.link("/out/0", f"/out/link{n}")
os.makedirs("/out/a/b"); os.rename("/out/a/b", "/out/b")
time.sleep(1)
"""
    ended, _, stderr = runner(code, replace(TIGHT, memory_bytes=1 << 30), out)
    assert ended == [0, "exited"], stderr
    assert (out / "0").stat().st_nlink == 201


def test_a_file_larger_than_allowed_ends_its_writer(runner: Runner, out: Path) -> None:
    ended, _, _ = runner("open('/out/x', 'wb').write(bytes(20 << 20))", TIGHT, out)
    assert ended == [128 + 25, "exited"] or ended == [1, "exited"]  # SIGXFSZ, which Python ignores
    assert (out / "x").stat().st_size == 16 << 20


@pytest.fixture
def deep(out: Path) -> Iterator[Path]:
    """A folder that is emptied by a program which goes deeper than Python can."""
    yield out
    for path in out.iterdir():
        subprocess.run(["rm", "-rf", str(path)], check=True)


def test_a_walk_sees_every_folder_however_deep(deep: Path) -> None:
    here = os.open(deep, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=here)
        os.mkdir("e", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    (deep / "link").symlink_to("/")
    assert sum(1 for _ in tree.folders(str(deep))) == 6001
    assert watch.disk([str(deep)], 10_000).files == 6001
    assert watch.disk([str(deep)], 100).files < 110


def test_a_walk_stays_in_its_tree_when_a_folder_moves(tmp_path: Path) -> None:
    inner, outer = tmp_path / "top" / "a" / "b", tmp_path / "outside"
    inner.mkdir(parents=True)
    (outer / "more").mkdir(parents=True)
    seen = []
    for folder in tree.folders(str(tmp_path / "top")):
        seen.append(str(Path(f"/proc/self/fd/{folder}").readlink()))
        if seen[-1] == str(inner):
            inner.rename(outer / "b")
    assert seen == [str(tmp_path / "top"), str(inner.parent), str(inner)]


def test_a_folder_that_vanishes_is_passed_over(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    walk = tree.folders(str(tmp_path))
    next(walk)
    seen = Path(f"/proc/self/fd/{next(walk)}").readlink().name
    (tmp_path / ("a" if seen != "a" else "b")).rmdir()
    assert len(list(walk)) == 1


def test_a_version_2_group_counts_processor_time(tmp_path: Path) -> None:
    (tmp_path / "cpu.stat").write_text("usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\n")
    handle = os.open(tmp_path / "cpu.stat", os.O_RDONLY)
    assert watch._accounted(handle) == 2.5
    assert watch._accounted(None) == 0
    os.close(handle)
