"""What the sandbox tests build their small worlds from."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.sandbox.protocol import Backend, Completed, Job, Limits

PYTHON = str(Path(sys.executable).resolve())
QUICK = Limits(wall_seconds=60)


def python(code: str, **more: Any) -> Job:
    """A job that runs `code` in this Python's base interpreter."""
    return Job((PYTHON, "-I", "-S", "-c", code), **{"limits": QUICK, **more})


def run(backend: Backend, code: str, **more: Any) -> Completed:
    return backend.run(python(code, **more))


def said(completed: Completed) -> str:
    """What a job printed, having ended well."""
    assert completed.exit.ok, (completed.exit, completed.stderr.decode("utf-8", "replace")[-2000:])
    return completed.stdout.decode()


@dataclass
class Listener:
    """Stands where the gateway does: keeps the shim's messages, answers each connection with `reply`."""

    path: Path
    messages: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)
    reply: bytes = b""

    def listen(self, server: socket.socket) -> None:
        while True:
            try:
                handle, _ = server.accept()
            except OSError:
                return
            with handle:
                self._take(*socket.recv_fds(handle, 4096, 1)[:2])

    def _take(self, line: bytes, descriptors: list[int]) -> None:
        for descriptor in descriptors:
            # The other end may have hung up already.
            with socket.socket(fileno=descriptor) as connection, contextlib.suppress(OSError):
                connection.sendall(self.reply)
        if line:
            self.messages.put(json.loads(line) | {"descriptors": len(descriptors)})

    def next(self) -> dict[str, Any]:
        return self.messages.get(timeout=30)

    def until(self, key: str, value: object) -> list[dict[str, Any]]:
        """The messages up to the one whose `key` is `value`."""
        seen = [self.next()]
        while seen[-1].get(key) != value:
            seen.append(self.next())
        return seen


def processes_with(marker: str) -> list[str]:
    """Command lines on this machine that hold `marker`, ours excepted."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if marker in words and int(folder.name) != os.getpid():
            found.append(f"{folder.name} {words}")
    return found
