"""Whose something is that may outlive its maker: a folder's or a container's name says it, and for ever.

An owner is a process of one user on one machine, in one boot and PID namespace. Its name is made of these,
so anybody can tell from the name alone whether the owner is gone, and only its own user's harness ever says
so: where anything else is in doubt the owner counts as alive.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_START_TIME = 18  # proc(5): field 22 of /proc/PID/stat, counted from 0 after the name and the state
PATTERN = r"[0-9a-z]+-[0-9a-z]+-[0-9a-z]{12}"


@dataclass(frozen=True)
class Owner:
    """`start` is in clock ticks since boot; the rest are hashes, short because sockets' paths have to be."""

    pid: int
    start: int
    namespace: str
    boot: str
    machine: str

    def __str__(self) -> str:
        return f"{_short(self.pid)}-{_short(self.start)}-{self.namespace}{self.boot}{self.machine}"

    @classmethod
    def parse(cls, text: str) -> Owner | None:
        """The owner of that name, None where it is no such name."""
        if not re.fullmatch(PATTERN, text, re.ASCII):
            return None
        pid, start, where = text.split("-")
        return cls(int(pid, 36), int(start, 36), where[:4], where[4:7], where[7:])

    def gone(self) -> bool:
        """Whether it certainly runs no more, as this user on this machine can tell."""
        us = current()
        if self.machine != us.machine:
            return False
        if self.boot != us.boot:
            return True
        return self.namespace == us.namespace and _started(self.pid) != self.start

    @property
    def earlier_boot(self) -> bool:
        return self.boot != current().boot


def current() -> Owner:
    """This process."""
    return Owner(
        os.getpid(),
        _started(os.getpid()) or 0,
        _hash(4, str(Path("/proc/self/ns/pid").stat().st_ino)),
        _hash(3, _words("/proc/sys/kernel/random/boot_id")),
        # The user is part of it: what is another's is never taken for a left-over of ours.
        _hash(5, _words("/etc/machine-id"), platform.node(), str(os.geteuid())),
    )


@cache
def dies_with_us() -> tuple[str, ...]:
    """What to put before a command, so that the kernel ends it with the thread that started it.

    It is setpriv(1) of util-linux; nothing where there is none.
    """
    found = shutil.which("setpriv")
    return (found, "--pdeathsig", "KILL") if found else ()


def _started(pid: int) -> int | None:
    """When a process began, None where there is none; a zombie has ended."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state in "ZX" else int(fields[_START_TIME])


def _words(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _hash(digits: int, *parts: str) -> str:
    whole = int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest())
    return _short(whole % 36**digits).rjust(digits, "0")


def _short(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
