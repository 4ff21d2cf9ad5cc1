"""The table of who agrees is up to date."""

from __future__ import annotations

import json
import re

from harness.venue.described import shipped_dialects
from tests.dialects import described
from tests.dialects.names import NAMES
from tests.dialects.table import BEGIN, END, PAGE, table
from tests.made_pages import with_table
from tests.zoo.real_defects_perpetuals import PERPETUAL_DEFECTS
from tests.zoo.sections import with_section


def test_the_page_has_the_table() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_table(page, BEGIN, table(), END) == page, "out of date: make docs"


def test_the_page_of_exchanges_has_theirs() -> None:
    page = described.PAGE.read_text(encoding="utf-8")
    lines = described.lines()
    assert with_section(page, described.TITLE, lines) == page, "out of date: make docs"
    for name in shipped_dialects():
        assert any(line.startswith(f"| `{name}` |") for line in lines)


def test_every_dialect_has_a_row() -> None:
    for name in NAMES:
        assert f"| `{name}` |" in table()


def test_what_is_told_of_perpetuals_was_measured() -> None:
    measured = json.loads(described.MEASURED.read_text(encoding="utf-8"))
    for (name, check), real in PERPETUAL_DEFECTS.items():
        assert re.search(real.finding, measured[name]["failed"][check.__name__]), (name, check)
