"""The table of who agrees is up to date."""

from __future__ import annotations

import pytest

from tests.dialects.names import NAMES
from tests.dialects.table import BEGIN, END, PAGE, table, with_table


def test_the_page_has_the_table() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_table(page, table()) == page, "out of date: make docs"


def test_every_dialect_has_a_row() -> None:
    for name in NAMES:
        assert f"| `{name}` |" in table()


@pytest.mark.parametrize("page", ["nothing", f"{BEGIN} and no end", f"{END} and no beginning"])
def test_a_page_without_markers_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="lacks the line"):
        with_table(page, "")
