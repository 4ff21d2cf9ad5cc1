"""The loopring dialect of 2020: signatures, order ids, orders, balances, the stream."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from harness.scenarios.randomization import eleven_more
from harness.venue.dialects.loopring import Loopring
from harness.venue.dialects.loopring.codec import FIELDS, REFUSALS, TOKENS, tokens
from harness.venue.dialects.loopring.exchange import EXCHANGE
from harness.venue.dialects.loopring.signatures import (
    FIELD,
    Signature,
    order_hash,
    public_key,
    sign,
    verifies,
)
from harness.venue.dialects.messages import Close, Frame, Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.model import Account, Refusal, Side
from harness.venue.session import Venue
from tests.venue.world import StillClock, data, texts

D = Decimal
# Made with `ethsnarks-loopring` 0.1.5 (PyPI), the library that Loopring's own examples sign with.
ORDER = (2, 7, 1234, 0, 2, 10**18, 25 * 10**20, 0, 1597000000, 1600000000, 63, 1, 20)
PRIVATE = 987654321987654321987654321
HASH = 11466122835795617136963685720003947562853431929116038879166616752361455979328
PUBLIC = (
    16893728735586100929298302875483781517969695866917487027882189150037999720216,
    9547233475089976462929429905836274506721802520382610158182746975560619001083,
)
SIGNED = Signature(
    (
        6449747094352227227684667912060166248778971214094372135791418876996379235246,
        4257562778566678070289965725893157957934249213926118941197863989179312414501,
    ),
    19161794695778971899944091919292418101349505356354888755840145425196158045022,
)
LRC, ETH = TOKENS["LRC"], TOKENS["ETH"]
BOUGHT, PRICE = D(1000), D("0.000350")


def test_the_published_scheme() -> None:
    assert order_hash(ORDER) == HASH
    assert public_key(PRIVATE) == PUBLIC
    assert sign(HASH, PRIVATE) == SIGNED
    assert verifies(HASH, SIGNED, PUBLIC)


@pytest.mark.parametrize(
    ("message", "signature", "key"),
    [
        pytest.param(HASH + 1, SIGNED, PUBLIC, id="another message"),
        pytest.param(HASH, Signature(SIGNED.r, SIGNED.s + 1), PUBLIC, id="another s"),
        pytest.param(HASH, Signature((SIGNED.r[1], SIGNED.r[0]), SIGNED.s), PUBLIC, id="off the curve"),
        pytest.param(HASH, SIGNED, public_key(PRIVATE + 1), id="another key"),
    ],
)
def test_what_nobody_signed(message: int, signature: Signature, key: tuple[int, int]) -> None:
    assert not verifies(message, signature, key)


@dataclass
class Client:
    """Signs as docs.loopring.io says."""

    dialect: Loopring
    account: Account
    next_number: int = 0
    key: str | None = None
    heard: list[Frame] = field(default_factory=list)

    @property
    def number(self) -> str:
        return str(self.dialect.number(self.account))

    def send(
        self, method: str, path: str, query: dict[str, str] | None = None, body: Any = None, **headers: str
    ) -> Any:
        pairs = list((query or {}).items())
        named = {"X-API-KEY": self.account.api_key if self.key is None else self.key, **headers}
        raw = b"" if body is None else json.dumps(body).encode()
        request = Request(method, "api.loopring.io", path, pairs, named, raw, raw_query=urlencode(pairs))
        return data(self.dialect.handle(request))

    def order(self, *, buy: bool = True, amount: Decimal = BOUGHT, price: Decimal = PRICE) -> dict[str, str]:
        base, paid = (LRC, amount), (ETH, amount * price)
        sold, got = (paid, base) if buy else (base, paid)
        values = {
            "exchangeId": EXCHANGE, "orderId": self.next_number, "accountId": self.number,
            "tokenSId": sold[0].number, "tokenBId": got[0].number, "amountS": sold[0].units(sold[1]),
            "amountB": got[0].units(got[1]), "allOrNone": "false", "validSince": 1597000000,
            "validUntil": 1600000000, "maxFeeBips": 63, "buy": str(buy).lower(), "label": 20,
        }  # fmt: skip
        return {name: str(value) for name, value in values.items()}

    def signed(self, order: dict[str, str], client_id: str = "one") -> dict[str, str]:
        numbers = [
            int(value) if value.isdigit() else int(value == "true")
            for value in map(order.get, FIELDS)
            if value
        ]
        made = sign(order_hash(numbers), self.dialect.private_key(self.account))
        parts = {"signatureRx": made.r[0], "signatureRy": made.r[1], "signatureS": made.s}
        return {**order, "clientOrderId": client_id, **{name: str(value) for name, value in parts.items()}}

    def place(self, client_id: str = "one", **wanted: Any) -> Any:
        told = self.send("POST", "/api/v2/order", body=self.signed(self.order(**wanted), client_id))
        self.next_number += 1
        return told

    def cancel(self, query: dict[str, str], signed_query: dict[str, str] | None = None) -> Any:
        listed = "&".join(
            f"{name}={quote(value, safe='')}" for name, value in sorted((signed_query or query).items())
        )
        address = quote("https://api.loopring.io/api/v2/orders", safe="")
        base = f"DELETE&{address}&{quote(listed, safe='')}"
        message = int.from_bytes(hashlib.sha256(base.encode()).digest(), "big") % FIELD
        made = sign(message, self.dialect.private_key(self.account))
        signature = f"{made.r[0]},{made.r[1]},{made.s}"
        return self.send("DELETE", "/api/v2/orders", query, **{"X-API-SIG": signature})


@pytest.fixture
def client() -> Client:
    venue = Venue(Loopring.markets, 7, StillClock())
    for market in venue.markets:
        venue.seed_book(market, 10)
    funds = {"ETH": D(50), "LRC": D(100_000), "USDT": D(10_000)}
    return Client(Loopring(venue), venue.account("maker", funds))


def code(told: Any) -> int:
    found: int = told["resultInfo"]["code"]
    return found


def test_an_order_lives_and_ends(client: Client) -> None:
    hash_ = client.place()["data"]
    query = {"accountId": client.number, "orderHash": hash_}
    told = client.send("GET", "/api/v2/order", query)["data"]
    assert told["hash"] == hash_ == str(order_hash([int(v) for v in _numbers(client)]))
    assert (told["size"], told["status"], told["side"]) == (LRC.units(BOUGHT), "processing", "buy")
    assert D(told["price"]) == PRICE
    assert client.cancel({"accountId": client.number, "clientOrderId": "one"})["data"] == [hash_]
    assert client.send("GET", "/api/v2/order", query)["data"]["status"] == "cancelled"


def _numbers(client: Client) -> list[str]:
    client.next_number -= 1
    order = client.order()
    client.next_number += 1
    return [
        str(int(order[name] == "true")) if order[name] in ("true", "false") else order[name]
        for name in FIELDS
    ]


def test_a_fill_is_told_in_units_with_its_fee_in_what_is_received(client: Client) -> None:
    client.place()
    venue = client.dialect.venue
    order = venue.open_orders(client.account)[0]
    venue.fill(order.order_id, D(400))
    told = client.send("GET", "/api/v2/orders", {"accountId": client.number})["data"]["orders"][0]
    fee = venue.fills(client.account)[0]
    assert (told["filledSize"], fee.fee_asset) == (LRC.units(D(400)), "LRC")
    assert told["filledVolume"] == ETH.units(D(400) * PRICE)
    assert told["filledFee"] == LRC.units(fee.fee)


def test_a_sale_sells_the_base(client: Client) -> None:
    client.place(buy=False, price=D("0.000450"))
    locked = {each["tokenId"]: each["amountLocked"] for each in _balances(client)}
    assert locked == {LRC.number: LRC.units(BOUGHT), ETH.number: "0", TOKENS["USDT"].number: "0"}


def _balances(client: Client) -> Any:
    return client.send("GET", "/api/v2/user/balances", {"accountId": client.number})["data"]


def test_order_ids_go_up_by_the_token_that_is_sold(client: Client) -> None:
    def following(token: int) -> int:
        query = {"accountId": client.number, "tokenSId": str(token)}
        found: int = client.send("GET", "/api/v2/orderId", query)["data"]
        return found

    assert following(ETH.number) == 0
    client.next_number = 4
    client.place()
    assert (following(ETH.number), following(LRC.number)) == (5, 0)
    client.next_number = 4
    assert code(client.place("two")) == 102004


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"amountS": "1"}, 104005, id="another amount than signed"),
        pytest.param({"exchangeId": "3"}, 104003, id="another exchange"),
        pytest.param({"maxFeeBips": "64"}, 102011, id="fee over the limit"),
        pytest.param({"allOrNone": "true"}, 100001, id="all or none"),
        pytest.param({"orderId": ""}, 100001, id="no number"),
        pytest.param({"tokenSId": "77"}, 100001, id="unknown token"),
        pytest.param({"signatureS": "9"}, 104005, id="another signature"),
    ],
)
def test_a_wrong_order_is_refused(client: Client, changes: dict[str, str], expected: int) -> None:
    order = {**client.signed(client.order()), **changes}
    assert code(client.send("POST", "/api/v2/order", body=order)) == expected
    assert client.dialect.venue.orders(client.account) == ()


def test_a_wrong_key_is_refused(client: Client) -> None:
    query = {"accountId": client.number}
    client.key = "someone"
    assert code(client.send("GET", "/api/v2/user/balances", query)) == 104002
    client.key = ""
    assert code(client.send("GET", "/api/v2/user/balances", query)) == 104001
    client.key = None
    assert code(client.send("GET", "/api/v2/user/balances", {"accountId": "1"})) == 104003


def test_a_cancellation_is_signed(client: Client) -> None:
    client.place()
    query = {"accountId": client.number, "clientOrderId": "one"}
    assert code(client.cancel(query, {"accountId": client.number})) == 104005
    assert code(client.send("DELETE", "/api/v2/orders", query, **{"X-API-SIG": "1,2"})) == 104005
    assert len(client.dialect.venue.open_orders(client.account)) == 1


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        (D(1), Refusal.AMOUNT_TOO_SMALL),
        (D(10_000_000), Refusal.AMOUNT_TOO_LARGE),
        (D(900_000), Refusal.INSUFFICIENT_BALANCE),
    ],
)
def test_what_the_venue_refuses_has_a_code(client: Client, amount: Decimal, reason: Refusal) -> None:
    assert code(client.place(amount=amount)) == REFUSALS[reason][0]


def test_rules_follow_from_the_tokens(client: Client) -> None:
    tokens = {each["tokenId"]: each for each in client.send("GET", "/api/v2/exchange/tokens")["data"]}
    for told, market in zip(
        client.send("GET", "/api/v2/exchange/markets")["data"], client.dialect.markets, strict=True
    ):
        base = tokens[told["baseTokenId"]]
        assert D(1).scaleb(-told["precisionForPrice"]) == market.tick_size
        assert D(1).scaleb(-base["precision"]) == market.lot_size
        assert D(base["minOrderAmount"]).scaleb(-base["decimals"]) == market.min_amount


def test_a_doubled_slash_counts_as_one(client: Client) -> None:
    assert code(client.send("GET", "//api/v2/timestamp")) == 0


def test_depth_and_ticker_name_units(client: Client) -> None:
    market = client.dialect.markets[0]
    book = client.dialect.venue.book(market)
    told = client.send("GET", "/api/v2/depth", {"market": "LRC-ETH", "level": "0"})["data"]
    assert told["version"] == book.sequence
    assert [D(row[0]) for row in told["asks"]] == [level.price for level in book.asks]
    assert D(told["bids"][0][1]).scaleb(-18) == book.bids[0].amount
    row = client.send("GET", "/api/v2/ticker", {"market": "LRC-ETH,ETH-USDT,"})["data"][0]
    assert (row[0], len(row)) == ("LRC-ETH", 11)


def opened(client: Client) -> StreamSession:
    session = client.dialect.open_stream(Request("GET", "ws.loopring.io", "/v2/ws"))
    assert isinstance(session, StreamSession)
    return session


def say(session: StreamSession, **request: Any) -> list[Any]:
    return texts(list(session.received(json.dumps(request))))


def test_a_subscription_fails_as_a_whole(client: Client) -> None:
    session = opened(client)
    wrong = say(session, op="sub", topics=[{"topic": "orderbook", "market": "LRC-ETH"}, {"topic": "nothing"}])
    assert wrong[0]["result"]["code"] == 104107
    assert session.carries() == frozenset()
    assert say(session, op="sub", topics=[{"topic": "account"}])[0]["result"]["code"] == 104106


def test_books_are_told_by_the_slots_that_changed(client: Client) -> None:
    session, venue = opened(client), client.dialect.venue
    say(session, op="sub", topics=[{"topic": "orderbook", "market": "LRC-ETH", "level": 0}])
    events: list[Any] = []
    venue.subscribe(events.append)
    market = client.dialect.markets[0]
    before = venue.book(market)
    level = before.bids[0]
    venue.set_level(market, Side.BUY, level.price, level.amount * 2)
    for event in events:
        list(session.venue_event(event))
    told = texts(list(session.tick(venue.clock.now() + 1)))
    assert told[0]["topic"] == {"topic": "orderbook", "market": "LRC-ETH", "level": 0}
    assert (told[0]["startVersion"], told[0]["endVersion"]) == (
        before.sequence + 1,
        venue.book(market).sequence,
    )
    assert told[0]["data"]["bids"][0][1] == LRC.units(level.amount * 2)


def test_orders_and_balances_are_told_to_their_owner(client: Client) -> None:
    session, venue = opened(client), client.dialect.venue
    topics = [{"topic": "order", "market": "LRC-ETH"}, {"topic": "account"}]
    assert say(session, op="sub", apiKey=client.account.api_key, topics=topics)[0]["result"]["code"] == 0
    events: list[Any] = []
    venue.subscribe(events.append)
    hash_ = client.place()["data"]
    told = [each for event in events for each in texts(list(session.venue_event(event)))]
    orders = [each["data"] for each in told if each["topic"]["topic"] == "order"]
    assert [(each["hash"], each["clientOrderId"], each["status"]) for each in orders] == [
        (hash_, "one", "processing")
    ]
    assert any(
        each["data"]["amountLocked"] == ETH.units(BOUGHT * PRICE)
        for each in told
        if "amountLocked" in each["data"]
    )


def test_who_does_not_answer_pings_is_left(client: Client) -> None:
    session, clock = opened(client), client.dialect.venue.clock
    assert isinstance(clock, StillClock)
    clock.time += 31
    assert [getattr(each, "text", None) for each in session.tick(clock.now())] == ["ping"]
    assert list(session.received("pong")) == []
    clock.time += 60
    assert not any(isinstance(each, Close) for each in session.tick(clock.now()))
    clock.time += 60
    assert any(isinstance(each, Close) for each in session.tick(clock.now()))


def test_assets_that_loopring_had_not_have_numbers_of_their_own() -> None:
    others = eleven_more(Loopring.markets)
    venue = Venue((*Loopring.markets, *others), 7, StillClock())
    for market in venue.markets:
        venue.seed_book(market, 3)
    spoken = Loopring(venue)
    for market in others:
        query = [("market", market.name), ("level", "2"), ("limit", "5")]
        reply = spoken.handle(Request("GET", "api.loopring.io", "/api/v2/depth", query))
        assert len(data(reply)["data"]["bids"]) == 3
    listed = tokens(venue.markets)
    assert len({each.number for each in listed.values()}) == len(listed) == len(TOKENS) + len(others)
