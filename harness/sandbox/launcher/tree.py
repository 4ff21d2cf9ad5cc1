"""Walks through a tree of folders that somebody else made, and may be changing."""

from __future__ import annotations

import os
from collections.abc import Iterator

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class _Walk:
    """Where a walk is: a folder, and for each one above it its identity and the folders not visited yet."""

    def __init__(self, top: str) -> None:
        self.here = os.open(top, _FOLDER)
        self._trail: list[tuple[tuple[int, int], list[str]]] = []

    def go_on(self) -> bool:
        """Go to the next folder. False when there is none, or when the way back is not the way we came."""
        self._trail.append((self._identity(), self._below()))
        while self._trail:
            if names := self._trail[-1][1]:
                if self._move(names.pop()):
                    return True
                continue
            self._trail.pop()
            if self._trail and not (self._move("..") and self._identity() == self._trail[-1][0]):
                return False
        return False

    def _identity(self) -> tuple[int, int]:
        status = os.fstat(self.here)
        return status.st_dev, status.st_ino

    def _below(self) -> list[str]:
        with os.scandir(self.here) as entries:
            return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]

    def _move(self, name: str) -> bool:
        try:
            there = os.open(name, _FOLDER, dir_fd=self.here)
        except OSError:
            return False  # it is gone, or something else by now
        os.close(self.here)
        self.here = there
        return True


def folders(top: str) -> Iterator[int]:
    """A descriptor of the folder `top` and of every one below it in turn, each open until the next is wanted.

    However deep: one step down or up at a time, as a job can make a tree deeper than a path can say or than
    there are descriptors or stack for. Ends early where a folder was moved from under the walk, which so
    never leaves the tree. Symlinks are not followed.
    """
    walk = _Walk(top)
    try:
        yield walk.here
        while walk.go_on():
            yield walk.here
    finally:
        os.close(walk.here)
