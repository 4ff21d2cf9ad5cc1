"""Market streams, listen keys and the WebSocket API of the binance dialect."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from harness.venue.dialects.base import Dialect
from harness.venue.dialects.binance import Binance
from harness.venue.dialects.messages import Close, Frame, Outgoing, Ping, Reply, Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.events import Event
from harness.venue.model import Account, NewOrder, OrderType, Side
from harness.venue.session import Venue
from tests.venue.world import Client, StillClock, data, venue


class Wire:
    """One connection, pumped as the gateway does it; keeps what the client would have seen."""

    def __init__(self, exchange: Dialect, host: str, path: str, query: str = "") -> None:
        pairs = [("streams", query)] if query else []
        session = exchange.open_stream(Request("GET", host, path, pairs, raw_query=query))
        assert isinstance(session, StreamSession)
        self.session = session
        self.frames: list[Frame] = []
        self.closed: Close | None = None
        self._take(session.opened())
        exchange.venue.subscribe(self._event)

    def _event(self, event: Event) -> None:
        self._take(self.session.venue_event(event))

    def _take(self, outgoing: Iterable[Outgoing]) -> None:
        for frame in outgoing:
            if isinstance(frame, Close):
                self.closed = frame
            elif isinstance(frame, Ping):
                self.session.ponged(frame.payload)
            elif self.closed is None:
                self.frames.append(frame)

    def say(self, message: Any) -> Any:
        """The answer to a message."""
        before = len(self.frames)
        self._take(self.session.received(message if isinstance(message, str) else json.dumps(message)))
        return [json.loads(frame.text) for frame in self.frames[before:]]

    def tick(self, now: float) -> None:
        self._take(self.session.tick(now))

    def messages(self, operation: str) -> list[Any]:
        return [json.loads(frame.text) for frame in self.frames if frame.operation == operation]


@pytest.fixture
def world() -> tuple[Binance, Account]:
    place, account = venue(levels=20)
    return Binance(place), account


def advance(exchange: Binance, seconds: float, *wires: Wire) -> None:
    clock = exchange.venue.clock
    assert isinstance(clock, StillClock)
    clock.time += seconds
    for wire in wires:
        wire.tick(clock.time)


def market_wire(exchange: Binance, *names: str) -> Wire:
    wire = Wire(exchange, "stream.binance.com", "/ws")
    assert wire.say({"method": "SUBSCRIBE", "params": list(names), "id": 1}) == [{"result": None, "id": 1}]
    return wire


def rebuilt(snapshot: Any, diffs: list[Any]) -> tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]]:
    """A book kept as Binance's documentation says; fails when a diff is missing."""
    sides = {
        "b": {Decimal(p): Decimal(q) for p, q in snapshot["bids"]},
        "a": {Decimal(p): Decimal(q) for p, q in snapshot["asks"]},
    }
    last = snapshot["lastUpdateId"]
    for diff in diffs:
        if diff["u"] <= last:
            continue
        assert diff["U"] <= last + 1, f"{last + 1} to {diff['U'] - 1} are missing"
        for side, changes in sides.items():
            for price, amount in diff[side]:
                changes[Decimal(price)] = Decimal(amount)
                if not Decimal(amount):
                    del changes[Decimal(price)]
        last = diff["u"]
    return sides["b"], sides["a"]


def expected(place: Venue, name: str) -> tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]]:
    book = place.book(place.market(name))
    return {x.price: x.amount for x in book.bids}, {x.price: x.amount for x in book.asks}


def walked(exchange: Binance, wire: Wire) -> tuple[Any, list[Any]]:
    """A snapshot taken in the middle of many changes, and all the diffs."""
    client = Client(exchange, exchange.venue.account("reader", {}))
    snapshot = None
    for turn in range(40):
        exchange.venue.walk(7, exchange.venue.market("BTC-USDT"))
        advance(exchange, 0.03, wire)
        if turn == 10:
            snapshot = data(client.call("GET", "/api/v3/depth", {"symbol": "BTCUSDT", "limit": 5000}))
    advance(exchange, 0.2, wire)
    return snapshot, wire.messages("stream:book")


def test_diffs_rebuild_the_book(world: tuple[Binance, Account]) -> None:
    exchange, _ = world
    wire = market_wire(exchange, "btcusdt@depth@100ms")
    snapshot, diffs = walked(exchange, wire)
    assert len(diffs) > 8
    assert all(diff["e"] == "depthUpdate" and diff["s"] == "BTCUSDT" for diff in diffs)
    assert all(after["U"] == before["u"] + 1 for before, after in pairwise(diffs))
    assert rebuilt(snapshot, diffs) == expected(exchange.venue, "BTC-USDT")


def test_a_lost_diff_is_noticed(world: tuple[Binance, Account]) -> None:
    exchange, _ = world
    wire = market_wire(exchange, "btcusdt@depth@100ms")
    snapshot, diffs = walked(exchange, wire)
    with pytest.raises(AssertionError, match="are missing"):
        rebuilt(snapshot, diffs[:-3] + diffs[-2:])


def test_diffs_come_at_their_pace(world: tuple[Binance, Account]) -> None:
    exchange, _ = world
    fast, slow = market_wire(exchange, "btcusdt@depth@100ms"), market_wire(exchange, "btcusdt@depth")
    market = exchange.venue.market("BTC-USDT")
    for _ in range(30):
        exchange.venue.walk(5, market)
        advance(exchange, 0.11, fast, slow)
    assert 25 <= len(fast.messages("stream:book")) <= 31
    assert len(slow.messages("stream:book")) == 3
    assert not fast.messages("stream:trades")


def test_every_trade_is_told_once(world: tuple[Binance, Account]) -> None:
    exchange, _ = world
    wire = market_wire(exchange, "btcusdt@trade", "ethusdt@aggTrade")
    for name in ("BTC-USDT", "ETH-USDT", "WBTC-BTC"):
        exchange.venue.walk(150, exchange.venue.market(name))
    told = wire.messages("stream:trades")
    for kind, name, key in (("trade", "BTC-USDT", "t"), ("aggTrade", "ETH-USDT", "a")):
        trades = exchange.venue.trades(exchange.venue.market(name))
        mine = [message for message in told if message["e"] == kind]
        assert [message[key] for message in mine] == [trade.trade_id for trade in trades] != []
        assert [message["m"] for message in mine] == [trade.taker_side is Side.SELL for trade in trades]
        assert [Decimal(message["p"]) for message in mine] == [trade.price for trade in trades]
    assert {message["s"] for message in told} == {"BTCUSDT", "ETHUSDT"}


def test_combined_streams_are_wrapped(world: tuple[Binance, Account]) -> None:
    exchange, _ = world
    names = "btcusdt@bookTicker/btcusdt@depth5@100ms/btcusdt@ticker"
    wire = Wire(exchange, "stream.binance.com", "/stream", names)
    exchange.venue.walk(5, exchange.venue.market("BTC-USDT"))
    advance(exchange, 1.1, wire)
    messages = [json.loads(frame.text) for frame in wire.frames]
    told = {message["stream"]: message["data"] for message in messages}
    best = exchange.venue.book(exchange.venue.market("BTC-USDT"), 5)
    assert Decimal(told["btcusdt@bookTicker"]["b"]) == best.bids[0].price
    assert [Decimal(row[0]) for row in told["btcusdt@depth5@100ms"]["asks"]] == [x.price for x in best.asks]
    assert told["btcusdt@ticker"]["e"] == "24hrTicker"


def test_a_subscription_ends_when_asked(world: tuple[Binance, Account]) -> None:
    exchange, _ = world
    wire = market_wire(exchange, "btcusdt@trade", "btcusdt@depth@100ms")
    assert wire.say({"method": "LIST_SUBSCRIPTIONS", "id": 2}) == [
        {"result": ["btcusdt@trade", "btcusdt@depth@100ms"], "id": 2}
    ]
    wire.say({"method": "UNSUBSCRIBE", "params": ["btcusdt@trade", "btcusdt@depth@100ms"], "id": 3})
    exchange.venue.walk(100, exchange.venue.market("BTC-USDT"))
    advance(exchange, 1, wire)
    assert {frame.operation for frame in wire.frames} == {"stream:subscribe"}


def test_a_connection_says_what_it_carries(world: tuple[Binance, Account]) -> None:
    exchange, account = world
    public = market_wire(exchange, "btcusdt@trade", "btcusdt@depth@100ms", "btcusdt@bookTicker")
    assert public.session.carries() == {"stream:trades", "stream:book", "stream:ticker"}
    private = api(exchange)
    assert private.session.carries() == frozenset()
    private.say({"id": 1, "method": SUBSCRIBE, "params": signed(exchange, account)})
    assert private.session.carries() == {"stream:orders", "stream:balances"}


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", 3),
        ("[]", 1),
        ({"method": "SHOUT", "id": 1}, 2),
        ({"method": "SUBSCRIBE", "params": "btcusdt@trade", "id": 1}, 2),
        ({"method": "SUBSCRIBE", "params": [1], "id": 1}, 2),
        ({"method": "SUBSCRIBE", "params": [], "id": {}}, 2),
    ],
)
def test_a_wrong_message_is_answered(world: tuple[Binance, Account], message: Any, code: int) -> None:
    wire = Wire(world[0], "stream.binance.com", "/ws")
    (answer,) = wire.say(message)
    assert answer["error"]["code"] == code


def test_too_many_messages_close_the_connection(world: tuple[Binance, Account]) -> None:
    exchange, _ = world
    wire = Wire(exchange, "stream.binance.com", "/ws")
    for number in range(5):
        assert wire.say({"method": "LIST_SUBSCRIPTIONS", "id": number})
    advance(exchange, 1, wire)
    assert wire.say({"method": "LIST_SUBSCRIPTIONS", "id": 6})
    for number in range(5):
        wire.say({"method": "LIST_SUBSCRIPTIONS", "id": number})
    assert wire.closed is not None
    assert wire.closed.code == 1008


def trade_a_little(place: Venue, account: Account) -> int:
    """A limit order, half filled, then cancelled."""
    market = place.market("BTC-USDT")
    wanted = NewOrder(market, Side.BUY, amount=Decimal("0.01"), price=Decimal(50000), client_order_id="mine")
    order = place.place(account, wanted)
    place.fill(order.order_id, Decimal("0.004"))
    place.cancel(account, order.order_id, request_id="stop")
    return order.order_id


def check_order_life(events: list[Any], order_id: int) -> None:
    reports = [event for event in events if event["e"] == "executionReport"]
    assert [(r["x"], r["X"], r["i"]) for r in reports] == [
        ("NEW", "NEW", order_id),
        ("TRADE", "PARTIALLY_FILLED", order_id),
        ("CANCELED", "CANCELED", order_id),
    ]
    assert [(r["c"], r["C"]) for r in reports] == [("mine", ""), ("mine", ""), ("stop", "mine")]
    fill = reports[1]
    assert (fill["l"], fill["L"]) == ("0.00400000", "50000.00000000")
    assert (fill["n"], fill["N"]) == ("0.00000400", "BTC")
    assert (fill["z"], fill["Z"], fill["m"], fill["w"]) == ("0.00400000", "200.00000000", True, True)
    assert (reports[0]["t"], reports[0]["N"], reports[2]["w"]) == (-1, None, False)
    held = {b["a"]: b for event in events if event["e"] == "outboundAccountPosition" for b in event["B"]}
    assert held["USDT"] == {"a": "USDT", "f": "99800.00000000", "l": "0.00000000"}
    assert held["BTC"]["f"] == "2.00399600"


def test_a_listen_key_opens_the_accounts_stream(world: tuple[Binance, Account]) -> None:
    exchange, account = world
    client = Client(exchange, account)
    opened = client.call("POST", "/api/v3/userDataStream", key=account.api_key)
    key = data(opened)["listenKey"]
    wire = Wire(exchange, "stream.binance.com", f"/ws/{key}")
    stranger = Wire(exchange, "stream.binance.com", "/ws/pqia91ma19a5s61cv6a81va65sdf19v8a65a1")
    other = exchange.venue.account("other", {"USDT": Decimal(10_000)})
    trade_a_little(exchange.venue, other)
    assert not wire.frames
    order_id = trade_a_little(exchange.venue, account)
    check_order_life([json.loads(frame.text) for frame in wire.frames], order_id)
    assert not stranger.frames


def test_a_listen_key_must_be_renewed(world: tuple[Binance, Account]) -> None:
    exchange, account = world
    client = Client(exchange, account)
    key = data(client.call("POST", "/api/v3/userDataStream", key=account.api_key))["listenKey"]
    wire = Wire(exchange, "stream.binance.com", f"/ws/{key}")
    advance(exchange, 3500, wire)
    renewed = client.call("PUT", "/api/v3/userDataStream", {"listenKey": key}, account.api_key)
    assert (renewed.status, data(renewed)) == (200, {})
    advance(exchange, 3500, wire)
    assert wire.closed is None
    advance(exchange, 200, wire)
    assert wire.messages("stream:orders")[-1]["e"] == "listenKeyExpired"
    assert wire.closed is not None
    late = client.call("PUT", "/api/v3/userDataStream", {"listenKey": key}, account.api_key)
    assert data(late)["code"] == -1125
    assert data(client.call("POST", "/api/v3/userDataStream"))["code"] == -2014


def test_a_closed_listen_key_is_gone(world: tuple[Binance, Account]) -> None:
    exchange, account = world
    client = Client(exchange, account)
    key = data(client.call("POST", "/api/v3/userDataStream", key=account.api_key))["listenKey"]
    assert client.call("DELETE", "/api/v3/userDataStream", {"listenKey": key}, account.api_key).status == 200
    again = client.call("DELETE", "/api/v3/userDataStream", {"listenKey": key}, account.api_key)
    assert data(again)["code"] == -1125


def api(exchange: Binance) -> Wire:
    return Wire(exchange, "ws-api.binance.com", "/ws-api/v3")


def signed(exchange: Binance, account: Account, **params: Any) -> dict[str, Any]:
    whole = {"apiKey": account.api_key, "timestamp": int(exchange.venue.clock.now() * 1000), **params}
    text = "&".join(f"{name}={value}" for name, value in sorted(whole.items()))
    signature = hmac.new(account.api_secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return {**whole, "signature": signature}


SUBSCRIBE = "userDataStream.subscribe.signature"


def test_a_signature_subscribes_to_the_user_stream(world: tuple[Binance, Account]) -> None:
    exchange, account = world
    wire = api(exchange)
    (answer,) = wire.say({"id": "a-1", "method": SUBSCRIBE, "params": signed(exchange, account)})
    assert (answer["id"], answer["status"], answer["result"]) == ("a-1", 200, {"subscriptionId": 0})
    order_id = trade_a_little(exchange.venue, account)
    told = [json.loads(frame.text) for frame in wire.frames[1:]]
    assert {message["subscriptionId"] for message in told} == {0}
    check_order_life([message["event"] for message in told], order_id)
    (twice,) = wire.say({"id": 2, "method": SUBSCRIBE, "params": signed(exchange, account)})
    assert twice["error"]["code"] == -2035


def test_a_wrong_signature_subscribes_to_nothing(world: tuple[Binance, Account]) -> None:
    exchange, account = world
    good = signed(exchange, account)
    for change, code in (
        ({"signature": "0" * 64}, -1022),
        ({"timestamp": good["timestamp"] + 1}, -1022),
        ({"timestamp": good["timestamp"] - 60_000}, -1021),
        ({"apiKey": "B" * 64}, -2015),
        ({"apiKey": "B"}, -2014),
    ):
        wire = api(exchange)
        (answer,) = wire.say({"id": 1, "method": SUBSCRIBE, "params": {**good, **change}})
        assert answer["error"]["code"] == code
        assert answer["status"] in (400, 401)
        assert "result" not in answer
        trade_a_little(exchange.venue, account)
        assert len(wire.frames) == 1


def test_user_streams_can_be_ended(world: tuple[Binance, Account]) -> None:
    exchange, account = world
    wire = api(exchange)
    wire.say({"id": 1, "method": SUBSCRIBE, "params": signed(exchange, account)})
    exchange.expire_user_streams(account)
    advance(exchange, 0.1, wire)
    assert wire.messages("stream:orders")[-1]["event"]["e"] == "eventStreamTerminated"
    seen = len(wire.frames)
    trade_a_little(exchange.venue, account)
    assert len(wire.frames) == seen
    (again,) = wire.say({"id": 2, "method": SUBSCRIBE, "params": signed(exchange, account)})
    assert again["result"] == {"subscriptionId": 1}
    assert wire.say({"id": 3, "method": "userDataStream.unsubscribe"})[0]["status"] == 200
    seen = len(wire.frames)
    trade_a_little(exchange.venue, account)
    assert len(wire.frames) == seen


@pytest.mark.parametrize(("status", "code"), [(500, -1000), (503, -1000), (429, -1003), (418, -1003)])
def test_calls_that_are_not_done_have_a_status_and_their_id(
    world: tuple[Binance, Account], status: int, code: int
) -> None:
    session = api(world[0]).session
    said = json.dumps({"id": "a-1", "method": "order.place", "params": {}})
    (told,) = session.refused(said, status)
    assert isinstance(told, Frame)
    assert (told.operation, told.status) == ("place_order", status)
    body = json.loads(told.text)
    assert (body["id"], body["status"], body["error"]["code"]) == ("a-1", status, code)
    assert "result" not in body


def test_calls_have_their_routes_weights(world: tuple[Binance, Account]) -> None:
    session = api(world[0]).session
    calls = ({"method": "order.place"}, {"method": "account.status"}, {"method": SUBSCRIBE}, {"method": "?"})
    assert [session.weight_of(json.dumps(each)) for each in calls] == [1, 20, 2, 0]
    (told,) = session.received(json.dumps({"id": 1, "method": "order.place"}))
    assert isinstance(told, Frame)
    assert told.status == json.loads(told.text)["status"] == 401


def test_rest_calls_work_as_messages(world: tuple[Binance, Account]) -> None:
    exchange, account = world
    wire = api(exchange)
    now = int(exchange.venue.clock.now() * 1000)
    assert wire.say({"id": 1, "method": "time"})[0]["result"] == {"serverTime": now}
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": "50000"}
    params = signed(exchange, account, **order, quantity="0.001")
    (placed,) = wire.say({"id": 2, "method": "order.place", "params": params})
    assert (placed["status"], placed["result"]["status"]) == (200, "NEW")
    assert wire.session.operation_of(json.dumps({"method": "order.place"})) == "place_order"
    assert wire.frames[-1].operation == "place_order"
    (opened,) = exchange.venue.open_orders(account)
    assert opened.order_id == placed["result"]["orderId"]
    (unsigned,) = wire.say({"id": 3, "method": "order.place", "params": {**order, "quantity": "0.001"}})
    assert unsigned["error"]["code"] == -2014
    (unknown,) = wire.say({"id": 4, "method": "order.guess"})
    assert (unknown["status"], unknown["error"]["code"]) == (400, -1100)
    for odd in ("{", "[]", {"id": 5, "method": "time", "params": []}):
        assert wire.say(odd)[0]["status"] == 400


def test_the_weight_of_messages_counts(world: tuple[Binance, Account]) -> None:
    exchange, _ = world
    wire = api(exchange)
    for _ in range(300):
        (answer,) = wire.say({"id": 1, "method": "exchangeInfo"})
    assert answer["error"]["code"] == -1003
    assert answer["status"] == 429
    refused = exchange.open_stream(Request("GET", "ws-api.binance.com", "/ws-api/v3"))
    assert isinstance(refused, Reply)
    assert refused.status == 429


def test_a_market_order_is_told_to_its_end(world: tuple[Binance, Account]) -> None:
    exchange, account = world
    wire = api(exchange)
    wire.say({"id": 1, "method": SUBSCRIBE, "params": signed(exchange, account)})
    market = exchange.venue.market("BTC-USDT")
    exchange.venue.place(account, NewOrder(market, Side.BUY, OrderType.MARKET, quote_amount=Decimal(5000)))
    reports = [message["event"] for message in wire.messages("stream:orders")]
    assert len(reports) > 2
    assert [r["x"] for r in reports] == ["NEW"] + ["TRADE"] * (len(reports) - 1)
    assert reports[-1]["X"] == "FILLED"
    assert reports[-1]["q"] == reports[-1]["z"]
