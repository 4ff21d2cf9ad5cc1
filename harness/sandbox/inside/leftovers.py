"""Processes that a scenario leaves behind. They come to the driver, their nearest ancestor, and are ended."""

import ctypes
import os
import signal
import sys
from typing import Iterator, Set

_PR_SET_CHILD_SUBREAPER = 36
_ROUNDS = 200  # whoever forks faster than it is ended meets the sandbox's limit on processes


def adopt() -> None:
    """Become the parent of every descendant whose own parent has ended."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_all_but(ours: "Set[int]") -> int:
    """End and reap every child that is not one of `ours`; how many there were."""
    ended = 0
    for _ in range(_ROUNDS):
        strangers = [pid for pid in _children() if pid not in ours]
        if not strangers:
            break
        for pid in strangers:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except OSError:
                continue
            ended += 1
    return ended


def _children() -> Iterator[int]:
    own = str(os.getpid())
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/{}/stat".format(name), "rb") as status:
                fields = status.read().decode("ascii", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        if fields[1] == own:
            yield int(name)
