"""Git, run so that nothing a repository brings can act: no hook, filter, helper or foreign protocol.

GitPython's command wrapper is replaced by one that starts git with an environment made from scratch
(GitPython's own hands the caller's through), a limit on time, output and file size, and a process group that
is killed as one.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import git

from harness.forks.errors import GitFailed, GitTimedOut, TooLarge

MIB = 1 << 20
OUTPUT_LIMIT = 64 * MIB
PACK_LIMIT = 2048 * MIB
MEMORY_LIMIT = 6144 * MIB
STDERR_LIMIT = 64 * 1024

# The transport runs with these; everything else of the caller's environment stays outside.
PASSED_THROUGH = (
    "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "SSH_AUTH_SOCK", "SUDO_UID",
    "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_EXEC_PATH",
)  # fmt: skip

# git-config(1). Given on each command, so a configuration file that changed under us changes nothing.
SETTINGS: Mapping[str, str] = {
    "core.hooksPath": os.devnull,
    "core.attributesFile": os.devnull,
    "core.fsmonitor": "false",
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    "core.bigFileThreshold": "32m",
    "core.packedGitLimit": "1g",
    "credential.helper": "",
    "diff.renameLimit": "2000",
    "merge.renameLimit": "2000",
    "fetch.recurseSubmodules": "false",
    "submodule.recurse": "false",
    "fetch.writeCommitGraph": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "http.followRedirects": "initial",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "30",
    "protocol.allow": "never",
    "transfer.fsckObjects": "true",
    "uploadpack.allowFilter": "false",
}


@dataclass(frozen=True)
class Finished:
    """What a git command wrote. `stderr` is cut at 64 KiB."""

    code: int
    stdout: bytes
    stderr: str


def environment(settings: Mapping[str, str], protocols: Sequence[str] = ()) -> dict[str, str]:
    """An environment for git in which only `settings` count and only `protocols` may be spoken."""
    env = {name: os.environ[name] for name in PASSED_THROUGH if name in os.environ}
    env |= {
        "LC_ALL": "C",
        "TZ": "UTC",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TEMPLATE_DIR": "",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "true",
        "SSH_ASKPASS": "true",
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes -oConnectTimeout=20",
        "GIT_PROTOCOL_FROM_USER": "0",
        "GIT_ALLOW_PROTOCOL": ":".join(protocols) or "none",
        "GIT_PAGER": "cat",
        "GIT_CONFIG_COUNT": str(len(settings)),
    }
    for number, (key, value) in enumerate(settings.items()):
        env[f"GIT_CONFIG_KEY_{number}"] = key
        env[f"GIT_CONFIG_VALUE_{number}"] = value
    return env


class HardenedGit(git.Git):
    """GitPython's command wrapper over `run`. Set as `GitCommandWrapperType` of a Repo class."""

    def execute(  # type: ignore[override]  # one return type for the few options we use, not ten overloads
        self,
        command: Sequence[str],
        istream: IO[bytes] | None = None,
        *,
        stdout_as_string: bool = True,
        strip_newline_in_stdout: bool = True,
        kill_after_timeout: float | None = None,
        **_unused: Any,
    ) -> str | bytes:
        """Run to the end and give back stdout; raises GitFailed, GitTimedOut or TooLarge."""
        finished = run(
            list(command)[1:],
            cwd=Path(self._working_dir or "."),
            stdin=istream.read() if istream else b"",
            timeout=kill_after_timeout or 120,
        )
        if not stdout_as_string:
            return finished.stdout
        text = finished.stdout.decode("utf-8", "replace")
        return text.rstrip("\n") if strip_newline_in_stdout else text


def run(
    arguments: Sequence[str],
    *,
    cwd: Path,
    stdin: bytes | Iterable[bytes] = b"",
    timeout: float = 120,
    output_limit: int = OUTPUT_LIMIT,
    codes: Sequence[int] = (0,),
    protocols: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
) -> Finished:
    """Run `git <arguments>`; `timeout` in seconds, `output_limit` in bytes of stdout.

    `codes` are the exit codes taken as an answer. Raises GitFailed on any other, GitTimedOut, TooLarge.
    """
    full = environment({**SETTINGS, **(settings or {})}, protocols) | dict(env or {})
    process = subprocess.Popen(
        _limited(arguments),
        cwd=cwd,
        env=full,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        finished = _converse(process, stdin, timeout, output_limit, arguments)
    finally:
        _kill(process)
    if finished.code not in codes:
        raise GitFailed(arguments, finished.code, finished.stderr)
    return finished


def _limited(arguments: Sequence[str]) -> list[str]:
    """The command under file-size and memory limits; units of `ulimit` are 512-byte blocks and KiB."""
    shell = f'ulimit -f {PACK_LIMIT // 512}; ulimit -v {MEMORY_LIMIT // 1024} 2>/dev/null; exec git "$@"'
    return ["/bin/sh", "-c", shell, "git", *arguments]


def _converse(
    process: subprocess.Popen[bytes],
    stdin: bytes | Iterable[bytes],
    timeout: float,
    output_limit: int,
    arguments: Sequence[str],
) -> Finished:
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise GitFailed(arguments, None, "no pipes")
    out, err = _Reader(process, process.stdout, output_limit), _Reader(None, process.stderr, STDERR_LIMIT)
    writer = _Writer(process, process.stdin, stdin)
    threads = (out, err, writer)
    for thread in threads:
        thread.start()
    try:
        code = process.wait(timeout)
    except subprocess.TimeoutExpired:
        raise GitTimedOut(arguments, timeout) from None
    finally:
        _kill(process)
        for thread in threads:
            thread.join(10)
    if writer.error is not None:
        raise writer.error
    if out.overflow:
        raise TooLarge(f"the answer of git {arguments[0]}", f"{output_limit // MIB} MiB")
    return Finished(code, bytes(out.data), err.data.decode("utf-8", "replace"))


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
                        _kill(self._process)


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
            _kill(self._process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the whole group, helpers of the transport included. A finished one's id may be another's by now."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
