"""A row added to a round file: everything else stays as it is, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UserError
from harness.rounds.appending import with_row
from harness.rounds.reading import load_round

HEAD = """\
# The vote.
id: "2026-11"   # its name
title: A vote
release: v2.18.0
submissions_close: 2026-11-15T23:59:59Z
voting: {opens: 2026-11-18, closes: 2026-12-02, channel: "#governance"}
upstream: {pypi: hummingbot, version: "20260922"}
"""
FIRST = """\
candidates:
  # the first
  - name: one   # a note
    repository: https://github.com/one/hummingbot
    connectors: [one]
    kind: exchange
    exchange:
      hosts: [api.one.com]
      ccxt:
    # said of one
"""
ROW = {
    "name": "two",
    "repository": "https://github.com/two/hummingbot",
    "ref": "1.10",
    "connectors": ["two"],
    "kind": "exchange",
    "contact": "two: team # here",
    "exchange": {"hosts": ["api.two.com"]},
}
BEHIND = "# the end\nmaintainers: [A. Maintainer]\n"


def added(folder: Path, text: str) -> str:
    """The new text, which has to be a round with the row at its end."""
    made = with_row(text, ROW)
    file = folder / "candidates.yml"
    file.write_bytes(made.encode())
    row = load_round(file).candidates[-1]
    assert (row.name, row.ref, row.contact) == ("two", "1.10", "two: team # here")
    return made


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        (HEAD + FIRST, ""),
        (HEAD + FIRST, "\n  # not of one\n"),
        (HEAD + FIRST, BEHIND),
        (HEAD + FIRST.replace("  - ", "- ").replace("\n  ", "\n"), BEHIND),
        ((HEAD + FIRST).replace("\n", "\r\n"), BEHIND.replace("\n", "\r\n")),
        ("\ufeff" + HEAD + FIRST, ""),
        (HEAD + FIRST.replace("ccxt:", "credentials: {one_mode: mode}"), ""),
    ],
    ids=["end", "blank", "key", "unindented", "crlf", "bom", "flow"],
)
def test_the_row_stands_behind_the_last(tmp_path: Path, before: str, behind: str) -> None:
    made = added(tmp_path, before + behind)
    assert made.startswith(before)
    assert made.endswith(behind)
    assert ("\r\n" in before) == ("two\r\n" in made)
    again = with_row(made, {**ROW, "name": "three"})
    assert again.startswith(made.removesuffix(behind))


def test_a_file_without_a_last_line_break(tmp_path: Path) -> None:
    assert added(tmp_path, (HEAD + FIRST).rstrip("\n")).startswith(HEAD + FIRST)


def test_the_first_row_takes_the_place_of_the_brackets(tmp_path: Path) -> None:
    made = added(tmp_path, f"{HEAD}candidates: []  # none yet\n{BEHIND}")
    assert made.startswith(f"{HEAD}candidates:  # none yet\n  - name: two\n")
    assert made.endswith(BEHIND)


def test_rows_with_blank_lines_between_them_get_one_more(tmp_path: Path) -> None:
    second = FIRST[FIRST.index("  - name") :].replace("one", "other")
    made = added(tmp_path, f"{HEAD}{FIRST}\n{second}")
    assert f"{second}\n  - name: two\n" in made


@pytest.mark.parametrize("rows", ["[\n]", "[{name: one}]", "[{name: one},\n {name: two}]"])
def test_candidates_in_brackets_are_refused(rows: str) -> None:
    with pytest.raises(UserError, match="in brackets, on line 8"):
        with_row(f"{HEAD}candidates: {rows}\n", ROW)


def test_a_thousand_rows_are_within_the_limits(tmp_path: Path) -> None:
    row = FIRST[FIRST.index("  - name") :].replace("    # said of one\n", "    contact: someone on Discord\n")
    rows = "".join(row.replace("one", f"x{number}", 3) for number in range(1000))
    file = tmp_path / "candidates.yml"
    file.write_text(f"{HEAD}candidates:\n{rows}")
    assert len(load_round(file).candidates) == 1000
