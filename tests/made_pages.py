"""Text that `make docs` puts into a page, between two marks."""

from __future__ import annotations


def with_table(page: str, begin: str, text: str, end: str) -> str:
    """The page with `text` between its two marks. Raises ValueError where a mark is missing."""
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"the page lacks the line {end if found else begin}")
    return f"{before}{begin}\n\n{text}\n{end}{after}"
