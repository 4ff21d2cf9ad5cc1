"""One writer at a time, whatever becomes of the one before."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import UserError
from harness.screenings.writing import FILE, writing

HOLD = """
import sys
from pathlib import Path
from harness.screenings.writing import writing
with writing(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    """Another process that writes into `folder` until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_writer_is_told_who_the_first_is(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        with pytest.raises(UserError) as told, writing(tmp_path):
            pass
        first.communicate()
    assert told.value.where == str(tmp_path)
    assert f"process {first.pid} on {socket.gethostname()} since 20" in told.value.message
    assert told.value.exit_code == 2
    with writing(tmp_path):
        assert (tmp_path / FILE).exists()
    assert not (tmp_path / FILE).exists(), "nothing is left behind"


def test_a_lock_dies_with_its_owner(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        os.kill(first.pid, signal.SIGKILL)
    assert (tmp_path / FILE).exists(), "it had no time to tidy up"
    with writing(tmp_path):
        pass


def test_a_process_that_the_owner_started_does_not_hold_it(tmp_path: Path) -> None:
    with writing(tmp_path):
        child = subprocess.Popen(["sleep", "60"])
    try:
        with writing(tmp_path):
            pass
    finally:
        child.kill()
        child.wait()


def test_the_same_process_is_one_writer_too(tmp_path: Path) -> None:
    with writing(tmp_path), pytest.raises(UserError, match=f"process {os.getpid()} "), writing(tmp_path):
        pass


def test_a_file_that_says_nothing_is_anybodys(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("\x1b[2J not json")
    with writing(tmp_path):
        pass
