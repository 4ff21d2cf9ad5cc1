"""What is told of a connector that does not live through an order."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

from harness.driving.rpc_client import ConnectorError
from harness.scenarios.rehearsal import CHANGES, _gets_ready, _seen, _unanswered, _uncompleted, _unready
from harness.venue.model import Side


def _rig(status: Any = None, exchanges: Any = ()) -> Any:
    return SimpleNamespace(
        connector=SimpleNamespace(status=status), record=SimpleNamespace(exchanges=lambda: exchanges)
    )


def test_parts_that_are_not_ready_are_named() -> None:
    parts = {"order_books_initialized": False, "account_balance": True, "user_stream_initialized": False}
    rig = _rig(lambda: SimpleNamespace(parts=parts))
    assert list(_unready(rig)) == ["it waits for: order_books_initialized, user_stream_initialized"]


def test_a_connector_that_ended_waits_for_nothing() -> None:
    def ended() -> None:
        raise ConnectorError("it ended")

    assert list(_unready(_rig(ended))) == []


def test_requests_and_streams_that_nothing_answers_are_named() -> None:
    def asked(path: str, operation: str | None, **headers: str) -> Any:
        return SimpleNamespace(
            method="GET", path=path, operation=operation, host="ws.acme.com", header=headers.get
        )

    exchanges = [
        asked("/v1/fills", None),
        asked("/v1/time", "server_time"),
        asked("/", None, Upgrade="websocket"),
    ]
    assert list(_unanswered(_rig(exchanges=exchanges))) == ["GET /v1/fills", "WebSocket ws.acme.com/"]


def test_why_an_order_failed_and_what_went_wrong_in_a_request_are_told() -> None:
    failure = SimpleNamespace(data={"error_message": "Order amount 0.002 is too low."})
    logs = [
        SimpleNamespace(level="NETWORK", message="No update.", error="Traceback\nTypeError: None"),
        SimpleNamespace(level="NETWORK", message="Slow.", error=""),
        SimpleNamespace(level="INFO", message="Fine.", error=""),
    ]
    connector = SimpleNamespace(events=lambda _: [failure], logs=lambda: logs)
    record = SimpleNamespace(exchanges=list, requests=list)
    assert list(_seen(cast(Any, SimpleNamespace(connector=connector, record=record)))) == [
        "an order failed: Order amount 0.002 is too low.",
        "it logged: No update. TypeError: None",
    ]


def test_parts_of_a_fill_stand_beside_what_was_reported_of_them() -> None:
    """As a stream whose amounts were described as sums: the connector counts more than the order has."""
    order = SimpleNamespace(order_id=7, filled=3)
    parts = [SimpleNamespace(amount=1, price=10), SimpleNamespace(amount=2, price=11)]
    events = [
        SimpleNamespace(data={"amount": 1, "price": 10}),
        SimpleNamespace(data={"amount": 3, "price": 11}),
    ]
    venue = SimpleNamespace(
        orders=lambda _: [SimpleNamespace(order_id=6, filled=0), order], fills=lambda _, order_id: parts
    )
    connector = SimpleNamespace(events=lambda _: events)
    rig = cast(Any, SimpleNamespace(venue=venue, connector=connector, account=None))
    assert list(_uncompleted(rig)) == [
        "its order was filled by 1 at 10, 2 at 11, and it reported: 1 at 10, 3 at 11"
    ]


def test_a_connector_that_waits_for_its_book_to_change_gets_ready() -> None:
    """As Derive's perpetual: the first message goes to whoever listens, the second to whoever waits."""
    changes: list[Side] = []
    level = (Decimal(10), Decimal(2))
    venue = SimpleNamespace(
        book=lambda *_: SimpleNamespace(bids=[level], asks=[level]),
        set_level=lambda _market, side, *_level: changes.append(side),
    )
    connector = SimpleNamespace(wait_ready=lambda _: SimpleNamespace(ready=len(changes) >= 2 * CHANGES))
    rig: Any = SimpleNamespace(connector=connector, venue=venue, market=None, pause=lambda _: None)
    assert _gets_ready(rig)
    assert changes == [Side.BUY, Side.SELL] * CHANGES
    never = SimpleNamespace(wait_ready=lambda _: SimpleNamespace(ready=False))
    assert not _gets_ready(SimpleNamespace(**{**vars(rig), "connector": never}))  # type: ignore[arg-type]
