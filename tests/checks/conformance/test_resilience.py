"""What is held against a connector after its sockets broke."""

from __future__ import annotations

import pytest

from checks.conformance import test_resilience as checks
from harness.checking import Failed, Undetermined
from harness.checking.traces import Traces
from harness.scenarios.catalogue import BROKEN_STREAMS, ERRORS
from harness.scenarios.played.errors import Errors
from harness.scenarios.played.streams import BrokenStreams, Reconnection
from harness.scenarios.trace.model import Began, End, Ended, Trace
from harness.scenarios.trace.store import packed, unpacked
from harness.scenarios.trace.view import noted, view_of
from tests.checking.sources import FIRST, Source
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


class Kept(Source):
    """One scenario that was played to its end."""

    def __init__(self, run: Errors) -> None:
        super().__init__()
        entries = (Began(0.0, 0, MARKET.name, MARKET), noted(run, 4.0), Ended(4.0, End.FINISHED))
        self._trace = unpacked(packed(HEADER.model_copy(update={"scenario": ERRORS.name}), entries))

    def trace(self, *_: object) -> Trace:
        return self._trace


def test_whoever_errors_kept_from_getting_ready_fails_though_the_rest_was_played() -> None:
    run = Errors(0, waiting_for=("funding_info",), faults_met=3)
    with pytest.raises(
        Failed,
        match="when one of the exchange's first replies is an error",
    ) as found:
        checks.test_server_errors_are_survived(Traces(Kept(run), FIRST, lambda *_: None))
    assert found.value.evidence[0].text == "still waiting for: funding_info"
