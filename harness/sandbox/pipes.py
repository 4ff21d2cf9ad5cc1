"""A job's input, and its output, counted while it is read."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from harness.sandbox.protocol import Completed, Exit, Process

if TYPE_CHECKING:
    from typing_extensions import Buffer

TAIL_BYTES = 16 << 10
_CHUNK = 64 << 10


class CountedReader(io.RawIOBase):
    """Reads a descriptor up to `limit` bytes; at the limit it calls `overflow` once and ends."""

    def __init__(self, handle: int, limit: int, overflow: Callable[[], None]) -> None:
        super().__init__()
        self._handle = handle
        self._left = limit
        self._overflow = overflow

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._handle

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._left < 0:
            return 0
        # One byte more than allowed tells a flood from output that just fits.
        data = os.read(self._handle, min(len(buffer), self._left + 1))
        self._left -= len(data)
        if self._left < 0:
            data = data[:-1]
            self._overflow()
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            os.close(self._handle)
        super().close()


class Writer(io.RawIOBase):
    """Writes all of what it is given to a descriptor, at once; BrokenPipeError when no one can read it."""

    def __init__(self, handle: int) -> None:
        super().__init__()
        self._handle = handle

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._handle

    def write(self, data: Buffer) -> int:
        rest = memoryview(data).cast("B")
        size = len(rest)
        while rest:
            rest = rest[os.write(self._handle, rest) :]
        return size

    def close(self) -> None:
        if not self.closed:
            os.close(self._handle)
        super().close()


class Collector:
    """Drains a reader in a thread of its own and keeps what came; the reader bounds how much."""

    def __init__(self, reader: io.RawIOBase) -> None:
        self._reader = reader
        self._kept = bytearray()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._drain, daemon=True, name="sandbox-stderr")
        self._thread.start()

    def _drain(self) -> None:
        with self._reader:
            while chunk := self._reader.read(_CHUNK):
                with self._lock:
                    self._kept += chunk

    def tail(self) -> str:
        with self._lock:
            return bytes(self._kept[-TAIL_BYTES:]).decode("utf-8", "replace")

    def last_words(self, patience: float = 5.0) -> str:
        """The tail, once the other end is closed or `patience` seconds have passed."""
        self._thread.join(patience)
        return self.tail()

    def everything(self) -> bytes:
        """All of it, once the other end is closed."""
        self._thread.join()
        return bytes(self._kept)


class Watched:
    """A process whose end a thread of ours waits for: then it sets `_over`, and `exit` tells it."""

    _over: threading.Event
    _stderr: Collector

    def stderr_tail(self) -> str:
        return self._stderr.tail()

    def stderr(self) -> bytes:
        """All of stderr, once the job is over."""
        return self._stderr.everything()

    def poll(self) -> Exit | None:
        return self.wait() if self._over.is_set() else None

    def wait(self, timeout: float | None = None) -> Exit:
        if not self._over.wait(timeout):
            raise TimeoutError(f"the job still runs after {timeout} s")
        return self.exit()

    def exit(self) -> Exit:
        """The end of a job that is over; raises SandboxFailure when the sandbox could not be set up."""
        raise NotImplementedError


class CollectedProcess(Process, Protocol):
    """A process whose stderr is kept whole."""

    def stderr(self) -> bytes: ...


def complete(process: CollectedProcess) -> Completed:
    """Run a process to its end with an empty stdin."""
    process.stdin.close()
    with process.stdout:
        stdout = process.stdout.read()
    return Completed(process.wait(), stdout, process.stderr())
