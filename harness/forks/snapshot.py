"""Files of a folder as a commit in the store, byte for byte: no filter, no index, no trace in that folder."""

from __future__ import annotations

import itertools
import os
import stat
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from harness.forks.errors import TooLarge
from harness.forks.hardened import MIB
from harness.forks.store import ObjectStore

FILE_LIMIT = 100 * MIB
TOTAL_LIMIT = 1024 * MIB


@dataclass(frozen=True)
class Signature:
    """Who and when, for a commit of ours."""

    name: str
    email: str
    at: datetime

    def line(self) -> bytes:
        name, email = (
            part.translate({ord(mark): None for mark in "<>\n\0"}) for part in (self.name, self.email)
        )
        return f"{name} <{email}> {int(self.at.timestamp())} +0000\n".encode()


def snapshot(
    store: ObjectStore,
    folder: Path,
    names: Iterable[bytes],
    signature: Signature,
    message: str,
    parent: str | None = None,
) -> str:
    """Commit the files `names` (relative to `folder`) and give back the commit's id.

    The same files, signature, message and parent give the same id. A name that is gone, or neither a file nor
    a symlink, is left out. Raises TooLarge over 100 MiB a file or 1 GiB in sum.
    """
    scratch = f"refs/scratch/{uuid.uuid4().hex}"
    header = _header(signature, message, parent, scratch)
    files = _files(folder, names)
    try:
        store.git("fast-import", "--quiet", "--date-format=raw", stdin=itertools.chain((header,), files))
        return store.text("rev-parse", "--verify", scratch)
    finally:
        store.git("update-ref", "-d", scratch)


def _header(signature: Signature, message: str, parent: str | None, ref: str) -> bytes:
    """The start of a commit in git-fast-import(1)'s format, its tree empty."""
    text = message.encode()
    lines = (
        f"commit {ref}\n".encode() + b"committer " + signature.line() + b"data %d\n%b\n" % (len(text), text)
    )
    return lines + (f"from {parent}\n".encode() if parent else b"") + b"deleteall\n"


def _files(folder: Path, names: Iterable[bytes]) -> Iterator[bytes]:
    total = 0
    for name in sorted(names):
        found = _content(folder / os.fsdecode(name))
        if found is None:
            continue
        mode, content = found
        total += len(content)
        if total > TOTAL_LIMIT:
            raise TooLarge("the work tree", "1 GiB", where=str(folder))
        yield b"M %s inline %s\ndata %d\n" % (mode, _quoted(name), len(content))
        yield content
        yield b"\n"


def _content(path: Path) -> tuple[bytes, bytes] | None:
    """(git's mode, bytes) of a regular file or symlink, never what a symlink points at; else None."""
    try:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            return b"120000", os.fsencode(path.readlink())
        if not stat.S_ISREG(status.st_mode):
            return None
        if status.st_size > FILE_LIMIT:
            limit = f"{FILE_LIMIT // MIB} MiB"
            raise TooLarge(f"a file of {status.st_size // MIB} MiB", limit, where=str(path))
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as stream:
            return b"100755" if status.st_mode & 0o100 else b"100644", stream.read(FILE_LIMIT)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _quoted(name: bytes) -> bytes:
    escaped = name.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + escaped + b'"'
