"""Filling the disk.

What a job writes is gone with it, but for its writable mounts; those are looked at while it runs.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.sandbox.protocol import Mount
from tests.hostile.attack import attack
from tests.hostile.world import TIGHT, Arena


@attack("fills /tmp and /dev/shm", meets="file systems in memory with a size, counted as the job's memory")
def test_filling_the_scratch_folders(arena: Arena) -> None:
    code = """
print(*(filled(lambda n: open(f"{folder}/{n}", "wb", 0).write(bytes(1 << 20)))
    for folder in ("/tmp", "/tmp/work", "/dev/shm")), sep="\\n")
"""
    lines = arena.run(code).stdout.decode().splitlines()
    assert len(lines) == 3
    assert all("ENOSPC" in line for line in lines)
    assert sum(int(line.strip("()").split(",")[0]) for line in lines) <= 3 * TIGHT.tmp_bytes >> 20


@attack("makes a hundred thousand empty files", meets="as many inodes as its scratch space has pages")
def test_files_without_end(arena: Arena) -> None:
    code = """
print(*(filled(lambda n: os.close(os.open(f"{folder}/{n}", os.O_CREAT))) for folder in ("/tmp/work", "/tmp")))
"""
    said = arena.run(code).stdout.decode()
    assert said.count("ENOSPC") == 2


@attack("makes a sparse file of a terabyte", meets="the limit on a file's size")
def test_a_sparse_giant(arena: Arena, out: Path) -> None:
    code = """
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
for folder in ("/tmp/work", "/dev/shm", "/out"):
    handle = os.open(folder + "/giant", os.O_CREAT | os.O_RDWR)
    print(outcome(lambda: os.ftruncate(handle, 1 << 40)), outcome(lambda: os.pwrite(handle, b"x", 1 << 40)),
          outcome(lambda: os.posix_fallocate(handle, 0, 1 << 40)))
"""
    words = arena.said(code, mounts=(Mount(out, "/out", writable=True),)).split()
    assert len(words) == 9
    assert set(words) <= {"EFBIG", "ENOSPC", "EINVAL"}
    assert (out / "giant").stat().st_size == 0


FLOODS = {
    "bytes": """
for n in range(1000): open(f"/out/{n}", "wb", 0).write(bytes(1 << 20))""",
    "files that have no name": """
for n in range(100):
    handle = os.open(f"/out/{n}", os.O_CREAT | os.O_WRONLY); os.unlink(f"/out/{n}")
    for _ in range(8): outcome(lambda: os.write(handle, bytes(1 << 20)))""",
    "empty files": """
for n in range(20_000): os.close(os.open(f"/out/{n}", os.O_CREAT))""",
    "folders in folders": """
os.chdir("/out")
for n in range(5000): os.mkdir("d"); os.chdir("d")""",
    "bytes, while folders move under the counter": """
os.makedirs("/out/a/x/y/z"); os.mkdir("/out/b")
if os.fork() == 0:
    while True: os.rename("/out/a/x", "/out/b/x"); os.rename("/out/b/x", "/out/a/x")
for n in range(1000): open(f"/out/{n}", "wb", 0).write(bytes(1 << 20))""",
    "bytes in closed folders": """
for n in range(100):
    os.mkdir(f"/out/{n}")
    for m in range(8): open(f"/out/{n}/{m}", "wb", 0).write(bytes(1 << 20))
    os.chmod(f"/out/{n}", 0)""",
}


@attack(
    "floods a folder that it may write to: bytes, nameless files, inodes, depth",
    meets="limits on what is on disk",
)
@pytest.mark.parametrize("code", FLOODS.values(), ids=FLOODS)
def test_flooding_a_writable_mount(arena: Arena, code: str, out: Path) -> None:
    limits = replace(TIGHT, disk_bytes=32 << 20, disk_files=1000, wall_seconds=30)
    # It waits when it is done: a flood that nobody notices ends at the wall clock.
    code += "\nimport time; time.sleep(1000)"
    done = arena.run(code, limits=limits, mounts=(Mount(out, "/out", writable=True),))
    assert (done.exit.reason, done.exit.code) == ("disk", None)
