"""JWTs by a P-256 key, numbered messages, and orders that say their kind by what holds them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.scenarios.randomization import initial_balances
from harness.venue.described import DescribedDialect
from harness.venue.dialects import dialect
from harness.venue.dialects.messages import Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.model import OrderStatus, OrderType, TimeInForce
from harness.venue.session import Venue
from tests.venue.described.client import Client
from tests.venue.world import StillClock, data, texts

ORDERS = "/api/v3/brokerage/orders"


@pytest.fixture
def client() -> Client:
    kind = dialect("coinbase_advanced_trade")
    assert issubclass(kind, DescribedDialect)
    venue = Venue(kind.markets, 7, StillClock())
    venue.seed_book(venue.markets[0], 10)
    return Client(kind(venue), venue.account("maker", initial_balances(kind.markets), kind.key_lengths))


def post(client: Client, path: str, body: Any) -> Any:
    now = client.dialect.venue.clock.now()
    request = Request("POST", "api.coinbase.com", path, [], {}, json.dumps(body).encode(), now)
    found = client.dialect.find(request)
    assert found is not None
    return data(client.dialect.handle(client.signed(request, client.description.routes[found[0].handler])))


def place(client: Client, name: str = "CBAT-1", **kind: Any) -> Any:
    said = {"client_order_id": name, "product_id": "BTC-USDT", "side": "BUY", "order_configuration": kind}
    return post(client, ORDERS, said)


@pytest.mark.parametrize(
    ("kind", "type_", "force", "status"),
    [
        ("limit_limit_gtc", OrderType.LIMIT, TimeInForce.GTC, OrderStatus.OPEN),
        ("sor_limit_ioc", OrderType.LIMIT, TimeInForce.IOC, OrderStatus.EXPIRED),
        ("limit_limit_fok", OrderType.LIMIT, TimeInForce.FOK, OrderStatus.EXPIRED),
    ],
)
def test_the_kind_of_an_order_is_what_holds_it(
    client: Client, kind: str, type_: OrderType, force: TimeInForce, status: OrderStatus
) -> None:
    held: dict[str, Any] = {kind: {"base_size": "0.001", "limit_price": "60000"}}
    told = place(client, **held)
    (order,) = client.dialect.venue.orders(client.account)
    assert (order.type, order.time_in_force, order.status) == (type_, force, status)
    assert told["success_response"]["order_id"] == str(order.order_id)


def test_a_market_buy_may_name_quote(client: Client) -> None:
    place(client, market_market_ioc={"quote_size": "100"})
    (order,) = client.dialect.venue.orders(client.account)
    assert (order.type, order.quote_amount) == (OrderType.MARKET, 100)
    (fill, *_) = data(client.ask("GET /api/v3/brokerage/orders/historical/fills", {}))["fills"]
    assert fill["size_in_quote"] is True


def test_an_order_that_is_refused_is_told_with_success_false(client: Client) -> None:
    told = place(client, limit_limit_gtc={"base_size": "99999", "limit_price": "60000"})
    assert (told["success"], told["error_response"]["error"]) == (False, "INSUFFICIENT_FUND")


def test_cancels_are_answered_in_the_order_in_which_they_were_asked_for(client: Client) -> None:
    first, second = (
        place(client, name, limit_limit_gtc={"base_size": "0.001", "limit_price": "60000"})["order_id"]
        for name in ("CBAT-1", "CBAT-2")
    )
    told = post(client, f"{ORDERS}/batch_cancel", {"order_ids": [first, "99", second]})["results"]
    assert [(each["order_id"], each["success"], each["failure_reason"]) for each in told] == [
        (first, True, "UNKNOWN_CANCEL_FAILURE_REASON"),
        ("99", False, "UNKNOWN_CANCEL_ORDER"),
        (second, True, "UNKNOWN_CANCEL_FAILURE_REASON"),
    ]


def test_a_token_is_for_one_route(client: Client) -> None:
    route = client.description.routes["GET /api/v3/brokerage/accounts"]
    now = client.dialect.venue.clock.now()
    asked = Request("GET", "api.coinbase.com", "/api/v3/brokerage/accounts", [], {}, b"", now)
    signed = client.signed(asked, route)
    assert client.dialect.handle(signed).status == 200
    elsewhere = Request(
        "GET", asked.host, "/api/v3/brokerage/transaction_summary", [], dict(signed.headers), b"", now
    )
    assert client.dialect.handle(elsewhere).status == 401
    client.spoilt = True
    assert client.dialect.handle(client.signed(asked, route)).status == 401


@pytest.mark.parametrize("token", ["", "a.b.c", "e30.e30.AAAA"])
def test_what_is_no_token_is_refused(client: Client, token: str) -> None:
    asked = Request(
        "GET", "api.coinbase.com", "/api/v3/brokerage/accounts", [], {"Authorization": f"Bearer {token}"}
    )
    assert client.dialect.handle(asked).status == 401


def test_messages_are_numbered_as_they_are_sent(client: Client) -> None:
    session = client.dialect.open_stream(Request("GET", "advanced-trade-ws.coinbase.com", "/"))
    assert isinstance(session, StreamSession)
    told: list[Any] = []
    for channel in ("heartbeats", "level2", "market_trades"):
        said = {"type": "subscribe", "channel": channel, "product_ids": ["BTC-USDT"]}
        told += texts(list(session.received(json.dumps(said))))
    assert [each["channel"] for each in told] == [
        "subscriptions",
        "subscriptions",
        "l2_data",
        "subscriptions",
    ]
    assert [each["sequence_num"] for each in told] == [0, 1, 2, 3]
