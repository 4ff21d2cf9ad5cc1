"""Reports that act on whoever reads them.

Each payload stands in every word that a fork can choose: its address, ref, author, paths and connector, the
summaries, texts, places and data of its outcomes, and the errors about it. What is published is read back
with the parser of its format and has to be built exactly as with harmless words.
"""

from __future__ import annotations

import io
import json
import re
import unicodedata
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from harness.checking.process import run_checks
from harness.commands.progress import Watch
from harness.commands.terminal import say
from harness.errors import HarnessError, OurFailure
from harness.outcome import Status
from harness.reporting.markup import JOINER
from harness.screenings.screening import Progress
from harness.text import ESCAPED_CATEGORIES, one_line, storable
from tests.hostile.attack import attack
from tests.hostile.planting import (
    ADDRESSES,
    FORMATS,
    HTML,
    PAYLOADS,
    SITE,
    Planted,
    harmless,
    pairs,
    payloads,
    planted,
    text,
)
from tests.reporting.page import Page
from tests.reporting.parts import REQUIREMENTS, evidence, outcome

__all__ = ["planted"]


def skeleton(page: Page) -> list[tuple[Any, ...]]:
    """A page's elements in order with every attribute but words for people; links are looked at elsewhere."""
    told = {"aria-label", "datetime", "x", "width", "cx"}
    return [
        (tag, *sorted((name, "" if name in told else value) for name, value in attributes.items()))
        for tag, attributes in page.elements
        if tag != "a"
    ]


@payloads
@attack(
    "writes tags, handlers, styles, entities and template code into every word that pages show",
    meets="escaping: the same elements as with harmless words, under a policy that runs and loads nothing",
)
def test_no_element_of_a_page_is_a_forks(planted: Planted, payload: str) -> None:
    for path, twin in pairs(planted(payload), "index.html"):
        page = Page(text(path))
        assert skeleton(page) == skeleton(Page(text(twin)))
        assert not page.comments
        assert not page.open
        policies = [item["content"] for tag, item in page.elements if tag == "meta" and "content" in item]
        assert any(str(policy).startswith("default-src 'none';") for policy in policies)
    shown = " ".join(Page(text(planted(payload)[0] / "everything" / "index.html")).words)
    assert one_line(PAYLOADS[payload], 100).removesuffix("…") in " ".join(shown.split())


@pytest.mark.parametrize("payload", [*ADDRESSES, *HTML, "masked"])
@attack(
    "gives javascript:, data:, user@host, //host and ../.. where an address or a path is linked",
    meets="only plain https addresses are linked, and of paths only those that stay below their repository",
)
def test_no_link_runs_or_misleads(planted: Planted, payload: str) -> None:
    for path, _ in pairs(planted(payload), "index.html"):
        for address in Page(text(path)).attribute("href"):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                assert (parts.scheme, parts.username) == ("https", None)
                assert not {".", ".."} & set(unquote(parts.path).split("/")), address
            else:
                assert re.fullmatch(r"#[a-z-]+|[\w./-]+(#[a-z-]+)?", address), address


GITHUB = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
WORDS = {"text", "text_special", "softbreak"}


def blocks(markdown: str) -> list[str]:
    """What Markdown is made of: the kinds of its blocks and spans, runs of words taken together."""
    found: list[str] = []
    for token in GITHUB.parse(markdown):
        inside = [child.type for child in token.children or () if child.type not in WORDS]
        found += [token.type, *inside]
    return found


def outside_code(markdown: str) -> str:
    children = (child for token in GITHUB.parse(markdown) for child in token.children or ())
    return "\n".join(child.content for child in children if child.type in WORDS)


@payloads
@attack(
    "writes headings, links, images, tables, raw HTML and code fences that close ours into Markdown",
    meets="escaping and fences longer than any inside: the same blocks and spans as with harmless words",
)
def test_no_block_or_span_of_markdown_is_a_forks(planted: Planted, payload: str) -> None:
    for path, twin in pairs(planted(payload), "report.md"):
        assert blocks(text(path)) == blocks(text(twin))


@pytest.mark.parametrize("payload", ["mentions", "bare", "masked", "javascript"])
@attack(
    "mentions people, teams and issues, and writes bare addresses that GitHub links by itself",
    meets="a joiner inside each, which nobody sees and no site links",
)
def test_markdown_mentions_nobody(planted: Planted, payload: str) -> None:
    for path, _ in pairs(planted(payload), "report.md"):
        said = outside_code(text(path))
        assert JOINER in said
        assert not re.search(r"@[\w-]|(?<!\w)#\d|\bGH-\d|\w://|\bwww\.|:\w+:", said)


MENTIONS = re.compile(r"@everyone|@here|<@[!&]?\d|<#\d|<a?:\w+:\d|<t:\d|</\w|discord(app)?\.(gg|com)", re.I)
ACTIVE = re.compile(r"[*_~|`<>\[\]]|^(?:#{1,3}|-#|>>>|>|[-*+]|\d+\.)\s", re.MULTILINE)


def unescaped(message: str) -> str:
    """A message without what a backslash makes literal, as Discord's clients read it."""
    return re.sub(r"\\[^0-9A-Za-z\s]", "", message)


@payloads
@attack(
    "pings everyone, a role or a channel, hides a link behind words, or formats the ballot on Discord",
    meets="escaping and joiners: the same marks as with harmless words, no mention, within Discord's limit",
)
def test_a_ballot_pings_nobody_and_is_laid_out_by_us(planted: Planted, payload: str) -> None:
    ((path, twin),) = pairs(planted(payload), "ballot.json")
    messages, tame = json.loads(text(path))["messages"], json.loads(text(twin))["messages"]
    joined = "\n\n".join(messages)
    assert ACTIVE.findall(unescaped(joined)) == ACTIVE.findall(unescaped("\n\n".join(tame)))
    assert not MENTIONS.search(unescaped(joined))
    assert not re.search(r"@\w|<[@#][!&]?\w", joined), (
        "Discord's servers look for mentions whatever is escaped"
    )
    assert all(address.startswith(SITE) for address in re.findall(r"\w+://\S+", joined))
    assert all(len(message.encode("utf-16-le")) <= 2 * 2000 for message in messages)


@payloads
@attack(
    "hides words, turns them round or drives the terminal of whoever shows a published file",
    meets="control, bidirectional, invisible and private characters are written out, in stored files too",
)
def test_no_character_of_any_file_acts(planted: Planted, payload: str) -> None:
    for path, _ in pairs(planted(payload), "*.*"):
        letters = set(text(path)) - {"\n", "\t", JOINER if path.suffix in (".md", ".json") else ""}
        assert not {unicodedata.category(letter) for letter in letters} & ESCAPED_CATEGORIES, path


def in_terminal(words: str, *, terminal: bool) -> str:
    """What a person sees who screens a candidate that says `words`, to the error that ends it."""
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=terminal, color_system="truecolor", width=500)
    found = outcome(REQUIREMENTS[0][0], Status.FAILED, words)
    seen = [
        item.model_copy(update={"text": words, "file": storable(words, 50)})
        for item in (evidence(words), evidence(words, "log"))
    ]
    with Watch(console, ["good"], findings=True) as watch:
        watch(Progress("good", step=f"test_{words}"))
        watch(Progress("good", outcomes=(found.model_copy(update={"evidence": tuple(seen)}),)))
        watch(Progress("good", step="failed"))
    say(console, f"harness: {HarnessError(words, where=words, hint=words)}")
    return shown.getvalue()


def _evidence(words: str) -> tuple[Any, ...]:
    from tests.reporting.parts import evidence

    return (evidence(words), evidence(words, "log"))


SEQUENCE = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[^\[])")


@pytest.mark.parametrize("terminal", [True, False])
@payloads
@attack(
    "prints escape sequences, hyperlinks, rich's own markup or bidirectional text while a round is screened",
    meets="characters are written out and markup escaped: only our own sequences reach the terminal",
)
def test_the_terminal_obeys_only_us(payload: str, terminal: bool) -> None:
    said = in_terminal(PAYLOADS[payload], terminal=terminal)
    tame = in_terminal(harmless(PAYLOADS[payload]), terminal=terminal)
    assert set(SEQUENCE.findall(said)) <= set(SEQUENCE.findall(tame))
    rest = set(SEQUENCE.sub("", said)) - {"\n", "\r"}
    assert not {unicodedata.category(letter) for letter in rest} & ESCAPED_CATEGORIES


@pytest.mark.parametrize("words", [*FORMATS["commands"].split("\n"), "[link=https://evil.example]x[/link]"])
@attack(
    "writes `::set-output::`, `##[add-mask]` or `##vso[…]`, which CI services take from a job's output",
    meets="a blank in each, so that no service finds a command; and rich's markup shown as it is",
)
def test_no_ci_service_obeys_the_output(words: str) -> None:
    for line in in_terminal(words, terminal=False).splitlines():
        assert not line.lstrip().startswith("::")
        assert not re.search(r"##\w*\[", line)
    if "link" in words:
        assert words in in_terminal(words, terminal=False)


@attack(
    "makes the process of the checks print escape sequences without end, for whoever reads its log",
    meets="the log is written by us: characters written out, two million of them at the most",
)
def test_the_log_of_the_checks_is_inert_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "program"
    endless = "yes \"$(printf 'red\\033[31m\\033]0;title\\007')\" | head -c 9000000"
    program.write_text(f"#!/bin/sh\n{endless}; exit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(program))
    with pytest.raises(OurFailure, match="ended with exit code 3"):
        run_checks(tmp_path / "plan.json", None, tmp_path / "checks.log", lambda _: None)
    log = text(tmp_path / "checks.log")
    assert log.startswith("red␛[31m␛]0;title␇\n")
    assert "\x1b" not in log
    assert len(log) < 2_100_000
    assert log.endswith("and more, left out\n")
