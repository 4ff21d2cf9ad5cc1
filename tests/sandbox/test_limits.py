"""Each limit stops what it is for; the attacks are kept small enough for a laptop."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from harness.sandbox.launcher import group
from harness.sandbox.protocol import Backend
from tests.sandbox.world import QUICK, run, said


@pytest.fixture
def group_or_engine(backend: Backend) -> None:
    """Skips bubblewrap where no memory group can be made: then each process is limited by itself."""
    if backend.name == "bubblewrap":
        trial = group.make(64 << 20)
        if trial is None:
            pytest.skip("no memory cgroup can be made here")
        trial.remove()


def test_a_fork_bomb_meets_the_process_limit(backend: Backend) -> None:
    code = """
import os, signal, time
children = []
try:
    while len(children) < 400:
        pid = os.fork()
        if pid == 0:
            time.sleep(60); os._exit(0)
        children.append(pid)
except OSError as error:
    print(error.errno)
for pid in children: os.kill(pid, signal.SIGKILL)
print(len(children))
"""
    number, count = said(run(backend, code, limits=replace(QUICK, processes=40))).split()
    assert number == "11"
    assert 10 < int(count) < 40


def test_memory_beyond_the_limit_is_not_given(backend: Backend) -> None:
    code = "x = bytearray(400 << 20); x[::4096] = bytes(len(x[::4096])); print(len(x))"
    done = run(backend, code, limits=replace(QUICK, memory_bytes=200 << 20))
    assert done.stdout == b""
    assert done.exit.reason == "memory" or b"MemoryError" in done.stderr


def test_memory_of_all_processes_counts_together(backend: Backend, group_or_engine: None) -> None:
    code = """
import os, time
read, write = os.pipe()
for _ in range(4):
    if os.fork() == 0:
        x = bytearray(80 << 20); x[::4096] = bytes(len(x[::4096]))
        os.write(write, b"x"); time.sleep(60); os._exit(0)
os.close(write)
ended = [os.wait()[1] for _ in range(1)]
os._exit(3)
"""
    done = run(backend, code, limits=replace(QUICK, memory_bytes=200 << 20))
    assert done.exit.reason == "memory"


def test_memory_within_the_limit_is_given(backend: Backend) -> None:
    code = "x = bytearray(100 << 20); print(len(x) >> 20)"
    assert said(run(backend, code, limits=replace(QUICK, memory_bytes=200 << 20))) == "100\n"


def test_an_output_flood_is_cut_and_ends_the_job(backend: Backend) -> None:
    for stream in ("stdout", "stderr"):
        code = f"import sys\nwhile True: sys.{stream}.write('spam ' * 1000)"
        done = run(backend, code, limits=replace(QUICK, output_bytes=100_000))
        assert (done.exit.reason, done.exit.code) == ("output", None)
        assert len(getattr(done, stream)) == 100_000


def test_output_up_to_the_limit_is_whole(backend: Backend) -> None:
    done = run(backend, "print('x' * 99_999)", limits=replace(QUICK, output_bytes=100_000))
    assert len(said(done)) == 100_000


def test_a_job_that_never_ends_meets_the_wall_clock(backend: Backend) -> None:
    code = """
import signal, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
print("began", flush=True)
while True: time.sleep(60)
"""
    done = run(backend, code, limits=replace(QUICK, wall_seconds=2))
    assert (done.exit.reason, done.exit.code, done.stdout) == ("wall_clock", None, b"began\n")


def test_processor_time_is_limited(backend: Backend) -> None:
    done = run(backend, "while True: pass", limits=replace(QUICK, cpu_seconds=1))
    assert done.exit.reason == "cpu"


def test_processor_time_is_limited_when_the_warning_is_ignored(backend: Backend) -> None:
    code = "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"
    done = run(backend, code, limits=replace(QUICK, cpu_seconds=1))
    assert done.exit.reason == "cpu"


def test_files_folders_and_descriptors_are_limited(backend: Backend) -> None:
    code = """
import json, os, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def until_error(act):
    done = 0
    try:
        while done < 5000: act(done); done += 1
    except OSError as error:
        return error.errno, done
    return 0, done
big = open("/tmp/work/big", "wb", 0)
one_file = until_error(lambda n: big.write(bytes(1 << 20)))
descriptors = until_error(lambda n: os.dup(0))
os.closerange(10, 1000)
disk = until_error(lambda n: open(f"/tmp/work/{n}", "wb", 0).write(bytes(1 << 20)))
shared = until_error(lambda n: open(f"/dev/shm/{n}", "wb", 0).write(bytes(1 << 20)))
print(json.dumps([one_file, descriptors, disk, shared]))
"""
    limits = replace(QUICK, file_bytes=4 << 20, tmp_bytes=16 << 20, open_files=64)
    one_file, descriptors, disk, shared = json.loads(said(run(backend, code, limits=limits)))
    assert one_file == [27, 4]  # EFBIG
    assert descriptors[0] == 24  # EMFILE
    assert descriptors[1] < 64
    assert disk[0] == 28  # ENOSPC
    assert disk[1] < 16
    assert shared[0] == 28
    assert shared[1] <= 16


def test_empty_files_without_end_are_limited(backend: Backend) -> None:
    code = """
import os
try:
    for n in range(20_000): os.close(os.open(f"/tmp/work/{n}", os.O_CREAT))
    print("made them all")
except OSError as error: print(error.errno)
"""
    assert said(run(backend, code, limits=replace(QUICK, tmp_bytes=16 << 20))) == "28\n"
