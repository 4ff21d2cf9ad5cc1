"""What only Liquid's description does: tokens that claim a path, markets by number, topics by asset."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from decimal import Decimal
from typing import Any

import pytest

from harness.scenarios.randomization import initial_balances
from harness.venue.described import DescribedDialect
from harness.venue.dialects import dialect
from harness.venue.dialects.messages import Frame, Reply, Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.model import Account, NewOrder, Side
from harness.venue.session import Venue
from tests.venue.world import StillClock, data

D = Decimal


@pytest.fixture
def exchange() -> tuple[DescribedDialect, Account]:
    kind = dialect("liquid")
    assert issubclass(kind, DescribedDialect)
    venue = Venue(kind.markets, 7, StillClock())
    for market in venue.markets:
        venue.seed_book(market, 5)
    return kind(venue), venue.account("maker", initial_balances(kind.markets), kind.key_lengths)


def token(exchange: tuple[DescribedDialect, Account], path: str) -> str:
    """As the exchange's page on authentication has it."""
    spoken, account = exchange
    parts: list[Any] = [
        {"typ": "JWT", "alg": "HS256"},
        {"path": path, "nonce": "1790000000000", "token_id": account.api_key},
    ]
    written = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts]
    head = ".".join(written)
    secret = spoken.credentials(account)["liquid_secret_key"]
    made = hmac.new(secret.encode(), head.encode(), hashlib.sha256).digest()
    return f"{head}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"


def call(
    exchange: tuple[DescribedDialect, Account], method: str, target: str, body: Any = None, claims: str = ""
) -> Reply:
    path, _, query = target.partition("?")
    pairs = [(name, value) for name, _, value in (each.partition("=") for each in query.split("&")) if name]
    headers = {"X-Quoine-API-Version": "2", "X-Quoine-Auth": token(exchange, claims or target)}
    said = b"" if body is None else json.dumps(body).encode()
    return exchange[0].handle(Request(method, "api.liquid.com", path, pairs, headers, said, 0.0, query))


def test_a_token_claims_the_path_that_is_asked_for(exchange: tuple[DescribedDialect, Account]) -> None:
    assert call(exchange, "GET", "/orders?with_details=1").status == 200
    refused = call(exchange, "GET", "/orders?with_details=1", claims="/orders")
    assert (refused.status, data(refused)) == (401, {"message": "API Authentication failed"})


@pytest.mark.parametrize("wrapped", [True, False])
def test_an_order_names_its_product_by_number(
    exchange: tuple[DescribedDialect, Account], wrapped: bool
) -> None:
    order = {
        "product_id": "2", "side": "buy", "order_type": "limit", "quantity": "0.01000000",
        "price": "2500.00000000", "client_order_id": "buy-ETH-USD-1",
    }  # fmt: skip
    placed = data(call(exchange, "POST", "/orders", {"order": order} if wrapped else order))
    assert (placed["currency_pair_code"], placed["status"]) == ("ETHUSD", "live")
    ended = data(call(exchange, "PUT", f"/orders/{placed['id']}/cancel"))
    assert ended["status"] == "cancelled"
    again = call(exchange, "PUT", f"/orders/{placed['id']}/cancel")
    assert (again.status, data(again)["status"]) == (200, "cancelled")
    unknown = call(exchange, "PUT", "/orders/99999/cancel")
    assert (unknown.status, data(unknown)) == (404, {"message": "Order not found"})
    refused = call(exchange, "POST", "/orders", {**order, "quantity": "1000000"})
    assert (refused.status, data(refused)) == (422, {"errors": {"user": ["not_enough_free_balance"]}})


def test_orders_are_told_on_the_topic_of_what_they_are_quoted_in(
    exchange: tuple[DescribedDialect, Account],
) -> None:
    spoken, account = exchange
    session = spoken.open_stream(Request("GET", "tap.liquid.com", "/app/LiquidTapClient"))
    assert isinstance(session, StreamSession)
    heard: list[dict[str, Any]] = []

    def say(event: str, **said: Any) -> list[str]:
        answers = session.received(json.dumps({"event": event, "data": said}))
        return [json.loads(each.text)["event"] for each in answers if isinstance(each, Frame)]

    assert say("pusher:subscribe", channel="user_account_usd_orders") == ["pusher:error"]
    signed = {"X-Quoine-Auth": token(exchange, "/realtime")}
    assert say("quoine:auth_request", path="/realtime", headers=signed) == ["quoine:auth_success"]
    for asset in ("usd", "btc"):
        say("pusher:subscribe", channel=f"user_account_{asset}_orders")
    spoken.venue.subscribe(
        lambda event: heard.extend(
            json.loads(each.text) for each in session.venue_event(event) if isinstance(each, Frame)
        )
    )
    market = spoken.venue.market("ETH-USD")
    spoken.venue.place(account, NewOrder(market, Side.BUY, amount=D("0.01"), price=D(2500)))
    (told,) = heard
    assert (told["event"], told["channel"]) == ("updated", "user_account_usd_orders")
    assert json.loads(told["data"])["status"] == "live"
