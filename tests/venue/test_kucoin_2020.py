"""What KuCoin had in 2020 and has no more; keys of version 1."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from harness.venue.dialects.kucoin_2020 import Kucoin2020
from harness.venue.dialects.messages import Close, Outgoing, Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.model import Side
from harness.venue.session import Venue
from tests.venue.kucoin_client import HOST, KucoinClient, said
from tests.venue.world import FUNDS, NOON, StillClock, data, texts


@pytest.fixture
def client() -> KucoinClient:
    clock = StillClock()
    world = Venue(Kucoin2020.markets, 7, clock)
    for market in world.markets:
        world.seed_book(market, 30)
    account = world.account("trader", FUNDS, Kucoin2020.key_lengths)
    first = {"KC-API-PASSPHRASE": account.passphrase, "KC-API-KEY-VERSION": None}
    return KucoinClient(Kucoin2020(world), account, clock, changes=first)


def connected(client: KucoinClient, *, private: bool = False) -> StreamSession:
    if private:
        told = data(client.signed("POST", "/api/v1/bullet-private"))["data"]
    else:
        told = data(client.call("/api/v1/bullet-public", method="POST"))["data"]
    (server,) = told["instanceServers"]
    assert (server["endpoint"], server["pingInterval"], server["pingTimeout"]) == (
        "wss://push1-v2.kucoin.com/endpoint",
        50_000,
        10_000,
    )
    query = [("token", told["token"]), ("acceptUserMessage", "true")]
    session = client.dialect.open_stream(Request("GET", "push1-v2.kucoin.com", "/endpoint", query))
    assert isinstance(session, StreamSession)
    return session


def test_the_passphrase_is_sent_as_it_is(client: KucoinClient) -> None:
    assert said(client.signed("GET", "/api/v1/accounts"))[:2] == (200, "200000")
    client.changes["KC-API-PASSPHRASE"] = client.sign(client.account.passphrase)
    assert said(client.signed("GET", "/api/v1/accounts"))[:2] == (401, "400004")
    client.changes = {**client.changes, "KC-API-PASSPHRASE": client.account.passphrase, "KC-API-SIGN": "eA=="}
    assert said(client.signed("GET", "/api/v1/accounts"))[:2] == (401, "400005")


def test_symbols_were_fewer_words(client: KucoinClient) -> None:
    symbols = data(client.call("/api/v1/symbols", {"market": "BTC"}))["data"]
    (symbol,) = symbols
    assert symbol["symbol"] == "WBTC-BTC"
    assert {"baseMinSize", "quoteMinSize", "quoteMaxSize", "priceIncrement", "enableTrading"} <= set(symbol)
    assert {"minFunds", "feeCategory"}.isdisjoint(symbol)


def test_the_whole_book_was_public(client: KucoinClient) -> None:
    told = data(client.call("/api/v2/market/orderbook/level2", {"symbol": "BTC-USDT"}))["data"]
    assert [len(told[side]) for side in ("bids", "asks")] == [30, 30]
    prices = [Decimal(bid[0]) for bid in told["bids"]]
    assert prices == sorted(prices, reverse=True)
    oldest = data(client.call("/api/v1/market/orderbook/level2", {"symbol": "BTC-USDT"}))["data"]
    assert (oldest["bids"], oldest["asks"]) == (told["bids"], told["asks"][::-1])


@pytest.mark.parametrize(
    "path", ["/api/v2/symbols", "/api/v3/market/orderbook/level2", "/api/v1/hf/accounts/opened"]
)
def test_what_came_later_is_not_there(client: KucoinClient, path: str) -> None:
    assert said(client.signed("GET", path, {"symbol": "BTC-USDT"}))[:2] == (404, "404000")


def test_small_orders_are_taken(client: KucoinClient) -> None:
    assert said(client.place(price="1", size="0.00001"))[:2] == (200, "200000")


def test_requests_are_counted_for_ten_seconds(client: KucoinClient) -> None:
    for _ in range(100):
        assert client.call("/api/v1/timestamp").status == 200
    assert said(client.call("/api/v1/timestamp"))[:2] == (429, "429000")
    assert client.signed("GET", "/api/v1/accounts").status == 200
    client.clock.time += 10
    assert client.call("/api/v1/timestamp").status == 200


def test_an_order_is_told_of_where_it_was_streamed(client: KucoinClient) -> None:
    session = connected(client, private=True)
    heard: list[Outgoing] = []
    for topic in ("/spotMarket/tradeOrders", "/account/balance"):
        asked = {"id": 1, "type": "subscribe", "topic": topic, "privateChannel": True, "response": True}
        assert texts(list(session.received(json.dumps(asked)))) == [{"id": 1, "type": "ack"}]
    client.dialect.venue.subscribe(lambda event: heard.extend(session.venue_event(event)))
    client.place(postOnly=True)
    kinds = [(each["topic"], each["data"].get("type")) for each in texts(heard)]
    assert ("/spotMarket/tradeOrders", "open") in kinds
    assert "/account/balance" in {topic for topic, _ in kinds}


def test_book_changes_have_no_time(client: KucoinClient) -> None:
    session, venue = connected(client), client.dialect.venue
    list(session.received('{"id": 1, "type": "subscribe", "topic": "/market/level2:BTC-USDT"}'))
    heard: list[Outgoing] = []
    venue.subscribe(lambda event: heard.extend(session.venue_event(event)))
    venue.set_level(venue.markets[0], Side.BUY, Decimal(50_000), Decimal(1))
    (message,) = texts(heard)
    assert set(message["data"]) == {"changes", "symbol", "sequenceStart", "sequenceEnd"}


def test_a_minute_without_a_ping_ends_a_connection(client: KucoinClient) -> None:
    session = connected(client)
    assert list(session.tick(NOON + 60)) == []
    assert list(session.tick(NOON + 60.1)) == [Close(1000, "ping timeout")]


def test_there_is_another_name_for_its_host(client: KucoinClient) -> None:
    elsewhere = Request("GET", "openapi-v2.kucoin.com", "/api/v1/timestamp", at=NOON)
    assert client.dialect.handle(elsewhere).status == 200
    assert {HOST, elsewhere.host} == set(client.dialect.rest_hosts)
