"""Plain English for summaries."""

from __future__ import annotations

from collections.abc import Sequence


def counted(number: int, thing: str, things: str | None = None) -> str:
    """`1 file`, `2 files`, `one place`: a number with its noun."""
    return f"{number} {thing if number == 1 else things or thing + 's'}"


def places(found: Sequence[object]) -> str:
    return "one place" if len(found) == 1 else f"{len(found)} places"


def listed(items: Sequence[str]) -> str:
    """`a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
