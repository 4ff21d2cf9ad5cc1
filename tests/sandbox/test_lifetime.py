"""How jobs are spoken to, end, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.sandbox import engine
from harness.sandbox.protocol import Backend, Job, Mount, SandboxFailure
from harness.sandbox.reaper import LABEL
from tests.sandbox.world import PYTHON, QUICK, Listener, processes_with, python, run, said

# A grandchild in a session of its own, with every signal that can be ignored ignored.
DAEMON = """
import os, signal, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT): signal.signal(number, signal.SIG_IGN)
        print("daemon", flush=True)
        {after}
        time.sleep(600)  # {marker}
    os._exit(0)
os.wait()
"""


def eventually(condition: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def marker() -> str:
    return f"mark-{uuid.uuid4().hex}"


def test_a_call_and_its_answer(backend: Backend) -> None:
    process = backend.start(python("while True: print(input().upper(), flush=True)"))
    for word in (b"one\n", b"two\n"):
        process.stdin.write(word)
        assert process.stdout.readline() == word.upper()
    assert process.poll() is None
    with pytest.raises(TimeoutError):
        process.wait(0.01)
    process.stdin.close()
    assert process.wait(30).code == 1
    assert "EOFError" in process.stderr_tail()
    assert process.poll() == process.wait()


@pytest.mark.parametrize(
    ("code", "expected"), [("import sys; sys.exit(7)", 7), ("import os; os.abort()", 134)]
)
def test_the_exit_status_is_told(backend: Backend, code: str, expected: int) -> None:
    done = run(backend, code)
    assert (done.exit.reason, done.exit.code) == ("exited", expected)


def test_a_program_that_is_not_there_is_our_failure(backend: Backend) -> None:
    with pytest.raises(SandboxFailure, match="no-such-program"):
        backend.run(Job(("/usr/bin/no-such-program",), limits=QUICK))


def test_a_mount_that_is_not_there_is_our_failure(backend: Backend, tmp_path: Path) -> None:
    with pytest.raises(SandboxFailure, match="nothing-here"):
        run(backend, "", mounts=(Mount(tmp_path / "nothing-here", "/opt/given"),))


def test_killing_takes_the_whole_tree(backend: Backend, gateway: Listener, marker: str) -> None:
    code = DAEMON.format(after="", marker=marker) + "time.sleep(600)"
    process = backend.start(python(code, gateway=gateway.path))
    assert process.stdout.readline() == b"daemon\n"
    assert processes_with(marker)
    process.kill()
    assert processes_with(marker) == []
    assert process.wait(30).reason == "killed"
    process.kill()


def test_nothing_stays_behind(
    backend: Backend, gateway: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def use() -> None:
        said(run(backend, "print(1)", gateway=gateway.path))
        process = backend.start(python("input()", gateway=gateway.path))
        process.kill()
        process.stdin.close()
        process.stdout.close()

    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    use()
    before = descriptors()
    uses = 4
    for _ in range(uses):
        use()
    # The engine's client keeps a connection for each thread that asks at once; a leak would be one a use.
    assert eventually(lambda: descriptors() < before + uses)
    assert list(tmp_path.iterdir()) == []
    assert not [line for line in Path("/proc/self/mounts").read_text().splitlines() if ours(line)]
    if backend.name == "docker":
        label = f"{LABEL}={engine.labels()[LABEL]}"
        assert engine.client().containers.list(all=True, filters={"label": label}) == []


def ours(mount: str) -> bool:
    """Whether the launcher made this mount; it may only do so in a namespace of its own."""
    return mount.split()[0] in ("staging", "scratch")


HARNESS = """
import os, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from harness.sandbox.choosing import BACKENDS
from harness.sandbox import engine
from harness.sandbox.protocol import Job
process = BACKENDS[sys.argv[2]]().start(Job(tuple(sys.argv[4:]), gateway=Path(sys.argv[3])))
sys.stdout.buffer.write(process.stdout.readline()); sys.stdout.flush()
process.wait()
"""


def test_nothing_survives_a_kill_of_the_harness(backend: Backend, gateway: Listener, marker: str) -> None:
    root = Path(__file__).parents[2]
    code = DAEMON.format(after="", marker=marker) + "time.sleep(600)"
    arguments = [str(root), backend.name, str(gateway.path), PYTHON, "-I", "-S", "-c", code]
    with subprocess.Popen([sys.executable, "-c", HARNESS, *arguments], stdout=subprocess.PIPE) as harness:
        assert harness.stdout is not None
        assert harness.stdout.readline() == b"daemon\n"
        os.kill(harness.pid, signal.SIGKILL)
        harness.wait(30)
    assert eventually(lambda: processes_with(marker) == [])
    if backend.name == "docker":
        assert eventually(lambda: marker not in str(engine.client().api.containers(all=True, trunc=False)))
