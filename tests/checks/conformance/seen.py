"""Views of scenarios as checks are given them: written into a trace that a test made up, and read back."""

from __future__ import annotations

from typing import TypeVar

from harness.scenarios.trace.model import Began, End, Ended, Entry, Ordered
from harness.scenarios.trace.store import packed, unpacked
from harness.scenarios.trace.view import View, noted, view_of
from tests.scenarios.trace.sample import HEADER, MARKET, ORDER

T = TypeVar("T", bound=View)


def seen(view: T, scenario: str, *passed: Entry) -> T:
    """Of an exchange with the sample's order, on which these entries `passed` after it was placed."""
    entries: tuple[Entry, ...] = (
        Began(0.0, 0, MARKET.name, MARKET),
        Ordered(2.0, ORDER),
        *passed,
        noted(view, 20.0),
        Ended(20.0, End.FINISHED),
    )
    header = HEADER.model_copy(update={"scenario": scenario})
    return view_of(unpacked(packed(header, entries)), type(view))
