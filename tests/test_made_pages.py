"""Text that is put into a page between two marks."""

from __future__ import annotations

import pytest

from tests.made_pages import with_table


def test_only_what_is_between_the_marks_is_replaced() -> None:
    assert with_table("a\n<\nold\n>\nz\n", "<", "new\n", ">") == "a\n<\n\nnew\n\n>\nz\n"


@pytest.mark.parametrize("page", ["nothing", "< and no end", "> and no beginning"])
def test_a_page_without_marks_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="lacks the line"):
        with_table(page, "<", "", ">")
