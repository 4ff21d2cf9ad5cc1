"""A fork's words inside Markdown: read back with a CommonMark parser."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from harness.reporting.markup import JOINER, code, discord, escaped, fenced
from harness.text import one_line, plain
from tests.reporting.parts import HOSTILE

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
MARKS = "\\`*_~[]()<>#+-=|!:.$&@/ \n\t1a"
TRICKY = st.text(st.sampled_from(MARKS), max_size=30) | st.sampled_from(HOSTILE)


def inline(tokens: list[Token]) -> list[Token]:
    return [child for token in tokens for child in token.children or ()]


@given(TRICKY)
def test_escaped_text_is_one_paragraph_of_text(text: str) -> None:
    words = one_line(text, 600)
    tokens = PARSER.parse(escaped(text))
    kinds = [token.type for token in tokens]
    assert kinds == (["paragraph_open", "inline", "paragraph_close"] if words.strip() else [])
    assert {child.type for child in inline(tokens)} <= {"text", "text_special"}
    assert "".join(child.content for child in inline(tokens)).replace(JOINER, "") == words


@given(TRICKY)
def test_a_code_span_holds_it_all(text: str) -> None:
    words = one_line(text, 300)
    (span,) = inline(PARSER.parse("x" + code(text)))[1:] or (None,)
    assert span is not None
    assert span.type == "code_inline"
    assert span.content.strip() == words.strip()


@given(TRICKY)
def test_a_fence_holds_it_all(text: str) -> None:
    (fence,) = PARSER.parse(fenced(text))
    assert fence.type == "fence"
    assert fence.content.strip("\n") == plain(text, lines=True).strip("\n")[:2000] + "…" * (len(text) > 2000)


@pytest.mark.parametrize("write", [escaped, discord])
def test_nobody_is_mentioned_and_nothing_is_linked(write: object) -> None:
    words = (
        "@everyone @octocat a@b.example #12 GH-7 https://evil.example www.evil.example discord.gg/x :tada:"
    )
    shown = write(words)  # type: ignore[operator]
    assert not re.search(r"@\w|#\d|GH-\d|://|www\.|discord\.|:\w+:", shown)


@pytest.mark.parametrize("mention", ["<@1234>", "<@&99>", "<#55>", "<:name:12>", "</run:3>", "<t:0:R>"])
def test_discord_reads_no_mention(mention: str) -> None:
    assert discord(mention).startswith("\\<")
    assert discord(mention).endswith("\\>")


@pytest.mark.parametrize("style", ["**b**", "__u__", "~~s~~", "||x||", "`c`", "[a](https://e.example)"])
def test_discord_reads_no_style(style: str) -> None:
    assert not re.search(r"(?<!\\)[*_~|`\[]", discord(style))
