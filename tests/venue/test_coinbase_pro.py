"""Coinbase Pro's API of 2020, spoken to by a client that signs as its documentation says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from harness.venue.dialects.coinbase_pro import CoinbasePro
from harness.venue.dialects.coinbase_pro.streams import FeedSession
from harness.venue.dialects.messages import Close, Frame, Outgoing, Reply, Request
from harness.venue.dialects.uuids import number_of, uuid_of
from harness.venue.events import Event
from harness.venue.model import Account, Side
from tests.venue.world import StillClock, data, venue

D = Decimal


@dataclass
class Client:
    dialect: CoinbasePro
    account: Account
    changes: dict[str, str] = field(default_factory=dict)

    def parts(self, what: str) -> dict[str, str]:
        time = f"{self.dialect.venue.clock.now():.3f}"
        key = base64.b64decode(self.dialect.credentials(self.account)["coinbase_pro_secret_key"])
        made = hmac.new(key, (time + what).encode(), hashlib.sha256).digest()
        signed = {
            "key": self.account.api_key, "signature": base64.b64encode(made).decode(), "timestamp": time,
            "passphrase": self.account.passphrase,
        }  # fmt: skip
        return {**signed, **self.changes}

    def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, private: bool = True
    ) -> Reply:
        text = "" if body is None else json.dumps(body)
        target, _, query = path.partition("?")
        said = self.parts(method + path + text)
        headers = {
            "CB-ACCESS-KEY": said["key"], "CB-ACCESS-SIGN": said["signature"],
            "CB-ACCESS-TIMESTAMP": said["timestamp"], "CB-ACCESS-PASSPHRASE": said["passphrase"],
        }  # fmt: skip
        pairs = [
            (name, value) for name, _, value in (each.partition("=") for each in query.split("&")) if name
        ]
        return self.dialect.handle(
            Request(
                method, "api.pro.coinbase.com", target, pairs, headers if private else {}, text.encode(),
                self.dialect.venue.clock.now(), query,
            )
        )  # fmt: skip

    def place(self, **changes: str | bool) -> Any:
        asked = {"product_id": "BTC-USDT", "side": "buy", "type": "limit", "size": "0.01", "price": "60000"}
        return data(self.call("POST", "/orders", {**asked, **changes}))


class Wire:
    """A connection to the feed that hears what happens at the venue."""

    def __init__(self, client: Client) -> None:
        self.heard: list[Frame] = []
        self.closed = False
        opened = client.dialect.open_stream(Request("GET", "ws-feed.pro.coinbase.com", "/"))
        assert isinstance(opened, FeedSession)
        self.session, self.client = opened, client
        client.dialect.venue.subscribe(self._event)

    def _event(self, event: Event) -> None:
        self.take(self.session.venue_event(event))

    def take(self, outgoing: Any) -> None:
        told: list[Outgoing] = list(outgoing)
        self.heard += [each for each in told if isinstance(each, Frame)]
        self.closed = self.closed or any(isinstance(each, Close) for each in told)

    def subscribe(self, *channels: str, signed: bool = False, kind: str = "subscribe") -> None:
        said = {"type": kind, "product_ids": ["BTC-USDT"], "channels": list(channels)}
        extra = self.client.parts("GET/users/self/verify") if signed else {}
        self.take(self.session.received(json.dumps({**said, **extra})))

    def messages(self) -> list[dict[str, Any]]:
        told = [json.loads(each.text) for each in self.heard]
        self.heard = []
        return told


@pytest.fixture
def client() -> Client:
    world, account = venue(levels=5, markets=CoinbasePro.markets)
    return Client(CoinbasePro(world), account)


def test_a_number_has_a_uuid_and_a_uuid_its_number() -> None:
    numbers = [1, 2, 17, 10**18]
    assert [number_of(uuid_of(each)) for each in numbers] == numbers
    assert len({uuid_of(each)[:8] for each in numbers}) == len(numbers)
    assert number_of("d0c5340b-6d6c-49d9-b567-48c4bfca13d2") is None
    assert number_of("17") is None


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({}, 200, None),
        ({"key": ""}, 401, "CB-ACCESS-KEY header is required"),
        ({"key": "nobody"}, 401, "Invalid API Key"),
        ({"passphrase": "wrong"}, 401, "Invalid Passphrase"),
        ({"signature": "bm9ib2R5"}, 401, "invalid signature"),
        ({"timestamp": "1790000100"}, 400, "request timestamp expired"),
        ({"timestamp": "now"}, 401, "invalid timestamp"),
    ],
)
def test_who_signs_wrongly_is_told_so(
    client: Client, changes: dict[str, str], status: int, message: str | None
) -> None:
    client.changes = changes
    reply = client.call("GET", "/accounts")
    assert (reply.status, None if message is None else data(reply)["message"]) == (status, message)


def test_an_order_lives_and_is_forgotten_when_nothing_of_it_traded(client: Client) -> None:
    placed = client.place()
    assert (placed["status"], placed["size"], placed["filled_size"]) == (
        "pending",
        "0.01000000",
        "0.00000000",
    )
    assert data(client.call("GET", f"/orders/{placed['id']}"))["status"] == "open"
    assert data(client.call("DELETE", f"/orders/{placed['id']}")) == placed["id"]
    again = client.call("DELETE", f"/orders/{placed['id']}")
    assert (again.status, data(again)["message"]) == (404, "order not found")
    gone = client.call("GET", f"/orders/{placed['id']}")
    assert (gone.status, data(gone)["message"]) == (404, "NotFound")
    assert data(client.call("GET", "/orders?status=all")) == []


def test_a_filled_order_says_how_it_ended_and_a_fee_in_quote(client: Client) -> None:
    placed = client.place()
    order_id = number_of(placed["id"])
    assert order_id is not None
    client.dialect.venue.fill(order_id, D("0.004"))
    (listed,) = data(client.call("GET", "/orders"))
    assert (listed["filled_size"], listed["status"]) == ("0.00400000", "open")
    client.dialect.venue.fill(order_id)
    told = data(client.call("GET", f"/orders/{placed['id']}"))
    assert (told["status"], told["done_reason"], D(told["executed_value"])) == ("done", "filled", 600)
    fills = data(client.call("GET", f"/fills?order_id={placed['id']}"))
    assert [(each["size"], each["liquidity"], D(each["fee"])) for each in fills] == [
        ("0.00600000", "M", D("0.36")),
        ("0.00400000", "M", D("0.24")),
    ]
    assert D(told["fill_fees"]) == D("0.6")
    late = client.call("DELETE", f"/orders/{placed['id']}")
    assert (late.status, data(late)["message"]) == (400, "Order already done")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": "50"}, "Insufficient funds"),
        ({"size": "0.000001"}, "size is too small"),
        ({"size": "0.0100001"}, "size is too accurate"),
        ({"price": "60000.001"}, "price too precise"),
        ({"product_id": "BTC-EUR"}, "Product not found"),
        ({"side": "both"}, "Invalid type, side or stp"),
        ({"size": "much"}, "Invalid size"),
        ({"time_in_force": "GTT"}, "Invalid time_in_force or cancel_after"),
    ],
)
def test_an_order_that_cannot_be_placed_is_refused(
    client: Client, changes: dict[str, str], message: str
) -> None:
    assert client.place(**changes) == {"message": message}


def test_a_post_only_order_that_would_take_is_rejected_in_the_answer(client: Client) -> None:
    told = client.place(price="70000", post_only=True)
    assert (told["status"], told["reject_reason"]) == ("rejected", "post only")
    assert client.dialect.venue.orders(client.account) == ()


def test_the_whole_book_names_every_order(client: Client) -> None:
    placed = client.place()
    told = data(client.call("GET", "/products/BTC-USDT/book?level=3", private=False))
    book = client.dialect.venue.book(client.dialect.venue.market("BTC-USDT"))
    assert ["60000", "0.01", placed["id"]] in told["bids"]
    for name, side in (("bids", book.bids), ("asks", book.asks)):
        sums: dict[str, Decimal] = {}
        for price, size, _ in told[name]:
            sums[price] = sums.get(price, D(0)) + D(size)
        assert {D(price): size for price, size in sums.items()} == {x.price: x.amount for x in side}


def followed(told: list[dict[str, Any]], snapshot: dict[str, Any]) -> dict[str, Decimal]:
    """The orders of a book after the messages, as a reader of the full channel has them."""
    orders = {number: D(size) for side in ("bids", "asks") for _, size, number in snapshot[side]}
    for message in told:
        if message["sequence"] <= snapshot["sequence"]:
            continue
        match message["type"]:
            case "open":
                orders[message["order_id"]] = D(message["remaining_size"])
            case "match":
                orders[message["maker_order_id"]] -= D(message["size"])
            case "change":
                orders[message["order_id"]] = D(message["new_size"])
            case "done":
                orders.pop(message["order_id"], None)
    return orders


def test_the_full_channel_leads_from_one_book_to_the_next(client: Client) -> None:
    world, wire = client.dialect.venue, Wire(client)
    market = world.market("BTC-USDT")
    wire.subscribe("full")
    before = data(client.call("GET", "/products/BTC-USDT/book?level=3", private=False))
    placed = client.place()
    world.walk(200, market)
    best = world.book(market, 1).asks[0]
    client.place(price=str(best.price), size=str(best.amount + D("0.001")))
    order_id = number_of(placed["id"])
    world.fill(order_id or 0, D("0.003"))
    client.call("DELETE", f"/orders/{placed['id']}")
    told = [each for each in wire.messages() if each["type"] != "subscriptions"]
    after = data(client.call("GET", "/products/BTC-USDT/book?level=3", private=False))
    numbers = [each["sequence"] for each in told]
    assert numbers == list(range(before["sequence"] + 1, after["sequence"] + 1))
    assert {"received", "open", "match", "done"} <= {each["type"] for each in told}
    now = {number: D(size) for side in ("bids", "asks") for _, size, number in after[side]}
    assert followed(told, before) == now


def test_a_self_trade_takes_off_both_orders_and_says_so(client: Client) -> None:
    world, wire = client.dialect.venue, Wire(client)
    wire.subscribe("full")
    before = data(client.call("GET", "/products/BTC-USDT/book?level=3", private=False))
    price = str(world.book(world.market("BTC-USDT"), 1).asks[0].price - D("0.01"))
    client.place(price=price)
    client.place(price=price, side="sell", size="0.004")
    told = [each for each in wire.messages() if each["type"] != "subscriptions"]
    (change,) = [each for each in told if each["type"] == "change"]
    assert (change["old_size"], change["new_size"], change["side"]) == ("0.01", "0.006", "buy")
    done = told[-1]
    assert (done["type"], done["reason"], done["remaining_size"]) == ("done", "canceled", "0.004")
    after = data(client.call("GET", "/products/BTC-USDT/book?level=3", private=False))
    now = {number: D(size) for side in ("bids", "asks") for _, size, number in after[side]}
    assert followed(told, before) == now


def test_the_user_channel_tells_whose_it_is_of_its_orders(client: Client) -> None:
    world, wire = client.dialect.venue, Wire(client)
    wire.subscribe("user")
    assert wire.messages()[0]["reason"] == "user channel requires authentication"
    wire.subscribe("user", signed=True)
    assert wire.session.carries() == {"stream:orders"}
    placed = client.place()
    world.walk(5, world.market("BTC-USDT"))
    world.fill(number_of(placed["id"]) or 0, D("0.004"))
    client.call("DELETE", f"/orders/{placed['id']}")
    told = wire.messages()[1:]
    assert [each["type"] for each in told] == ["received", "open", "match", "done"]
    assert all(each["user_id"] for each in told)
    match, done = told[2:]
    assert (match["maker_order_id"], match["side"], match["size"]) == (placed["id"], "buy", "0.004")
    assert match["maker_fee_rate"] == "0.001"
    assert (done["reason"], done["remaining_size"]) == ("canceled", "0.006")


def test_a_taker_hears_of_its_trades_before_what_is_left_rests(client: Client) -> None:
    world, wire = client.dialect.venue, Wire(client)
    best = world.book(world.market("BTC-USDT"), 1).asks[0]
    wire.subscribe("user", signed=True)
    client.place(price=str(best.price), size=str(best.amount + D("0.001")))
    told = wire.messages()[1:]
    assert [each["type"] for each in told][-1] == "open"
    assert {each["type"] for each in told[1:-1]} == {"match"}
    assert all(each["taker_user_id"] == each["user_id"] for each in told[1:-1])
    assert told[-1]["remaining_size"] == "0.001"


def test_level_two_is_a_snapshot_and_what_changes(client: Client) -> None:
    world, wire = client.dialect.venue, Wire(client)
    market = world.market("BTC-USDT")
    wire.subscribe("level2")
    first, price = wire.messages()[1], world.book(market, 1).bids[0].price
    assert (first["type"], D(first["bids"][0][0])) == ("snapshot", price)
    world.set_level(market, Side.BUY, price, D(0))
    assert wire.messages()[-1]["changes"] == [["buy", f"{price.normalize():f}", "0"]]
    wire.subscribe("level2", kind="unsubscribe")
    assert wire.messages()[-1] == {"type": "subscriptions", "channels": []}


def test_a_connection_that_asks_for_nothing_is_closed(client: Client) -> None:
    clock = client.dialect.venue.clock
    assert isinstance(clock, StillClock)
    silent, beating = Wire(client), Wire(client)
    beating.subscribe("heartbeat")
    clock.time += 6
    for wire in (silent, beating):
        wire.take(wire.session.tick(clock.time))
    assert (silent.closed, beating.closed) == (True, False)
    assert beating.messages()[-1]["type"] == "heartbeat"
    client.dialect.expire_user_streams(client.account)
    assert not beating.session.expired
