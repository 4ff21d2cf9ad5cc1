"""A fork's words made visible."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.text import ESCAPED_CATEGORIES, encodable, one_line, plain
from tests.reporting.parts import HOSTILE

ANY_TEXT = st.text(st.characters(codec=None)) | st.sampled_from(HOSTILE)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "␛[31mred"),
        ("a\rb\x00", "a␍b␀"),
        ("\x7f\x85", "␡\\x85"),
        ("safe\u202egpj.exe", "safe\\u202egpj.exe"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("a\U000e0101b\u3164", "a\\U000e0101b\\u3164"),
        ("line\nnext", "line␊next"),
        ("Grüße, 取引所 ✓", "Grüße, 取引所 ✓"),
    ],
)
def test_hidden_characters_are_written_out(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_lines_and_tabs_stay_where_they_may() -> None:
    assert plain("a\n\tb\r", lines=True) == "a\n\tb␍"


def test_stacked_accents_do_not_cover_other_lines() -> None:
    assert sum(unicodedata.combining(character) > 0 for character in plain("e" + "\u0301" * 50)) == 4


@given(ANY_TEXT)
def test_nothing_invisible_is_left(text: str) -> None:
    assert all(
        character == " " or character.isprintable() or character.isspace() for character in plain(text)
    )
    assert not {unicodedata.category(character) for character in plain(text)} & ESCAPED_CATEGORIES


@given(ANY_TEXT, st.integers(2, 80))
def test_one_line_is_one_short_line(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1


def test_stray_bytes_of_a_file_name_can_be_stored() -> None:
    assert encodable("na\udcffme") == "na\\udcffme"
