"""Git, run so that nothing a repository brings can act: no hook, filter, helper or foreign protocol.

Git gets an environment made from scratch and limits on time, processor time, memory, output and file size.
Its process group is killed as one, also when the harness itself is killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from harness.forks import limits
from harness.forks.errors import GitFailed, GitTimedOut, TooLarge
from harness.forks.git_environment import SETTINGS, environment, git_program
from harness.ownership import dies_with_us


@dataclass(frozen=True)
class Finished:
    """What a git command wrote. `stderr` is cut at 64 KiB."""

    code: int
    stdout: bytes
    stderr: str


def run(
    arguments: Sequence[str],
    *,
    cwd: Path,
    stdin: bytes | Iterable[bytes] = b"",
    timeout: float | None = None,
    output_limit: int | None = None,
    codes: Sequence[int] = (0,),
    protocol: str | None = None,
    settings: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
) -> Finished:
    """Run `git <arguments>`; `timeout` in seconds, `output_limit` in bytes of stdout, each with a default.

    `codes` are the exit codes taken as an answer. Raises GitFailed on any other, GitTimedOut, TooLarge.
    """
    process = subprocess.Popen(
        _limited(arguments),
        cwd=cwd,
        env=environment({**SETTINGS, **(settings or {})}, protocol) | dict(env or {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        seconds = timeout or limits.LOCAL_SECONDS
        finished = _converse(process, stdin, seconds, output_limit or limits.OUTPUT_BYTES, arguments)
    finally:
        _kill(process)
    if finished.code not in codes:
        raise GitFailed(arguments, finished.code, finished.stderr)
    return finished


def _limited(arguments: Sequence[str]) -> list[str]:
    """The command under its limits; `ulimit` counts blocks of 512 bytes, KiB and seconds."""
    # Without the signal of a file over its limit, git says what was wrong before it ends.
    shell = (
        f"trap '' XFSZ; ulimit -c 0; ulimit -f {limits.PACK_BYTES // 512}; ulimit -t {limits.CPU_SECONDS}; "
        f'ulimit -v {limits.MEMORY_BYTES // 1024} 2>/dev/null; exec "$0" "$@"'
    )
    return [*dies_with_us(), "/bin/sh", "-c", shell, git_program(), *arguments]


def _converse(
    process: subprocess.Popen[bytes],
    stdin: bytes | Iterable[bytes],
    timeout: float,
    output_limit: int,
    arguments: Sequence[str],
) -> Finished:
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise GitFailed(arguments, None, "no pipes")
    out = _Reader(process, process.stdout, output_limit)
    err = _Reader(None, process.stderr, limits.STDERR_BYTES)
    writer = _Writer(process, process.stdin, stdin)
    threads = (out, err, writer)
    for thread in threads:
        thread.start()
    try:
        ended = _ended(process, timeout)
    finally:
        _kill(process)
        for thread in threads:
            thread.join(10)
    if writer.error is not None:
        raise writer.error
    if out.overflow:
        raise TooLarge(f"the answer of git {arguments[0]}", f"{output_limit // limits.MIB} MiB")
    if not ended:
        raise GitTimedOut(arguments, timeout)
    return Finished(process.returncode, bytes(out.data), err.data.decode("utf-8", "replace"))


def _ended(process: subprocess.Popen[bytes], timeout: float) -> bool:
    """Wait for git to end, without taking its id from it: its helpers may live on in its group."""
    deadline, pause = time.monotonic() + timeout, 0.0005
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
        pause = min(pause * 2, 0.05)
    return True


class _Reader(threading.Thread):
    """Collects a pipe up to a limit; what exceeds it is dropped, and ends `process` where one is given."""

    def __init__(self, process: subprocess.Popen[bytes] | None, stream: IO[bytes], limit: int) -> None:
        super().__init__(daemon=True)
        self._process, self._stream, self._limit = process, stream, limit
        self.data = bytearray()
        self.overflow = False

    def run(self) -> None:
        with self._stream as stream:
            while chunk := stream.read1(65536):  # type: ignore[attr-defined]  # BufferedReader has it
                if len(self.data) + len(chunk) <= self._limit:
                    self.data += chunk
                elif not self.overflow:
                    self.overflow = True
                    if self._process is not None:
                        _signal(self._process)


class _Writer(threading.Thread):
    """Feeds a pipe; what goes wrong while the content is made ends `process` and is kept in `error`."""

    def __init__(
        self, process: subprocess.Popen[bytes], stream: IO[bytes], content: bytes | Iterable[bytes]
    ) -> None:
        super().__init__(daemon=True)
        self._process, self._stream = process, stream
        self._chunks = iter((content,) if isinstance(content, bytes) else content)
        self.error: Exception | None = None

    def run(self) -> None:
        with contextlib.suppress(OSError), self._stream as stream:
            for chunk in self._made():
                stream.write(chunk)

    def _made(self) -> Iterator[bytes]:
        try:
            yield from self._chunks
        except Exception as error:
            self.error = error
            _signal(self._process)


def _signal(process: subprocess.Popen[bytes]) -> None:
    """Kill the whole group, helpers of the transport included. A reaped one's id may be another's by now."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _kill(process: subprocess.Popen[bytes]) -> None:
    _signal(process)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
