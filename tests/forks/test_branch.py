"""A merge as a bundle that a clone of upstream takes, and conflicts told file by file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.forks.branch import BUNDLE, Branch, merge_branch
from harness.forks.object_store import ObjectStore
from harness.forks.pin import pin
from harness.forks.since import since
from harness.forks.submission import Submission
from harness.rounds.reading import load_round
from harness.rounds.round import Round
from tests.world import commit, git, upstream_and_fork, write_round

PACKAGE = "hummingbot/connector/exchange/hollow"
AT = "2026-09-11T00:00:00Z"


class World:
    """An upstream, a fork of it with one connector, and a store that knows neither."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.upstream, self.fork = upstream_and_fork(folder)
        self.store = ObjectStore(folder / "store")

    def round(self) -> Round:
        return load_round(write_round(self.folder, self.upstream, {"hollow": self.fork.as_uri()}))

    def pinned(self) -> Submission:
        round_ = self.round()
        return pin(self.store, round_.candidates[0], round_)

    def merged(self) -> Branch:
        return merge_branch(self.store, self.pinned(), self.folder / "packet")

    def taken(self, branch: Branch) -> Path:
        """A clone of upstream that fetched the bundle and checked the branch out."""
        clone = self.folder / "clone"
        git(self.folder, "clone", "-q", str(self.upstream), "clone")
        git(clone, "fetch", "-q", str(self.folder / "packet" / BUNDLE), branch.name)
        git(clone, "checkout", "-q", "FETCH_HEAD")
        return clone


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    return World(tmp_path)


def test_the_branch_merges_history_and_files(world: World) -> None:
    own = commit(world.fork, {f"{PACKAGE}/hollow_auth.py": "OLD = 1\n"}, AT)
    commit(world.fork, {f"{PACKAGE}/hollow_auth.py": "NEW = 1\n"}, AT)
    branch = world.merged()
    assert (branch.name, branch.squashed, branch.conflicts) == ("review/hollow", False, ())
    clone = world.taken(branch)
    assert git(clone, "rev-parse", "HEAD") == branch.commit
    assert git(clone, "rev-parse", "HEAD^1") == git(world.upstream, "rev-parse", "HEAD")
    assert git(clone, "rev-parse", "HEAD^2") == git(world.fork, "rev-parse", "HEAD")
    assert (clone / PACKAGE / "hollow_auth.py").read_text() == "NEW = 1\n"
    assert git(clone, "show", f"{own}:{PACKAGE}/hollow_auth.py") == "OLD = 1"


def test_the_same_submission_gives_the_same_commit(world: World) -> None:
    assert world.merged().commit == world.merged().commit


def test_a_fork_that_is_gone_gives_one_commit(world: World) -> None:
    commit(world.fork, {f"{PACKAGE}/hollow_auth.py": "OLD = 1\n"}, AT)
    commit(world.fork, {f"{PACKAGE}/hollow_auth.py": "NEW = 1\n"}, AT)
    pinned = world.pinned()
    world.fork.rename(world.folder / "gone")
    branch = merge_branch(world.store, pinned, world.folder / "packet")
    assert branch.squashed
    clone = world.taken(branch)
    assert git(clone, "rev-list", "--count", "HEAD") == "2"
    assert (clone / PACKAGE / "hollow_auth.py").read_text() == "NEW = 1\n"


def test_conflicts_are_told_file_by_file(world: World) -> None:
    files = {"README.md": "fork\n", "setup.py": "fork\n", "bin": "x\0y\n", "a\tb`": "fork\n"}
    commit(world.fork, files, AT)
    commit(world.upstream, {**files, "README.md": "new\n", "bin": "x\0z\n", "a\tb`": "new\n"}, AT)
    (world.upstream / "setup.py").unlink()
    commit(world.upstream, {}, AT)
    branch = world.merged()
    assert branch.commit is None
    assert "does not merge" in branch.why
    assert not (world.folder / "packet").exists()
    found = {each.path: each for each in branch.conflicts}
    assert set(found) == set(files)
    readme = found["README.md"]
    assert readme.kinds == ("CONFLICT (contents)",)
    assert readme.text is not None
    assert {"<<<<<<<", "=======", ">>>>>>>"} <= {line.split(" ")[0] for line in readme.text.splitlines()}
    assert any("modify/delete" in kind for kind in found["setup.py"].kinds)
    assert found["bin"].text is None, "no text"


def test_without_a_common_history_there_is_no_branch(world: World) -> None:
    alone = replace(world.pinned(), merge_base=None)
    branch = merge_branch(world.store, alone, world.folder / "packet")
    assert (branch.commit, branch.conflicts) == (None, ())
    assert "no history" in branch.why


def test_what_the_fork_and_upstream_did_since_is_told(world: World) -> None:
    pinned, round_ = world.pinned(), world.round()
    store = ObjectStore(world.folder / "store")  # upstream is looked up once a store
    nothing = since(store, pinned, round_)
    assert nothing.upstream is not None
    assert (nothing.fork.count, nothing.fork.rewritten, nothing.upstream.count) == (0, False, 0)
    now = commit(world.fork, {"README.md": "fork\n"}, "2026-10-02T00:00:00Z")
    commit(world.upstream, {"README.md": "upstream moved\n"}, "2026-10-02T00:00:00Z")
    found = since(ObjectStore(world.folder / "store"), pinned, round_)
    assert found.upstream is not None
    assert (found.fork.commit, found.fork.commits) == (now, ((now, "change"),))
    assert (found.fork.files, found.fork.rewritten, found.upstream.count) == (("README.md",), False, 1)
    assert found.merge is not None
    assert found.merge.state == "clean", "what was screened, not what came since"
    git(world.fork, "reset", "-q", "--hard", "HEAD~2")
    commit(world.fork, {"other.py": ""}, AT)
    assert since(store, pinned, round_).fork.rewritten
    world.fork.rename(world.folder / "gone")
    assert since(store, pinned, round_).fork.trouble
