"""One writer at a time: a lock on a file that the kernel lets go of when its owner ends, however it ends."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from harness.errors import UserError
from harness.paths import made

FILE = ".writing"  # in the folder that is written


class Writer(BaseModel):
    """Who writes, as it says itself in the file it has locked."""

    model_config = ConfigDict(frozen=True)

    pid: int
    host: str
    since: datetime
    command: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since:%Y-%m-%d %H:%M:%S} UTC ({self.command})"


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Be the only one that writes into `folder`, which is made where it is not there.

    Raises UserError, saying who writes, where somebody else does, and for a folder that cannot be made or
    written into.
    """
    made(folder)
    with writing_beside(folder / FILE, folder):
        yield


@contextmanager
def writing_beside(lock: Path, what: Path) -> Iterator[None]:
    """The same for anything, `what`, by a lock file that is there only meanwhile."""
    descriptor = _locked(lock, what)
    try:
        us = Writer(pid=os.getpid(), host=socket.gethostname(), since=datetime.now(UTC), command=_command())
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, us.model_dump_json().encode(), 0)
        yield
    finally:
        lock.unlink(missing_ok=True)  # while it is still ours: who opened it meanwhile looks again
        os.close(descriptor)


def _locked(lock: Path, what: Path) -> int:
    for _ in range(100):
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            try:
                raise _taken(descriptor, what) from None
            finally:
                os.close(descriptor)
        except OSError:
            os.close(descriptor)
            raise
        if _is_still(lock, descriptor):
            return descriptor
        os.close(descriptor)
    raise UserError("other programs keep creating and removing its lock file", where=str(lock))


def _is_still(lock: Path, descriptor: int) -> bool:
    """Whether the file locked is the one of that name: the owner before may have removed it just now."""
    try:
        there = lock.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(there, os.fstat(descriptor))


def _taken(descriptor: int, what: Path) -> UserError:
    try:
        holder = str(Writer.model_validate_json(os.pread(descriptor, 10_000, 0)))
    except (ValidationError, json.JSONDecodeError):  # it has not said yet
        holder = "another process of the harness"
    return UserError(
        f"{holder} is writing to this folder",
        where=str(what),
        hint="wait until it has ended, or stop it, and run the command again; its results are kept",
    )


def _command() -> str:
    """Without its options: one may hold a secret."""
    return " ".join((Path(sys.argv[0]).name, *(word for word in sys.argv[1:2] if word.isalpha())))
