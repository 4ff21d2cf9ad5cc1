"""What a repository may try, and that it comes to nothing. Each name says what is tried."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.forks import limits
from harness.forks.errors import ForkError, RefusedObjects, TooLarge, Unreachable
from harness.forks.pin import pin
from harness.forks.store import ObjectStore
from harness.forks.tree import Tree
from harness.round import Candidate, GitUpstream, Round

ACME = "hummingbot/connector/exchange/acme/acme_exchange.py"
MakeRound = Callable[..., Round]


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """A file that appears only when something of the fork's has run."""
    return tmp_path / "it-ran"


def entry(mode: str, name: bytes, oid: str) -> bytes:
    return mode.encode() + b" " + name + b"\0" + bytes.fromhex(oid)


def screened(store: ObjectStore, candidate: Candidate, make_round: MakeRound) -> Tree:
    return Tree.of(store, pin(store, candidate, make_round(candidate)))


def test_hooks_of_every_kind(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound, marker: Path
) -> None:
    fork.commit({ACME: "a = 1\n"})
    for folder in (fork.path / ".git/hooks", store.repository / "hooks"):
        folder.mkdir(exist_ok=True)
        for name in (
            "post-checkout",
            "reference-transaction",
            "post-merge",
            "post-index-change",
            "pre-receive",
        ):
            (folder / name).write_text(f"#!/bin/sh\ntouch {marker}\n")
            (folder / name).chmod(0o755)

    screened(store, candidate, make_round)

    assert not marker.exists()


def test_commands_in_the_forks_configuration(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound, marker: Path
) -> None:
    fork.commit({ACME: "a = 1\n"})
    for key in (
        "core.fsmonitor",
        "uploadpack.packObjectsHook",
        "core.sshCommand",
        "core.alternateRefsCommand",
    ):
        fork.git("config", key, f"touch {marker};")

    screened(store, candidate, make_round)

    assert not marker.exists()


def test_attributes_that_name_filters_drivers_and_exclusions(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound, tmp_path: Path
) -> None:
    rules = "* filter=evil diff=evil merge=evil export-ignore\n*.py binary export-subst ident text eol=crlf\n"
    source = "$Id$ $Format:%H$\n"
    fork.commit({".gitattributes": rules, ACME: source})

    tree = screened(store, candidate, make_round)
    tree.export(tmp_path / "out")

    assert (tmp_path / "out" / ACME).read_text() == source


def test_a_lazy_fetch_from_a_promisor_that_is_a_command(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound, marker: Path
) -> None:
    fork.commit({ACME: "a = 1\n"})
    blob = fork.git("rev-parse", f"HEAD:{ACME}")
    (fork.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    for key, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "evil",
        "remote.evil.promisor": "true",
        "remote.evil.url": str(fork.path),
        "remote.evil.uploadpack": f"touch {marker};",
    }.items():
        fork.git("config", key, value)

    tree = screened(store, candidate, make_round)

    assert not marker.exists()
    missing = tree.entry(ACME)
    assert missing is not None
    assert missing.size == -1


@pytest.mark.parametrize("address", ["ext::sh -c 'touch {marker}'", "fd::17", "--upload-pack=touch {marker}"])
def test_addresses_that_are_commands(store: ObjectStore, marker: Path, address: str) -> None:
    with pytest.raises(ForkError):
        store.fetch(address.format(marker=marker), "master", "test")
    assert not marker.exists()


def test_a_caller_inside_a_git_hook_does_not_lead_us_astray(
    store: ObjectStore,
    fork: Any,
    candidate: Candidate,
    make_round: MakeRound,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fork.commit({ACME: "a = 1\n"})
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'core.bare'='false'")

    assert ACME in screened(store, candidate, make_round)


def test_symlinks_are_data(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound, tmp_path: Path
) -> None:
    (fork.path / "folder").symlink_to("/etc")
    (fork.path / "secret").symlink_to("/etc/passwd")
    fork.commit({ACME: "a = 1\n"})

    tree = screened(store, candidate, make_round)
    export = tree.export(tmp_path / "out")

    assert tree.link_target("secret") == "/etc/passwd"
    assert "secret" not in tree.paths()
    with pytest.raises(ForkError, match="not a regular file"):
        tree.read("secret")
    assert {item.path for item in export.skipped} == {"folder", "secret"}
    assert not any(path.is_symlink() for path in (tmp_path / "out").rglob("*"))


def test_submodules_are_not_followed(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound, tmp_path: Path
) -> None:
    head = fork.commit(
        {ACME: "a = 1\n", ".gitmodules": '[submodule "s"]\n\tpath = s\n\turl = https://example.com/s\n'}
    )
    fork.git("update-index", "--add", "--cacheinfo", f"160000,{head},s")
    fork.git("commit", "--quiet", "-m", "submodule")

    submission = pin(store, candidate, make_round(candidate))
    export = Tree.of(store, submission).export(tmp_path / "out")

    (change,) = (item for item in submission.changes if item.path == "s")
    assert change.submodule
    assert [item.reason for item in export.skipped] == ["submodule"]


@pytest.mark.parametrize(
    "name", [b"..", b".git", b".", b"a\nb", b"a\x1b[31mb", "a\u202eb".encode(), b"\xff\xfe"]
)
def test_names_that_would_do_harm_are_listed_and_not_written(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound, tmp_path: Path, name: bytes
) -> None:
    blob = fork.blob(b"payload")
    inner = fork.git(
        "hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=entry("100644", b"x", blob)
    )
    fork.commit_tree(entry("40000", name, inner) + entry("100644", b"zz.py", blob))

    try:
        tree = screened(store, candidate, make_round)
    except RefusedObjects:
        return  # git's own checks were quicker
    export = tree.export(tmp_path / "place" / "out")

    assert len(tree.paths()) == 2
    assert len(export.skipped) == 1
    assert sorted(path.name for path in (tmp_path / "place").rglob("*")) == ["out", "zz.py"]


def test_names_that_differ_in_case_or_encoding_are_all_seen(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound
) -> None:
    blob, evil = fork.blob(b"fine"), fork.blob(b"evil")
    fork.commit_tree(
        entry("100644", b"A.py", blob) + entry("100644", b"a.py", evil)
        + entry("100644", rb"b\xff", blob) + entry("100644", b"b\xff", evil)
    )  # fmt: skip

    tree = screened(store, candidate, make_round)

    assert tree.paths() == ("A.py", "a.py", r"b\xff", r"b\xff (2)")
    assert tree.text(r"b\xff (2)") == "evil"


def test_the_same_name_twice_in_a_folder_is_refused(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound
) -> None:
    blob, evil = fork.blob(b"fine"), fork.blob(b"evil")
    fork.commit_tree(entry("100644", b"a.py", blob) + entry("100644", b"a.py", evil))

    with pytest.raises(RefusedObjects, match="duplicateEntries"):
        screened(store, candidate, make_round)


def test_more_bytes_than_the_limit(
    store: ObjectStore,
    fork: Any,
    candidate: Candidate,
    make_round: MakeRound,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fork.commit({"huge.bin": os.urandom(1 << 20)})
    monkeypatch.setattr(limits, "PACK_BYTES", 256 << 10)

    with pytest.raises(TooLarge, match="what it sends"):
        pin(store, candidate, make_round(candidate))


def test_more_files_than_the_limit(
    store: ObjectStore,
    fork: Any,
    candidate: Candidate,
    make_round: MakeRound,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    blob = fork.blob(b"")
    fork.commit_tree(b"".join(entry("100644", b"%04d" % number, blob) for number in range(300)))
    monkeypatch.setattr(limits, "TREE_FILES", 200)

    with pytest.raises(TooLarge, match="300 files"):
        pin(store, candidate, make_round(candidate))


def test_a_very_deep_tree(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound, tmp_path: Path
) -> None:
    oid, mode = fork.blob(b"x"), "100644"
    for _ in range(400):
        tree = entry(mode, b"d", oid)
        oid, mode = fork.git("hash-object", "-t", "tree", "-w", "--stdin", stdin=tree), "40000"
    fork.commit_tree(entry("40000", b"d", oid))

    export = screened(store, candidate, make_round).export(tmp_path / "out")

    assert [item.reason for item in export.skipped] == ["name too long or too deep"]


def test_a_name_of_an_author_with_escapes(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound
) -> None:
    fork.commit({ACME: "a = 1\n"})
    fork.git(
        "-c", "user.name=x", "commit", "--amend", "--quiet", "--no-edit", "--author=\x1b[31mred\x07 <a@b>"
    )

    assert pin(store, candidate, make_round(candidate)).author == "[31mred"


def test_replace_refs_do_not_change_what_is_seen(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound
) -> None:
    fork.commit({ACME: "evil = 1\n"})
    evil, fine = fork.git("rev-parse", f"HEAD:{ACME}"), fork.blob(b"fine = 1\n")
    fork.git("replace", evil, fine)

    assert screened(store, candidate, make_round).text(ACME) == "evil = 1\n"


def test_a_bad_fork_does_not_keep_the_next_from_being_screened(
    store: ObjectStore, upstream: Any, fork: Any, candidate: Candidate, make_round: MakeRound, tmp_path: Path
) -> None:
    good = upstream.fork(tmp_path / "good")
    good.commit({ACME: "a = 1\n"})
    blob = fork.blob(b"")
    fork.commit_tree(entry("100644", b"a.py", blob) + entry("100644", b"a.py", blob))
    with pytest.raises(RefusedObjects):
        pin(store, candidate, make_round(candidate))

    second = candidate.model_copy(update={"name": "good", "repository": str(good.path)})
    assert ACME in screened(store, second, make_round)


def test_upstream_may_not_be_a_command_either(
    store: ObjectStore, fork: Any, candidate: Candidate, make_round: MakeRound, marker: Path
) -> None:
    upstream = GitUpstream.model_construct(git=f"ext::touch {marker}", ref="master")
    with pytest.raises(Unreachable):
        pin(store, candidate, make_round(candidate).model_copy(update={"upstream": upstream}))
    assert not marker.exists()
