"""What a server may try on the git that asks it."""

from __future__ import annotations

import itertools
import os
import socket
import time

import pytest

from harness.forks import limits
from tests.hostile.attack import attack
from tests.hostile.forge import ACME, Forge
from tests.hostile.servers import (
    BLOB,
    COMMIT,
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

ZEROES = bytes(16 << 20)


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
