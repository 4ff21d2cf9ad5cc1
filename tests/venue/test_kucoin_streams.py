"""The streams of the kucoin dialect."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from harness.venue.dialects.messages import Close, Reply
from harness.venue.model import NewOrder, OrderType, Side, TimeInForce
from tests.venue.kucoin_client import KucoinClient, KucoinSocket, kucoin_client, open_stream
from tests.venue.world import data, texts

BOOK, TRADES = "/market/level2:BTC-USDT", "/market/match:BTC-USDT"
ORDERS, BALANCES = "/spotMarket/tradeOrders", "/account/balance"
D = Decimal


@pytest.fixture
def client() -> KucoinClient:
    return kucoin_client()


@pytest.fixture
def private(client: KucoinClient) -> KucoinSocket:
    socket = client.stream(private=True)
    for topic in (ORDERS, BALANCES):
        assert socket.subscribe(topic) == [{"id": "7", "type": "ack"}]
    return socket


def test_the_stream_needs_a_token(client: KucoinClient) -> None:
    reply = open_stream(client.dialect, "guess")
    assert isinstance(reply, Reply)
    assert (reply.status, data(reply)["code"]) == (401, "401")


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"type": "subscribe", "topic": ORDERS}, 403),
        ({"type": "subscribe", "topic": BALANCES}, 403),
        ({"type": "subscribe", "topic": "/market/level9:BTC-USDT"}, 404),
        ({"type": "subscribe", "topic": "/market/level2:BTC-EUR"}, 404),
        ({"type": "subscribe", "topic": "/market/level2"}, 404),
        ({"type": "subscribe", "topic": ""}, 406),
        ({"type": "subscribe"}, 406),
        ({"type": "hello"}, 415),
        ({}, 415),
        ({"type": "subscribe", "topic": "/market/level2:" + ",".join(f"A{i}" for i in range(101))}, 509),
    ],
)
def test_what_a_public_token_cannot_have(client: KucoinClient, message: dict[str, Any], code: int) -> None:
    socket = client.stream()
    (answer,) = socket.say(**message)
    assert (answer["id"], answer["type"], answer["code"]) == ("7", "error", code)
    client.place()
    assert socket.heard == []
    assert socket.session.carries() == frozenset()


def test_nonsense_is_answered_not_fatal(client: KucoinClient) -> None:
    socket = client.stream()
    for text in ("", "[]", "nonsense", b"\xff", '"text"'):
        (frame,) = socket.session.received(text)
        assert '"code":415' in getattr(frame, "text", "")


def test_pings_are_answered_and_acks_only_when_asked_for(client: KucoinClient) -> None:
    socket = client.stream()
    assert socket.say(type="ping") == [{"id": "7", "type": "pong"}]
    assert socket.session.operation_of('{"type":"ping"}') == "stream:ping"
    assert socket.say(type="subscribe", topic=BOOK) == []
    assert socket.session.carries() == {"stream:book"}
    socket.subscribe(TRADES)
    assert socket.session.carries() == {"stream:book", "stream:trades"}
    assert socket.say(type="unsubscribe", topic=BOOK) == []
    assert socket.session.carries() == {"stream:trades"}


def test_changes_rebuild_the_book(client: KucoinClient) -> None:
    world = client.dialect.venue
    market = world.market("BTC-USDT")
    socket = client.stream()
    socket.subscribe(BOOK)
    world.walk(30, market)
    told = data(client.call("/api/v1/market/orderbook/level2_100", {"symbol": "BTC-USDT"}))["data"]
    sides = {name: {D(price): D(amount) for price, amount in told[name]} for name in ("bids", "asks")}
    world.walk(200, market)
    world.walk(20, world.market("ETH-USDT"))
    changes = socket.pushed(BOOK)
    assert [change["sequenceStart"] for change in changes] == list(
        range(changes[0]["sequenceStart"], changes[0]["sequenceStart"] + len(changes))
    )
    for change in changes:
        assert change["sequenceStart"] == change["sequenceEnd"]
        for name, side in sides.items():
            for price, amount, sequence in change["changes"][name]:
                if int(sequence) > int(told["sequence"]):
                    side[D(price)] = D(amount)
    book = world.book(market)
    for name, levels in (("bids", book.bids), ("asks", book.asks)):
        rebuilt = {price: amount for price, amount in sides[name].items() if amount}
        assert rebuilt == {level.price: level.amount for level in levels}


def test_trades_are_told_once_each(client: KucoinClient) -> None:
    world = client.dialect.venue
    socket = client.stream()
    socket.subscribe("/market/match:BTC-USDT,ETH-USDT")
    world.walk(300)
    for name in ("BTC-USDT", "ETH-USDT"):
        trades = world.trades(world.market(name))
        told = socket.pushed(f"/market/match:{name}")
        assert trades
        assert [(entry["tradeId"], entry["side"], D(entry["price"]), D(entry["size"])) for entry in told] == [
            (str(trade.trade_id), trade.taker_side.value, trade.price, trade.amount) for trade in trades
        ]


def test_a_resting_orders_life_is_told(client: KucoinClient, private: KucoinSocket) -> None:
    world = client.dialect.venue
    number = data(client.place())["data"]["orderId"]
    (order,) = world.open_orders(client.account)
    world.fill(order.order_id, D("0.0004"))
    world.fill(order.order_id)
    told = private.pushed(ORDERS)
    assert [(entry["type"], entry["status"], entry["filledSize"], entry["remainSize"]) for entry in told] == [
        ("open", "open", "0", "0.001"),
        ("match", "open", "0.0004", "0.0006"),
        ("match", "open", "0.001", "0"),
        ("filled", "done", "0.001", "0"),
    ]
    assert {(entry["orderId"], entry["clientOid"]) for entry in told} == {(number, "mine-1")}
    fills = world.fills(client.account)
    matches = [entry for entry in told if entry["type"] == "match"]
    assert [(m["tradeId"], D(m["matchSize"]), D(m["matchPrice"]), m["liquidity"]) for m in matches] == [
        (str(fill.trade_id), fill.amount, fill.price, "maker") for fill in fills
    ]
    assert all(message["channelType"] == "private" for message in private.heard)


def test_a_cancelled_order_is_told(client: KucoinClient, private: KucoinSocket) -> None:
    number = data(client.place())["data"]["orderId"]
    client.signed("DELETE", f"/api/v1/orders/{number}")
    last = private.pushed(ORDERS)[-1]
    assert (last["type"], last["status"], last["remainSize"]) == ("canceled", "done", "0")


@pytest.mark.parametrize("kind", ["market", "ioc"])
def test_what_takes_is_never_said_to_be_open(client: KucoinClient, private: KucoinSocket, kind: str) -> None:
    world = client.dialect.venue
    market = world.market("BTC-USDT")
    best = world.book(market).asks[0]
    if kind == "market":
        world.place(client.account, NewOrder(market, Side.BUY, OrderType.MARKET, amount=D("0.0001")))
        ends = ["match", "filled"]
    else:
        too_much, ioc = best.amount + market.lot_size, TimeInForce.IOC
        wanted = NewOrder(market, Side.BUY, amount=too_much, price=best.price, time_in_force=ioc)
        world.place(client.account, wanted)
        ends = ["match", "canceled"]
    told = private.pushed(ORDERS)
    assert [entry["type"] for entry in told] == ends
    assert (told[0]["status"], told[0]["feeType"]) == ("match", "takerFee")


def test_every_balance_message_adds_up(client: KucoinClient, private: KucoinSocket) -> None:
    world = client.dialect.venue
    kept = {b.asset: (b.free, b.locked) for b in world.balances(client.account)}
    client.place()
    (order,) = world.open_orders(client.account)
    world.fill(order.order_id, D("0.0004"))
    world.cancel(client.account, order.order_id)
    world.deposit(client.account, "USDT", D(5))
    told = private.pushed(BALANCES)
    for entry in told:
        free, locked = kept[entry["currency"]]
        now = free + D(entry["availableChange"]), locked + D(entry["holdChange"])
        assert now == (D(entry["available"]), D(entry["hold"]))
        assert D(entry["total"]) == sum(now)
        kept[entry["currency"]] = now
    assert kept == {b.asset: (b.free, b.locked) for b in world.balances(client.account)}
    kinds = [entry["relationEvent"] for entry in told if entry["currency"] == "USDT"]
    assert kinds == ["trade.hold", "trade.setted", "trade.hold", "trade.other"]


def test_others_see_nothing_of_it(client: KucoinClient) -> None:
    other = client.dialect.venue.account("other", {})
    socket = KucoinClient(client.dialect, other, client.clock).stream(private=True)
    socket.subscribe(ORDERS)
    socket.subscribe(BALANCES)
    client.place()
    assert socket.heard == []


def test_who_never_pings_is_dropped_and_an_expired_token_too(client: KucoinClient) -> None:
    socket = client.stream(private=True)
    now = client.clock.time
    assert list(socket.session.tick(now + 55)) == []
    assert list(socket.session.tick(now + 57)) == [Close(1000, "ping timeout")]
    client.clock.time += 55
    socket.say(type="ping")
    assert list(socket.session.tick(now + 57)) == []
    public = client.stream()
    client.dialect.expire_user_streams(client.account)
    assert list(socket.session.tick(now + 57)) == [Close(1000, "token is expired")]
    assert list(public.session.tick(now + 57)) == []


def test_the_owner_is_told_of_the_main_account_too(client: KucoinClient, private: KucoinSocket) -> None:
    other = client.stream()
    client.dialect.deposit_elsewhere(client.account, "USDT", D(7))
    (message,) = texts(list(private.session.tick(client.clock.time)))
    told = {name: message["data"][name] for name in ("currency", "total", "relationEvent")}
    assert told == {"currency": "USDT", "total": "7", "relationEvent": "main.deposit"}
    assert list(private.session.tick(client.clock.time)) == []
    assert list(other.session.tick(client.clock.time)) == []


def test_an_order_from_the_browser_has_no_client_id_at_all(
    client: KucoinClient, private: KucoinSocket
) -> None:
    venue = client.dialect.venue
    venue.place(client.account, NewOrder(venue.markets[0], Side.BUY, amount=D("0.001"), price=D(50_000)))
    client.place(price="50000")
    orders = [each["data"] for each in private.heard if each["topic"] == ORDERS]
    assert [each.get("clientOid") for each in orders] == [None, "mine-1"]
    assert "clientOid" not in orders[0]
