"""What bubblewrap's launcher does beyond the common protocol."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pyseccomp
import pytest

from harness.sandbox.bubblewrap import Bubblewrap
from harness.sandbox.protocol import Mount
from tests.sandbox.world import Listener, processes_with, python, run, said

ROOT = Path(__file__).parents[2]
ANYBODY = 54321
NEW_ENOUGH = "import sys; sys.exit(sys.version_info < (3, 11))"
AS_ANYBODY = """
import sys; sys.path[:0] = [sys.argv[1], sys.argv[3]]
from pathlib import Path
from harness.sandbox.bubblewrap import Bubblewrap
from harness.sandbox.protocol import Job
backend = Bubblewrap()
print(backend.health_check())
code = "import os, socket; print(socket.create_connection(('9.9.9.9', 99)).recv(9), os.getuid())"
done = backend.run(Job(("/usr/bin/python3", "-c", code), gateway=Path(sys.argv[2])))
sys.stdout.write(done.stdout.decode()); sys.stderr.write(repr(done))
"""


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


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_it_needs_no_root(gateway: Listener, tmp_path: Path) -> None:
    other = shutil.which("python3", path="/usr/bin")
    if other is None or subprocess.run([other, "-c", NEW_ENOUGH], check=False).returncode != 0:
        pytest.skip("no Python 3.11 or newer in /usr/bin, which anybody may run")
    gateway.reply = b"hello"
    libraries = gateway.path.parent / "libraries"
    libraries.mkdir()
    shutil.copy(pyseccomp.__file__, libraries)
    for folder in (gateway.path.parent, gateway.path):
        os.chown(folder, ANYBODY, ANYBODY)
    argv = [other, "-B", "-c", AS_ANYBODY, str(ROOT), str(gateway.path), str(libraries)]
    done = subprocess.run(
        argv,
        user=ANYBODY,
        group=ANYBODY,
        extra_groups=[],
        env={},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.decode() == "None\nb'hello' 1000\n", done.stderr.decode()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_launchers_death_ends_everything(bubblewrap: Bubblewrap, gateway: Listener, number: int) -> None:
    marker = f"mark-{os.getpid()}-{number}"
    process = bubblewrap.start(python(f"print(1, flush=True); input()  # {marker}", gateway=gateway.path))
    assert process.stdout.readline() == b"1\n"
    os.kill(process.launcher, number)
    assert process.wait(30).reason == "killed"
    process.stdout.read()
    assert processes_with(marker) == []
