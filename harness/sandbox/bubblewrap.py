"""The backend without a daemon: bubblewrap, started by our small launcher as root or as anybody."""

from __future__ import annotations

import io
import json
import os
import shutil
import threading
from typing import BinaryIO, cast

from harness.sandbox import etc, seccomp
from harness.sandbox.interpreter import mounts_of
from harness.sandbox.launcher import network
from harness.sandbox.launcher.kernel import memory_file
from harness.sandbox.launching import fork_supervisor
from harness.sandbox.pipes import Collector, CountedReader, Watched, Writer, complete
from harness.sandbox.protocol import Completed, Exit, Job, Limits, SandboxFailure

_ADMIN_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
# An id that no distribution gives to anyone (Debian Policy 9.2.2 reserves 65533 and below to 60000).
UNPRIVILEGED_UID = 65533
# Of a job in the background: a third of another's share. Where the kernel groups processes by session, the
# niceness of the session counts (sched(7), "The autogroup feature").
NICENESS = 5
# Nobody but root may change it more than ten times a second on the whole machine, so it may take some tries.
_GIVE_WAY = f"""
group=/proc/self/autogroup
if [ -w $group ]; then
    for try in $(seq 50); do echo {NICENESS} >$group && break; sleep 0.1; done 2>/dev/null
fi
exec "$@"
"""
_IN_THE_BACKGROUND = ("/bin/sh", "-c", _GIVE_WAY, "sh")


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


class BubblewrapProcess(Watched):
    """A job under our launcher. The lifeline is a pipe that only this process holds open."""

    def __init__(self, job: Job) -> None:
        spec = memory_file("sandbox-spec", json.dumps(_spec(job)).encode())
        (result, result_end), (lifeline_end, self._lifeline) = os.pipe(), os.pipe()
        (stdin_end, stdin), (stdout, stdout_end), (stderr, stderr_end) = os.pipe(), os.pipe(), os.pipe()
        passed = (spec, result_end, lifeline_end, stdin_end, stdout_end, stderr_end)
        try:
            self.launcher = fork_supervisor(passed)
            """The supervisor's process id on this machine."""
        except SandboxFailure:
            _close(result, self._lifeline, stdin, stdout, stderr)
            raise
        finally:
            _close(*passed)
        self._result = b""
        self._over, self._lock = threading.Event(), threading.Lock()
        self._overflowed = False
        self._limits = job.limits
        self.stdin = cast(BinaryIO, Writer(stdin))
        self.stdout: BinaryIO = io.BufferedReader(self._counted(stdout))
        self._stderr = Collector(self._counted(stderr))
        threading.Thread(target=self._watch, args=(result,), daemon=True, name="sandbox-watch").start()

    def _counted(self, handle: int) -> CountedReader:
        return CountedReader(handle, self._limits.output_bytes, self._overflow)

    def kill(self) -> None:
        self._cut_lifeline()
        self._over.wait()

    def _overflow(self) -> None:
        self._overflowed = True
        self._cut_lifeline()

    def _cut_lifeline(self) -> None:
        with self._lock:
            if self._lifeline >= 0:
                os.close(self._lifeline)
                self._lifeline = -1

    def _watch(self, result: int) -> None:
        """Read until the supervisor has ended: it alone holds the other end."""
        with open(result, "rb") as stream:
            self._result = stream.read()
        self._cut_lifeline()
        self._over.set()

    def exit(self) -> Exit:
        if self._overflowed:
            return Exit(None, "output", f"wrote more than {self._limits.output_bytes} bytes")
        if not self._result:
            return Exit(None, "killed", "somebody ended the launcher")
        result = json.loads(self._result)
        if "error" in result:
            raise SandboxFailure(
                f"{result['error']}\n{self._stderr.last_words()}".strip(), hint="harness doctor"
            )
        return Exit(**result)


def _close(*handles: int) -> None:
    for handle in handles:
        os.close(handle)


def _argv(job: Job) -> tuple[str, ...]:
    return (*_IN_THE_BACKGROUND, *job.argv) if job.background else job.argv


def _spec(job: Job) -> dict[str, object]:
    limits = job.limits
    return {
        "argv": _argv(job),
        "niceness": NICENESS if job.background else 0,
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
        "bwrap": find_tool("bwrap") or "bwrap",
        "seccomp": seccomp.program().hex(),
        "memory_bytes": limits.memory_bytes,
        "processes": limits.processes,
        "open_files": limits.open_files,
        "file_bytes": limits.file_bytes,
        "tmp_bytes": limits.tmp_bytes,
        "disk_bytes": limits.disk_bytes,
        "disk_files": limits.disk_files,
        "cpu_seconds": limits.cpu_seconds,
        "wall_seconds": limits.wall_seconds,
    }


def _why_not(backend: Bubblewrap) -> str | None:
    missing = [] if find_tool("bwrap") else ["bubblewrap"]
    try:
        network.library()
    except OSError:
        missing.append("libnftables1")
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
