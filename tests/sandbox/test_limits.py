"""A limit gives what it promises, and not more. Who wants more is in tests/hostile."""

from __future__ import annotations

import json
from dataclasses import replace

from harness.sandbox.protocol import Backend
from tests.sandbox.world import QUICK, run, said


def test_memory_within_the_limit_is_given(backend: Backend) -> None:
    code = "x = bytearray(100 << 20); print(len(x) >> 20)"
    assert said(run(backend, code, limits=replace(QUICK, memory_bytes=200 << 20))) == "100\n"


def test_output_up_to_the_limit_is_whole(backend: Backend) -> None:
    done = run(backend, "print('x' * 99_999)", limits=replace(QUICK, output_bytes=100_000))
    assert len(said(done)) == 100_000


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
