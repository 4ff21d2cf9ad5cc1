"""Which folders of this machine a job's interpreter needs besides the ones its mounts bring."""

from __future__ import annotations

import os
from pathlib import Path

from harness.sandbox.protocol import Job, Mount, NoSandboxError

_MAX_LINKS = 20
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/proc", "/dev", "/tmp/work")  # noqa: S108


def mounts_of(job: Job) -> tuple[Mount, ...]:
    """The job's mounts, led by the base interpreter's folder where `argv[0]` is outside them.

    A virtual environment's `bin/python` is a chain of links to an interpreter somewhere on this machine
    (pyenv, uv, a local build); its prefix is shown read-only at each of the paths that the chain names.
    Python in /usr needs nothing. Raises NoSandboxError when the prefix would show somebody's home.
    """
    prefixes: list[Mount] = []
    for hop in _hops(job):
        prefix = hop.parent.parent
        target = str(prefix)
        if _covered(str(hop), (*_SYSTEM, *(mount.target for mount in (*job.mounts, *prefixes)))):
            continue
        _refuse_if_broad(prefix)
        prefixes.append(Mount(prefix.resolve(), target))
    return (*prefixes, *job.mounts)


def _hops(job: Job) -> list[Path]:
    """`argv[0]` where no mount brings it, and every absolute link that it leads to; paths inside."""
    inside = Path(job.argv[0])
    found: list[Path] = []
    for _ in range(_MAX_LINKS):
        mounted = _on_host(inside, job.mounts)
        here = mounted or inside
        if not inside.is_absolute() or (not here.is_symlink() and not here.exists()):
            break
        if mounted is None:
            found.append(inside)
        if not here.is_symlink():
            break
        inside = Path(os.path.normpath(inside.parent / here.readlink()))
    return found


def _on_host(inside: Path, mounts: tuple[Mount, ...]) -> Path | None:
    for mount in reversed(mounts):
        if inside == Path(mount.target):
            return mount.source
        if inside.is_relative_to(mount.target):
            return mount.source / inside.relative_to(mount.target)
    return None


def _covered(path: str, folders: tuple[str, ...]) -> bool:
    return any(Path(path).is_relative_to(folder) for folder in folders)


def _refuse_if_broad(prefix: Path) -> None:
    home = Path.home().resolve()
    if home.is_relative_to(prefix.resolve()):
        raise NoSandboxError(
            f"the interpreter's prefix {prefix} contains your home folder, which a sandbox must not see",
            hint="uv python install 3.11, or use the system's Python",
        )
