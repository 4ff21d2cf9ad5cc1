"""The policy as a program for the kernel, compiled by libseccomp."""

from __future__ import annotations

import errno
import os
import struct
from functools import cache
from importlib import import_module
from typing import Any

from harness.sandbox.seccomp import policy

PACKAGE = "libseccomp2"  # Debian's
# linux/bpf_common.h and linux/filter.h: load a word, jump if greater or equal, if greater, return.
_INSTRUCTION = struct.Struct("=HBBI")
_LOAD, _JUMP_GE, _JUMP_GT, _RETURN = 0x20, 0x35, 0x25, 0x06
_RETURN_ERRNO = 0x0005_0000  # linux/seccomp.h
_X32 = 0x4000_0000  # set in the number of every call of the x32 architecture
_UNKNOWN = -1  # libseccomp's word for a name that no architecture has; other negative ones are another's


def why_not() -> str | None:
    """Why no filter can be made here, with the command that helps, or None."""
    try:
        program()
    except (RuntimeError, OSError) as error:
        return f"no filter of system calls can be made: {error} → sudo apt-get install {PACKAGE}"
    return None


@cache
def program() -> bytes:
    """Instructions (`struct sock_filter`s) for this machine's architecture; calls of any other one kill.

    Raises RuntimeError where libseccomp is missing, OSError where it is older than 2.5.
    """
    library = import_module("pyseccomp")  # which looks for the system's library when it is imported
    rules = library.SyscallFilter(library.ERRNO(errno.EPERM))
    rules.set_attr(library.Attr.ACT_BADARCH, library.KILL_PROCESS)
    rules.set_attr(library.Attr.CTL_OPTIMIZE, 2)  # a tree: a few comparisons a call instead of hundreds
    for action, names in ((library.ALLOW, policy.ALLOWED), (library.ERRNO(errno.ENOSYS), policy.ABSENT)):
        for name in names:
            _add(library, rules, action, name)
    for rule in policy.RULES:
        _add(library, rules, library.ALLOW, rule.call, rule.conditions)
    return _newer_is_absent() + _exported(rules)


def _add(
    library: Any, rules: Any, action: int, name: str, conditions: tuple[policy.Condition, ...] = ()
) -> None:
    number = library.resolve_syscall(library.Arch.NATIVE, name)
    if number == _UNKNOWN:
        number = policy.NUMBERS[name]
    if number >= 0:
        wanted = (library.Arg(each.argument, library.MASKED_EQ, each.mask, each.value) for each in conditions)
        rules.add_rule(action, number, *wanted)


def _exported(rules: Any) -> bytes:
    handle = os.memfd_create("seccomp")
    with os.fdopen(handle, "w+b") as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _newer_is_absent() -> bytes:
    """What comes first: calls from after the policy's time do not exist, those of x32 are looked at below."""
    return b"".join(
        _INSTRUCTION.pack(*instruction)
        for instruction in (
            (_LOAD, 0, 0, 0),  # the call's number
            (_JUMP_GE, 2, 0, _X32),
            (_JUMP_GT, 0, 1, policy.NEWEST_KNOWN),
            (_RETURN, 0, 0, _RETURN_ERRNO | errno.ENOSYS),
        )
    )
