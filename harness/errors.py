"""Errors that end a command, each saying what, where and what to do next."""

from __future__ import annotations

import errno
from collections.abc import Mapping
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
# Message of an open file, whose name the system does not give.
_PLACELESS = frozenset({errno.ENOSPC, errno.EDQUOT})
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


class OurFailure(HarnessError):  # noqa: N818 - it says whose it is
    """Something of ours broke (exit code 3); never held against a submission."""


def of_storage(error: OSError) -> UserError | None:
    """What a person can do about a file or folder that could not be used; None where it is not about that."""
    if (
        error.errno is None
        or error.errno not in _STORAGE
        or (error.filename is None and error.errno not in _PLACELESS)
    ):
        return None
    wrong, remedy = _STORAGE[error.errno]
    where = str(error.filename2 or error.filename) if error.filename is not None else None
    return UserError(wrong, where=where, hint=f"{remedy} ({PLACES})")
