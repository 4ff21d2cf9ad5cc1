"""What a repository in a folder of this machine may try, and what a killed harness leaves in the store."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from harness.forks.tree import Tree
from harness.forks.worktree import work_tree
from harness.rounds.round import GitUpstream
from tests.forks.repository import Repository
from tests.hostile.attack import attack
from tests.hostile.forge import ACME, COMMANDS, PATIENCE, Forge

LEFT_OVER = ("packed-refs.lock", "objects/pack/tmp_pack_x", "objects/pack/pack-1.pack", "refs/heads/x.lock")


@attack(
    "objects/info/alternates that lead to another repository of this machine",
    meets="a fork that stands alone",
)
def test_alternates_of_a_local_fork(forge: Forge) -> None:
    private = Repository(forge.place / "private")
    secret = private.commit({"secret.txt": "not yours\n"})
    (forge.fork.path / ".git/objects/info/alternates").write_text(f"{private.path / '.git/objects'}\n")
    (forge.fork.path / ".git/refs/heads/master").write_text(f"{secret}\n")

    assert "borrows objects" in forge.refused()
    assert forge.store.commit(secret) is None


@pytest.mark.parametrize("part", [".git", ".git/objects", ".git/refs", ".git/objects/pack"])
@attack(
    "a symlink inside a local fork that leads to another repository of this machine", meets="the same rule"
)
def test_links_out_of_a_local_fork(forge: Forge, part: str) -> None:
    private = Repository(forge.place / "private")
    private.commit({"secret.txt": "not yours\n"})
    shutil.rmtree(forge.fork.path / part)
    (forge.fork.path / part).symlink_to(private.path / part)

    assert "lies outside of it" in forge.refused()


@attack("a `.git` file that names another repository of this machine", meets="the same rule")
def test_a_git_file(forge: Forge) -> None:
    private = Repository(forge.place / "private")
    private.commit({"secret.txt": "not yours\n"})
    shutil.rmtree(forge.fork.path / ".git")
    (forge.fork.path / ".git").write_text(f"gitdir: {private.path / '.git'}\n")

    assert "names another folder" in forge.refused()


@attack(
    "fsmonitor, hooks and filters in a work tree that is checked with `harness check .`",
    meets="we read its files, and git gives names only",
)
def test_a_work_tree(forge: Forge) -> None:
    forge.fork.commit({ACME: "a = 1\n"})
    forge.fork.write({".gitattributes": "* filter=evil text working-tree-encoding=UTF-16\n"})
    for key in (*COMMANDS, "core.hooksPath", "filter.evil.clean", "filter.evil.process", "alias.ls-files"):
        forge.fork.git("config", key, f"touch {forge.marker};")
    (forge.fork.path / ACME).write_text("a = 2\n")

    submission = work_tree(
        forge.store, forge.fork.path, GitUpstream(git=str(forge.upstream.path), ref="master")
    )

    assert Tree.of(forge.store, submission).text(ACME) == "a = 2\n"


@attack(
    "a folder of a work tree that has become a symlink to somewhere else",
    meets="files behind it are left out",
)
def test_a_work_tree_with_a_link_in_the_middle(forge: Forge) -> None:
    private = forge.place / "private"
    private.mkdir()
    (private / "secret.txt").write_text("not yours\n")
    forge.fork.commit({ACME: "a = 1\n", "folder/secret.txt": "mine\n"})
    shutil.rmtree(forge.fork.path / "folder")
    (forge.fork.path / "folder").symlink_to(private)

    submission = work_tree(
        forge.store, forge.fork.path, GitUpstream(git=str(forge.upstream.path), ref="master")
    )

    assert "folder/secret.txt" not in Tree.of(forge.store, submission)


@attack(
    "a pattern in .gitignore that takes for ever to match",
    meets="a time limit, reported as the harness's own error",
)
def test_a_pattern_that_never_ends(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    forge.fork.commit({ACME: "a = 1\n", ".gitignore": "*a" * 40 + "b\n"})
    (forge.fork.path / ("a" * 200)).write_text("")
    submission = work_tree(
        forge.store, forge.fork.path, GitUpstream(git=str(forge.upstream.path), ref="master")
    )
    assert "a" * 200 in Tree.of(forge.store, submission)


@attack(
    "a harness killed in the middle of a transfer, for its locks and half a pack to be found",
    meets="the next start, when nobody else uses the store, removes them",
)
def test_left_overs_of_a_killed_harness(forge: Forge) -> None:
    root = forge.store.repository
    script = (
        "import os, sys, pathlib\n"
        "from harness.forks.object_store import ObjectStore\n"
        "from harness.forks.quarantine import quarantine\n"
        "store = ObjectStore(pathlib.Path(sys.argv[1]))\n"
        "root = store.repository\n"
        "for name in sys.argv[2:]:\n"
        "    (root / name).parent.mkdir(parents=True, exist_ok=True)\n"
        "    (root / name).write_bytes(b'x')\n"
        "with quarantine(root):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    command = [sys.executable, "-c", script, str(root), *LEFT_OVER]
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE)
    assert done.returncode == -9, done.stderr.decode()
    assert all((root / name).exists() for name in LEFT_OVER)

    forge.store = type(forge.store)(root)  # the one before is gone, as its process would be
    forge.the_round_goes_on()

    assert not [name for name in LEFT_OVER if (root / name).exists()]
