"""What bubblewrap's launcher does beyond the common protocol."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.sandbox import launching
from harness.sandbox.bubblewrap import NICENESS, Bubblewrap
from harness.sandbox.protocol import Exit, Mount
from tests.sandbox.anybody import run_as_anybody
from tests.sandbox.world import PYTHON, QUICK, Listener, processes_with, python, run, said

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bubblewrap() -> Bubblewrap:
    backend = Bubblewrap()
    if reason := backend.health_check():
        pytest.skip(reason)
    return backend


def test_a_source_that_only_its_owner_may_read_can_be_mounted(bubblewrap: Bubblewrap, tmp_path: Path) -> None:
    source = tmp_path / "private"
    source.mkdir(mode=0o700)
    (source / "file").write_text("shown")
    (source / "file").chmod(0o600)
    code = "print(open('/opt/private/file').read())"
    assert said(run(bubblewrap, code, mounts=(Mount(source, "/opt/private"),))) == "shown\n"


def test_the_environment_is_not_in_the_process_list(bubblewrap: Bubblewrap) -> None:
    process = bubblewrap.start(python("print(input(), flush=True); input()", env={"KEY": "canary-7351"}))
    process.stdin.write(b"began\n")
    assert process.stdout.readline() == b"began\n"
    assert processes_with("canary-7351") == []
    process.kill()


def test_it_needs_no_root(gateway: Listener) -> None:
    gateway.reply = b"hello"
    code = "import os, socket; print(socket.create_connection(('9.9.9.9', 99)).recv(9), os.getuid())"
    ended, stdout, stderr = run_as_anybody(code, QUICK, gateway=gateway.path)
    assert (ended, stdout) == ([0, "exited"], "b'hello' 1000\n"), stderr


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_launchers_death_ends_everything(bubblewrap: Bubblewrap, gateway: Listener, number: int) -> None:
    marker = f"mark-{os.getpid()}-{number}"
    process = bubblewrap.start(python(f"print(1, flush=True); input()  # {marker}", gateway=gateway.path))
    assert process.stdout.readline() == b"1\n"
    os.kill(process.launcher, number)
    assert process.wait(30).reason == "killed"
    process.stdout.read()
    assert processes_with(marker) == []


def test_what_tells_of_the_machine_is_hidden(bubblewrap: Bubblewrap) -> None:
    code = """
import json, os
found = {}
for name in ("cmdline", "config.gz", "interrupts", "kallsyms", "kcore", "key-users", "keys", "timer_list"):
    if os.path.exists("/proc/" + name): found[name] = len(open("/proc/" + name, "rb").read(1))
for name in ("acpi", "asound", "scsi"):
    if os.path.exists("/proc/" + name): found[name] = len(os.listdir("/proc/" + name))
print(json.dumps([found, os.path.exists("/sys"), os.listdir("/dev")]))
"""
    found, has_sys, devices = json.loads(said(run(bubblewrap, code)))
    assert found
    assert set(found.values()) == {0}
    assert not has_sys
    assert set(devices) == {
        "core", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty",
        "urandom", "zero",
    }  # fmt: skip


def test_a_launcher_that_somebody_killed_is_replaced(bubblewrap: Bubblewrap) -> None:
    process = bubblewrap.start(python("print(input().upper())"))
    launcher = launching._own.launcher
    assert launcher is not None
    launcher._process.kill()
    launcher._process.wait(30)
    assert said(run(bubblewrap, "print('next')")) == "next\n"
    process.stdin.write(b"still here\n")
    assert process.stdout.readline() == b"STILL HERE\n"
    assert process.wait(30).ok


# The child holds copies of all that its parent had open, until its own stdin ends.
FORKING = """
import os, sys
sys.path.insert(0, sys.argv[1])
from harness.sandbox import launching
from harness.sandbox.bubblewrap import Bubblewrap
from harness.sandbox.protocol import Job
process = Bubblewrap().start(Job(tuple(sys.argv[2:])))
line = process.stdout.readline()
if os.fork() == 0:
    os.write(1, line); sys.stdin.read(); os._exit(0)
process.wait()
"""


def test_a_job_ends_with_the_harness_though_a_fork_of_it_lives_on() -> None:
    marker = f"mark-{os.getpid()}-fork"
    job = (PYTHON, "-I", "-S", "-c", f"print(1, flush=True); input()  # {marker}")
    argv = [sys.executable, "-c", FORKING, str(ROOT), *job]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as harness:
        assert harness.stdout is not None
        assert harness.stdout.readline() == b"1\n"
        harness.kill()
        deadline = time.monotonic() + 30
        while (left := inside(marker)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert left == []


def inside(marker: str) -> list[str]:
    """Processes of the job, and not the harness, whose arguments hold the job's."""
    return [found for found in processes_with(marker) if str(ROOT) not in found]


@pytest.mark.parametrize("background", [False, True])
def test_a_job_in_the_background_gives_way(bubblewrap: Bubblewrap, background: bool) -> None:
    code = """
import os
group = "/proc/self/autogroup"
print(os.nice(0), open(group).read().split()[-1] if os.path.exists(group) else os.nice(0))
"""
    expected = NICENESS if background else 0
    assert said(run(bubblewrap, code, background=background)) == f"{expected} {expected}\n"


def test_jobs_that_begin_together_all_give_way(bubblewrap: Bubblewrap) -> None:
    """The kernel refuses it to all but one in a tenth of a second."""
    code = "import os; print(open('/proc/self/autogroup').read().split()[-1])"
    if not Path("/proc/self/autogroup").exists():
        pytest.skip("this kernel does not group processes by session")
    with ThreadPoolExecutor(6) as together:
        done = together.map(lambda _: said(run(bubblewrap, code, background=True)), range(6))
        assert set(done) == {f"{NICENESS}\n"}


def test_a_job_in_the_background_ends_as_any(bubblewrap: Bubblewrap) -> None:
    assert run(bubblewrap, "raise SystemExit(3)", background=True).exit == Exit(3, "exited")
