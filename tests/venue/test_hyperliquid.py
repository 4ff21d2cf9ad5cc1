"""Hyperliquid: whose signature counts, what is refused in which words, its limits and its streams."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from pydantic import JsonValue

from harness.venue.dialects.hyperliquid import Hyperliquid
from harness.venue.dialects.hyperliquid.api import HyperliquidApi
from harness.venue.dialects.hyperliquid.codec import MISSING, divisible, number
from harness.venue.dialects.hyperliquid.signatures import DAY, Nonces, private_key, sign
from harness.venue.dialects.messages import Close, Frame, Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.dialects.wallets import address_of
from harness.venue.model import Account, Side
from harness.venue.session import Venue
from tests.venue.world import NOON, StillClock, data, texts

D = Decimal
HOST = "api.hyperliquid.xyz"
CLOID = "0x" + "ab" * 16
FUNDS = {"USDC": D(10_000), "HYPE": D(1000)}


@dataclass
class Client:
    dialect: HyperliquidApi
    account: Account
    clock: StillClock
    nonces: Any

    @property
    def venue(self) -> Venue:
        return self.dialect.venue

    @property
    def address(self) -> str:
        return self.dialect.wallet(self.account)[0]

    def info(self, kind: str, **said: Any) -> Any:
        return self.post("/info", {"type": kind, **said})

    def post(self, path: str, said: Any, client: str = "connector") -> Any:
        body = json.dumps(said).encode()
        return data(
            self.dialect.handle(Request("POST", HOST, path, [], {}, body, self.clock.time, "", client))
        )

    def act(self, action: Any, key: str = "", nonce: int = 0, **changed: Any) -> Any:
        nonce = nonce or next(self.nonces)
        signature = sign(
            action, nonce, key or private_key(self.account.api_secret), changed.get("vaultAddress")
        )
        return self.post("/exchange", {"action": action, "nonce": nonce, "signature": signature, **changed})

    def place(self, **changed: Any) -> Any:
        """The status of one order to buy HYPE."""
        told = self.act({"type": "order", "orders": [{**ORDER, **changed}], "grouping": "na"})
        return told["response"]["data"]["statuses"][0] if told["status"] == "ok" else told["response"]


ORDER = {"a": 10_001, "b": True, "p": "24.5", "s": "2", "r": False, "t": {"limit": {"tif": "Gtc"}}}


@pytest.fixture
def client() -> Client:
    clock = StillClock()
    venue = Venue(Hyperliquid.markets, 7, clock)
    for market in venue.markets:
        venue.seed_book(market, 30)
    account = venue.account("trader", FUNDS)
    client = Client(Hyperliquid(venue), account, clock, count(int(NOON * 1000)))
    client.dialect.wallet(account)
    return client


def test_a_published_signature_is_reproduced() -> None:
    """The wallet 0x1212… signs a `noop` as the framework's own library (eth-account) does."""
    signed = sign({"type": "noop"}, 1_700_000_000_000, "0x" + "12" * 32)
    assert address_of("0x" + "12" * 32) == "0x1c5a77d9fa7ef466951b2f01f724bca3a5820b63"
    assert signed["r"] == "0x632b8374a6f56722dd2506dcb4dab9f1652e67ffed48544d5b21f4a80b3ce69a"


def test_only_the_wallets_signature_counts(client: Client) -> None:
    noop: JsonValue = {"type": "noop"}
    assert client.act(noop)["status"] == "ok"
    assert "does not exist" in client.act(noop, key="0x" + "34" * 32)["response"]
    key, nonce = private_key(client.account.api_secret), next(client.nonces)
    order: JsonValue = {"type": "order"}
    for said in (order, noop):
        wrong = sign(said, nonce + (said == noop), key)
        told = client.post("/exchange", {"action": noop, "nonce": nonce, "signature": wrong})
        assert "does not exist" in told["response"], said
    assert "Vault not registered" in client.act(noop, vaultAddress="0x" + "56" * 20)["response"]
    client.venue.revoke(client.account)
    assert "does not exist" in client.act(noop)["response"]


def test_a_nonce_is_recent_and_new(client: Client) -> None:
    nonces, now = Nonces(), 10 * DAY
    assert "range" in str(nonces.fault("a", now - 3 * DAY, now))
    assert "range" in str(nonces.fault("a", now + 2 * DAY, now))
    assert [nonces.fault("a", now + each, now) for each in range(100)] == [None] * 100
    assert "duplicate" in str(nonces.fault("a", now + 50, now))
    assert "too low" in str(nonces.fault("a", now - 1, now))
    assert nonces.fault("b", now - 1, now) is None
    assert client.act({"type": "noop"}, nonce=int(NOON * 1000) + 7)["status"] == "ok"
    assert "duplicate nonce" in client.act({"type": "noop"}, nonce=int(NOON * 1000) + 7)["response"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"p": "24.5001"}, "Price must be divisible by tick size. asset=10001"),
        ({"s": "2.001"}, "Order has invalid size. asset=10001"),
        ({"s": "0"}, "Order has zero size. asset=10001"),
        ({"s": "0.2"}, "minimum value of $10"),
        ({"s": "900"}, "Insufficient spot balance asset=10001"),
        ({"p": "2"}, "80% away"),
        ({"p": "30", "t": {"limit": {"tif": "Alo"}}}, "Post only order would have immediately matched"),
        ({"p": "20", "t": {"limit": {"tif": "Ioc"}}}, "could not immediately match"),
    ],
)  # fmt: skip
def test_it_says_why_not(client: Client, changed: dict[str, Any], words: str) -> None:
    assert words in client.place(**changed)["error"]
    assert client.venue.open_orders(client.account) == ()


def test_orders_of_a_batch_are_judged_alone(client: Client) -> None:
    orders = [{**ORDER, "c": CLOID}, {**ORDER, "c": CLOID}]
    told = client.act({"type": "order", "orders": orders, "grouping": "na"})
    first, second = told["response"]["data"]["statuses"]
    assert first["resting"]["cloid"] == CLOID
    assert "Duplicate" in second["error"]
    asked = client.info("orderStatus", user=client.address, oid=CLOID)
    assert (asked["status"], asked["order"]["status"]) == ("order", "open")
    cancel = {"type": "cancelByCloid", "cancels": [{"asset": 10_001, "cloid": CLOID}]}
    assert client.act(cancel)["response"]["data"]["statuses"] == ["success"]
    assert MISSING in client.act(cancel)["response"]["data"]["statuses"][0]["error"]
    assert client.info("orderStatus", user=client.address, oid=1) == {"status": "unknownOid"}
    assert (
        "Builder fee"
        in client.act({"type": "order", "orders": orders, "builder": {"b": "0x", "f": 1}})["response"]
    )


def test_prices_have_five_figures() -> None:
    hype = Hyperliquid.markets[0]
    good = {"24.501": True, "24.5011": False, "123456": True, "12345.6": False, "0.0012345": False}
    assert {text: divisible(D(text), hype) for text in good} == good


def test_the_weight_of_a_minute_is_limited(client: Client) -> None:
    ask = {"type": "openOrders", "user": client.address}
    for _ in range(60):
        client.post("/info", ask)
    reply = client.dialect.handle(Request("POST", HOST, "/info", [], {}, json.dumps(ask).encode(), NOON))
    assert (reply.status, reply.body) == (429, None)
    assert client.post("/info", ask, client="oracle") == []
    client.clock.time += 60
    assert client.post("/info", ask) == []


def opened(client: Client, *subscriptions: dict[str, str]) -> StreamSession:
    session = client.dialect.open_stream(Request("GET", HOST, "/ws", at=NOON))
    assert isinstance(session, StreamSession)
    client.venue.subscribe(lambda event: said.extend(session.venue_event(event)))
    said: list[Any] = []
    session.told = said  # type: ignore[attr-defined]
    for each in subscriptions:
        said.extend(session.received(json.dumps({"method": "subscribe", "subscription": each})))
    return session


def test_an_order_is_told_from_birth_to_death(client: Client) -> None:
    session = opened(client, *({"type": t, "user": client.address} for t in ("orderUpdates", "userFills")))
    assert session.carries() == {"stream:orders", "stream:fills"}
    oid = client.place(c=CLOID)["resting"]["oid"]
    client.venue.fill(oid, D("0.5"))
    client.act({"type": "cancel", "cancels": [{"a": 10_001, "o": oid}]})
    told = [json.loads(frame.text) for frame in session.told]  # type: ignore[attr-defined]
    states = [
        (o["status"], o["order"]["sz"]) for m in told if m["channel"] == "orderUpdates" for o in m["data"]
    ]
    assert states == [("open", "2.0"), ("open", "1.5"), ("canceled", "1.5")]
    snapshot, fill = (m["data"] for m in told if m["channel"] == "userFills")
    assert (snapshot["isSnapshot"], snapshot["fills"]) == (True, [])
    (only,) = fill["fills"]
    assert (only["cloid"], only["sz"], only["feeToken"], only["startPosition"]) == (
        CLOID,
        "0.5",
        "HYPE",
        "1000.0",
    )


def test_a_book_is_told_whole_twice_a_second(client: Client) -> None:
    session = opened(client, {"type": "l2Book", "coin": "@1"})
    market = client.dialect.market_of("@1")
    assert market is not None
    best = client.venue.book(market, 1).bids[0].price
    client.venue.set_level(market, Side.BUY, best, D("7.77"))
    client.clock.time += 0.5
    (book,) = texts([*session.tick(client.clock.time)])
    bids, asks = book["data"]["levels"]
    assert bids[0] == {"px": number(best), "sz": "7.77", "n": 1}
    assert len(asks) == 20


def test_a_silent_connection_ends_unless_pinged(client: Client) -> None:
    session = opened(client, {"type": "orderUpdates", "user": client.address})
    client.clock.time += 50
    assert json.loads(next(iter(session.received('{"method":"ping"}'))).text) == {"channel": "pong"}  # type: ignore[union-attr]
    client.clock.time += 50
    assert list(session.tick(client.clock.time)) == []
    client.clock.time += 11
    assert [type(each) for each in session.tick(client.clock.time)] == [Close]


def test_a_subscription_is_made_once_and_ends_with_the_stream(client: Client) -> None:
    wanted = {"type": "userEvents", "user": client.address}
    session = opened(client, wanted, wanted, {"type": "l2Book", "coin": "@99"})
    channels = [json.loads(frame.text)["channel"] for frame in session.told]  # type: ignore[attr-defined]
    assert channels == ["subscriptionResponse", "error", "error"]
    client.dialect.expire_user_streams(client.account)
    assert [type(each) for each in session.tick(client.clock.time)] == [Close]


def posted(kind: str, payload: Any) -> str:
    return json.dumps({"method": "post", "id": 5, "request": {"type": kind, "payload": payload}})


def test_an_order_is_placed_over_a_connection(client: Client) -> None:
    action: Any = {"type": "order", "orders": [ORDER], "grouping": "na"}
    nonce = next(client.nonces)
    signature = sign(action, nonce, private_key(client.account.api_secret), None)
    said = posted("action", {"action": action, "nonce": nonce, "signature": signature})
    session = opened(client)
    assert (session.operation_of(said), session.weight_of(said)) == ("place_order", 1)
    (told,) = session.received(said)
    assert isinstance(told, Frame)
    assert (told.operation, told.status) == ("place_order", 200)
    answer = json.loads(told.text)["data"]
    assert (answer["id"], answer["response"]["type"]) == (5, "action")
    assert len(client.venue.open_orders(client.account)) == 1


def test_a_question_is_answered_over_a_connection(client: Client) -> None:
    said = posted("info", {"type": "openOrders", "user": client.address})
    session = opened(client)
    assert (session.operation_of(said), session.weight_of(said)) == ("open_orders", 20)
    (told,) = session.received(said)
    assert isinstance(told, Frame)
    assert json.loads(told.text)["data"]["response"]["payload"] == {"type": "openOrders", "data": []}


@pytest.mark.parametrize("said", [posted("info", {"type": "no such"}), json.dumps({"method": "post"})])
def test_what_nobody_knows_is_no_request(client: Client, said: str) -> None:
    session = opened(client)
    assert session.operation_of(said) == "stream:subscribe"
    (told,) = session.received(said)
    assert isinstance(told, Frame)
    assert json.loads(told.text)["data"]["response"]["type"] == "error"


@pytest.mark.parametrize(("status", "words"), [(429, "Too Many Requests"), (502, "Bad Gateway")])
def test_a_request_that_is_not_done_is_told_with_its_id(client: Client, status: int, words: str) -> None:
    (told,) = opened(client).refused(posted("info", {"type": "openOrders"}), status)
    assert isinstance(told, Frame)
    assert (told.operation, told.status) == ("open_orders", status)
    assert json.loads(told.text)["data"] == {
        "id": 5,
        "response": {"type": "error", "payload": f"{status}: {words}"},
    }
