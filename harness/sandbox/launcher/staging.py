"""Gathers what the sandbox may see under one folder that an unprivileged user can reach.

The folder is a tmpfs over /tmp in a mount namespace of our own, so nothing is left on the machine, and an
interpreter or a cache under somebody's 0700 home works although the sandbox runs as another user.
"""

from __future__ import annotations

import os
from typing import NamedTuple, TypedDict

from . import kernel, tree

STAGING = "/tmp"  # noqa: S108 - bubblewrap needs this folder too, so it is there
GATEWAY = STAGING + "/gateway"
ETC = STAGING + "/etc"
PROC = STAGING + "/proc"
SCRATCH = STAGING + "/scratch"
TMP, SHARED_MEMORY = SCRATCH + "/tmp", SCRATCH + "/shm"  # noqa: S108


class MountSpec(TypedDict):
    source: str
    target: str
    writable: bool


class Source(NamedTuple):
    """An open handle of something to show, and where it is staged."""

    handle: int
    staged: str
    is_folder: bool
    owners: int | None = None


def stage(
    mounts: list[MountSpec],
    etc_files: dict[str, str],
    etc_paths: list[str],
    gateway: str | None,
    owners: int | None = None,
) -> list[str]:
    """Bind the sources of `mounts` under the staging folder and return where each one is now.

    Handles are opened before the tmpfs covers /tmp: a source may lie there. `etc_files` (name to text) and
    the existing ones of `etc_paths` make up the sandbox's /etc. `owners` (`kernel.owner_map`) lets
    the sandbox read what root alone may read, in read-only mounts.
    """
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    sources = [
        _open(mount["source"], f"{STAGING}/{number}", None if mount["writable"] else owners)
        for number, mount in enumerate(mounts)
    ]
    etc = [_open(path, ETC + path.removeprefix("/etc")) for path in etc_paths if os.path.exists(path)]
    sockets = [_open(gateway, GATEWAY)] if gateway else []
    kernel.mount("staging", STAGING, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=755,size=1m")
    os.mkdir(ETC)
    for name, text in etc_files.items():
        with open(f"{ETC}/{name}", "w", encoding="utf-8") as stream:
            stream.write(text)
    for source in (*sources, *etc, *sockets):
        _bind(source)
    for folder in (SCRATCH, PROC):
        os.mkdir(folder)
    return [source.staged for source in sources]


def mount_scratch(size: int) -> None:
    """One tmpfs of `size` bytes for /tmp and /dev/shm together, which are TMP and SHARED_MEMORY in it.

    A page of 4 KiB a file is what an empty file costs the kernel, at most: as many inodes as pages.
    """
    inodes = max(1024, size // 4096)
    options = f"mode=755,size={size},nr_inodes={inodes}"
    kernel.mount("scratch", SCRATCH, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, options)
    for folder in (TMP, SHARED_MEMORY, f"{TMP}/work"):
        os.mkdir(folder)
        os.chmod(folder, 0o1777)  # noqa: S103 - as /tmp is


def give(path: str, uid: int) -> None:
    """Make `uid` the owner of `path` and all below it; symlinks themselves, never what they point at.

    Nobody else may change the tree meanwhile.
    """
    os.chown(path, uid, uid, follow_symlinks=False)
    if os.path.islink(path) or not os.path.isdir(path):
        return
    for folder in tree.folders(path):
        with os.scandir(folder) as entries:
            for entry in entries:
                os.chown(entry.name, uid, uid, dir_fd=folder, follow_symlinks=False)


def _open(path: str, staged: str, owners: int | None = None) -> Source:
    return Source(os.open(path, os.O_PATH), staged, os.path.isdir(path), owners)


def _bind(source: Source) -> None:
    if source.is_folder:
        os.makedirs(source.staged, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(source.staged), exist_ok=True)
        os.close(os.open(source.staged, os.O_CREAT | os.O_WRONLY, 0o644))
    try:
        if source.owners is None:
            raise OSError
        kernel.show_as(source.handle, source.staged, source.owners)
    except OSError:
        # Older kernels and some file systems cannot: files have to be readable by others then.
        kernel.mount(f"/proc/self/fd/{source.handle}", source.staged, None, kernel.MS_BIND | kernel.MS_REC)
    os.close(source.handle)
