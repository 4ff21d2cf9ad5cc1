"""What a job's container is made with: nothing of this machine's, little of the engine's, hard limits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from docker.types import LogConfig, Mount, Ulimit

from harness import temporary
from harness.paths import cache_dir
from harness.sandbox import engine, etc, seccomp
from harness.sandbox.interpreter import mounts_of
from harness.sandbox.protocol import Job, Limits

# Engines add variables of their own and, some, of this machine's: the job gets its own only. A shell as first
# process: signals act on the job as anywhere else, and its end ends all that it started.
_CLEAN = ("/usr/bin/env", "-i")
_SHELL = ("/bin/sh", "-c", '"$@"; exit $?', "sh")
BACKGROUND_SHARES = 340  # of 1024, as niceness 5 gives
# An engine would fill them with this machine's names and name servers.
_OUR_ETC = ("passwd", "group", "hosts", "hostname", "resolv.conf")


def of_job(job: Job, runtime: str | None, network: str | None) -> dict[str, Any]:
    """Arguments of the SDK's `create`; `network` is the keeper's, None for none at all."""
    uid = engine.job_uid()
    variables = (f"{name}={value}" for name, value in job.env.items())
    return {
        **shared(),
        "command": [*_CLEAN, *variables, *_SHELL, *job.argv],
        "working_dir": job.cwd,
        "user": f"{uid}:{uid}",
        "security_opt": ["no-new-privileges", f"seccomp={_seccomp_profile()}"],
        "ipc_mode": "private",
        "mounts": [engine.bind(mount.source, mount.target, mount.writable) for mount in mounts_of(job)]
        + [_etc(name) for name in _OUR_ETC],
        "runtime": runtime,
        "cpu_shares": BACKGROUND_SHARES if job.background else None,
        **({"network_mode": network} if network else {"network_mode": "none", "hostname": etc.HOST}),
        **_limits(job.limits),
    }


def shared() -> dict[str, Any]:
    """What every container of ours is made with."""
    # Where an engine shifts user ids, ours have to be this machine's: they are what its files belong to.
    unshifted = {"userns_mode": "host"} if engine.traits().remapped else {}
    return {
        "entrypoint": [],
        "labels": engine.labels(),
        "stdin_open": True,
        "read_only": True,
        "cap_drop": ["ALL"],
        "log_config": LogConfig(type="none"),
        **unshifted,
    }


def nproc() -> list[Ulimit]:
    """What Podman would raise by itself if it weren't told, which takes a right that even root may lack."""
    many = 1 << 15  # it counts a user's processes on the whole machine; the pids limit is a container's own
    return [Ulimit(name="nproc", soft=many, hard=many)] if engine.traits().podman else []


def _limits(limits: Limits) -> dict[str, Any]:
    bounds = {"core": 0, "nofile": limits.open_files, "fsize": limits.file_bytes}
    ulimits = [Ulimit(name=name, soft=value, hard=value) for name, value in bounds.items()]
    ulimits.append(Ulimit(name="cpu", soft=limits.cpu_seconds, hard=limits.cpu_seconds + 1))
    return {
        "mem_limit": limits.memory_bytes,
        "memswap_limit": limits.memory_bytes,
        "pids_limit": limits.processes,
        "ulimits": ulimits + nproc(),
        "shm_size": limits.tmp_bytes,
        "tmpfs": _tmpfs(limits),
    }


def _tmpfs(limits: Limits) -> Mapping[str, str]:
    room = f"rw,exec,nosuid,nodev,size={limits.tmp_bytes},mode=1777"
    if engine.traits().podman:
        # It knows no limit on inodes, so memory bounds the number of files; and it makes this one writable.
        sealed = {"/var/tmp": "ro,noexec,nosuid,nodev,size=65536"}  # noqa: S108 - inside
    else:
        room, sealed = f"{room},nr_inodes={max(1024, limits.tmp_bytes // 4096)}", {}
    return {"/tmp": room, "/tmp/work": room, **sealed}  # noqa: S108 - inside


def _etc(name: str) -> Mount:
    return engine.bind(_kept(name, etc.FILES[name]), f"/etc/{name}")


@cache
def _seccomp_profile() -> str:
    """The profile itself; for Podman, which reads it from there, the path of a file that holds it."""
    profile = seccomp.docker_profile()
    return str(_kept("seccomp.json", profile)) if engine.traits().podman else profile


@cache
def _kept(name: str, text: str) -> Path:
    """A file of that content in the cache."""
    path = cache_dir() / "sandbox" / hashlib.sha256(text.encode()).hexdigest()[:12] / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.folder("kept", path.parent) as folder:
            unfinished = folder / name
            unfinished.write_text(text, encoding="utf-8")
            unfinished.chmod(0o644)
            unfinished.replace(path)
    return path
