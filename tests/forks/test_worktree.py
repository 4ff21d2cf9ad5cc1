from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from harness.errors import UserError
from harness.forks.object_store import ObjectStore
from harness.forks.tree import Tree
from harness.forks.worktree import work_tree
from harness.rounds.fields import is_ref
from harness.rounds.round import GitUpstream

ACME = "hummingbot/connector/exchange/acme/acme_exchange.py"


def fingerprint(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


@pytest.fixture
def target(upstream: Any) -> GitUpstream:
    return GitUpstream(git=str(upstream.path), ref="master")


def test_what_is_not_committed_counts_and_what_is_ignored_does_not(
    store: ObjectStore, fork: Any, target: GitUpstream
) -> None:
    head = fork.commit({ACME: "a = 1\n", ".gitignore": "ignored/\n", "gone.py": ""})
    fork.write(
        {ACME: "a = 2\n", "hummingbot/connector/exchange/acme/acme_auth.py": "new\n", "ignored/x.py": ""}
    )
    (fork.path / "gone.py").unlink()

    submission = work_tree(store, fork.path / "hummingbot", target)
    tree = Tree.of(store, submission)

    assert tree.text(ACME) == "a = 2\n"
    assert {item.path for item in submission.changes} == {
        ".gitignore",
        ACME,
        "hummingbot/connector/exchange/acme/acme_auth.py",
    }
    assert submission.pinned_by == "work tree"
    assert submission.commit != head
    assert (submission.candidate.name, submission.candidate.connectors) == ("acme", ("acme",))
    assert work_tree(store, fork.path, target).commit == submission.commit


def test_a_clean_work_tree_is_its_commit(store: ObjectStore, fork: Any, target: GitUpstream) -> None:
    head = fork.commit({ACME: "a = 1\n"})
    assert work_tree(store, fork.path, target).commit == head


def test_what_a_sparse_checkout_leaves_out_counts_as_committed(
    store: ObjectStore, fork: Any, target: GitUpstream
) -> None:
    head = fork.commit({ACME: "a = 1\n", "docs/page.md": "text\n"})
    fork.git("sparse-checkout", "set", "hummingbot")
    assert not (fork.path / "docs").exists()

    assert work_tree(store, fork.path, target).commit == head

    fork.write({ACME: "a = 2\n"})
    (fork.path / "README.md").unlink()
    changed = Tree.of(store, work_tree(store, fork.path, target))
    assert (changed.text(ACME), changed.text("docs/page.md")) == ("a = 2\n", "text\n")
    assert "README.md" not in changed


def test_without_a_branch_the_commit_is_what_is_checked(
    store: ObjectStore, fork: Any, target: GitUpstream
) -> None:
    """CI checks a pull request out without a branch; `work tree` is no ref that a candidate may have."""
    head = fork.commit({ACME: "a = 1\n"})
    fork.git("checkout", "--detach")
    submission = work_tree(store, fork.path, target)
    assert submission.ref == head
    assert is_ref(submission.ref)


def test_the_repository_is_only_read_and_none_of_its_commands_run(
    store: ObjectStore, fork: Any, target: GitUpstream, tmp_path: Path
) -> None:
    fork.commit({ACME: "a = 1\n", ".gitattributes": "* filter=evil\n"})
    marker = tmp_path / "it-ran"
    for key in ("core.fsmonitor", "filter.evil.clean", "filter.evil.process", "diff.external"):
        fork.git("config", key, f"touch {marker};")
    for name in ("post-index-change", "reference-transaction", "pre-auto-gc"):
        hook = fork.path / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {marker}\n")
        hook.chmod(0o755)
    fork.write({ACME: "a = 2\n"})
    (fork.path / "link").symlink_to("/etc/passwd")
    before = fingerprint(fork.path)

    submission = work_tree(store, fork.path, target)

    assert fingerprint(fork.path) == before
    assert not marker.exists()
    assert Tree.of(store, submission).text(ACME) == "a = 2\n"
    assert Tree.of(store, submission).link_target("link") == "/etc/passwd"


def test_odd_names_are_kept(store: ObjectStore, fork: Any, target: GitUpstream) -> None:
    fork.commit({ACME: "a = 1\n"})
    names = {'q"uote.py', "new\nline.py", "back\\slash.py", "ü.py"}
    fork.write(dict.fromkeys(names, "x\n"))

    assert names <= set(Tree.of(store, work_tree(store, fork.path, target)).paths())


def test_outside_a_work_tree(store: ObjectStore, tmp_path: Path, target: GitUpstream) -> None:
    with pytest.raises(UserError, match="not inside a git work tree"):
        work_tree(store, tmp_path, target)


def test_a_shallow_clone_is_told_what_to_do(
    store: ObjectStore, fork: Any, target: GitUpstream, tmp_path: Path
) -> None:
    fork.commit({ACME: "a = 1\n"})
    fork.git("clone", "--quiet", "--depth=1", f"file://{fork.path}", str(tmp_path / "shallow"))

    with pytest.raises(UserError, match="--unshallow"):
        work_tree(store, tmp_path / "shallow", target)


def test_a_connector_that_is_named_may_be_unchanged(
    store: ObjectStore, fork: Any, upstream: Any, target: GitUpstream
) -> None:
    kept = "hummingbot/connector/exchange/kept"
    upstream.commit({f"{kept}/kept_exchange.py": "k = 1\n"})
    fork.git("pull", "--quiet", "--no-rebase", str(upstream.path), target.ref)

    (found,) = work_tree(store, fork.path, target, named="kept").connectors
    assert (found.name, found.kind, found.path, found.new) == ("kept", "exchange", kept, False)
    with pytest.raises(UserError, match="no connector is added"):
        work_tree(store, fork.path, target, named="other")


def test_a_work_tree_without_a_connector(store: ObjectStore, fork: Any, target: GitUpstream) -> None:
    with pytest.raises(UserError, match="no connector is added"):
        work_tree(store, fork.path, target)
