"""What a repository may try on the git that fetches it."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import sys
import time

import pytest

from harness.forks import limits
from harness.forks.errors import ForkError, RefMissing
from harness.forks.pin import pin
from harness.forks.tree import Tree
from harness.forks.worktree import work_tree
from harness.round import GitUpstream
from tests.forks.repository import Repository, a_candidate, a_round
from tests.hostile.attack import attack
from tests.hostile.forge import ACME, PATIENCE, Forge
from tests.hostile.servers import (
    BLOB,
    COMMIT,
    PERSON,
    TREE,
    advertised,
    delta,
    git_server,
    header,
    https_server,
    lone_commit,
    object_id,
    pack_of,
    packed,
    packet,
    serving,
)

HOOKS = ("post-checkout", "reference-transaction", "post-merge", "post-index-change", "pre-receive", "update")
LEFT_OVER = ("packed-refs.lock", "objects/pack/tmp_pack_x", "objects/pack/pack-1.pack", "refs/heads/x.lock")
COMMANDS = (
    "core.fsmonitor", "uploadpack.packObjectsHook", "core.sshCommand", "core.alternateRefsCommand",
    "core.gitProxy", "credential.helper", "core.pager", "gpg.program",
)  # fmt: skip
ZEROES = bytes(16 << 20)


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


@attack("a server that sends one byte now and then", meets="an end after a set time")
def test_a_slow_server(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIST_SECONDS", 2.0)
    monkeypatch.setattr(limits, "FETCH_SECONDS", 2.0)

    def drip(connection: socket.socket) -> None:
        for byte in advertised("1" * 40):
            connection.sendall(bytes((byte,)))
            time.sleep(0.5)

    with git_server(drip) as address:
        assert "no answer within 2 s" in forge.refused(address)


@attack("a pack that begins and never goes on", meets="an end after a set time, and what had come is gone")
def test_a_pack_that_stalls(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FETCH_SECONDS", 3.0)
    oid, commit = lone_commit("4b825dc642cb6eb9a060e54bf8d69288fbee4904")

    def stalling() -> object:
        yield pack_of(packed(COMMIT, commit), announced=2)[:60]
        time.sleep(60)

    with git_server(serving(oid, stalling())) as address:  # type: ignore[arg-type]
        assert "no answer within 3 s" in forge.refused(address)


@attack("refs without end", meets="limits on time and memory")
def test_refs_without_end(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIST_SECONDS", 20.0)
    monkeypatch.setattr(limits, "MEMORY_BYTES", 192 << 20)

    def endless(connection: socket.socket) -> None:
        connection.sendall(packet(b"1" * 40 + b" refs/heads/a\0\n"))
        for number in itertools.count():
            connection.sendall(
                b"".join(packet(b"%040x refs/heads/%0200d" % (n, n)) for n in range(number, number + 999))
            )

    with git_server(endless) as address:
        assert forge.refused(address)


@attack("100,000 refs and more", meets="a limit on their number")
def test_many_refs(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REFS", 200)
    head = forge.fork.commit({ACME: "a = 1\n"})
    forge.fork.git(
        "update-ref",
        "--stdin",
        stdin="".join(f"create refs/heads/b{n} {head}\n" for n in range(300)).encode(),
    )
    assert forge.refused() == "a list of 301 refs is over the limit of 200"


@pytest.mark.parametrize(
    ("count", "said"), [(0x7FFF_FFFF, "over the limit of 256 MiB"), (0xFFFF_FFFF, "overflow")]
)
@attack("a pack that announces two or four billion objects", meets="the memory for so many is refused")
def test_a_pack_that_announces_too_much(forge: Forge, count: int, said: str) -> None:
    oid, commit = lone_commit("4b825dc642cb6eb9a060e54bf8d69288fbee4904")
    with git_server(serving(oid, [pack_of(packed(COMMIT, commit), announced=count)])) as address:
        assert said in forge.refused(address)


@pytest.mark.parametrize("kind", [COMMIT, TREE])
@attack(
    "a commit or tree that claims ten gigabytes in a pack of a few bytes",
    meets="it is refused before it is inflated",
)
def test_an_object_that_claims_too_much(forge: Forge, kind: int) -> None:
    oid, commit = lone_commit("4b825dc642cb6eb9a060e54bf8d69288fbee4904")
    pack = pack_of(packed(COMMIT, commit), packed(kind, ZEROES, claimed=10 << 30))
    with git_server(serving(oid, [pack])) as address:
        assert "over the limit of 256 MiB" in forge.refused(address)


@attack("a delta of thirty bytes whose result is four gigabytes", meets="it is refused before it is applied")
def test_a_delta_bomb(forge: Forge) -> None:
    oid, commit = lone_commit(object_id("tree", b""))
    base = object_id("blob", ZEROES)
    copy_all = b"\xf0\xff\xff\xff"[:1] + b"\xff\xff\xff"
    bomb = delta(base, len(ZEROES), 4 << 30, copy_all * 8)
    pack = pack_of(packed(COMMIT, commit), packed(TREE, b""), packed(BLOB, ZEROES), bomb)
    with git_server(serving(oid, [pack])) as address:
        assert "over the limit of 256 MiB" in forge.refused(address)


@attack("a chain of deltas, each twice its base", meets="the same limit, on the link that crosses it")
def test_a_chain_of_deltas(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ALLOCATION_BYTES", 32 << 20)
    oid, commit = lone_commit(object_id("tree", b""))
    content, links = bytes(1 << 16), []
    for _ in range(10):
        copies = _copying(len(content)) * 2
        links.append(delta(object_id("blob", content), len(content), 2 * len(content), copies))
        content *= 2
    pack = pack_of(packed(COMMIT, commit), packed(TREE, b""), packed(BLOB, bytes(1 << 16)), *links)
    with git_server(serving(oid, [pack])) as address:
        assert "over the limit of 32 MiB" in forge.refused(address)


def _copying(size: int) -> bytes:
    """Delta commands that copy the whole of a base of `size` bytes, 64 KiB each (size 0 stands for that)."""
    return b"".join(b"\x8f" + at.to_bytes(4, "little") for at in range(0, size, 1 << 16))


@attack("a pack of zeroes that takes for ever to expand", meets="a limit on processor time")
def test_a_pack_that_expands_for_ever(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CPU_SECONDS", 1)
    oid, commit = lone_commit(object_id("tree", b""))
    zeroes = packed(BLOB, bytes(64 << 20))
    with git_server(
        serving(oid, [pack_of(packed(COMMIT, commit), packed(TREE, b""), *[zeroes] * 200)])
    ) as address:
        assert "1 s of processor time" in forge.refused(address)


@attack("a pack without end", meets="a limit on its size")
def test_a_pack_without_end(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PACK_BYTES", 4 << 20)
    oid, commit = lone_commit(object_id("tree", b""))
    start = pack_of(packed(COMMIT, commit), announced=1000)[:-20] + header(BLOB, 1 << 30) + b"\x78\x01"
    endless = itertools.chain([start], itertools.repeat(b"\x00\xff\xff\x00\x00" + os.urandom(65535)))
    with git_server(serving(oid, endless)) as address:
        assert forge.refused(address) == "what it sends is over the limit of 4 MiB"


@attack("more objects than any history has", meets="a limit on their number")
def test_many_objects(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    forge.fork.commit({f"{number}.py": str(number) for number in range(300)})
    monkeypatch.setattr(limits, "OBJECTS", 200)
    assert "objects, is over the limit of 200" in forge.refused()


@attack("another commit than the one that its ref names", meets="git looks for what it asked for")
def test_a_server_that_sends_something_else(forge: Forge) -> None:
    oid, commit = lone_commit(object_id("tree", b""))
    with git_server(serving("1" * 40, [pack_of(packed(COMMIT, commit), packed(TREE, b""))])) as address:
        assert forge.refused(address)
    assert forge.store.commit(oid) is None


@attack("a tree with one name twice, so that two readers see two files", meets="git's own check")
def test_one_name_twice(forge: Forge) -> None:
    fine, evil = forge.fork.blob(b"fine"), forge.fork.blob(b"evil")
    forge.commit_rows(("100644", b"a.py", fine), ("100644", b"a.py", evil))
    assert "duplicateEntries" in forge.refused()


@pytest.mark.parametrize("target", ["http://localhost:{port}/x", "file://{place}/fork", "https://127.0.0.1:{port}/x",
                                    "https://metadata.invalid/x", "ext::touch {place}/it-ran"])  # fmt: skip
@attack("a redirect to another protocol or host", meets="one protocol, and no host but the one in the round")
def test_redirects(forge: Forge, monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    forge.fork.commit({ACME: "a = 1\n"})
    places = {"place": forge.place, "port": 1}

    def answer(path: str) -> tuple[int, dict[str, str], bytes]:
        where = target.format(**places) + path.removeprefix("/fork")
        return (302, {"Location": where}, b"") if path.startswith("/fork") else _dumb(forge, path)

    with https_server(forge.place, answer) as (address, _):
        places["port"] = int(address.rpartition(":")[2])
        monkeypatch.setenv("GIT_SSL_CAINFO", str(forge.place / "ca.pem"))
        assert forge.refused(f"{address}/fork")


def _dumb(forge: Forge, path: str) -> tuple[int, dict[str, str], bytes]:
    """What a web server without git gives: the files of a repository, and alternates of its choosing."""
    name = path.partition("?")[0].removeprefix("/x/")
    tip = forge.fork.git("rev-parse", "HEAD")
    if name == "info/refs":
        return 200, {"Content-Type": "text/plain"}, f"{tip}\trefs/heads/master\n".encode()
    if name in ("objects/info/http-alternates", "objects/info/alternates"):
        return 200, {}, b"/private/objects\nhttps://localhost:1/private\n"
    file = forge.fork.path / ".git" / name
    return (200, {}, file.read_bytes()) if file.is_file() else (404, {}, b"")


@attack(
    "a web server without git, whose alternates lead to other hosts and whose objects git does not check",
    meets="the program for such servers cannot be started",
)
def test_dumb_http(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    forge.fork.commit({ACME: "a = 1\n"})
    with https_server(forge.place, lambda path: _dumb(forge, path)) as (address, asked):
        monkeypatch.setenv("GIT_SSL_CAINFO", str(forge.place / "ca.pem"))
        assert forge.refused(f"{address}/x")
    assert asked
    assert not [path for path in asked if "objects" in path]


@attack(
    "a web server that speaks git while its refs are listed, and hands out files when they are fetched",
    meets="what git has not looked at never leaves quarantine",
)
def test_dumb_http_in_disguise(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    forge.fork.commit({ACME: "a = 1\n"})
    tip = forge.fork.git("rev-parse", "HEAD")
    disguise = packet(b"# service=git-upload-pack\n") + b"0000" + advertised(tip)
    seen: list[str] = []

    def answer(path: str) -> tuple[int, dict[str, str], bytes]:
        seen.append(path)
        if len(seen) == 1:
            return 200, {"Content-Type": "application/x-git-upload-pack-advertisement"}, disguise
        return _dumb(forge, path)

    with https_server(forge.place, answer) as (address, _):
        monkeypatch.setenv("GIT_SSL_CAINFO", str(forge.place / "ca.pem"))
        assert "past its checks" in forge.refused(f"{address}/x")
    assert not [path for path in seen if "private" in path], "no alternates are followed"
    assert forge.store.commit(tip) is None


@attack("an answer that asks for a password", meets="no prompt, no helper and no .netrc")
def test_an_answer_that_asks_for_a_password(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    (forge.place / "home/.netrc").write_text("machine localhost login ann password hunter2\n")
    (forge.place / "home/.netrc").chmod(0o600)
    heard: list[str] = []

    def answer(path: str) -> tuple[int, dict[str, str], bytes]:
        heard.append(path)
        return 401, {"WWW-Authenticate": 'Basic realm="\x1b[31m"'}, b""

    with https_server(forge.place, answer) as (address, _):
        monkeypatch.setenv("GIT_SSL_CAINFO", str(forge.place / "ca.pem"))
        assert "private" in forge.refused(f"{address}/x")
    assert len(heard) == 1, "nothing was tried again with a password"


@attack(
    "fsmonitor, hooks and filters in a work tree that is checked with `harness check .`",
    meets="its files are read by us, and git is asked for names only",
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
    meets="what lies behind it is left out",
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
    meets="a limit on time, and the harness's own error",
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
        "from harness.forks.store import ObjectStore\n"
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
