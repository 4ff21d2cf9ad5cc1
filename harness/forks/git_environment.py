"""What git gets to see of this machine: settings, environment and helpers, all made from nothing.

Git 2.38 or newer (`merge-tree --write-tree`). What newer ones add is asked for where they have it and stood
in for where not: GIT_NO_LAZY_FETCH (2.39.4, 2.45), attr.tree (2.43), core.maxTreeDepth (2.43).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from harness.errors import UserError
from harness.forks import limits
from harness.paths import cache_dir

GIT_NEEDED = (2, 38)
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

# What each transport needs of the caller's environment. All else stays outside.
ALWAYS = ("TMPDIR",)
OF_TRANSPORT: Mapping[str, tuple[str, ...]] = {
    "https": (
        "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO",
    ),
    "ssh": ("PATH", "USER", "LOGNAME", "SSH_AUTH_SOCK"),
    "file": ("SUDO_UID",),  # whose repositories count as the caller's own
}  # fmt: skip

# The only programs that git can start by name: no ext, fd, ftp or dumb HTTP, no submodule, no LFS.
HELPERS = ("git", "git-remote-https")

# A server's ssh may not reach back, and a person's ssh settings may not be put to use by it.
SSH = (
    "ssh -oBatchMode=yes -oConnectTimeout=20 -oForwardAgent=no -oForwardX11=no -oClearAllForwardings=yes "
    "-oPermitLocalCommand=no -oControlPath=none -oServerAliveInterval=15 -oServerAliveCountMax=2"
)

# git-config(1). Given on each command, so a configuration file that changed under us changes nothing.
SETTINGS: Mapping[str, str] = {
    "core.hooksPath": os.devnull,
    "core.attributesFile": os.devnull,
    "attr.tree": EMPTY_TREE,
    "core.fsmonitor": "false",
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    "core.bigFileThreshold": str(limits.STREAM_BYTES),
    "core.packedGitLimit": "256m",
    "core.packedGitWindowSize": "32m",
    "core.deltaBaseCacheLimit": "96m",
    "pack.threads": "2",
    "credential.helper": "",
    "diff.renameLimit": "2000",
    "merge.renameLimit": "2000",
    "log.showSignature": "false",
    "fetch.recurseSubmodules": "false",
    "submodule.recurse": "false",
    "fetch.writeCommitGraph": "false",
    "fetch.unpackLimit": "1",
    "fetch.uriProtocols": "",
    "transfer.bundleURI": "false",
    "transfer.credentialsInUrl": "die",
    "transfer.fsckObjects": "true",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "http.followRedirects": "initial",
    "http.lowSpeedLimit": str(limits.SLOWEST_RATE),
    "http.lowSpeedTime": str(limits.SLOWEST_SECONDS),
    "protocol.allow": "never",
    "uploadpack.allowFilter": "false",
}


def environment(settings: Mapping[str, str], protocol: str | None = None) -> dict[str, str]:
    """An environment for git in which only `settings` count and only `protocol` may be spoken."""
    place = _place(cache_dir())
    passed = (*ALWAYS, *OF_TRANSPORT.get(protocol or "", ()))
    env = {name: os.environ[name] for name in passed if name in os.environ}
    caller = env.pop("PATH", None)
    env |= {
        "PATH": f"{place / 'exec'}{os.pathsep}{caller}" if caller else str(place / "exec"),
        "HOME": str(place / "home"),
        "LC_ALL": "C",
        "TZ": "UTC",
        "GIT_EXEC_PATH": str(place / "exec"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TEMPLATE_DIR": "",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "true",
        "SSH_ASKPASS": "true",
        "GIT_SSH_COMMAND": SSH,
        "GIT_PROTOCOL_FROM_USER": "0",
        "GIT_ALLOW_PROTOCOL": protocol or "none",
        "GIT_ALLOC_LIMIT": str(limits.ALLOCATION_BYTES),
        "GIT_PAGER": "cat",
        "GIT_CONFIG_COUNT": str(len(settings)),
    }
    for number, (key, value) in enumerate(settings.items()):
        env[f"GIT_CONFIG_KEY_{number}"] = key
        env[f"GIT_CONFIG_VALUE_{number}"] = value
    return env


def git_program() -> str:
    """The absolute name of the git that every command runs; raises UserError without one new enough."""
    return str(_place(cache_dir()) / "exec" / "git")


@cache
def _place(root: Path) -> Path:
    """A folder with an empty home and links to the few programs that git may start."""
    program = shutil.which("git")
    if program is None:
        raise UserError("git is not installed", hint="sudo apt-get install git")
    said = _said(program, "version").split()
    version = tuple(int(part) for part in said[2].split(".")[:2])
    if version < GIT_NEEDED:
        raise UserError(f"git {said[2]} is too old", where=program, hint="install git 2.38 or newer")
    place, helpers = root / "git", Path(_said(program, "--exec-path"))
    for folder in (place / "home", place / "exec"):
        folder.mkdir(parents=True, exist_ok=True)
    for name in HELPERS:
        target = (helpers / name) if name != "git" else Path(program)
        _link(place / "exec" / name, target.resolve())
    return place


def _link(link: Path, target: Path) -> None:
    """Made under another name first: several processes may be doing the same."""
    if link.is_symlink() and link.resolve() == target:
        return
    partial = link.with_name(f".{link.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    partial.symlink_to(target)
    partial.replace(link)


def _said(program: str, *arguments: str) -> str:
    env = {name: os.environ[name] for name in ("PATH", "GIT_EXEC_PATH") if name in os.environ}
    done: Sequence[str] = (program, *arguments)
    return subprocess.run(
        done, env=env, capture_output=True, text=True, check=True, timeout=30
    ).stdout.strip()
