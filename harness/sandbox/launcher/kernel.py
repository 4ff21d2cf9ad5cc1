"""The few system calls that Python 3.11 has no name for."""

from __future__ import annotations

import ctypes
import os
import signal

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18

# The same numbers on every architecture (asm-generic/unistd.h), and linux/mount.h.
_SYS_OPEN_TREE, _SYS_MOVE_MOUNT, _SYS_MOUNT_SETATTR = 428, 429, 442
_OPEN_TREE_CLONE, _MOVE_FROM_DESCRIPTOR, _MOUNT_ATTR_IDMAP = 1, 4, 0x00100000
_AT_FDCWD, _AT_EMPTY_PATH, _AT_RECURSIVE = -100, 0x1000, 0x8000

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    _checked(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    _checked(
        _libc.mount(
            source.encode(), target.encode(), kind and kind.encode(), ctypes.c_ulong(flags), options.encode()
        ),
        f"mount {source} on {target}",
    )


def show_as(source: int, target: str, owners: int) -> None:
    """Bind the folder or file `source` (a descriptor) on `target`, owners of files as `owners` maps them.

    `owners` is a descriptor of a user namespace. Raises OSError where kernel or file system cannot do it.
    """
    flags = _OPEN_TREE_CLONE | os.O_CLOEXEC | _AT_EMPTY_PATH | _AT_RECURSIVE
    tree = _libc.syscall(_SYS_OPEN_TREE, source, b"", ctypes.c_uint(flags))
    _checked(tree, "open_tree")
    try:
        attributes = (ctypes.c_uint64 * 4)(_MOUNT_ATTR_IDMAP, 0, 0, owners)
        at = _AT_EMPTY_PATH | _AT_RECURSIVE
        size = ctypes.c_size_t(ctypes.sizeof(attributes))
        _checked(_libc.syscall(_SYS_MOUNT_SETATTR, tree, b"", at, attributes, size), "mount_setattr")
        moved = _libc.syscall(_SYS_MOVE_MOUNT, tree, b"", _AT_FDCWD, target.encode(), _MOVE_FROM_DESCRIPTOR)
        _checked(moved, f"move_mount to {target}")
    finally:
        os.close(tree)


def owner_map(uid: int) -> int:
    """A descriptor of a user namespace, for `show_as`, in which root's files belong to `uid`."""
    ready, ready_end = os.pipe()
    done, done_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(done_end)
            unshare(CLONE_NEWUSER)
            os.write(ready_end, b".")
            os.read(done, 1)
        finally:
            os._exit(0)
    os.close(ready_end)
    os.close(done)
    try:
        if not os.read(ready, 1):
            raise OSError("no user namespace can be made")
        for name in ("uid_map", "gid_map"):
            with open(f"/proc/{pid}/{name}", "w") as stream:
                stream.write(f"0 {uid} 1")
        return os.open(f"/proc/{pid}/ns/user", os.O_RDONLY)
    finally:
        os.close(ready)
        os.close(done_end)
        os.waitpid(pid, 0)


def _prctl(option: int, value: int) -> None:
    _checked(_libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0), f"prctl {option}")


def die_with_parent() -> None:
    """SIGKILL when the parent ends. Forgotten by the kernel whenever credentials change: call it after."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def become(uid: int) -> None:
    """Give up root for good: this user and group, no other groups, nothing gained by a later exec."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    # Without it /proc/self belongs to root and the identity maps below cannot be written.
    _prctl(_PR_SET_DUMPABLE, 1)


def map_to_root(uid: int, gid: int) -> None:
    """In a fresh user namespace: be root in it, which is this user outside of it, and know no one else."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        with open(f"/proc/self/{name}", "w") as stream:
            stream.write(text)


def drop_capabilities() -> None:
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _checked(_libc.capset(header, nothing), "capset")
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def memory_file(name: str, content: bytes) -> int:
    """A descriptor at the beginning of a file in memory; `name` is what lists of open files call it."""
    handle = os.memfd_create(name)
    os.write(handle, content)
    os.lseek(handle, 0, os.SEEK_SET)
    return handle


def release_streams() -> None:
    """Hold none of the job's streams, so that their other ends see it end."""
    nothing = os.open("/dev/null", os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    os.close(nothing)
