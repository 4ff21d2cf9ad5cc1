"""What a repository may try on the git that fetches it."""

from __future__ import annotations

import shutil

import pytest

from harness.forks import limits
from harness.forks.errors import ForkError, RefMissing
from harness.forks.pin import pin
from harness.forks.tree import Tree
from harness.rounds.round import GitUpstream
from tests.forks.repository import a_candidate, a_round
from tests.hostile.attack import attack
from tests.hostile.forge import ACME, COMMANDS, Forge
from tests.hostile.servers import (
    PERSON,
    object_id,
    pack_of,
    packed,
)

HOOKS = ("post-checkout", "reference-transaction", "post-merge", "post-index-change", "pre-receive", "update")


@attack("hooks of every kind, in the fork and in the store", meets="no hook is ever looked for")
def test_hooks(forge: Forge) -> None:
    forge.fork.commit({ACME: "a = 1\n"})
    for folder in (forge.fork.path / ".git/hooks", forge.store.repository / "hooks"):
        folder.mkdir(exist_ok=True)
        for name in HOOKS:
            (folder / name).write_text(f"#!/bin/sh\ntouch {forge.marker}\n")
            (folder / name).chmod(0o755)

    assert ACME in forge.tree()


@attack(
    "commands in its own configuration: fsmonitor, packObjectsHook, sshCommand, alternateRefsCommand",
    meets="settings given on each command, and git's own rule for what a repository may configure",
)
def test_commands_in_its_configuration(forge: Forge) -> None:
    forge.fork.commit({ACME: "a = 1\n"})
    for key in COMMANDS:
        forge.fork.git("config", key, f"touch {forge.marker};")

    assert ACME in forge.tree()


@attack(
    "`.gitattributes` that name filters, diff and merge drivers and leave files out of archives",
    meets="files are read as objects; attributes are read from an empty tree",
)
def test_attributes(forge: Forge) -> None:
    rules = "* filter=evil diff=evil merge=evil export-ignore\n*.py binary export-subst ident text eol=crlf\n"
    source = "$Id$ $Format:%H$\n"
    forge.fork.commit({".gitattributes": rules, ACME: source})
    forge.upstream.commit({"README.md": "moved on\n"})

    submission = forge.submission()
    Tree.of(forge.store, submission).export(forge.place / "out")

    assert (forge.place / "out" / ACME).read_text() == source
    assert submission.merge.state == "clean"


@attack("a file in LFS, whose server is the fork's choice", meets="no LFS: a pointer is a text of 3 lines")
def test_lfs(forge: Forge) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12345\n"
    settings = f"[lfs]\n\turl = file://{forge.place}\n\tconcurrenttransfers = 9\n"
    forge.fork.commit({".gitattributes": "*.py filter=lfs\n", ".lfsconfig": settings, ACME: pointer})

    assert forge.tree().text(ACME) == pointer


@attack(
    "objects missing on purpose, and a promisor remote that is a command to fetch them",
    meets="nothing is fetched by need, and the fork's side may speak no protocol at all",
)
def test_a_promisor_that_is_a_command(forge: Forge) -> None:
    forge.fork.commit({ACME: "a = 1\n"})
    blob = forge.fork.git("rev-parse", f"HEAD:{ACME}")
    (forge.fork.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    for key, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "evil",
        "remote.evil.promisor": "true",
        "remote.evil.url": str(forge.fork.path),
        "remote.evil.uploadpack": f"touch {forge.marker};",
    }.items():
        forge.fork.git("config", key, value)

    missing = forge.tree().entry(ACME)

    assert missing is not None
    assert missing.size == -1


@pytest.mark.parametrize(
    "address",
    ["ext::sh -c 'touch {marker}'", "fd::17", "file::{fork}", "--upload-pack=touch {marker}", "ext::ssh://{fork}",
     "ftp://127.0.0.1/x", "http://127.0.0.1/x", "ssh://-oProxyCommand=touch {marker}/x", "-x@y:z"],
)  # fmt: skip
@attack("an address that is a command or an option", meets="one protocol an address, and only four there are")
def test_addresses_that_are_commands(forge: Forge, address: str) -> None:
    assert forge.refused(address.format(marker=forge.marker, fork=forge.fork.path))


@attack("upstream's own address as a command, in a round file from elsewhere", meets="the same rule")
def test_an_upstream_that_is_a_command(forge: Forge) -> None:
    candidate = a_candidate(str(forge.fork.path))
    upstream = GitUpstream.model_construct(git=f"ext::touch {forge.marker}", ref="master")
    with pytest.raises(ForkError, match="protocol not allowed"):
        pin(
            forge.store,
            candidate,
            a_round(forge.upstream.path, candidate).model_copy(update={"upstream": upstream}),
        )


@attack(
    "variables of a git hook around the harness (GIT_DIR, GIT_CONFIG_PARAMETERS, GIT_EXEC_PATH …)",
    meets="an environment made from nothing",
)
def test_a_callers_environment(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    forge.fork.commit({ACME: "a = 1\n"})
    for name, value in {
        "GIT_DIR": "/nowhere",
        "GIT_INDEX_FILE": "/nowhere/index",
        "GIT_OBJECT_DIRECTORY": "/nowhere",
        "GIT_CONFIG_PARAMETERS": f"'core.bare'='false' 'core.fsmonitor'='touch {forge.marker}'",
        "GIT_TRACE": str(forge.marker),
        "GIT_EXTERNAL_DIFF": f"touch {forge.marker}",
        "LD_PRELOAD": "",
        "XDG_CONFIG_HOME": str(forge.place / "home"),
    }.items():
        monkeypatch.setenv(name, value)

    assert ACME in forge.tree()


@attack("a submodule whose address is an option", meets="git's own check of .gitmodules, made on purpose")
def test_a_gitmodules_file_that_git_refuses(forge: Forge) -> None:
    forge.fork.commit({".gitmodules": '[submodule "s"]\n\tpath = s\n\turl = --upload-pack=touch it-ran;\n'})
    assert "gitmodulesUrl" in forge.refused()


@pytest.mark.parametrize("name", [".GITMODULES", ".gitmod\u200cules", "GITMOD~1"])
@attack("such a file under a name that only Windows or macOS reads as .gitmodules", meets="the same check")
def test_a_gitmodules_file_by_another_name(forge: Forge, name: str) -> None:
    forge.fork.commit({name: '[submodule "../../evil"]\n\tpath = s\n\turl = https://example.com/x\n'})
    assert "gitmodulesName" in forge.refused()


@attack("a `.gitattributes` of one line of 200,000 characters", meets="git's own check of it")
def test_attributes_that_git_refuses(forge: Forge) -> None:
    forge.fork.commit({".gitattributes": "* " + "a" * 200_000 + "\n"})
    assert "gitattributesLineLength" in forge.refused()


@attack("a submodule inside the tree", meets="it is one line in the list of changes, and never fetched")
def test_submodules_are_not_followed(forge: Forge) -> None:
    head = forge.fork.commit({".gitmodules": f'[submodule "s"]\n\tpath = s\n\turl = {forge.upstream.path}\n'})
    forge.fork.git("update-index", "--add", "--cacheinfo", f"160000,{head},s")
    forge.fork.git("commit", "--quiet", "-m", "submodule")

    submission = forge.submission()
    export = Tree.of(forge.store, submission).export(forge.place / "out")

    (change,) = (item for item in submission.changes if item.path == "s")
    assert change.submodule
    assert [item.reason for item in export.skipped] == ["submodule"]


@pytest.mark.parametrize(
    "ref", ["--upload-pack=touch x", "-x", "master\x1b[31m", "refs/heads/../../HEAD", "@{-1}", "*"]
)
@attack(
    "a ref that is an option, a pattern, a path or an escape sequence",
    meets="no such ref, said in plain text",
)
def test_refs_that_are_something_else(forge: Forge, ref: str) -> None:
    assert forge.refused(ref=ref).startswith("no branch, tag or commit")


@attack(
    "branch names with bidirectional and control characters, hoping to be suggested",
    meets="only names that a round file could hold are suggested",
)
def test_names_of_refs(forge: Forge) -> None:
    head = forge.fork.commit({ACME: "a = 1\n"})
    forge.fork.git("update-ref", "refs/heads/mast\u202er", head)
    forge.fork.git("update-ref", "refs/heads/<script>master", head)
    with pytest.raises(RefMissing) as caught:
        forge.submission(ref="mastr")
    assert "\u202e" not in str(caught.value)
    assert "master" in caught.value.similar


@attack(
    "a HEAD that points outside, and refs that point at each other",
    meets="only the ref asked for is followed",
)
def test_symbolic_refs(forge: Forge) -> None:
    forge.fork.commit({ACME: "a = 1\n"})
    git = forge.fork.path / ".git"
    (git / "HEAD").write_text("ref: refs/heads/a\n")
    (git / "refs/heads/a").write_text("ref: refs/heads/b\n")
    (git / "refs/heads/b").write_text("ref: refs/heads/a\n")
    (git / "refs/heads/out").write_text("ref: ../../../../etc/passwd\n")

    for ref in ("a", "out", "HEAD"):
        assert forge.refused(ref=ref)
    assert ACME in forge.tree()


@attack(
    "replace refs that show a reviewer other objects than are there",
    meets="they are neither fetched nor used",
)
def test_replaced_objects(forge: Forge) -> None:
    forge.fork.commit({ACME: "evil = 1\n"})
    evil, fine = forge.fork.git("rev-parse", f"HEAD:{ACME}"), forge.fork.blob(b"fine = 1\n")
    forge.fork.git("replace", evil, fine)

    assert forge.tree().text(ACME) == "evil = 1\n"


@pytest.mark.filterwarnings("ignore")
@attack(
    "a history cut short, by grafts or as a shallow clone, so that it shares no base with upstream",
    meets="a shallow fork is refused; a graft leaves a hole that is named",
)
def test_histories_with_holes(forge: Forge) -> None:
    forge.fork.commit({ACME: "a = 1\n"})
    head = forge.fork.commit({ACME: "a = 2\n"})
    (forge.fork.path / ".git/shallow").write_text(f"{head}\n")
    assert forge.refused()
    (forge.fork.path / ".git/shallow").unlink()
    lost = forge.fork.git("rev-parse", "HEAD~1")
    (forge.fork.path / ".git/objects" / lost[:2] / lost[2:]).unlink()
    assert forge.refused()


@pytest.mark.parametrize(
    "seconds", ["253402300800", "9223372036854775807", "99999999999999999999999", "-1", "007"]
)
@attack(
    "a commit of the year 10000, of before 1970 or with a date that no number holds",
    meets="git's own check, or the deadline: it counts as late, never as a crash",
)
def test_dates_beyond_the_calendar(forge: Forge, seconds: str) -> None:
    tree, parent = forge.fork.git("rev-parse", "HEAD^{tree}"), forge.fork.git("rev-parse", "HEAD")
    forge.commit_object(
        f"tree {tree}\nparent {parent}\nauthor {PERSON}\ncommitter Ann <a@b> {seconds} +0000\n\nx\n"
    )
    with pytest.raises(ForkError) as caught:
        forge.submission()
    assert "git refused its objects" in str(caught.value) or "no commit of its own by" in str(caught.value)


@pytest.mark.parametrize("zone", ["+9999", "-9999", "+0060", "nonsense", "+99999999999"])
@attack("a time zone of 100 hours, or none", meets="git's own check; what passes changes no instant")
def test_zones(forge: Forge, zone: str) -> None:
    tree, parent = forge.fork.git("rev-parse", "HEAD^{tree}"), forge.fork.git("rev-parse", "HEAD")
    forge.commit_object(
        f"tree {tree}\nparent {parent}\nauthor {PERSON}\ncommitter Ann <a@b> 1596240000 {zone}\n\nx\n"
    )
    if zone in ("+9999", "-9999", "+0060"):
        assert forge.submission().committed_at.timestamp() == 1596240000
    else:
        assert "badTimezone" in forge.refused()


@attack(
    "a commit message larger than what git may hold in memory", meets="it is refused before it is inflated"
)
def test_a_huge_message(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    tree, parent = forge.fork.git("rev-parse", "HEAD^{tree}"), forge.fork.git("rev-parse", "HEAD")
    forge.commit_object(
        f"tree {tree}\nparent {parent}\nauthor {PERSON}\ncommitter {PERSON}\n\n" + "x" * (20 << 20)
    )
    monkeypatch.setattr(limits, "ALLOCATION_BYTES", 16 << 20)

    assert "over the limit of 16 MiB" in forge.refused()


@attack("a commit with 100,000 parents", meets="it is read in one go, as any other")
def test_parents_without_end(forge: Forge) -> None:
    tree, parent = forge.fork.git("rev-parse", "HEAD^{tree}"), forge.fork.git("rev-parse", "HEAD")
    parents = f"parent {parent}\n" * 100_000
    head = forge.commit_object(f"tree {tree}\n{parents}author {PERSON}\ncommitter {PERSON}\n\nx\n")

    assert forge.submission().commit == head


@attack("tags of tags of tags, 1,000 deep", meets="git peels them one by one")
def test_tags_of_tags(forge: Forge) -> None:
    head = forge.fork.commit({ACME: "a = 1\n"})
    pack, target, kind = [], head, "commit"
    for _ in range(1000):
        tag = f"object {target}\ntype {kind}\ntag t\ntagger {PERSON}\n\nx\n".encode()
        pack.append(packed(4, tag))
        target, kind = object_id("tag", tag), "tag"
    forge.fork.git("unpack-objects", "-q", stdin=pack_of(*pack))
    forge.fork.git("update-ref", "refs/tags/deep", target)

    assert forge.submission(ref="deep").commit == head


@attack("an author's name with escape sequences and line ends", meets="one printable line")
def test_an_authors_name(forge: Forge) -> None:
    tree, parent = forge.fork.git("rev-parse", "HEAD^{tree}"), forge.fork.git("rev-parse", "HEAD")
    name = "\x1b[31mred\x07\u202e" + "x" * 5000
    forge.commit_object(
        f"tree {tree}\nparent {parent}\nauthor {name} <a@b> 1 +0000\ncommitter {PERSON}\n\nx\n"
    )

    author = forge.submission().author
    assert author.startswith("[31mredxxx")
    assert author.isprintable()
    assert len(author) == 200


@attack("a repository whose ids are SHA-256", meets="a sentence that says so")
def test_ids_of_another_kind(forge: Forge) -> None:
    shutil.rmtree(forge.fork.path / ".git")
    forge.fork.git("init", "--quiet", "--object-format=sha256", "--initial-branch=master")
    forge.fork.commit({ACME: "a = 1\n"})
    assert "SHA-256" in forge.refused()


@attack("a tree with one name twice, so that two readers see two files", meets="git's own check")
def test_one_name_twice(forge: Forge) -> None:
    fine, evil = forge.fork.blob(b"fine"), forge.fork.blob(b"evil")
    forge.commit_rows(("100644", b"a.py", fine), ("100644", b"a.py", evil))
    assert "duplicateEntries" in forge.refused()
