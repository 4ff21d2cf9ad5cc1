"""A tiny upstream and forks of it, as real git repositories, and rounds that name them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from harness.paths import cache_dir

UPSTREAM = {
    "README.md": "upstream\n",
    "setup.py": "from setuptools import setup\n",
    "hummingbot/__init__.py": "",
    "hummingbot/connector/exchange_py_base.py": "class ExchangePyBase:\n    pass\n",
    "hummingbot/connector/exchange/__init__.py": "",
}
SKELETON = {
    "hummingbot/connector/exchange/hollow/__init__.py": "",
    "hummingbot/connector/exchange/hollow/hollow_exchange.py": "class HollowExchange:\n    pass\n",
}


# What is named by all that it was made of, so that no test can tell whose it is: made once, not once a test.
SHARED = ("byte-code", "environments", "locks")


def own_cache(folder: Path) -> Path:
    """A cache below `folder` that begins empty, but for what takes long to make and is always the same."""
    cache = folder / "cache"
    cache.mkdir()
    for name in SHARED:
        everybodys = cache_dir() / name
        everybodys.mkdir(exist_ok=True)
        (cache / name).symlink_to(everybodys)
    return cache


def git(folder: Path, *arguments: str, at: str = "2026-10-01T00:00:00Z") -> str:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (
            ("NAME", "Ann Author"), ("EMAIL", "ann@example.com"), ("DATE", at))},
    }  # fmt: skip
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=env, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(folder: Path, files: Mapping[str, str], at: str) -> str:
    for name, text in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "change", at=at)
    return git(folder, "rev-parse", "HEAD")


def upstream_and_fork(
    folder: Path, added: Mapping[str, str] = SKELETON, at: str = "2026-09-10T00:00:00Z"
) -> tuple[Path, Path]:
    """An upstream with one commit and a fork of it with one more."""
    upstream, fork = folder / "upstream", folder / "fork"
    upstream.mkdir(parents=True)
    git(upstream, "init", "-q", "--initial-branch=master")
    commit(upstream, UPSTREAM, "2026-09-01T00:00:00Z")
    git(folder, "clone", "-q", str(upstream), str(fork))
    commit(fork, added, at)
    return upstream, fork


def write_round(folder: Path, upstream: Path, forks: Mapping[str, str], connector: str = "hollow") -> Path:
    """A round of these forks (name: address), closed on 2026-10-01."""
    rows = "".join(
        f"""
  - name: {name}
    repository: {address}
    ref: master
    connectors: [{connector}]
    kind: exchange
    contact: ann@example.com
    exchange: {{hosts: [api.example.com]}}
"""
        for name, address in forks.items()
    )
    path = folder / "candidates.yml"
    path.write_text(
        f"""id: tiny
title: A tiny round
release: v0.0.1
submissions_close: "2026-10-01T00:00:00Z"
voting: {{opens: 2026-10-05, closes: 2026-10-09, channel: "#governance"}}
upstream: {{git: "{upstream.as_uri()}", ref: master}}
candidates:{rows or " []"}
"""
    )
    return path
