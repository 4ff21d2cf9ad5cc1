"""The harness's side of the warm launcher, of which every process that starts jobs has one.

A new interpreter with the launcher's modules takes 35 ms to begin; the warm one forks a supervisor in one.
"""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, cast

from harness.sandbox.protocol import SandboxFailure

_HERE = Path(__file__).resolve().parent
_SERVE = "import sys; sys.path.insert(0, sys.argv[1]); from launcher.server import main; main()"
_TRIES = 2  # somebody may have ended the one we had


class Launcher:
    """A process of `launcher.server`. It ends when this process does, or at `close`."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _SERVE, str(_HERE), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                cwd="/",
                env={},
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )

    def start(self, handles: Sequence[int]) -> int:
        """The process id of a new supervisor. Raises OSError when this launcher is no more."""
        socket.send_fds(self._control, [b"."], handles)
        words = self._control.recv(32)
        if not words:
            raise ConnectionResetError("the launcher has ended")
        return int(words)

    def close(self) -> str:
        """End it; the supervisors it started go on. Returns its last words, which only a failure has."""
        self._control.close()
        with cast(IO[bytes], self._process.stderr) as stream:
            words = stream.read()
        self._process.wait()
        return words.decode("utf-8", "replace").strip()


class _Own:
    """This process's launcher. A fork of this process gets one of its own: the old one watches its parent."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.launcher: Launcher | None = None
        self._parents: list[Launcher | None] = []

    def forget(self) -> None:
        self._parents.append(self.launcher)
        self.lock, self.launcher = threading.Lock(), None

    def close(self) -> None:
        if self.launcher:
            self.launcher.close()


_own = _Own()
atexit.register(_own.close)
os.register_at_fork(after_in_child=_own.forget)


def fork_supervisor(handles: Sequence[int]) -> int:
    """Start a supervisor with copies of `handles` (`launcher.supervisor.serve`) and return its process id.

    Raises SandboxFailure when no launcher lasts.
    """
    words = ""
    with _own.lock:
        for _ in range(_TRIES):
            launcher = _own.launcher = _own.launcher or Launcher()
            try:
                return launcher.start(handles)
            except OSError:
                words = launcher.close()
                _own.launcher = None
    raise SandboxFailure("the sandbox's launcher ended by itself", hint=words or "harness doctor")
