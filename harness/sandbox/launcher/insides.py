"""The arguments for bubblewrap: what a sandbox looks like from within."""

from __future__ import annotations

import os
from typing import TypedDict

from . import staging

TMP, SHARED_MEMORY = "/tmp", "/dev/shm"  # noqa: S108 - inside
# Merged into /usr on today's distributions, folders of their own on older ones.
_SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
# What tells of the machine: the paths that container engines hide (moby's oci/defaults.go), and four more.
_HIDDEN = (
    "acpi", "asound", "cmdline", "config.gz", "interrupts", "kallsyms", "kcore", "key-users", "keys",
    "latency_stats", "sched_debug", "scsi", "timer_list", "timer_stats",
)  # fmt: skip


class Spec(TypedDict):
    """What the harness asks the launcher for; crosses as JSON. Sizes in bytes, times in seconds.

    `seccomp` is the filter's program in hexadecimal.
    """

    argv: list[str]
    niceness: int
    env: dict[str, str]
    cwd: str
    mounts: list[staging.MountSpec]
    gateway: str | None
    etc: dict[str, str]
    etc_paths: list[str]
    uid: int
    bwrap: str
    seccomp: str
    memory_bytes: int
    processes: int
    open_files: int
    file_bytes: int
    tmp_bytes: int
    disk_bytes: int
    disk_files: int
    cpu_seconds: int
    wall_seconds: float


def arguments(spec: Spec, staged: list[str], status: int) -> list[str]:
    """bubblewrap's options; they go through a pipe, so that no other user reads the environment in `ps`."""
    options = [
        "--unshare-user", "--disable-userns", "--unshare-ipc", "--unshare-pid", "--unshare-uts",
        "--unshare-cgroup",
        "--uid", "1000", "--gid", "1000", "--hostname", spec["etc"]["hostname"].strip(),
        "--cap-drop", "ALL", "--die-with-parent",
        "--new-session", "--clearenv", "--json-status-fd", str(status),
        "--ro-bind", "/usr", "/usr", *_system_folders(), "--ro-bind", staging.ETC, "/etc",
        "--proc", "/proc", *_hidden(), "--dev", "/dev", "--bind", staging.SHARED_MEMORY, SHARED_MEMORY,
        "--bind", staging.TMP, TMP,
    ]  # fmt: skip
    for mount, place in zip(spec["mounts"], staged, strict=True):
        options += ["--bind" if mount["writable"] else "--ro-bind", place, mount["target"]]
    options += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", spec["cwd"]]
    for name, value in spec["env"].items():
        options += ["--setenv", name, value]
    return options


def _system_folders() -> list[str]:
    options = []
    for folder in _SYSTEM:
        if os.path.islink(folder):
            options += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            options += ["--ro-bind", folder, folder]
    return options


def _hidden() -> list[str]:
    options = []
    for path in (f"/proc/{name}" for name in _HIDDEN):
        if os.path.isdir(path):
            options += ["--tmpfs", path, "--remount-ro", path]
        elif os.path.exists(path):
            options += ["--dev-bind", "/dev/null", path]
    return options
