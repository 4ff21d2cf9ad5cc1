"""What every sandbox backend offers, and the values that cross its border."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from harness.errors import OurFailure, UserError

WORK = "/tmp/work"  # noqa: S108 - a path inside the sandbox, not on this machine
Reason = Literal["exited", "killed", "wall_clock", "memory", "output", "cpu", "disk"]


class NoSandboxError(UserError):
    """No sandbox can be started on this machine; the hint says what to install or allow."""


class SandboxFailure(OurFailure):
    """The sandbox itself broke (not what ran in it); never held against a submission."""


@dataclass(frozen=True)
class Limits:
    """Upper bounds of one job; each is enforced by the kernel or by the backend, never by what runs inside.

    The kernel ends or refuses at once: `memory_bytes` of the whole job where a memory cgroup can be had,
    `cpu_seconds` of each process, `processes` (threads count), `open_files` of each process, `file_bytes` of
    each file, `tmp_bytes` of /tmp and /dev/shm together. The backend looks five times a second, so that a job
    may get beyond by what it does in that time: `memory_bytes` of the whole job where there is no cgroup,
    `cpu_seconds` of all its processes together, `disk_bytes` and `disk_files` (a folder counts as one) of
    what is in its writable mounts. `output_bytes` is per stream (stdout and stderr). `wall_seconds` is real
    time from start.
    """

    memory_bytes: int = 1 << 30
    processes: int = 128
    open_files: int = 512
    file_bytes: int = 256 << 20
    tmp_bytes: int = 256 << 20
    disk_bytes: int = 1 << 30
    disk_files: int = 50_000
    output_bytes: int = 8 << 20
    cpu_seconds: int = 120
    wall_seconds: float = 180


@dataclass(frozen=True)
class Mount:
    """`source` on this machine (file or folder, symlinks followed) seen at the absolute path `target`.

    Where a target lies in another, read-only mount, that mount must already hold a file or folder there.
    """

    source: Path
    target: str
    writable: bool = False


@dataclass(frozen=True)
class Job:
    """One program to run in a sandbox.

    `argv[0]` is a path inside. When it is a virtual environment's interpreter, the backend adds the base
    interpreter's folder by itself. `env` is the whole environment: nothing else is passed in. `gateway` is
    the gateway's Unix socket on this machine; None means no network at all, only an own loopback. A job in
    the `background` leaves the processors to others where these want them: connectors play against a clock.
    """

    argv: tuple[str, ...]
    mounts: tuple[Mount, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str = WORK
    limits: Limits = Limits()
    gateway: Path | None = None
    background: bool = False


@dataclass(frozen=True)
class Exit:
    """How a job ended. `code` is its exit status (128 + n for signal n), None when we ended it."""

    code: int | None
    reason: Reason
    detail: str = ""

    @property
    def ok(self) -> bool:
        return self.reason == "exited" and self.code == 0


@dataclass(frozen=True)
class Completed:
    """A finished job and what it wrote, each stream cut at `Limits.output_bytes`."""

    exit: Exit
    stdout: bytes
    stderr: bytes


class Process(Protocol):
    """A running job; every method may be called from any thread."""

    @property
    def stdin(self) -> BinaryIO:
        """Unbuffered writer; BrokenPipeError when the job is gone. Blocks while the job does not read."""

    @property
    def stdout(self) -> BinaryIO:
        """Blocking reader; returns what is there, b"" at the end. Past `output_bytes` the job is killed."""

    def stderr_tail(self) -> str:
        """The last 16 KiB of stderr so far, undecodable bytes replaced."""

    def poll(self) -> Exit | None:
        """The end, or None while it runs. Raises SandboxFailure when the sandbox could not be set up."""

    def wait(self, timeout: float | None = None) -> Exit:
        """Wait for the end, `timeout` in seconds.

        Raises TimeoutError when it still runs (it is not killed) and SandboxFailure when the sandbox could
        not be set up.
        """

    def kill(self) -> None:
        """End the whole process tree and return when nothing of it is left. Harmless when it is over."""


class Backend(Protocol):
    """One way to run jobs."""

    @property
    def name(self) -> str: ...

    def health_check(self) -> str | None:
        """Why this backend cannot be used here, with the command that helps, or None."""

    def start(self, job: Job) -> Process:
        """Start `job`. Raises SandboxFailure."""

    def run(self, job: Job) -> Completed:
        """Run `job` to its end with an empty stdin. Raises SandboxFailure."""
