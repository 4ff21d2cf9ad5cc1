"""What a tree may hold, and what our checks make of it."""

from __future__ import annotations

import contextlib
import io
import json
import pickle
import signal
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from checks.static.credentials import looks_secret, tokens_in
from checks.static.source import Source
from checks.static.test_files_finished import NOTE, UNWRITTEN
from checks.static.test_security_secrets import QUOTED
from harness.forks import limits
from harness.forks.errors import FileMissing, RefusedObjects, TooLarge
from harness.forks.object_store import ObjectStore
from harness.reporting.publish import publish_round
from harness.rounds.reading import load_round
from harness.screenings.scheduling import screen_round
from harness.screenings.screening import Settings
from tests.forks.repository import Repository
from tests.hostile.attack import attack
from tests.hostile.forge import ACME, PATIENCE, Forge
from tests.hostile.servers import TREE, object_id, pack_of, packed
from tests.world import own_cache, upstream_and_fork, write_round


def doubled(forge: Forge, levels: int, *rows: tuple[str, bytes, str]) -> str:
    """A tree that holds `rows` 2 ** `levels` times, in as many objects as levels."""
    tree = forge.tree_object(*rows)
    for _ in range(levels):
        tree = forge.tree_object(("40000", b"a", tree), ("40000", b"b", tree))
    return tree


@attack(
    "a million files, made of 20 objects", meets="a limit on the files of a tree, before any is looked at"
)
def test_a_million_files(forge: Forge) -> None:
    forge.commit_of(doubled(forge, 20, ("100644", b"x.py", forge.fork.blob(b"x = 1\n"))))
    message = forge.refused()
    assert "200000 files" in message or "64 MiB" in message


@attack("2 ** 60 empty folders, made of 60 objects", meets="a limit on time")
def test_folders_without_end(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    forge.commit_of(doubled(forge, 60))
    monkeypatch.setattr(limits, "LOCAL_SECONDS", 3.0)
    assert "no end within 3 s" in forge.refused()


@attack("a tree 10,000 folders deep", meets="a name that is listed and never written")
def test_a_deep_tree(forge: Forge) -> None:
    tree = forge.tree_object(("100644", b"x.py", forge.fork.blob(b"x = 1\n")))
    # One pack: ten thousand calls of git would take longer than the attack.
    pack = []
    for _ in range(10_000):
        rows = b"40000 d\0" + bytes.fromhex(tree)
        pack.append(packed(TREE, rows))
        tree = object_id("tree", rows)
    forge.fork.git("index-pack", "--stdin", stdin=pack_of(*pack))
    forge.commit_of(tree)

    export = forge.tree().export(forge.place / "out")

    assert [item.reason for item in export.skipped] == ["name too long or too deep"]


@attack(
    "a file of one gigabyte in a pack of one megabyte",
    meets="it is hashed in pieces, and its size is looked at before it is read",
)
def test_a_file_of_a_gigabyte(forge: Forge) -> None:
    with (forge.fork.path / "huge.py").open("wb") as file:
        file.truncate(1 << 30)
    forge.fork.git("-c", "core.bigFileThreshold=1m", "-c", "core.compression=1", "add", "huge.py")
    forge.fork.git("commit", "--quiet", "-m", "huge")
    (forge.fork.path / "huge.py").unlink()

    tree = forge.tree()

    with pytest.raises(TooLarge, match="1073741824 bytes"):
        tree.text("huge.py")
    assert "over the limit of 64 MiB" in str(tree.export(forge.place / "out").skipped)


@pytest.mark.parametrize(
    "name",
    [b"..", b".", b".git", b".GIT", b"git~1", b".g\xe2\x80\x8cit", b".git::$INDEX_ALLOCATION", b".git. ",
     b"a\nb", b"a\rb", b"a\x1b[31mb", b"\x07", "a\u202eb".encode(), b"a\\..\\b", b"\xe2\x80\xa8"],
)  # fmt: skip
@attack(
    "a folder named `..`, `.git` in every spelling, or with line ends, escapes or direction marks",
    meets="git's own check, or a name that is listed and never written",
)
def test_names_that_would_do_harm(forge: Forge, name: bytes) -> None:
    blob = forge.fork.blob(b"payload")
    inner = forge.tree_object(("100644", b"x", blob))
    rows = [("40000", name, inner), ("100644", b"zz.py", blob)]
    forge.commit_rows(*sorted(rows, key=lambda row: row[1] + (b"/" if row[0] == "40000" else b"")))
    try:
        tree = forge.tree()
    except RefusedObjects:
        return
    export = tree.export(forge.place / "place/out")

    assert len(export.skipped) == 1
    assert sorted(path.name for path in (forge.place / "place").rglob("*")) == ["out", "zz.py"]


@pytest.mark.parametrize("name", [b"a\0b", b"a/b", b""])
@attack("a name with NUL or a slash in it, or none", meets="git's own check of a tree")
def test_names_that_are_none(forge: Forge, name: bytes) -> None:
    forge.commit_rows(("100644", name, forge.fork.blob(b"payload")))
    assert forge.refused()


@attack(
    "names that are one file to Windows or macOS: case, devices, streams, composed letters",
    meets="each is a file of its own, seen and written",
)
def test_names_that_collide_elsewhere(forge: Forge) -> None:
    names = ("A.py", "CON", "a.py", "aux.py", "e\u0301.py", "f.py:stream", "\u00e9.py")
    forge.commit_rows(
        *sorted(
            (("100644", name.encode(), forge.fork.blob(name.encode())) for name in names),
            key=lambda row: row[1],
        )
    )

    tree = forge.tree()
    export = tree.export(forge.place / "out")

    assert set(tree.paths()) == set(names)
    assert {path.name: path.read_text() for path in export.destination.iterdir()} == {
        name: name for name in names
    }


@attack(
    "names in no encoding, and surrogates, that look alike when shown",
    meets="a number added to the second, so that neither is hidden",
)
def test_names_in_no_encoding(forge: Forge) -> None:
    fine, evil = forge.fork.blob(b"fine"), forge.fork.blob(b"evil")
    forge.commit_rows(
        ("100644", b"a\xed\xa0\x80", fine),
        ("100644", rb"b\xff", fine),
        ("100644", b"b\xff", evil),
        ("100644", b"c\xff\xfe", fine),
    )

    tree = forge.tree()

    assert tree.paths() == (r"a\xed\xa0\x80", r"b\xff", r"b\xff (2)", r"c\xff\xfe")
    assert tree.text(r"b\xff (2)") == "evil"
    assert all(path.encode().isascii() for path in tree.paths())


@attack("symlinks to /etc, to each other and to themselves", meets="they are text, listed and never followed")
def test_symlinks(forge: Forge) -> None:
    (forge.fork.path / "folder").symlink_to("/etc")
    (forge.fork.path / "secret").symlink_to("/etc/passwd")
    (forge.fork.path / "loop").symlink_to("loop")
    (forge.fork.path / "up").symlink_to("../../../..")
    forge.fork.commit({ACME: "a = 1\n"})

    tree = forge.tree()
    export = tree.export(forge.place / "out")

    with pytest.raises(FileMissing, match="not a regular file"):
        tree.read("secret")
    assert {item.path for item in export.skipped} == {"folder", "secret", "loop", "up"}
    assert not any(path.is_symlink() for path in (forge.place / "out").rglob("*"))


@attack(
    "a symlink to write through: `a` is a link, and `a/b` a file, in one tree",
    meets="git's own check, or a file that lands inside",
)
def test_a_link_to_write_through(forge: Forge) -> None:
    link, payload = forge.fork.blob(str(forge.place / "target").encode()), forge.fork.blob(b"payload")
    (forge.place / "target").mkdir()
    inner = forge.tree_object(("100644", b"b", payload))
    forge.commit_rows(("120000", b"a", link), ("40000", b"a", inner))
    assert "duplicateEntries" in forge.refused()
    assert not any((forge.place / "target").iterdir())


@pytest.mark.parametrize("mode", ["100600", "104755", "100777", "170000", "40755", "060000"])
@attack("modes that are setuid, devices or nothing at all", meets="git's own check, or 0644 and 0755")
def test_odd_modes(forge: Forge, mode: str) -> None:
    forge.commit_rows((mode, b"x", forge.fork.blob(b"payload")))
    try:
        export = forge.tree().export(forge.place / "out")
    except RefusedObjects:
        return
    for path in export.destination.rglob("*"):
        assert path.stat().st_mode & 0o7777 in (0o644, 0o755)


@attack(
    "a path that is a folder in one commit and a file in the next",
    meets="both commits are read, each as it is",
)
def test_a_folder_that_becomes_a_file(forge: Forge) -> None:
    forge.upstream.commit({"thing/a.py": "a\n", "other": "b\n"})
    forge.fork.git("pull", "--quiet", str(forge.upstream.path), "master")
    forge.fork.git("rm", "-rq", "thing", "other")
    forge.fork.commit({"thing": "a\n", "other/b.py": "b\n"})

    submission = forge.submission()

    assert {"thing", "other/b.py"} <= {change.path for change in submission.changes}
    assert submission.merge.state == "clean"


DEEP = {
    "unary": "x = " + "-" * 100_000 + "1",
    "brackets": "x = " + "[" * 50_000,
    "sum": "x = " + "1+" * 50_000 + "1",
    "attributes": "class A(a" + ".b" * 900 + "): pass",
    "calls": "x = f" + "()" * 30_000,
    "elif": "if 1: pass\n" + "elif 1: pass\n" * 10_000,
    "indent": "".join(" " * depth + "if 1:\n" for depth in range(400)),
    "digits": "x = " + "9" * 200_000,
    "nul": "x = 1\0",
    "bom": "\ufeff\ufeffx = 1",
    "coding": "# -*- coding: no-such-coding -*-\nx = 1",
    "utf-7": "# coding: utf-7\n+AHgAPQAx-",
    "page feeds": "\f" * 900_000,
    "continued": "x = 1" + "\\\n" * 400_000,
    "format string": 'x = f"' + "{" * 50_000,
    "one line": "x = '" + "a" * 900_000 + "'",
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
@attack(
    "source that breaks a parser: nesting, endless lines, NUL, false codings, huge numbers",
    meets="an error with its line, never the end of the checks",
)
def test_source_that_breaks_a_parser(text: str) -> None:
    for path in ("hummingbot/a.py", "hummingbot/a.pyx"):
        source = Source(path, text)
        list(source.references), list(source.strings), list(source.definitions)
        assert source.parsed.error is None or source.parsed.line >= 1


HUNGRY = (
    "a" * 200_000 + "!", "a" * 200_000 + "+", "aA" * 100_000, "a.-" * 70_000,
    "# a " * 50_000, "# TODO " * 30_000, "/" * 200_000,
    "eyJ" * 70_000 + "!", "ghp_" * 50_000, "a = " * 50_000, "-----BEGIN " * 20_000, '"' * 200_000,
)  # fmt: skip


@pytest.mark.parametrize("line", HUNGRY, ids=lambda line: repr(line[:8]))
@attack("a line that our own patterns would take hours to match", meets="patterns that scan a line once")
def test_lines_that_are_slow_to_match(line: str) -> None:
    with ends_within(PATIENCE):
        NOTE.search(line)
        UNWRITTEN.search(line)
        list(QUOTED.finditer(line))
        looks_secret(line)
        list(tokens_in(line))


@contextlib.contextmanager
def ends_within(seconds: int) -> Iterator[None]:
    """Fail what takes longer, in the middle of a pattern too."""

    def late(*_: object) -> None:
        pytest.fail(f"no end within {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def zip_bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeroes", bytes(64 << 20))
    return stream.getvalue()


class Evil:
    """Unpickled, it would leave a mark."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("it-ran"),)  # type: ignore[return-value]


PNG_BOMB = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\x7f\xff\xff\xff" * 2 + zlib.compress(bytes(1 << 20))
YAML_BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)
)


def _with_bombs(place: Path, fork: Repository) -> None:
    for name, content in {
        "a.pkl": pickle.dumps(Evil()), "a.zip": zip_bomb(), "a.png": PNG_BOMB, "a.yml": YAML_BOMB.encode(),
        "conf.yaml": b"!!python/object/apply:os.system [touch it-ran]", "evil.pth": b"import os",
        "sitecustomize.py": b"open('it-ran', 'w')\n", "conftest.py": b"open('it-ran', 'w')\n",
    }.items():  # fmt: skip
        (place / name).write_bytes(content)
    _committed(fork)


def _that_no_parser_reads(place: Path, fork: Repository) -> None:
    for number, text in enumerate(DEEP.values()):
        (place / f"hollow_{number}.py").write_text(text)
    (place / "large.py").write_text("x = 1\n" * 300_000)
    _committed(fork)


def _that_git_refuses(_place: Path, fork: Repository) -> None:
    blob = fork.git("hash-object", "-w", "--stdin", stdin=b"x")
    row = b"100644 a.py\0" + bytes.fromhex(blob)
    tree = fork.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=row * 2)
    commit = fork.git("commit-tree", tree, "-p", "HEAD", "-m", "x", at=LATER)
    fork.git("update-ref", "HEAD", commit)


def _committed(fork: Repository) -> None:
    fork.git("add", "--all")
    fork.git("commit", "-q", "-m", "hostile", at=LATER)


LATER = "2026-09-11T00:00:00Z"
HOSTILE = {"refused": _that_git_refuses, "bombs": _with_bombs, "unread": _that_no_parser_reads}
in_one_round = pytest.mark.xdist_group("a-round-of-hostile-files")


@pytest.fixture(scope="module")
def screened(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, Any]]]:
    """(folder, reports by name) of three hostile forks and a skeleton of a connector, one after the other."""
    folder = tmp_path_factory.mktemp("round")
    upstream, skeleton = upstream_and_fork(folder)
    for name, spoil in HOSTILE.items():
        fork = upstream_and_fork(folder / name)[1]
        spoil(fork / "hummingbot/connector/exchange/hollow", Repository.at(fork))
    forks = {name: (folder / name / "fork").as_uri() for name in HOSTILE} | {"hollow": skeleton.as_uri()}
    failures: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_CACHE", str(own_cache(folder)))
        patch.chdir(folder)
        file = write_round(folder, upstream, forks)
        settings = Settings(load_round(file), file, ObjectStore(folder / "store"), sandbox="bubblewrap")
        found = screen_round(
            settings, folder / "reports", jobs=1, watch=lambda _: None,
            failed=lambda candidate, error: failures.append(f"{candidate.name}: {error}"),
        )  # fmt: skip
        page = publish_round(found)
    assert not failures
    reports = {name: json.loads((page.parent / name / "report.json").read_text()) for name in forks}
    assert reports["hollow"]["verdict"] == "ineligible", "who comes after them"
    return folder, reports


def outcomes_of(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["requirement"]: item for item in report["outcomes"]}


@in_one_round
@attack(
    "YAML, pickle, zip and picture bombs, a PEM, a `.pth` and a sitecustomize as files of the fork",
    meets="no check opens any of them; each is reported as what it is",
)
def test_bombs_as_files(screened: tuple[Path, dict[str, dict[str, Any]]]) -> None:
    folder, reports = screened
    assert not list(folder.rglob("it-ran"))
    assert reports["bombs"]["verdict"] == "ineligible"
    hostile = outcomes_of(reports["bombs"])
    assert "a.pkl" in str(hostile["no-obfuscation-or-binaries"])
    assert not [item for item in hostile.values() if item["status"] == "harness_error"]


@in_one_round
@attack(
    "source that no parser reads, in every file of the connector",
    meets="the round goes on, and the report says so",
)
def test_a_connector_that_no_parser_reads(screened: tuple[Path, dict[str, dict[str, Any]]]) -> None:
    hostile = outcomes_of(screened[1]["unread"])
    assert hostile["files-parse"]["status"] == "failed"
    assert "nested more than" in str(hostile["files-parse"])
    assert "large.py" in str(hostile["files-parse"])
    assert not [item["requirement"] for item in hostile.values() if item["status"] == "harness_error"]


@in_one_round
@attack(
    "a tree that the harness refuses, as the first of a round",
    meets="a report that says why, and the next candidate",
)
def test_a_refused_tree_in_a_round(screened: tuple[Path, dict[str, dict[str, Any]]]) -> None:
    report = screened[1]["refused"]
    assert report["verdict"] == "undetermined"
    assert "git refused its objects: duplicateEntries" in str(report["outcomes"])
