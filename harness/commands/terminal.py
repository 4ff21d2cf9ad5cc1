"""Words of unknown origin on a terminal or in a CI job's output: shown as they are, obeyed by neither."""

from __future__ import annotations

import re

from rich.console import Console
from rich.markup import escape

from harness.text import plain

# GitHub's runner takes `::` at the beginning of a line and `##[` anywhere; Azure and TeamCity `##name[`.
CI_COMMAND = re.compile(r"^\s*:(?=:)|##(?=\w*\[)", re.MULTILINE)


def say(console: Console, text: str) -> None:
    """Print `text`, lines and all, without markup."""
    console.print(
        no_command(plain(text, lines=True)), markup=False, highlight=False, emoji=False, soft_wrap=True
    )


def safe(text: str) -> str:
    """`text` on one line, to be put into rich's markup."""
    return escape(no_command(plain(text)))


def no_command(text: str) -> str:
    """Text in which no CI service finds a command: they read a job's output for `::name::` and `##[name]`."""
    return CI_COMMAND.sub(r"\g<0> ", text)
