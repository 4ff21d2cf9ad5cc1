"""A fork's words inside Markdown, GitHub's and Discord's: nothing formats, links, mentions or embeds."""

from __future__ import annotations

import re

from harness.text import one_line, plain

PUNCTUATION = re.compile(r"([\\`*_\[\]<>&|~$])")
DISCORD_PUNCTUATION = re.compile(r"([\\`*_\[\]<>|~])")
FIRST = re.compile(r"^(\d{0,9})([.)#+=-])")  # a heading, list, rule or underline only begins a line

# Both sites look for mentions, issue numbers and addresses in the finished text, after backslashes are gone.
# Only a character in between stops them; a word joiner is not seen and does not break lines.
JOINER = "\u2060"
MENTION = re.compile(r"@|#(?=\d)|\bGH-(?=\d)", re.IGNORECASE)
ADDRESS = re.compile(r":(?=//|[\w+-]+:)|\bwww(?=\.)|\bdiscord(?:app)?(?=\.)", re.IGNORECASE)


def escaped(text: str, limit: int = 600) -> str:
    """One line of text for GitHub's Markdown, in which nothing means anything."""
    return FIRST.sub(r"\1\\\2", PUNCTUATION.sub(r"\\\1", apart(one_line(text, limit))))


def discord(text: str, limit: int = 160) -> str:
    """Text for the middle of a line of a Discord message: nothing means anything, nobody is mentioned."""
    return DISCORD_PUNCTUATION.sub(r"\\\1", apart(one_line(text, limit)))


def code(text: str, limit: int = 300) -> str:
    """A code span: no mention, link or format is looked for inside one."""
    words = one_line(text, limit)
    ticks = "`" * (_longest_run(words) + 1)
    pad = " " if words.startswith("`") or words.endswith("`") or not words else ""
    return f"{ticks}{pad}{words}{pad}{ticks}"


def fenced(text: str, limit: int = 2000) -> str:
    """A code block whose fence is longer than any in `text`."""
    words = plain(text, lines=True).strip("\n")
    if len(words) > limit:
        words = words[:limit] + "…"
    ticks = "`" * max(3, _longest_run(words) + 1)
    return f"{ticks}text\n{words}\n{ticks}"


def apart(text: str) -> str:
    """The text with no mention, issue number or address in it that a site would find."""

    def part(match: re.Match[str]) -> str:
        return match.group() + JOINER

    return ADDRESS.sub(part, MENTION.sub(part, text))


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
