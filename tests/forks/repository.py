"""Tiny real repositories, written to by a person with a clock of their own, and a round to screen them in."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from harness.rounds.round import Candidate, Exchange, GitUpstream, Round, Voting

CONNECTOR = "hummingbot/connector/exchange"
BASE = {
    "README.md": "upstream\n",
    "setup.py": "one\ntwo\nthree\n",
    f"{CONNECTOR}_py_base.py": "class ExchangePyBase: ...\n",
    f"{CONNECTOR}/merged/merged_exchange.py": "class Merged: ...\n",
}


class Repository:
    """A repository with a work tree, written to by a person with a clock of their own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=master")

    @classmethod
    def at(cls, path: Path) -> Repository:
        """The repository that is already in a folder."""
        found = cls.__new__(cls)
        found.path = path
        return found

    def git(self, *arguments: str, stdin: bytes = b"", at: str = "2020-08-01T00:00:00Z") -> str:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            **{f"GIT_{who}_NAME": "Ann Author" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "ann@example.com" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_DATE": at for who in ("AUTHOR", "COMMITTER")},
        }
        done = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *arguments],
            cwd=self.path, env=env, input=stdin, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, files: Mapping[str, str | bytes], at: str = "2020-08-01T00:00:00Z") -> str:
        self.write(files)
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "-m", "change", at=at)
        return self.git("rev-parse", "HEAD")

    def commit_tree(self, tree: bytes, at: str = "2020-08-02T00:00:00Z") -> str:
        """A commit on top of HEAD whose tree is the raw object `tree`, however malformed."""
        oid = self.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=tree)
        commit = self.git("commit-tree", oid, "-p", "HEAD", "-m", "hostile", at=at)
        self.git("update-ref", "HEAD", commit)
        return commit

    def blob(self, content: bytes) -> str:
        return self.git("hash-object", "-w", "--stdin", stdin=content)

    def fork(self, path: Path) -> Repository:
        copy = Repository(path)
        copy.git("pull", "--quiet", str(self.path), "master")
        return copy


def a_candidate(repository: str | None, ref: str = "master") -> Candidate:
    return Candidate(
        name="acme",
        repository=repository,
        ref=ref,
        connectors=("acme",),
        kind="exchange",
        exchange=Exchange(hosts=()),
    )


def a_round(upstream: Path, *candidates: Candidate, ref: str = "master") -> Round:
    """A round of these candidates, closing at the end of 19 August 2020."""
    return Round(
        id="2020-08",
        title="Test",
        release="v1",
        submissions_close=datetime(2020, 8, 19, 23, 59, 59, tzinfo=UTC),
        voting=Voting(opens=date(2020, 8, 24), closes=date(2020, 9, 10), channel="#x"),
        upstream=GitUpstream(git=str(upstream), ref=ref),
        candidates=candidates,
    )
