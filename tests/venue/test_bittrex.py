"""Bittrex's REST v3 and its hub of 2020, spoken to by a client that signs as its documents say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
import zlib
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from harness.venue.dialects.bittrex import Bittrex
from harness.venue.dialects.bittrex.hub import HubSession
from harness.venue.dialects.messages import Frame, Outgoing, Reply, Request
from harness.venue.events import Event
from harness.venue.model import Account, NewOrder, Side
from tests.venue.world import StillClock, data, venue

D = Decimal


@dataclass
class Client:
    dialect: Bittrex
    account: Account
    changes: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, target: str, body: dict[str, Any] | None = None) -> Reply:
        text = "" if body is None else json.dumps(body)
        now = f"{self.dialect.venue.clock.now() * 1000:.0f}"
        content = hashlib.sha512(text.encode()).hexdigest()
        secret = self.dialect.credentials(self.account)["bittrex_secret_key"]
        what = f"{now}https://api.bittrex.com{target}{method}{content}"
        headers = {
            "Api-Key": self.account.api_key, "Api-Timestamp": now, "Api-Content-Hash": content,
            "Api-Signature": hmac.new(secret.encode(), what.encode(), hashlib.sha512).hexdigest(),
            **self.changes,
        }  # fmt: skip
        path, _, query = target.partition("?")
        pairs = [
            (name, value) for name, _, value in (each.partition("=") for each in query.split("&")) if name
        ]
        at = self.dialect.venue.clock.now()
        request = Request(method, "api.bittrex.com", path, pairs, headers, text.encode(), at, query)
        reply: Reply = self.dialect.handle(request)
        return reply

    def place(self, **changes: str) -> Any:
        asked = {
            "marketSymbol": "LTC-USDT", "direction": "BUY", "type": "LIMIT", "quantity": "1",
            "limit": "50", "timeInForce": "GOOD_TIL_CANCELLED",
        }  # fmt: skip
        return data(self.call("POST", "/v3/orders", {**asked, **changes}))


class Wire:
    """A connection to the hub that hears what happens at the venue."""

    def __init__(self, client: Client) -> None:
        opened = client.dialect.open_stream(Request("GET", "socket.bittrex.com", "/signalr/connect"))
        assert isinstance(opened, HubSession)
        self.session = opened
        self.heard: list[Any] = [_read(each) for each in opened.opened()]
        client.dialect.venue.subscribe(self._event)

    def _event(self, event: Event) -> None:
        self.heard += [_read(each) for each in self.session.venue_event(event)]

    def invoke(self, name: str, *given: str) -> Any:
        said = json.dumps({"H": "c2", "M": name, "A": list(given), "I": 0})
        (told,) = (_read(each) for each in self.session.received(said))
        return told

    def calls(self, name: str) -> list[Any]:
        """What the hub called, unpacked."""
        return [inflated(call["A"][0]) for each in self.heard for call in each["M"] if call["M"] == name]


def _read(frame: Outgoing) -> Any:
    assert isinstance(frame, Frame)
    return json.loads(frame.text)


def inflated(text: str) -> Any:
    return json.loads(zlib.decompress(base64.b64decode(text, validate=True), -zlib.MAX_WBITS))


@pytest.fixture
def client() -> Client:
    world, _ = venue(levels=5, markets=Bittrex.markets)
    funds = {"USDT": D(10_000), "LTC": D(50)}
    return Client(Bittrex(world), world.account("own", funds, Bittrex.key_lengths))


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({}, 200, None),
        ({"Api-Key": "nobody"}, 401, "APIKEY_INVALID"),
        ({"Api-Signature": "00"}, 401, "INVALID_SIGNATURE"),
    ],
)
def test_who_signs_wrongly_is_told_so(
    client: Client, changes: dict[str, str], status: int, code: str | None
) -> None:
    client.changes = changes
    reply = client.call("GET", "/v3/balances")
    assert (reply.status, None if code is None else data(reply)["code"]) == (status, code)


def test_an_order_lives_and_pays_in_quote(client: Client) -> None:
    placed = client.place()
    assert (placed["status"], placed["quantity"], "closedAt" in placed) == ("OPEN", "1.00000000", False)
    client.dialect.venue.fill(uuid.UUID(placed["id"]).int, D("0.4"))
    told = data(client.call("GET", f"/v3/orders/{placed['id']}"))
    assert (told["fillQuantity"], told["proceeds"], told["commission"]) == (
        "0.40000000", "20.00000000", "0.02000000",
    )  # fmt: skip
    ended = data(client.call("DELETE", f"/v3/orders/{placed['id']}"))
    assert (ended["status"], ended["closedAt"]) == ("CLOSED", ended["updatedAt"])
    again = client.call("DELETE", f"/v3/orders/{placed['id']}")
    assert (again.status, data(again)) == (409, {"code": "ORDER_NOT_OPEN"})
    unknown = client.call("GET", f"/v3/orders/{uuid.UUID(int=7**20)}")
    assert (unknown.status, data(unknown)) == (404, {"code": "NOT_FOUND"})
    assert data(client.call("GET", "/v3/orders/open")) == []


def test_a_filled_order_is_closed(client: Client) -> None:
    placed = client.place()
    client.dialect.venue.fill(uuid.UUID(placed["id"]).int)
    (told,) = data(client.call("GET", "/v3/orders/closed?marketSymbol=LTC-USDT"))
    assert (told["status"], told["fillQuantity"], "closedAt" in told) == ("CLOSED", "1.00000000", True)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"quantity": "1000"}, "INSUFFICIENT_FUNDS"),
        ({"quantity": "0.01"}, "MIN_TRADE_REQUIREMENT_NOT_MET"),
        ({"marketSymbol": "LTC-EUR"}, "MARKET_DOES_NOT_EXIST"),
        ({"direction": "BOTH"}, "BAD_REQUEST"),
    ],
)
def test_an_order_that_cannot_be_placed_is_refused(
    client: Client, changes: dict[str, str], code: str
) -> None:
    assert client.place(**changes) == {"code": code}


def test_the_hub_tells_a_book_and_what_changes(client: Client) -> None:
    world, wire = client.dialect.venue, Wire(client)
    market = world.market("LTC-USDT")
    assert wire.invoke("SubscribeToExchangeDeltas", "USDT-LTC") == {"R": True, "I": "0"}
    state = inflated(wire.invoke("queryExchangeState", "USDT-LTC")["R"])
    books = {side: {each["R"]: each["Q"] for each in state[side]} for side in ("Z", "S")}
    world.walk(100, market)
    deltas = wire.calls("uE")
    assert [each["N"] for each in deltas] == list(range(state["N"] + 1, state["N"] + 1 + len(deltas)))
    for delta in deltas:
        for side, levels in books.items():
            for each in delta[side]:
                assert (each["R"] in levels) is (each["TY"] != 0)
                levels[each["R"]] = each["Q"]
                if each["TY"] == 1:
                    del levels[each["R"]]
    book = world.book(market)
    assert books["Z"] == {float(each.price): float(each.amount) for each in book.bids}
    assert books["S"] == {float(each.price): float(each.amount) for each in book.asks}
    fills = [each for delta in deltas for each in delta["f"]]
    assert [each["FI"] for each in fills] == [each.trade_id for each in world.trades(market)]


def test_the_hub_tells_orders_and_balances_to_who_signs_its_challenge(client: Client) -> None:
    world, wire = client.dialect.venue, Wire(client)
    challenge = wire.invoke("GetAuthContext", client.account.api_key)["R"]
    assert wire.invoke("Authenticate", client.account.api_key, "00")["R"] is False
    challenge = wire.invoke("GetAuthContext", client.account.api_key)["R"]
    secret = client.dialect.credentials(client.account)["bittrex_secret_key"]
    signed = hmac.new(secret.encode(), challenge.encode(), hashlib.sha512).hexdigest()
    assert wire.invoke("Authenticate", client.account.api_key, signed)["R"] is True
    placed = client.place()
    world.fill(uuid.UUID(placed["id"]).int, D("0.4"))
    client.call("DELETE", f"/v3/orders/{placed['id']}")
    told = wire.calls("uO")
    assert [each["TY"] for each in told] == [0, 1, 3]
    assert [each["o"]["q"] for each in told] == [1.0, 0.6, 0.6]
    assert {each["o"]["OU"] for each in told} == {placed["id"]}
    assert (told[1]["o"]["PU"], told[1]["o"]["E"], told[1]["o"]["n"]) == (50.0, "USDT-LTC", 0.02)
    last = [each["d"] for each in wire.calls("uB") if each["d"]["c"] == "USDT"][-1]
    assert D(str(last["b"])) == world.balance(client.account, "USDT").total


def test_whoever_does_not_log_in_hears_of_no_orders(client: Client) -> None:
    world, wire = client.dialect.venue, Wire(client)
    market = world.market("LTC-USDT")
    world.place(client.account, NewOrder(market, Side.BUY, amount=D(1), price=D(50)))
    assert wire.calls("uO") == []
    assert "E" in wire.invoke("Withdraw", "all")
    clock = world.clock
    assert isinstance(clock, StillClock)
    assert [_read(each) for each in wire.session.tick(clock.time + 11)] == [{}]
