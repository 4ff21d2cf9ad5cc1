"""The backend without a daemon: bubblewrap, started by our small launcher as root or as anybody."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, BinaryIO, cast

from harness.sandbox import etc, seccomp
from harness.sandbox.interpreter import mounts_of
from harness.sandbox.protocol import Completed, Exit, Job, Limits, SandboxFailure
from harness.sandbox.streams import Collector, CountedReader, Writer, complete

_HERE = Path(__file__).resolve().parent
_LAUNCH = "import sys; sys.path.insert(0, sys.argv[1]); from launcher.supervisor import main; main()"
_ADMIN_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
# An id that no distribution gives to anyone (Debian Policy 9.2.2 reserves 65533 and below to 60000).
UNPRIVILEGED_UID = 65533
TOOLS = {"bwrap": "bubblewrap", "nft": "nftables", "ip": "iproute2"}  # program: Debian package


def find_tool(name: str) -> str | None:
    return shutil.which(name, path=_ADMIN_PATH)


class Bubblewrap:
    """Runs jobs with bubblewrap 0.8 or newer; needs unprivileged user namespaces, or root."""

    name = "bubblewrap"

    def __init__(self) -> None:
        self._reason: str | None = None
        self._checked = False

    def health_check(self) -> str | None:
        if not self._checked:
            self._reason = _why_not(self)
            self._checked = True
        return self._reason

    def start(self, job: Job) -> BubblewrapProcess:
        return BubblewrapProcess(job)

    def run(self, job: Job) -> Completed:
        return complete(self.start(job))


class BubblewrapProcess:
    """A job under our launcher. The lifeline is a pipe that only this process holds open."""

    def __init__(self, job: Job) -> None:
        spec_handle = _memory_file(json.dumps(_spec(job)))
        result, result_end = os.pipe()
        lifeline_end, self._lifeline = os.pipe()
        passed = (spec_handle, result_end, lifeline_end)
        try:
            self._popen = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _LAUNCH, str(_HERE), *map(str, passed)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                env={},
                pass_fds=passed,
                start_new_session=True,
            )
        finally:
            for handle in passed:
                os.close(handle)
        self._result = result
        self._lock = threading.Lock()
        self._exit: Exit | None = None
        self._overflowed = False
        with cast(IO[bytes], self._popen.stdin) as pipe:
            self.stdin = cast(BinaryIO, Writer(os.dup(pipe.fileno())))
        self.stdout: BinaryIO = io.BufferedReader(self._counted(self._popen.stdout, job.limits))
        self._stderr = Collector(self._counted(self._popen.stderr, job.limits))
        self._limits = job.limits

    def _counted(self, pipe: IO[bytes] | None, limits: Limits) -> CountedReader:
        with cast(IO[bytes], pipe) as stream:
            return CountedReader(os.dup(stream.fileno()), limits.output_bytes, self._overflow)

    @property
    def launcher(self) -> int:
        """The supervisor's process id on this machine."""
        return self._popen.pid

    def stderr_tail(self) -> str:
        return self._stderr.tail()

    def stderr(self) -> bytes:
        """All of stderr, once the job is over."""
        return self._stderr.everything()

    def poll(self) -> Exit | None:
        return None if self._popen.poll() is None else self.wait()

    def wait(self, timeout: float | None = None) -> Exit:
        try:
            self._popen.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"the job still runs after {timeout:g} s") from error
        with self._lock:
            if self._exit is None:
                self._exit = self._read_result()
                self._release()
            return self._exit

    def kill(self) -> None:
        self._cut_lifeline()
        with contextlib.suppress(SandboxFailure):
            self.wait()

    def _overflow(self) -> None:
        self._overflowed = True
        self._cut_lifeline()

    def _cut_lifeline(self) -> None:
        with self._lock:
            if self._lifeline >= 0:
                os.close(self._lifeline)
                self._lifeline = -1

    def _release(self) -> None:
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        os.close(self._result)

    def _read_result(self) -> Exit:
        words = os.read(self._result, 65536)
        if self._overflowed:
            return Exit(None, "output", f"wrote more than {self._limits.output_bytes} bytes")
        if not words:
            if self._popen.returncode < 0:
                return Exit(None, "killed", f"the launcher got signal {-self._popen.returncode}")
            raise SandboxFailure("the sandbox's launcher failed", hint=self._stderr.tail().strip() or None)
        result = json.loads(words)
        if "error" in result:
            raise SandboxFailure(f"{result['error']}\n{self._stderr.tail()}".strip(), hint="harness doctor")
        return Exit(**result)


def _spec(job: Job) -> dict[str, object]:
    limits = job.limits
    tools = {name: find_tool(name) or name for name in TOOLS}
    return {
        "argv": job.argv,
        "env": dict(job.env),
        "cwd": job.cwd,
        "mounts": [
            {"source": str(mount.source.resolve()), "target": mount.target, "writable": mount.writable}
            for mount in mounts_of(job)
        ],
        "gateway": str(job.gateway.resolve()) if job.gateway else None,
        "etc": etc.FILES,
        "etc_paths": etc.PATHS,
        "uid": UNPRIVILEGED_UID,
        "tools": tools,
        "seccomp": seccomp.program().hex(),
        "memory_bytes": limits.memory_bytes,
        "processes": limits.processes,
        "open_files": limits.open_files,
        "file_bytes": limits.file_bytes,
        "tmp_bytes": limits.tmp_bytes,
        "cpu_seconds": limits.cpu_seconds,
        "wall_seconds": limits.wall_seconds,
    }


def _memory_file(text: str) -> int:
    handle = os.memfd_create("sandbox-spec")
    os.write(handle, text.encode())
    os.lseek(handle, 0, os.SEEK_SET)
    return handle


def _why_not(backend: Bubblewrap) -> str | None:
    missing = [package for tool, package in TOOLS.items() if find_tool(tool) is None]
    if missing:
        return f"{', '.join(missing)} not installed → sudo apt-get install {' '.join(missing)}"
    if reason := seccomp.why_not():
        return reason
    trial = Job(("/bin/true",), limits=Limits(wall_seconds=20))
    try:
        done = backend.run(trial)
    except SandboxFailure as error:
        return f"a trial start failed: {error.message.splitlines()[0]} → {_advice(str(error))}"
    return None if done.exit.ok else f"a trial start ended with {done.exit}"


def _advice(words: str) -> str:
    if "disable-userns" in words:
        return "bubblewrap 0.8 or newer is needed"
    if "unshare" in words or "ermission" in words or "uid map" in words:
        return (
            "unprivileged user namespaces seem to be off: sudo sysctl -w kernel.unprivileged_userns_clone=1 "
            "kernel.apparmor_restrict_unprivileged_userns=0 (those that exist), or run as root"
        )
    return "see the message above"
