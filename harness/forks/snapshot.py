"""Files of a folder as a commit in the store, byte for byte: no filter, no index, no trace in that folder."""

from __future__ import annotations

import itertools
import os
import stat
import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from harness.forks import limits
from harness.forks.errors import TooLarge
from harness.forks.object_store import ObjectStore


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
    kept: Collection[bytes] = (),
) -> str:
    """Commit the files `names` (relative to `folder`) and give back the commit's id.

    The same files, signature, message and parent give the same id. A name that is gone, neither a file nor a
    symlink, or behind a symlink that leads outside, is left out. Those of `kept` stay as `parent` has them,
    whether their contents are in the store or not. Raises TooLarge over the size of a file or of all.
    """
    scratch = f"refs/scratch/{uuid.uuid4().hex}"
    header = _header(signature, message, parent, scratch)
    gone = _without(store, parent, kept) if parent and kept else (b"deleteall\n",)
    files = _files(folder, names)
    try:
        script = itertools.chain((header,), gone, files)
        store.git("fast-import", "--quiet", "--date-format=raw", stdin=script)
        return store.text("rev-parse", "--verify", scratch)
    finally:
        store.git("update-ref", "-d", scratch)


def _header(signature: Signature, message: str, parent: str | None, ref: str) -> bytes:
    """The start of a commit in git-fast-import(1)'s format."""
    text = message.encode()
    lines = (
        f"commit {ref}\n".encode() + b"committer " + signature.line() + b"data %d\n%b\n" % (len(text), text)
    )
    return lines + (f"from {parent}\n".encode() if parent else b"")


def _without(store: ObjectStore, parent: str, kept: Collection[bytes]) -> Iterator[bytes]:
    """Lines that take every other file out of the parent's tree."""
    listed = store.git("ls-tree", "-r", "-z", "--name-only", parent).stdout
    for name in listed.split(b"\0"):
        if name and name not in kept:
            yield b"D %s\n" % _quoted(name)


def _files(folder: Path, names: Iterable[bytes]) -> Iterator[bytes]:
    total, top = 0, folder.resolve()
    for name in sorted(names):
        place = folder / os.fsdecode(name)
        found = _content(place) if _resolved(place.parent).is_relative_to(top) else None
        if found is None:
            continue
        mode, content = found
        total += len(content)
        if total > limits.TOTAL_BYTES:
            limit = f"{limits.TOTAL_BYTES // limits.MIB} MiB"
            raise TooLarge("the work tree", limit, where=str(folder))
        yield b"M %s inline %s\ndata %d\n" % (mode, _quoted(name), len(content))
        yield content
        yield b"\n"


@lru_cache(maxsize=16)  # names come sorted: a folder's files together
def _resolved(folder: Path) -> Path:
    return folder.resolve()


def _content(path: Path) -> tuple[bytes, bytes] | None:
    """(git's mode, bytes) of a regular file or symlink, never what a symlink points at; else None."""
    try:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            return b"120000", os.fsencode(path.readlink())
        if not stat.S_ISREG(status.st_mode):
            return None
        if status.st_size > limits.WORK_TREE_FILE_BYTES:
            limit = f"{limits.WORK_TREE_FILE_BYTES // limits.MIB} MiB"
            raise TooLarge(f"a file of {status.st_size // limits.MIB} MiB", limit, where=str(path))
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as stream:
            return b"100755" if status.st_mode & 0o100 else b"100644", stream.read(
                limits.WORK_TREE_FILE_BYTES
            )
    except (FileNotFoundError, NotADirectoryError):
        return None


def _quoted(name: bytes) -> bytes:
    escaped = name.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + escaped + b'"'
