"""Which of many rows a request is answered with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True)
class Page:
    """What a client asked for. Times are virtual Unix seconds, both ends included; `after` is the id of a row
    that it has already, so that those with higher ones come; `number` counts from 1."""

    limit: int | None = None
    since: float | None = None
    until: float | None = None
    after: int | None = None
    offset: int = 0
    number: int = 1


def page(
    rows: Sequence[Row],
    asked: Page,
    *,
    at: Callable[[Row], float],
    id_of: Callable[[Row], int] | None = None,
    newest_first: bool = True,
    usual: int | None = None,
    most: int | None = None,
) -> list[Row]:
    """Of rows that are oldest first, those asked for. No limit: `usual`; never more than `most`.

    Where a page is cut off, `newest_first` gives the newest, else the oldest, unless only a limit was asked:
    then the newest in any case.
    """
    kept = [
        row
        for row in rows
        if (asked.since is None or at(row) >= asked.since)
        and (asked.until is None or at(row) <= asked.until)
        and (asked.after is None or id_of is None or id_of(row) > asked.after)
    ]
    size = asked.limit if asked.limit is not None else usual
    size = most if size is None else size if most is None else min(size, most)
    if newest_first:
        kept.reverse()
    elif size is not None and asked.since is None and asked.after is None and not asked.offset:
        return kept[-size:] if size else []
    start = asked.offset + (max(asked.number, 1) - 1) * (size or 0)
    return kept[start:] if size is None else kept[start : start + size]
