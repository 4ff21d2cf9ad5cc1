"""What a round file may try on the one who reads it."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import pytest

from harness.errors import UserError
from harness.forks.object_store import ObjectStore
from harness.reporting.publish import publish_round
from harness.rounds.reading import MISTAKES_SHOWN, RoundFileError, load_round
from harness.screenings.round_file import read_round_file
from harness.screenings.scheduling import screen_round
from harness.screenings.screening import Settings
from tests.hostile.attack import attack
from tests.world import own_cache, upstream_and_fork, write_round

GOOD = """\
id: 2020-08
title: A vote
release: v0.31.0
submissions_close: 2020-08-19T23:59:59Z
voting: {opens: 2020-08-24, closes: 2020-09-10, channel: "#governance"}
upstream: {git: "https://github.com/hummingbot/hummingbot", ref: v0.30.0}
candidates:
  - name: acme
    repository: https://github.com/acme/hummingbot
    ref: master
    connectors: [acme]
    kind: exchange
    exchange: {hosts: [api.acme.com]}
"""
SOON = 60.0  # seconds; a bomb takes for ever


@pytest.fixture(autouse=True)
def _the_next_file_is_read(tmp_path: Path) -> object:
    """After each attack a good round is read, and nothing of the attack has run."""
    yield
    assert load_round(written(tmp_path, GOOD)).candidates[0].name == "acme"
    assert not (tmp_path / "it-ran").exists()


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "candidates.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    return path


def refused(folder: Path, text: str | bytes) -> str:
    """What is said of a file that is no round: printable lines, few and not long."""
    began = time.monotonic()
    with pytest.raises(RoundFileError) as caught:
        read_round_file(written(folder, text))
    assert time.monotonic() - began < SOON
    lines = caught.value.message.splitlines()
    assert len(lines) <= MISTAKES_SHOWN + 1
    assert all(line.isprintable() and len(line) < 1000 for line in lines)
    return caught.value.message


def instead(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(12)
)


@attack("aliases that multiply into billions of values", meets="no anchors and no aliases")
def test_billions_of_values(tmp_path: Path) -> None:
    assert "an anchor or alias" in refused(tmp_path, GOOD + LAUGHS)


@attack("an anchor that holds itself", meets="the same rule")
def test_a_value_that_holds_itself(tmp_path: Path) -> None:
    assert "an anchor or alias" in refused(tmp_path, "a: &a [*a]\n" + GOOD)


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.system ['touch it-ran']",
        "!!python/name:os.system",
        "!!binary aGk=",
        "!<tag:yaml.org,2002:python/module:os> x",
        "!!timestamp 2020-01-01",
        "!!set {a}",
    ],
)
@attack(
    "tags that make Python objects and call functions", meets="a reader without tags: every value is text"
)
def test_tags(tmp_path: Path, tag: str) -> None:
    assert "a tag" in refused(tmp_path, instead("title: A vote", f"title: {tag}"))


@attack("a merge key that brings in fields nobody sees", meets="merge keys are named as a mistake")
def test_merge_keys(tmp_path: Path) -> None:
    assert "merge key" in refused(tmp_path, instead("    ref: master\n", "    <<: {ref: evil}\n"))


@attack(
    "a key given twice, so that a reviewer reads the first and the machine the last", meets="both are named"
)
def test_keys_given_twice(tmp_path: Path) -> None:
    text = instead("    ref: master\n", "    ref: master\n    ref: evil\n")
    assert "given twice, first in line 10" in refused(tmp_path, text)


@attack("a second document below the first", meets="one file holds one round")
def test_a_second_document(tmp_path: Path) -> None:
    assert "a second document" in refused(tmp_path, f"{GOOD}---\n{GOOD}")


@attack("100,000 candidates", meets="limits on bytes and values, one line said of it")
def test_candidates_without_end(tmp_path: Path) -> None:
    row = GOOD[GOOD.index("  - name") :]
    assert "larger than 1024 KiB" in refused(tmp_path, GOOD + row * 100_000)
    assert "more than 60000 values" in refused(tmp_path, "candidates: [" + "{}," * 70_000 + "]")


@pytest.mark.parametrize(
    "bomb",
    [
        "[" * 200_000, "{" * 200_000, "- " * 100_000, "? " * 100_000,
        "a: " * 80_000, "'" + "a" * 200_000, "%" * 200_000, "|" + "\n" * 200_000,
        "a: |\n" + "  x\n" * 60_000 + " y", "&a " * 80_000, "!a " * 80_000, "# \n" * 80_000,
        "\t" * 200_000, "--- " * 60_000, "a: >9\n" * 40_000, '"\\x41' * 50_000,
    ],
    ids=lambda bomb: repr(bomb[:8]),
)  # fmt: skip
@attack(
    "brackets, quotes, comments and markers repeated 200,000 times", meets="one mistake and its line, soon"
)
def test_yaml_that_is_slow_to_read(tmp_path: Path, bomb: str) -> None:
    assert refused(tmp_path, bomb)


@attack(
    "a thousand mistakes, each with a value of kilobytes and escape sequences",
    meets="a hundred short printable lines, and how many more there are",
)
def test_mistakes_without_end(tmp_path: Path) -> None:
    fields = "".join(f'"\\e[31m{number}{"x" * 150}": y\n' for number in range(1000))
    assert "more" in refused(tmp_path, GOOD + fields).splitlines()[-1]
    assert refused(tmp_path, instead("kind: exchange", f'kind: "\\e]8;;http://x\\a{"x" * 100_000}"'))


@pytest.mark.parametrize(
    "instant",
    [
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "10000-01-01T00:00:00Z",
        "9" * 5000,
        "-1",
        "2020-08-19T23:59:60Z",
        "2020-02-30T00:00:00Z",
        ".inf",
        "0x7fffffff",
    ],
)
@attack("a deadline that no calendar holds", meets="one mistake, never a crash")
def test_instants_beyond_the_calendar(tmp_path: Path, instant: str) -> None:
    assert "submissions_close" in refused(tmp_path, instead("2020-08-19T23:59:59Z", instant))


@attack("numbers of thousands of digits, in every base", meets="every value is text, and texts have a length")
def test_huge_numbers(tmp_path: Path) -> None:
    for number in ("9" * 100_000, "0x" + "f" * 100_000, "1e999999999", "190:20:30", "0o7" * 70_000):
        assert refused(tmp_path, instead("release: v0.31.0", f"release: {number}\nid: x"))


@pytest.mark.parametrize(
    "name",
    [
        "../../etc",
        "/etc",
        "..",
        ".",
        "a/b",
        "a\\\\b",
        "con",
        "index",
        "round.json",
        "<script>",
        "a b",
        "Ａ",
        "a\\u202eb",
        "-rf",
        "a\\nb",
        "a" * 61,
        "",
        "x.lock",
        "~",
    ],
)
@attack(
    "a candidate named as a path, a device, a page of the site or a tag",
    meets="names of small letters, digits and hyphens",
)
def test_names_that_become_something_else(tmp_path: Path, name: str) -> None:
    assert "candidates[0].name" in refused(tmp_path, instead("name: acme", f'name: "{name}"'))
    assert "id" in refused(tmp_path, instead("id: 2020-08", f'id: "{name}"'))


@pytest.mark.parametrize(
    "connector", ["../acme", "acme;touch", "__init__", "ac me", "acme.exchange", "1acme", "Acme"]
)
@attack("a connector named as a path, a module or a command", meets="names that Python could import")
def test_connectors_that_become_something_else(tmp_path: Path, connector: str) -> None:
    assert "connectors" in refused(tmp_path, instead("connectors: [acme]", f'connectors: ["{connector}"]'))


@pytest.mark.parametrize(
    "address",
    [
        "--upload-pack=touch it-ran",
        "-u./x",
        "ext::sh -c touch% it-ran",
        "fd::17",
        "file::/etc",
        "http://h/a",
        "ftp://h/a",
        "HTTPS::x",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://ann:token@h/a",
        "https://token@h/a",
        "https://h",
        "ssh://-oProxyCommand=touch/x",
        "ssh://ann:pw@h/x",
        "-x@h:y",
        "a@h::x",
        "https://h/a\\nb",
        "https://h/\\u202e",
        "git@-oProxyCommand=x:y",
        "ssh://h:-1/x",
        "https://[::1/x",
        "\\\\\\\\h\\\\share",
        "a:b",
        "https://h@evil/x",
    ],
)
@attack(
    "an address that is an option, a command, a script, or holds a password",
    meets="four protocols and paths, read strictly",
)
def test_addresses_that_act(tmp_path: Path, address: str) -> None:
    text = instead("https://github.com/acme/hummingbot", f'"{address}"')
    assert "candidates[0].repository" in refused(tmp_path, text)


@pytest.mark.parametrize(
    "address",
    [
        "/root",
        "/",
        "..",
        "../private",
        "~/.ssh",
        "file:///root",
        "file://root/x",
        "FILE:///etc",
        "file:///%72oot",
        "./link",
        "file://{here}/link",
    ],
)
@attack(
    "a row that names a repository of the maintainer's own machine, to see it published",
    meets="a row may name only what lies below the round file's folder, links resolved",
)
def test_folders_of_the_maintainer(tmp_path: Path, address: str) -> None:
    (tmp_path / "round").mkdir()
    (tmp_path / "private").mkdir()
    (tmp_path / "round/link").symlink_to(tmp_path / "private")
    text = instead("https://github.com/acme/hummingbot", f'"{address.format(here=tmp_path / "round")}"')
    assert "lies outside this file's folder" in refused(tmp_path / "round", text)


@pytest.mark.parametrize(
    "ref",
    [
        "--upload-pack=touch it-ran",
        "-x",
        "a..b",
        "a b",
        "@{-1}",
        "a:b",
        "refs/heads/*",
        "a~1",
        "a^{tree}",
        "a\\0b",
        "a\\eb",
        "../x",
        "x.lock",
        "a//b",
        ".a",
        "a\\\\b",
        "a\\u202eb",
        "a" * 201,
    ],
)
@attack(
    "a ref that is an option, a range, a pattern or an expression",
    meets="git's own rule for names, without blanks",
)
def test_refs_that_act(tmp_path: Path, ref: str) -> None:
    assert "candidates[0].ref" in refused(tmp_path, instead("ref: master", f'ref: "{ref}"'))


@pytest.mark.parametrize(
    "host",
    [
        "localhost/x",
        "a b",
        "api.acme.com:99999999",
        "-x",
        "*.com",
        "[::1]",
        "http://a",
        "a@b",
        "A.com",
        "a..b",
    ],
)
@attack("a host that is a pattern, an address or an option", meets="host names in small letters, with a port")
def test_hosts_that_act(tmp_path: Path, host: str) -> None:
    assert "hosts" in refused(tmp_path, instead("[api.acme.com]", f'["{host}"]'))


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe" + GOOD.encode("utf-16-le"),
        GOOD.encode("utf-32"),
        b"\x00" * 5000,
        GOOD.encode() + b"\xed\xa0\x80",
        b"\x1f\x8b\x08" + bytes(99),
        "title: a\u2028b".encode(),
    ],
)
@attack("a file in UTF-16, in UTF-32, packed, or of NUL bytes", meets="UTF-8 text or nothing")
def test_files_in_no_encoding(tmp_path: Path, content: bytes) -> None:
    assert refused(tmp_path, content)


@pytest.mark.parametrize("kind", ["device", "folder", "pipe"])
@attack("a round file that is a device without end, a folder or a pipe", meets="it is no file, and said so")
def test_files_that_are_none(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "odd.yml"
    if kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    with pytest.raises(UserError, match="not a regular file"):
        load_round(path)


@attack(
    "a round whose every text is HTML, Markdown and a link, screened and published",
    meets="a page that shows it as text",
)
def test_texts_that_act(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(own_cache(tmp_path)))
    upstream, fork = upstream_and_fork(tmp_path)
    file = write_round(tmp_path, upstream, {"hollow": fork.as_uri()})
    act = "<img src=x onerror=alert(1)> [x](javascript:alert(1)) =cmd() ${{x}} `x`"
    file.write_text(file.read_text().replace("A tiny round", act).replace("ann@example.com", f"'{act}'"))
    settings = Settings(load_round(file), file, ObjectStore(tmp_path / "store"), sandbox="bubblewrap")
    failures: list[str] = []

    found = screen_round(
        settings,
        tmp_path / "reports",
        jobs=1,
        watch=lambda _: None,
        failed=lambda candidate, error: failures.append(str(error)),
    )

    page = publish_round(found)
    assert not failures
    assert json.loads((page.parent / "hollow/report.json").read_text())["verdict"] == "ineligible"
    for html in page.parent.rglob("*.html"):
        assert "<img src=x" not in html.read_text()
        assert 'href="javascript:' not in html.read_text()
    for markdown in page.parent.rglob("*.md"):
        assert not re.search(r"(?<!\\)<img", markdown.read_text())
