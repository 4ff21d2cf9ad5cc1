"""What Huobi's API of 2020 has otherwise than HTX's of today."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from harness.scenarios.randomization import initial_balances
from harness.venue.described import DescribedDialect
from harness.venue.dialects import dialect
from harness.venue.dialects.messages import Frame, Request
from harness.venue.events import Event
from harness.venue.model import NewOrder, Order, Side
from harness.venue.session import Venue
from tests.venue.described.client import Client
from tests.venue.world import StillClock, data

D = Decimal


@pytest.fixture
def client() -> Client:
    kind = dialect("huobi")
    assert issubclass(kind, DescribedDialect)
    venue = Venue(kind.markets, 7, StillClock())
    venue.seed_book(venue.markets[0], 10)
    return Client(kind(venue), venue.account("maker", initial_balances(kind.markets), kind.key_lengths))


def place(client: Client) -> Order:
    venue = client.dialect.venue
    wanted = NewOrder(venue.markets[0], Side.BUY, amount=D("0.001"), price=D(60_000), client_order_id="AA1")
    return venue.place(client.account, wanted)


def test_many_orders_are_cancelled_by_their_ids(client: Client) -> None:
    venue = client.dialect.venue
    filled = place(client)
    venue.fill(filled.order_id)
    first = place(client)
    route = "POST /v1/order/orders/batchcancel"
    body = json.dumps({"order-ids": [str(first.order_id), str(filled.order_id), 99999]}).encode()
    request = Request("POST", "api.huobi.pro", route.removeprefix("POST "), body=body)
    told = data(client.dialect.handle(client.signed(request, client.description.routes[route])))["data"]
    assert told["success"] == [str(first.order_id)]
    assert [(each["order-id"], each["order-state"]) for each in told["failed"]] == [
        (str(filled.order_id), 6),
        ("99999", -1),
    ]


def test_an_order_that_cannot_be_cancelled_says_its_state(client: Client) -> None:
    order, route = place(client), "POST /v1/order/orders/{order_id}/submitcancel"
    assert data(client.ask(route, {"order.order_id": order.order_id}))["status"] == "ok"
    again = data(client.ask(route, {"order.order_id": order.order_id}))
    assert (again["err-code"], again["order-state"]) == ("order-orderstate-error", 7)
    unknown = data(client.ask(route, {"order.order_id": 99_999}))
    assert (unknown["err-code"], unknown["order-state"]) == ("order-orderstate-error", -1)


def test_each_kind_of_update_has_fields_of_its_own(client: Client) -> None:
    connection = client.description.connections["private"]
    opened = client.opened(connection, None)
    heard: list[dict[str, Any]] = []

    def hear(event: Event) -> None:
        frames = [each for each in opened.venue_event(event) if isinstance(each, Frame)]
        heard.extend(json.loads(each.text)["data"] for each in frames)

    list(opened.received(json.dumps(client.login(connection, {}, None))))
    list(opened.received(json.dumps({"action": "sub", "ch": "orders#*"})))
    client.dialect.venue.subscribe(hear)
    order = place(client)
    client.dialect.venue.fill(order.order_id, D("0.0004"))
    client.dialect.venue.cancel(client.account, order.order_id)
    assert [each["eventType"] for each in heard] == ["creation", "trade", "cancellation"]
    assert [each.get("remainAmt") for each in heard] == [None, "0.0006", "0.0006"]
    assert [each.get("tradePrice") for each in heard] == [None, "60000", None]
    assert [each["orderStatus"] for each in heard] == ["submitted", "partial-filled", "partial-canceled"]


def test_totals_and_what_is_available_are_told_apart(client: Client) -> None:
    connection = client.description.connections["private"]
    opened = client.opened(connection, None)
    heard: list[dict[str, Any]] = []

    def hear(event: Event) -> None:
        frames = [each for each in opened.venue_event(event) if isinstance(each, Frame)]
        heard.extend(json.loads(each.text)["data"] for each in frames)

    list(opened.received(json.dumps(client.login(connection, {}, None))))
    list(opened.received(json.dumps({"action": "sub", "ch": "accounts.update#1"})))
    client.dialect.venue.subscribe(hear)
    order = place(client)
    assert [each.keys() & {"balance", "available"} for each in heard] == [{"available"}]
    client.dialect.venue.fill(order.order_id)
    assert [each.keys() & {"balance", "available"} for each in heard[1:]].count({"balance"}) == 2
    assert not any({"balance", "available"} <= each.keys() for each in heard)


def test_both_are_told_together_only_later(client: Client) -> None:
    connection = client.description.connections["private"]
    opened = client.opened(connection, None)
    list(opened.received(json.dumps(client.login(connection, {}, None))))
    [told] = opened.received(json.dumps({"action": "sub", "ch": "accounts.update#2"}))
    assert isinstance(told, Frame)
    assert json.loads(told.text)["code"] == 2001
