"""Bare repositories written from memory with `git fast-import`: no checkout, the same ids every time."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from git import Git
from git.exc import GitCommandError

from harness.errors import OurFailure


@dataclass(frozen=True)
class Person:
    name: str
    email: str


@dataclass(frozen=True)
class Commit:
    """Files to write or delete on top of what the branch had. `at` carries its UTC offset."""

    author: Person
    at: datetime
    message: str
    put: Mapping[str, bytes] = field(default_factory=dict)
    delete: tuple[str, ...] = ()


def create(path: Path, base: Path | None = None) -> None:
    """Make an empty bare repository, holding the objects of `base` when given; serves partial clones."""
    _git(["init", "--quiet", "--bare", "--template=", str(path)])
    (path / "HEAD").write_text("ref: refs/heads/master\n")
    _git(["config", "uploadpack.allowFilter", "true"], path)
    _git(["config", "uploadpack.allowAnySHA1InWant", "true"], path)
    # Small imports become packs too, so that a fork can take its base over by copying packs.
    _git(["config", "fastimport.unpackLimit", "1"], path)
    if base is not None:
        packs = path / "objects" / "pack"
        packs.mkdir(parents=True, exist_ok=True)
        for pack in (base / "objects" / "pack").iterdir():
            shutil.copyfile(pack, packs / pack.name)


def write(path: Path, branch: str, commits: Sequence[Commit], parent: str | None = None) -> list[str]:
    """Put `commits` on `branch` on top of the commit `parent`; returns their ids, oldest first."""
    lines: list[bytes] = [b"feature done\n"]
    for number, commit in enumerate(commits, start=1):
        before = f":{number - 1}" if number > 1 else parent
        lines += _commit_lines(branch, number, commit, before)
    lines.append(b"done\n")
    marks = path / "demo-marks"
    _git(["fast-import", "--quiet", f"--export-marks={marks}"], path, b"".join(lines))
    ids = dict(line.split() for line in marks.read_text().splitlines())
    marks.unlink()
    return [ids[f":{number}"] for number in range(1, len(commits) + 1)]


def point(path: Path, branch: str, commit: str) -> None:
    """Set a branch to a commit that the repository has."""
    _git(["update-ref", f"refs/heads/{branch}", commit], path)


def _commit_lines(branch: str, number: int, commit: Commit, parent: str | None) -> list[bytes]:
    who = f"{commit.author.name} <{commit.author.email}> {int(commit.at.timestamp())} {commit.at:%z}"
    lines = [f"commit refs/heads/{branch}\nmark :{number}\nauthor {who}\ncommitter {who}\n".encode()]
    lines.append(_data(commit.message.encode() + b"\n"))
    if parent is not None:
        lines.append(f"from {parent}\n".encode())
    lines += [f"D {path}\n".encode() for path in sorted(commit.delete)]
    for path, content in sorted(commit.put.items()):
        # Not the file's own mode: unpackers and umasks differ, and ids must not.
        mode = "100755" if content.startswith(b"#!") else "100644"
        lines.append(f"M {mode} inline {path}\n".encode())
        lines.append(_data(content))
    return lines


def _data(content: bytes) -> bytes:
    return f"data {len(content)}\n".encode() + content + b"\n"


def _git(arguments: Sequence[str], repository: Path | None = None, stdin: bytes = b"") -> None:
    """Run git on a bare repository, blind to the user's and the system's configuration."""
    place = [f"--git-dir={repository}"] if repository else []
    with tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        try:
            Git().execute(
                ["git", *place, *arguments],
                istream=given,
                env={"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull},
            )
        except GitCommandError as error:
            raise OurFailure(
                f"git {arguments[0]} failed: {str(error.stderr).strip()[-400:]}",
                where=str(repository or arguments[-1]),
                hint="run `harness doctor` to see whether git is recent enough",
            ) from error
