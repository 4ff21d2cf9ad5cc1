"""`report.md`, read back with a CommonMark parser."""

from __future__ import annotations

import re
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from harness.text import one_line
from tests.reporting.parts import HOSTILE, REQUIREMENTS

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
BLOCKS = {"heading", "paragraph", "inline", "fence", "bullet_list", "list_item", "html_block"}
INLINE = {"text", "text_special", "code_inline", "softbreak"}


def parsed(path: Path) -> tuple[list[Token], list[Token]]:
    tokens = PARSER.parse(path.read_text(encoding="utf-8"))
    return tokens, [child for token in tokens for child in token.children or ()]


def test_no_block_or_link_comes_from_a_fork(published: Path) -> None:
    for path in published.glob("*/report.md"):
        blocks, inline = parsed(path)
        assert {token.type.removesuffix("_open").removesuffix("_close") for token in blocks} <= BLOCKS
        assert {token.type for token in inline} <= INLINE
        ours = re.compile(r"<details><summary>\d+ pieces? of evidence</summary>\n|</details>\n?")
        assert all(ours.fullmatch(token.content) for token in blocks if token.type == "html_block")


def test_headings_are_ours(published: Path) -> None:
    blocks, _ = parsed(published / "hostile" / "report.md")
    titles = {title for *_, title in REQUIREMENTS}
    found = [
        "".join(child.content for child in blocks[place + 1].children or ())
        for place, token in enumerate(blocks)
        if token.type == "heading_open"
    ]
    ours = ("hostile: ✕", "What was screened", "Failed: ", "Undecided (", "Passed (", "Does not apply (")
    assert all(heading in titles or heading.startswith(ours) for heading in found)


def test_hostile_words_are_shown(published: Path) -> None:
    _, inline = parsed(published / "hostile" / "report.md")
    text = "".join(child.content for child in inline).replace("\u2060", "")
    assert one_line(HOSTILE[0]) in text
    assert one_line(HOSTILE[5]) in text


def test_the_round_links_each_report(published: Path) -> None:
    _, inline = parsed(published / "report.md")
    links = [token.attrs["href"] for token in inline if token.type == "link_open"]
    assert len(links) == 8
    assert all((published / str(link)).exists() for link in links)


def test_a_time_line_is_one_block(published: Path) -> None:
    blocks, _ = parsed(published / "binance" / "report.md")
    (rows,) = (token.content.splitlines() for token in blocks if "+0.01 s" in token.content)
    assert [row.split("  ")[-2].strip() for row in rows] == ["+0.00 s", "+0.01 s", "+12.50 s"]


def test_what_to_do_comes_before_the_evidence(published: Path) -> None:
    text = (published / "binance-hurried" / "report.md").read_text(encoding="utf-8")
    finding = text.split("`every-fill-reported-once`")[1].split("\n### ")[0]
    places = [finding.index(each) for each in ("became an event", "What to do", "<details>", "Evidence (")]
    assert places == sorted(places)
    assert finding.startswith(" · blocker · loses or hides money\n")
