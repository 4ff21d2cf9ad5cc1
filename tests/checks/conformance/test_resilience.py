"""What is held against a connector after its sockets broke."""

from __future__ import annotations

import pytest

from checks.conformance import test_resilience as checks
from harness.checking import Failed, Undetermined
from harness.scenarios.catalogue import BROKEN_STREAMS
from harness.scenarios.played.streams import BrokenStreams, Reconnection
from harness.scenarios.trace.model import Began, End, Ended
from harness.scenarios.trace.store import packed, unpacked
from harness.scenarios.trace.view import noted, view_of
from tests.scenarios.trace.sample import FILL, HEADER, MARKET

WRONG = "bids: level 1 is 0.063 at 8531.51 in the connector"


def broken(wrong_after: str | None, wrong_before: str | None = None) -> BrokenStreams:
    after = Reconnection(
        1006, frozenset({"stream:book"}), (), wrong_after, FILL, fill_reported=True, orders_streamed=True,
        wrong_before=wrong_before,
    )  # fmt: skip
    notes = noted(BrokenStreams(0, [after]), 4.0)
    entries = (Began(0.0, 0, MARKET.name, MARKET), notes, Ended(4.0, End.FINISHED))
    header = HEADER.model_copy(update={"scenario": BROKEN_STREAMS.name})
    return view_of(unpacked(packed(header, entries)), BrokenStreams)


def test_a_book_that_a_break_spoilt_is_held_against_it() -> None:
    with pytest.raises(Failed, match="After the connection broke, the order book stays wrong"):
        checks.test_market_stream_comes_back(broken(WRONG))


def test_a_book_that_was_wrong_before_says_nothing_about_the_break() -> None:
    """The first vote's Beaxy gives every level of a snapshot the amount of the last one."""
    with pytest.raises(Undetermined, match="wrong before the connection broke already"):
        checks.test_market_stream_comes_back(broken(WRONG, WRONG))


def test_a_book_that_comes_right_again_is_right() -> None:
    checks.test_market_stream_comes_back(broken(None, WRONG))
