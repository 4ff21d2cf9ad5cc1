"""Which rows a page holds."""

from __future__ import annotations

from typing import Any

import pytest

from harness.venue.operations.paging import Page, page

ROWS = [(number, 100.0 + number) for number in range(1, 7)]  # id and time, oldest first


def ids(asked: Page, **more: Any) -> list[int]:
    return [row[0] for row in page(ROWS, asked, at=lambda row: row[1], id_of=lambda row: row[0], **more)]


@pytest.mark.parametrize(
    ("asked", "more", "expected"),
    [
        (Page(), {}, [6, 5, 4, 3, 2, 1]),
        (Page(limit=2), {}, [6, 5]),
        (Page(), {"usual": 3}, [6, 5, 4]),
        (Page(limit=5), {"usual": 3, "most": 4}, [6, 5, 4, 3]),
        (Page(), {"most": 2}, [6, 5]),
        (Page(limit=0), {}, []),
        (Page(limit=2, number=2), {}, [4, 3]),
        (Page(limit=2, offset=1), {}, [5, 4]),
        (Page(since=103.0, until=105.0), {}, [5, 4, 3]),
        (Page(after=4), {}, [6, 5]),
        (Page(limit=2), {"newest_first": False}, [5, 6]),
        (Page(limit=2, since=102.0), {"newest_first": False}, [2, 3]),
        (Page(limit=2, after=1), {"newest_first": False}, [2, 3]),
        (Page(), {"newest_first": False}, [1, 2, 3, 4, 5, 6]),
    ],
)
def test_pages(asked: Page, more: dict[str, Any], expected: list[int]) -> None:
    assert ids(asked, **more) == expected
