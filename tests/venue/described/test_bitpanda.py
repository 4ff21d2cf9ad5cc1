"""What Bitpanda Pro did in a way of its own: a token for a signature, and one stream that it opens."""

from __future__ import annotations

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
HOST = "api.exchange.bitpanda.com"


@pytest.fixture
def exchange() -> tuple[DescribedDialect, Account]:
    kind = dialect("bitpanda")
    assert issubclass(kind, DescribedDialect)
    venue = Venue(kind.markets, 7, StillClock())
    for market in venue.markets:
        venue.seed_book(market, 5)
    return kind(venue), venue.account("maker", initial_balances(kind.markets), kind.key_lengths)


def call(spoken: DescribedDialect, token: str, method: str, path: str, body: Any = None) -> Reply:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    said = b"" if body is None else json.dumps(body).encode()
    path, _, query = path.partition("?")
    pairs = [(name, value) for name, _, value in (each.partition("=") for each in query.split("&")) if name]
    return spoken.handle(Request(method, HOST, f"/public/v1/{path}", pairs, headers, said, 0.0, query))


@pytest.mark.parametrize(("token", "error"), [("", "MISSING_CREDENTIALS"), ("other", "INVALID_APIKEY")])
def test_a_wrong_token_is_refused(exchange: tuple[DescribedDialect, Account], token: str, error: str) -> None:
    reply = call(exchange[0], token, "GET", "account/balances")
    assert (reply.status, data(reply)) == (401, {"error": error})


def test_an_order_that_ended_is_listed_where_it_is_asked_for(
    exchange: tuple[DescribedDialect, Account],
) -> None:
    spoken, account = exchange
    order = {
        "instrument_code": "BTC_USDT",
        "side": "BUY",
        "type": "LIMIT",
        "amount": "0.001",
        "price": "60000",
    }
    placed = data(call(spoken, account.api_key, "POST", "account/orders", order))
    path = f"account/orders/{placed['order_id']}"
    assert data(call(spoken, account.api_key, "GET", path))["order"]["status"] == "OPEN"
    assert call(spoken, account.api_key, "DELETE", path).status == 204
    assert data(call(spoken, account.api_key, "GET", "account/orders"))["order_history"] == []
    ended = data(call(spoken, account.api_key, "GET", "account/orders?with_cancelled_and_rejected=true"))
    assert [each["order"]["status"] for each in ended["order_history"]] == ["CLOSED"]
    again = call(spoken, account.api_key, "DELETE", path)
    assert (again.status, data(again)) == (404, {"error": "ORDER_NOT_FOUND"})


def test_one_stream_tells_the_book_to_all_and_orders_to_who_names_a_token(
    exchange: tuple[DescribedDialect, Account],
) -> None:
    spoken, account = exchange
    session = spoken.open_stream(Request("GET", "streams.exchange.bitpanda.com", "/"))
    assert isinstance(session, StreamSession)
    heard: list[dict[str, Any]] = []

    def say(**said: Any) -> list[str]:
        answers = session.received(json.dumps(said))
        return [json.loads(each.text)["type"] for each in answers if isinstance(each, Frame)]

    book = {"name": "ORDER_BOOK", "depth": 20, "instrument_codes": ["BTC_USDT"]}
    assert say(type="SUBSCRIBE", channels=[book]) == ["SUBSCRIPTIONS", "ORDER_BOOK_SNAPSHOT"]
    assert say(type="SUBSCRIBE", channels=[{"name": "TRADING"}]) == ["ERROR"]
    assert say(type="AUTHENTICATE", api_token="other") == ["ERROR"]
    assert say(type="AUTHENTICATE", api_token=account.api_key) == ["AUTHENTICATED"]
    told = say(type="SUBSCRIBE", channels=[{"name": "TRADING"}, {"name": "ACCOUNT_HISTORY"}])
    assert told == ["SUBSCRIPTIONS", "SUBSCRIPTIONS", "BALANCES_SNAPSHOT"]
    spoken.venue.subscribe(
        lambda event: heard.extend(
            json.loads(each.text) for each in session.venue_event(event) if isinstance(each, Frame)
        )
    )
    market = spoken.venue.market("BTC-USDT")
    order = spoken.venue.place(account, NewOrder(market, Side.BUY, amount=D("0.001"), price=D(60_000)))
    spoken.venue.fill(order.order_id, D("0.0004"))
    spoken.venue.cancel(account, order.order_id)
    trading = [each for each in heard if each["channel_name"] == "TRADING"]
    assert [each["type"] for each in trading] == ["BOOKED", "FILL", "DONE"]
    assert [each["remaining"] for each in trading] == ["0.001", "0.0006", "0.0006"]
    assert (trading[1]["matched_as"], trading[1]["matched_amount"]) == ("MAKER", "0.0004")
    history = [each["update"]["type"] for each in heard if each["channel_name"] == "ACCOUNT_HISTORY"]
    assert history == ["ORDER_CREATED", "TRADE_SETTLED", "ORDER_CLOSED"]
