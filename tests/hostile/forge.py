"""Where a hostile repository is made, screened, and what is looked at when it is over."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.forks.errors import ForkError
from harness.forks.object_store import ObjectStore
from harness.forks.pin import pin
from harness.forks.submission import Submission
from harness.forks.tree import Tree
from tests.forks.repository import BASE, Repository, a_candidate, a_round

ACME = "hummingbot/connector/exchange/acme/acme_exchange.py"
# Settings of a repository whose values git runs, where it heeds them.
COMMANDS = (
    "core.fsmonitor", "uploadpack.packObjectsHook", "core.sshCommand", "core.alternateRefsCommand",
    "core.gitProxy", "credential.helper", "core.pager", "gpg.program",
)  # fmt: skip
# Long enough for a loaded machine; an attack that is not contained lasts for ever.
PATIENCE = 120


@dataclass
class Forge:
    """An upstream, a hostile fork of it and a well-behaved one, and the store they meet in."""

    place: Path
    upstream: Repository
    fork: Repository
    store: ObjectStore
    #: A file that appears only when something of a fork's has run.
    marker: Path
    _cleared: list[Path] = field(default_factory=list)

    def submission(self, address: str | None = None, ref: str = "master") -> Submission:
        """The hostile fork (or another address), pinned as in a round."""
        # Past the round file's own rules: what it lets through is test_round_file's business.
        candidate = a_candidate(None).model_copy(
            update={"repository": address or str(self.fork.path), "ref": ref}
        )
        return pin(self.store, candidate, a_round(self.upstream.path, candidate))

    def tree(self) -> Tree:
        return Tree.of(self.store, self.submission())

    def refused(self, address: str | None = None, ref: str = "master") -> str:
        """What the round says of a fork that cannot be screened: one sentence of its own, one of advice."""
        with pytest.raises(ForkError) as caught:
            self.submission(address, ref)
        assert caught.value.message.isprintable()
        assert len(caught.value.message) < 400
        kept = self.store.text("for-each-ref", "--format=%(refname)", "refs/candidates/2020-08/acme")
        assert not kept, "the store keeps nothing of a refused fork"
        return caught.value.message

    def tree_object(self, *rows: tuple[str, bytes, str]) -> str:
        """A tree of (mode, name, id), however malformed; its id."""
        raw = b"".join(mode.encode() + b" " + name + b"\0" + bytes.fromhex(oid) for mode, name, oid in rows)
        return self.fork.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=raw)

    def commit_rows(self, *rows: tuple[str, bytes, str]) -> str:
        """A commit of such a tree on the fork's branch."""
        return self.commit_of(self.tree_object(*rows))

    def commit_of(self, tree: str) -> str:
        commit = self.fork.git("commit-tree", tree, "-p", "HEAD", "-m", "hostile", at="2020-08-02T00:00:00Z")
        self.fork.git("update-ref", "HEAD", commit)
        return commit

    def commit_object(self, raw: str) -> str:
        """A commit made of its text, however malformed, on the fork's branch."""
        oid = self.fork.git(
            "hash-object",
            "-t",
            "commit",
            "-w",
            "--literally",
            "--stdin",
            stdin=raw.encode("utf-8", "surrogateescape"),
        )
        (self.fork.path / ".git/refs/heads/master").write_text(f"{oid}\n")
        return oid

    def the_round_goes_on(self) -> None:
        """The next candidate is screened, from the same store."""
        good = a_candidate(str(self.place / "good")).model_copy(update={"name": "good"})
        submission = pin(self.store, good, a_round(self.upstream.path, good))
        assert Tree.of(self.store, submission).text(ACME) == "a = 1\n"

    def store_is_sound(self) -> None:
        """No left-over of a transfer, and what the kept refs reach is all there."""
        left = [path.name for path in self.store.repository.glob(".harness-*")]
        left += [path.name for path in self.store.repository.glob("objects/pack/tmp_*")]
        assert not left
        done = subprocess.run(
            ["git", "rev-list", "--objects", "--all", "--missing=allow-any"],
            cwd=self.store.repository, capture_output=True, timeout=PATIENCE,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()


@pytest.fixture
def forge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Forge]:
    """A forge in a home full of traps; afterwards nothing has run and the round has gone on."""
    marker = tmp_path / "it-ran"
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(f'[core]\n\tfsmonitor = "touch {marker};"\n\thooksPath = {home}\n')
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    for name in (
        "http_proxy",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
        "no_proxy",
        "NO_PROXY",
    ):
        monkeypatch.delenv(name, raising=False)
    upstream = Repository(tmp_path / "upstream")
    upstream.commit(BASE)
    upstream.fork(tmp_path / "good").commit({ACME: "a = 1\n"})
    fork = upstream.fork(tmp_path / "fork")
    monkeypatch.setenv("HOME", str(home))
    made = Forge(tmp_path, upstream, fork, ObjectStore(tmp_path / "store.git"), marker)
    yield made
    monkeypatch.undo()
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    assert not marker.exists(), "something of the fork's has run"
    made.the_round_goes_on()
    made.store_is_sound()
