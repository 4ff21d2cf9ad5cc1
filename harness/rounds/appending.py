"""A row added to a round file's text: comments, order and every other byte stay. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import yaml

from harness.errors import UserError
from harness.rounds.located_yaml import LOADER

INDENT = 2


def row_text(row: Mapping[str, object], indent: int = INDENT) -> str:
    """A row of `candidates:` as YAML, its dash `indent` columns from the left."""
    lines = yaml.safe_dump([dict(row)], sort_keys=False, allow_unicode=True, width=110).splitlines()
    return "".join(f"{' ' * indent}{line}\n" if line.strip() else "\n" for line in lines)


def with_row(text: str, row: Mapping[str, object]) -> str:
    """The text of a round file with `row` behind its last candidate.

    `text` has to be a round that `load_round` takes. Raises UserError where the candidates are written in
    brackets.
    """
    lines = text.splitlines(keepends=True)
    newline = "\r\n" if lines[0].endswith("\r\n") else "\n"
    listing = _candidates(text)
    at, column = listing.start_mark.line, listing.start_mark.column
    if not listing.value:
        if listing.end_mark.line != at:
            raise _in_brackets(at)
        lines[at] = f"{lines[at][:column].rstrip()}{lines[at][listing.end_mark.column :]}"
        at, blank, indent = at + 1, False, INDENT
    elif listing.flow_style:
        raise _in_brackets(at)
    else:
        before = listing.value[-1].start_mark.line - 1
        blank = len(listing.value) > 1 and not lines[before].strip()
        at, indent = _behind(listing, lines), column
    if at > 0 and not lines[at - 1].endswith(("\n", "\r")):
        lines[at - 1] += newline
    added = row_text(row, indent).replace("\n", newline)
    return "".join((*lines[:at], newline if blank else "", added, *lines[at:]))


def _candidates(text: str) -> yaml.SequenceNode:
    whole = yaml.compose(text, Loader=LOADER)
    assert isinstance(whole, yaml.MappingNode)  # noqa: S101 - a round
    found = next(value for key, value in whole.value if key.value == "candidates")
    assert isinstance(found, yaml.SequenceNode)  # noqa: S101
    return found


def _behind(listing: yaml.SequenceNode, lines: Sequence[str]) -> int:
    """The number, from 0, of the line behind the last row and the comments that are indented below it."""
    last: yaml.Node = listing
    while isinstance(last, yaml.CollectionNode) and not last.flow_style and last.value:
        end = last.value[-1]
        last = end[1] if isinstance(end, tuple) else end
    line: int = last.end_mark.line + (last.end_mark.column > 0)
    while line < len(lines):
        stripped = lines[line].lstrip(" ")
        if not stripped.startswith("#") or len(lines[line]) - len(stripped) <= listing.start_mark.column:
            break
        line += 1
    return line


def _in_brackets(line: int) -> UserError:
    return UserError(
        f"the candidates are written in brackets, on line {line + 1}",
        hint="write each candidate on separate lines, beginning with `- `",
    )
