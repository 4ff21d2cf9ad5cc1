"""What is seen of a trace as a whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.checking.observed import observed
from harness.checking.observers import logged_secrets, over_the_limit
from harness.gateway.entries import Exchange, Frame
from harness.scenarios.trace.model import Began, LoggedSecret, Trace
from tests.scenarios.trace.sample import HEADER, MARKET


@pytest.mark.parametrize(
    ("logger", "level", "counts"),
    [
        ("websockets.protocol", "DEBUG", False),
        ("websockets.protocol", "INFO", True),
        ("websocketsmith", "DEBUG", True),
        ("hummingbot.market.acme", "DEBUG", True),
    ],
)
def test_a_frame_that_a_library_logs_is_not_the_connectors(logger: str, level: str, counts: bool) -> None:
    record = LoggedSecret(4.2, "passphrase", logger, level, "< Frame(…)")
    assert logged_secrets(Trace(HEADER, (record,))) == ((record,) if counts else ())


def test_too_many_requests_are_counted_over_http_and_over_a_websocket() -> None:
    """Those that a fault turned away are none."""
    order = Frame(1.0, "h", 2, "connector", "sent", "place_order", "{}", status=429)
    poll = Exchange(1.0, "h", 443, True, "connector", "balances", "GET", "/", status=418)
    others = (replace(order, status=200), replace(order, fault="rate limit 429"), replace(poll, status=None))
    assert over_the_limit((order, poll, *others)) == (order, poll)


def test_what_was_seen_counts_requests_over_both_and_no_reply_as_a_message() -> None:
    order = Frame(1.0, "h", 2, "connector", "sent", "place_order", "{}", status=200, number=0)
    reply = replace(order, direction="received", status=None, number=1)
    poll = Exchange(1.0, "h", 443, True, "connector", "place_order", "POST", "/order", status=200, number=2)
    told = replace(reply, operation="stream:orders", number=3)
    (part,) = Trace(HEADER, (Began(0.0, 0, "BTC-USDT", MARKET), order, reply, poll, told)).parts
    (seen,) = observed(part)
    assert "2 requests (place_order 2), 1 messages delivered (stream:orders 1)" in seen.text
