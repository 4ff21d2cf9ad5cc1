"""The beaxy dialect of 2020: login, signed requests, orders, books, STOMP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from harness.venue.dialects.beaxy import Beaxy
from harness.venue.dialects.beaxy.codec import Stomp
from harness.venue.dialects.beaxy.login import bytes_of, number_of
from harness.venue.dialects.messages import Close, Frame, Outgoing, Reply, Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.market import FeeIn
from harness.venue.model import Account, OrderStatus, Side
from harness.venue.session import Venue
from tests.venue.world import StillClock, data, texts

D = Decimal
TRADING, PUBLIC = "tradingapi.beaxy.com", "services.beaxy.com"


@dataclass
class Client:
    """Logs in and signs as the documents say."""

    dialect: Beaxy
    account: Account
    session: str = ""
    key: bytes = b""
    nonce: int = 1597000000000000
    changes: dict[str, str] = field(default_factory=dict)

    def send(
        self, method: str, path: str, body: Any = None, host: str = TRADING, query: str = "", **headers: str
    ) -> Reply:
        raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        pairs = parse_qsl(query)
        return self.dialect.handle(Request(method, host, path, pairs, headers, raw, raw_query=query))

    def log_in(self) -> None:
        told = data(self.send("POST", "/api/v1/login/attempt", {"api_key_id": self.account.api_key}))
        secret = self.dialect.credentials(self.account)["beaxy_secret_key"]
        private = serialization.load_der_private_key(base64.b64decode(secret), None)
        assert isinstance(private, rsa.RSAPrivateKey)
        challenge = base64.b64decode(told["challenge"])
        signature = private.sign(challenge, padding.PKCS1v15(), hashes.SHA256())
        mine, modulus = 0x1234567890ABCDEF << 400, number_of(told["dh_modulus"])
        half = base64.b64encode(bytes_of(pow(number_of(told["dh_base"]), mine, modulus))).decode()
        sent = {
            "session_id": told["session_id"],
            "signature": base64.b64encode(signature).decode(),
            "dh_key": half,
        }
        theirs = number_of(data(self.send("POST", "/api/v1/login/confirm", sent))["dh_key"])
        self.session, self.key = told["session_id"], bytes_of(pow(theirs, mine, modulus))

    def headers(self, what: str, body: str = "") -> dict[str, str]:
        self.nonce += 1
        named = {"X-Deltix-Nonce": str(self.nonce), "X-Deltix-Session-Id": self.session}
        listed = "&".join(f"{name}={value}" for name, value in sorted(named.items()))
        digest = hmac.new(self.key, f"{what}{listed}{body}".encode(), hashlib.sha384).digest()
        return {**named, "X-Deltix-Signature": base64.b64encode(digest).decode(), **self.changes}

    def signed(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        raw = "" if body is None else json.dumps(body)
        return self.send(method, path, raw.encode(), **self.headers(f"{method}{path}", raw), **headers)

    def place(self, **changes: Any) -> Reply:
        order = {
            "text": "buy-BTCUSDC-1", "security_id": "BTCUSDC", "type": "limit", "side": "buy",
            "quantity": "0.5", "price": "11000.00", "time_in_force": "gtc", "destination": "MAXI",
        }  # fmt: skip
        return self.signed("POST", "/api/v1/orders", {**order, **changes})


@pytest.fixture
def client() -> Client:
    venue = Venue(Beaxy.markets, 7, StillClock())
    for market in venue.markets:
        venue.seed_book(market, 30)
    made = Client(Beaxy(venue), venue.account("maker", {"USDC": D(100_000), "BTC": D(5)}))
    made.log_in()
    return made


def test_a_login_agrees_on_a_key(client: Client) -> None:
    told = data(client.signed("GET", "/api/v1/accounts"))
    assert {each["currency_id"]: each["balance"] for each in told} == {"BTC": "5", "USDC": "100000"}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"X-Deltix-Signature": "bm9ib2R5"}, id="another signature"),
        pytest.param({"X-Deltix-Signature": "é"}, id="odd signature"),
        pytest.param({"X-Deltix-Session-Id": "nobody"}, id="unknown session"),
        pytest.param({"X-Deltix-Nonce": "1"}, id="another nonce than signed"),
        pytest.param({"X-Deltix-Nonce": "now"}, id="no number"),
    ],
)
def test_a_wrong_signature_is_refused(client: Client, changes: dict[str, str]) -> None:
    client.changes = changes
    assert client.signed("GET", "/api/v1/accounts").status == 401


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/v1/login/attempt", {"api_key_id": "nobody"}, 401),
        ("/api/v1/login/confirm", {"session_id": "nobody"}, 401),
        ("/api/v1/login/confirm", "own", 401),
        ("/api/v1/login/keepalive", None, 401),
    ],
)
def test_a_wrong_login_is_refused(client: Client, path: str, body: Any, status: int) -> None:
    if body == "own":
        told = data(client.send("POST", "/api/v1/login/attempt", {"api_key_id": client.account.api_key}))
        body = {"session_id": told["session_id"], "signature": "bm9ib2R5", "dh_key": "Ag=="}
    assert client.send("POST", path, body).status == status


def test_a_session_ends_unless_it_is_kept_alive(client: Client) -> None:
    clock = client.dialect.venue.clock
    assert isinstance(clock, StillClock)
    clock.time += 50
    kept = client.send("POST", "/api/v1/login/keepalive", query=f"session_id={client.session}")
    assert kept.status == 200
    clock.time += 50
    assert client.signed("GET", "/api/v1/accounts").status == 200
    clock.time += 120
    assert client.signed("GET", "/api/v1/accounts").status == 401


def test_an_order_lives_and_ends(client: Client) -> None:
    told = data(client.place())
    assert (told["status"], told["text"], told["security_id"]) == ("new", "buy-BTCUSDC-1", "BTCUSDC")
    ended = client.signed("DELETE", "/api/v1/orders", None, **{"X-Deltix-Order-ID": told["id"].lower()})
    assert data(ended)["status"] == "canceled"
    listed = data(client.signed("GET", "/api/v1/orders"))
    assert [(each["id"], each["status"]) for each in listed] == [(told["id"], "canceled")]
    assert client.signed("DELETE", "/api/v1/orders", None, **{"X-Deltix-Order-ID": told["id"]}).status == 400
    assert client.signed("DELETE", "/api/v1/orders", None, **{"X-Deltix-Order-ID": "nobody"}).status == 404


def test_a_market_order_is_filled(client: Client) -> None:
    told = data(client.place(type="market", price=None))
    assert (told["status"], told["time_in_force"]) == ("completely_filled", "ioc")
    assert D(told["cumulative_quantity"]) == D("0.5")
    fill = client.dialect.venue.fills(client.account)[0]
    assert (fill.fee_asset, client.dialect.markets[0].fee_in) == ("USDC", FeeIn.QUOTE)


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": "0.0001"}, {"quantity": "-1"}, {"quantity": "much"}, {"quantity": "0.500001"},
        {"price": "1.001"}, {"security_id": "XXXYYY"}, {"side": "hold"}, {"type": "stop"}, {"quantity": "20"},
    ],
)  # fmt: skip
def test_a_wrong_order_is_refused(client: Client, changes: dict[str, str]) -> None:
    assert client.place(**changes).status == 400
    assert client.dialect.venue.orders(client.account) == ()


def test_public_rules_prices_and_books(client: Client) -> None:
    symbols = data(client.send("GET", "/api/v2/symbols", host=PUBLIC))
    market = client.dialect.markets[0]
    assert (symbols[0]["symbol"], D(str(symbols[0]["tickSize"]))) == ("BTCUSDC", market.tick_size)
    assert D(str(symbols[0]["minimumQuantity"])) == market.min_amount
    rates = data(client.send("GET", "/api/v2/symbols/rates", host=PUBLIC))
    assert set(rates) == {"BTCUSDC", "ETHUSDC", "BXYBTC", "DASHBTC"}
    book = data(client.send("GET", "/api/v2/symbols/BTCUSDC/book", host=PUBLIC, query="depth=5"))
    asks = [D(str(each["price"])) for each in book["entries"] if each["side"] == "ASK"]
    assert asks == [level.price for level in client.dialect.venue.book(market, 5).asks]
    assert client.send("GET", "/api/v2/symbols/BTCUSDC/book", host=PUBLIC, query="depth=7").status == 400


def opened(client: Client, path: str, host: str = PUBLIC) -> StreamSession:
    session = client.dialect.open_stream(Request("GET", host, path))
    assert isinstance(session, StreamSession)
    return session


def test_a_book_stream_keeps_a_copy_right(client: Client) -> None:
    session, venue = opened(client, "/ws/v2/book/BTCUSDC@depth20/ETHUSDC@depth20"), client.dialect.venue
    first = texts(list(session.opened()))
    assert [each["security"] for each in first] == ["BTCUSDC", "ETHUSDC"]
    copy = {(each["side"], each["price"]): each["quantity"] for each in first[0]["entries"]}
    market = client.dialect.markets[0]
    for step in range(1, 30):
        events: list[Any] = []
        stop = venue.subscribe(events.append)
        venue.walk(3, market)
        stop()
        for event in events:
            list(session.venue_event(event))
        for told in texts(list(session.tick(venue.clock.now() + step))):
            for entry in told["entries"]:
                assert entry["sequenceNumber"] == told["sequenceNumber"]
                where = (entry["side"], entry["price"])
                if entry["action"] == "DELETE":
                    assert copy.pop(where) == entry["quantity"]
                else:
                    assert (where in copy) == (entry["action"] == "UPDATE")
                    copy[where] = entry["quantity"]
    book = venue.book(market, 20)
    expected = {("BID", float(level.price)): float(level.amount) for level in book.bids}
    expected |= {("ASK", float(level.price)): float(level.amount) for level in book.asks}
    assert copy == expected


@pytest.mark.parametrize(
    "path", ["/ws/v2/book/BTCUSDC", "/ws/v2/book/BTCUSDC@depth7", "/ws/v2/book/X@depth20"]
)
def test_a_stream_of_nothing_is_refused(client: Client, path: str) -> None:
    assert isinstance(client.dialect.open_stream(Request("GET", PUBLIC, path)), Reply)


def test_trades_are_told(client: Client) -> None:
    session, venue = opened(client, "/ws/v2/trades/BTCUSDC"), client.dialect.venue
    events: list[Any] = []
    venue.subscribe(events.append)
    client.place(type="market", price=None, quantity="0.001")
    told = [each for event in events for each in texts(list(session.venue_event(event)))]
    trade = venue.trades(client.dialect.markets[0])[-1]
    assert (told[0]["symbol"], told[0]["side"], told[0]["price"]) == ("BTCUSDC", "BUY", float(trade.price))


def connect(client: Client, session: StreamSession) -> list[Outgoing]:
    return list(session.received(Stomp("CONNECT", client.headers("CONNECT/websocket/v1")).text()))


def test_orders_are_told_over_stomp(client: Client) -> None:
    session, venue = opened(client, "/websocket/v1", TRADING), client.dialect.venue
    assert connect(client, session) == []
    wanted = Stomp("SUBSCRIBE", {"id": "sub-1", "destination": "/user/v1/orders"})
    assert list(session.received(wanted.text())) == []
    events: list[Any] = []
    venue.subscribe(events.append)
    number = data(client.place())["id"]
    order = venue.open_orders(client.account)[0]
    venue.fill(order.order_id)
    frames = [each for event in events for each in session.venue_event(event) if isinstance(each, Frame)]
    parsed = [Stomp.parse(frame.text) for frame in frames]
    assert {(each.headers["status"], each.headers["subscription"]) for each in parsed} == {("200", "sub-1")}
    told = [json.loads(each.body) for each in parsed]
    assert [each["events"][0]["type"] for each in told] == ["submitted", "trade"]
    assert {each["order"]["id"] for each in told} == {number}
    filled = told[-1]["events"][0]
    fill = venue.fills(client.account)[0]
    assert (filled["trade_quantity"], filled["commission_currency"]) == ("0.5", "USDC")
    assert D(filled["commission"]) == -fill.fee
    assert told[-1]["order"]["status"] == "completely_filled"
    assert venue.order(client.account, order.order_id).status is OrderStatus.FILLED
    assert order.side is Side.BUY


def test_a_wrong_frame_ends_the_connection(client: Client) -> None:
    session = opened(client, "/websocket/v1", TRADING)
    refused = list(session.received(Stomp("SUBSCRIBE", {"id": "1", "destination": "/user/v1/orders"}).text()))
    assert isinstance(refused[-1], Close)
    client.changes = {"X-Deltix-Signature": "bm9ib2R5"}
    assert isinstance(connect(client, session)[-1], Close)
    client.changes = {}
    connect(client, session)
    elsewhere = Stomp("SUBSCRIBE", {"id": "1", "destination": "/user/v1/nothing"})
    assert isinstance(list(session.received(elsewhere.text()))[-1], Close)


def test_the_stream_ends_with_its_key(client: Client) -> None:
    session = opened(client, "/websocket/v1", TRADING)
    connect(client, session)
    client.dialect.expire_user_streams(client.account)
    assert isinstance(list(session.tick(client.dialect.venue.clock.now()))[-1], Close)
