"""What was seen in disputed runs, made at test time."""

from __future__ import annotations

from harness.gateway.entries import Exchange
from harness.scenarios.catalogue import BROKEN_STREAMS
from harness.scenarios.played.order_life import Life
from harness.scenarios.played.streams import BrokenStreams
from harness.scenarios.trace.model import Began, End, Ended, Filled, Ordered, Trace
from harness.scenarios.trace.store import packed, unpacked
from harness.scenarios.trace.view import noted
from tests.scenarios.trace.sample import FILL, HEADER, MARKET, ORDER


def a_fill_that_no_poll_found() -> Trace:
    return _missed_fill(reported=False)


def a_fill_that_a_poll_found() -> Trace:
    return _missed_fill(reported=True)


def _missed_fill(*, reported: bool) -> Trace:
    """An order trades while no stream is heard; the connector asks for its fills afterwards."""
    asked = Exchange(
        3.0, "api.example.com", 443, True, "connector", "order_trades", "GET", "/fills", status=200, number=0
    )
    life = Life(
        0, 1.0, "x-1", ORDER.side, "LIMIT", ORDER.amount, ORDER.price, ORDER, (), final=ORDER, fills=(FILL,)
    )
    notes = BrokenStreams(0, life=life, missed_fill=FILL, missed_fill_reported=reported)
    entries = (
        Began(0.0, 0, "BTC-USDT", MARKET), Ordered(2.0, ORDER), Filled(2.5, FILL, "t-3"), asked,
        noted(notes, 4.0), Ended(4.0, End.FINISHED),
    )  # fmt: skip
    header = HEADER.model_copy(update={"scenario": BROKEN_STREAMS.name})
    return unpacked(packed(header, entries))
