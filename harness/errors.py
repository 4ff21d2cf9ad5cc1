"""Errors that end a command, each saying what, where and what to do next."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

# What a person can put right about a file or folder: errno → what is wrong, and what to do.
_STORAGE: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        errno.EACCES: (
            "there is no permission for it",
            "get the permission, or name another place",
        ),
        errno.EPERM: ("there is no permission for it", "get the permission, or name another place"),
        errno.EROFS: ("it is on a read-only file system", "mount that writable, or name another place"),
        errno.ENOSPC: ("there is no space left", "free some (`df -h` says where), or name another place"),
        errno.EDQUOT: ("the disk quota is used up", "free some space, or name another place"),
        errno.ENOTDIR: (
            "a part of its path is a file, no folder",
            "move it, or name another place",
        ),
        errno.EEXIST: ("a file is there where a folder is needed", "move it, or name another place"),
        errno.EISDIR: ("a folder is there where a file is needed", "move it, or name another place"),
        errno.ELOOP: ("it is a symbolic link where a file is needed", "remove it, or name another place"),
        errno.ENOLCK: ("its file system takes no locks", "name a place on a local disk"),
        errno.EOPNOTSUPP: ("its file system takes no locks", "name a place on a local disk"),
        errno.ENAMETOOLONG: ("its name is too long", "name another place"),
        errno.EMFILE: ("too many files are open", "raise the limit: `ulimit -n 4096`"),
    }
)
# Of an open file the system does not give the name with these.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_LONGEST_CHAIN = 20  # errors behind an error
PLACES = "the cache's place is $HARNESS_CACHE, that of reports --reports"


class HarnessError(Exception):
    """Base of every error the harness raises on purpose.

    `where` is a file:line or a URL; `hint` is the next thing to do, preferably a command.
    """

    exit_code = 3

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.message}" if self.where else self.message]
        if self.hint:
            parts.append(f"→ {self.hint}")
        return "\n".join(parts)


class UserError(HarnessError):
    """Something the person at the keyboard can put right (exit code 2)."""

    exit_code = 2


class DiskFull(UserError):  # noqa: N818 - it says what is wrong
    """Nothing more can be written, whichever candidate it is of."""


class OurFailure(HarnessError):  # noqa: N818 - it says whose it is
    """Something of ours broke (exit code 3); never held against a submission."""


def of_storage(error: OSError) -> UserError | None:
    """What a person can do about a file or folder that could not be used; None where it is not about that."""
    if (
        error.errno is None
        or error.errno not in _STORAGE
        or (error.filename is None and error.errno not in _FULL)
    ):
        return None
    wrong, remedy = _STORAGE[error.errno]
    where = str(error.filename2 or error.filename) if error.filename is not None else None
    return UserError(wrong, where=where, hint=f"{remedy} ({PLACES})")


def full_disk(error: BaseException) -> OSError | None:
    """The full disk, or used-up quota, that is behind an error; None where that is not its cause."""
    link: BaseException | None = error
    for _ in range(_LONGEST_CHAIN):
        if isinstance(link, OSError) and link.errno in _FULL:
            return link
        link = link and (link.__cause__ or link.__context__)
    return None


def of_full_disk(error: OSError, places: Iterable[Path]) -> DiskFull:
    """What a person can do about it; where the system gives no name, of the fullest disk of `places`."""
    told = of_storage(error)
    assert told is not None  # noqa: S101 - it is one of those
    fullest = min((each for each in places if each.exists()), key=_free_bytes, default=None)
    return DiskFull(told.message, where=told.where or (str(fullest) if fullest else None), hint=told.hint)


def _free_bytes(place: Path) -> int:
    about = os.statvfs(place)
    return about.f_bavail * about.f_frsize
