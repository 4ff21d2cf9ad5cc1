"""Kraken: who is let in, what is refused in which words, its limits, and both versions of its streams."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any
from urllib.parse import urlencode

import pytest

from harness.venue.dialects.decimals import fixed
from harness.venue.dialects.kraken import Kraken
from harness.venue.dialects.kraken.codec import REFUSALS, exchange_id, number_of
from harness.venue.dialects.kraken.limits import cancel_cost
from harness.venue.dialects.messages import Close, Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.model import PERPETUAL_REFUSALS, Account, Refusal, Side
from harness.venue.session import Venue
from tests.venue.world import FUNDS, NOON, StillClock, data, texts

D = Decimal
HOST, PUBLIC, PRIVATE = "api.kraken.com", "ws.kraken.com", "ws-auth.kraken.com"
ORDER = {"pair": "XBTUSDT", "type": "buy", "ordertype": "limit", "volume": "0.01", "price": "50000"}


@dataclass
class Client:
    dialect: Kraken
    account: Account
    clock: StillClock
    nonces: Iterator[int]

    def public(self, name: str, **query: str) -> Any:
        path = f"/0/public/{name}"
        return data(self.dialect.handle(Request("GET", HOST, path, [*query.items()], at=self.clock.time)))

    def signed(self, name: str, /, nonce: int | str | None = None, **said: str) -> Any:
        return self.send(name, {"nonce": str(next(self.nonces) if nonce is None else nonce), **said})

    def send(self, name: str, said: dict[str, str], client: str = "connector", **spoilt: str) -> Any:
        path, body = f"/0/private/{name}", urlencode(said).encode()
        digest = path.encode() + hashlib.sha256(said.get("nonce", "").encode() + body).digest()
        secret = base64.b64decode(self.account.api_secret)
        sign = base64.b64encode(hmac.new(secret, digest, hashlib.sha512).digest()).decode()
        headers = {"API-Key": self.account.api_key, "API-Sign": sign, **spoilt}
        now = self.clock.time
        return data(self.dialect.handle(Request("POST", HOST, path, [], headers, body, now, "", client)))

    def place(self, **changed: str) -> Any:
        return self.signed("AddOrder", **{k: v for k, v in {**ORDER, **changed}.items() if v})

    def placed(self, **changed: str) -> str:
        return str(self.place(**changed)["result"]["txid"][0])

    def stream(self, host: str, path: str = "/") -> StreamSession:
        opened = self.dialect.open_stream(Request("GET", host, path))
        assert isinstance(opened, StreamSession)
        return opened

    def token(self) -> str:
        return str(self.signed("GetWebSocketsToken")["result"]["token"])


@pytest.fixture
def kraken() -> Iterator[Client]:
    clock = StillClock()
    venue = Venue(Kraken.markets, 7, clock)
    for market in venue.markets:
        venue.seed_book(market, 10)
    yield Client(Kraken(venue), venue.account("maker", FUNDS, Kraken.key_lengths), clock, count(1000))
    assert not any(venue.ledger_totals().values())


def test_who_is_not_let_in(kraken: Client) -> None:
    for spoilt, expected in (
        ({"API-Key": "nobody"}, "EAPI:Invalid key"),
        ({"API-Sign": "0" * 88}, "EAPI:Invalid signature"),
        ({"API-Sign": ""}, "EAPI:Invalid signature"),
    ):
        assert kraken.send("Balance", {"nonce": "2000"}, **spoilt)["error"] == [expected]
    assert kraken.send("Balance", {})["error"] == ["EAPI:Invalid nonce"]
    assert kraken.send("Balance", {"nonce": "2000"})["error"] == []  # refused requests take no nonce


def test_a_nonce_is_taken_once_and_goes_up(kraken: Client) -> None:
    for nonce, fine in (
        (100, True),
        (100, False),
        (95, True),
        (95, False),
        (110, True),
        (99, False),
        (100, False),
    ):
        assert (kraken.signed("Balance", nonce=nonce)["error"] == []) is fine, nonce
    said = {"nonce": "7"}
    assert kraken.send("Balance", said, client="oracle")["error"] == []


def test_every_refusal_has_its_words() -> None:
    assert set(REFUSALS) == set(Refusal) - PERPETUAL_REFUSALS


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"pair": "XBTEUR"}, "EQuery:Unknown asset pair"),
        ({"price": "50000.001"}, "EOrder:Invalid price"),
        ({"price": ""}, "EGeneral:Invalid arguments:price"),
        ({"volume": "0.000015"}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "1E-2"}, "EGeneral:Invalid arguments:volume"),
        ({"pair": "ETHUSDT", "price": "3000", "volume": "0.0001"}, "EOrder:Order minimum not met"),
        ({"volume": "0.00001"}, "EOrder:Cost minimum not met"),
        ({"volume": "1000"}, "EOrder:Insufficient funds"),
        ({"oflags": "post", "price": "70000"}, "EOrder:Post only order"),
        ({"oflags": "fcib,fciq"}, "EGeneral:Invalid arguments:oflags"),
        ({"ordertype": "stop-loss"}, "EGeneral:Invalid arguments:ordertype"),
        ({"timeinforce": "GTX"}, "EGeneral:Invalid arguments:timeinforce"),
        ({"timeinforce": "GTD", "expiretm": "1"}, "EGeneral:Invalid arguments:expiretm"),
        ({"userref": str(1 << 31)}, "EGeneral:Invalid arguments:userref"),
        ({"cl_ord_id": "no spaces"}, "EGeneral:Invalid arguments:cl_ord_id"),
    ],
)
def test_what_is_refused(kraken: Client, changed: dict[str, str], expected: str) -> None:
    assert kraken.place(**changed) == {"error": [expected]}


def test_a_halted_market_takes_cancels_only(kraken: Client) -> None:
    kraken.dialect.venue.halt(kraken.dialect.venue.markets[0])
    assert kraken.place()["error"] == ["EService:Market in cancel_only mode"]
    assert kraken.public("AssetPairs", pair="XBT/USDT")["result"]["XBTUSDT"]["status"] == "cancel_only"


def test_orders_are_found_by_id_and_by_reference(kraken: Client) -> None:
    first, second = kraken.placed(userref="7"), kraken.placed(userref="7")
    own = kraken.placed(cl_ord_id="7")
    assert re.fullmatch(r"O[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]{6}", first)
    numbers = [order.order_id for order in kraken.dialect.venue.open_orders(kraken.account)]
    assert [number_of("O", txid) for txid in (first, second, own)] == numbers
    assert [exchange_id("O", number) for number in numbers] == [first, second, own]
    told = kraken.signed("QueryOrders", txid=f"{first},{own}")["result"]
    assert [(o["status"], o["userref"], o.get("cl_ord_id")) for o in told.values()] == [
        ("open", 7, None),
        ("open", 0, "7"),
    ]
    assert set(kraken.signed("OpenOrders", userref="7")["result"]["open"]) == {first, second}
    assert kraken.signed("CancelOrder", txid="7")["result"] == {"count": 2}
    assert kraken.signed("CancelOrder", cl_ord_id="7")["result"] == {"count": 1}
    assert kraken.signed("ClosedOrders")["result"]["count"] == 3
    for txid in (first, exchange_id("O", 99)):
        assert kraken.signed("CancelOrder", txid=txid)["error"] == ["EOrder:Unknown order"]
    assert kraken.signed("QueryOrders", txid=exchange_id("O", 99))["error"] == ["EOrder:Unknown order"]
    assert kraken.signed("QueryTrades", txid=first)["error"] == ["EOrder:Invalid order"]


def test_a_reference_of_zero_is_none(kraken: Client) -> None:
    first, second = kraken.placed(userref="0"), kraken.placed(userref="0")
    assert {o["userref"] for o in kraken.signed("OpenOrders")["result"]["open"].values()} == {0}
    assert kraken.signed("CancelAll")["result"] == {"count": 2}
    assert first != second


def test_fees_are_in_quote_unless_the_order_says_otherwise(kraken: Client) -> None:
    least = {"price": "70000", "volume": "0.0001"}
    bought, last_bought = kraken.placed(**least), kraken.placed(**least, oflags="fcib")
    last, before = kraken.signed("TradesHistory")["result"]["trades"].values()
    assert (before["ordertxid"], last["ordertxid"]) == (bought, last_bought)
    assert before["maker"] is False
    assert D(before["fee"]) == D(fixed(D(before["cost"]) * D("0.001")))
    assert D(last["fee"]) == D(last["vol"]) * D("0.001")


def test_the_call_counter_sinks(kraken: Client) -> None:
    def allowed(name: str, client: str = "connector") -> bool:
        said = {"nonce": str(next(kraken.nonces))}
        told: list[str] = kraken.send(name, said, client=client)["error"]
        return told != ["EAPI:Rate limit exceeded"]

    assert [allowed("TradesHistory") for _ in range(11)] == [True] * 10 + [False]
    assert allowed("Balance", "oracle")
    kraken.clock.time += 1
    assert [allowed("Balance") for _ in range(2)] == [True, False]
    assert kraken.place()["error"] == []  # the engine counts orders, not the API


def test_young_orders_are_dear_to_cancel(kraken: Client) -> None:
    assert [cancel_cost(age) for age in (0, 5, 10, 44, 89, 299, 300)] == [8, 6, 5, 4, 2, 1, 0]
    answers = []
    for _ in range(20):  # nine each: twenty fill the 180 of a pair
        answers += kraken.signed("CancelOrder", txid=kraken.placed())["error"]
    assert answers == []
    assert kraken.place()["error"] == ["EOrder:Rate limit exceeded"]
    assert kraken.place(pair="ETHUSDT", price="2000")["error"] == []
    kraken.clock.time += 1
    assert kraken.place()["error"] == []


def say(session: StreamSession, **said: Any) -> Any:
    return texts(list(session.received(json.dumps(said))))


def old(session: StreamSession, name: str, pair: str | None = None, **more: Any) -> Any:
    pairs = {"pair": [pair]} if pair else {}
    return say(session, event="subscribe", subscription={"name": name, **more}, **pairs)


def new(session: StreamSession, channel: str, **more: Any) -> Any:
    return say(session, method="subscribe", params={"channel": channel, **more}, req_id=1)


def follow(kraken: Client, session: StreamSession) -> list[Any]:
    heard: list[Any] = []
    kraken.dialect.venue.subscribe(lambda event: heard.extend(session.venue_event(event)))
    return heard


def crc(asks: list[Any], bids: list[Any]) -> int:
    """As the documentation says: the ten best, asks first, without points and leading zeros."""
    cut = [text.replace(".", "").lstrip("0") for row in [*asks[:10], *bids[:10]] for text in row[:2]]
    return zlib.crc32("".join(cut).encode())


def test_an_old_book_is_cut_and_checked(kraken: Client) -> None:
    venue, session = kraken.dialect.venue, kraken.stream(PUBLIC)
    market = venue.markets[0]
    venue.seed_book(market, 12)
    status, (number, snapshot, channel, pair) = old(session, "book", "XBT/USDT", depth=10)
    assert (status["status"], channel, pair) == ("subscribed", "book-10", "XBT/USDT")
    asks, bids = ({row[0]: row for row in snapshot[name]} for name in ("as", "bs"))
    assert len(bids) == 10
    heard, best = follow(kraken, session), venue.book(market).bids[0].price
    venue.set_level(market, Side.BUY, best, D(0))
    venue.set_level(market, Side.BUY, D(40000), D(1))  # out of depth
    venue.set_level(market, Side.BUY, best + D("0.01"), D("0.5"))
    venue.set_level(market, Side.BUY, best + D("0.01"), D("0.7"))
    assert not heard
    heard += session.tick(NOON)
    (update,) = texts(heard)
    assert update[0] == number
    told = update[1]["b"]
    assert [len(row) for row in told[:2]] == [3, 4]  # one gone, one that comes into view
    assert (D(told[0][1]), told[1][3]) == (D(0), "r")
    again = [D(row[1]) for row in told if D(row[0]) == best + D("0.01")]
    assert (again[0], again[-1]) == (D("0.5"), D("0.7"))  # a price that changed twice is told twice
    for row in told:
        bids[row[0]] = row
        if not D(row[1]):
            del bids[row[0]]
    ranked = sorted(bids.values(), key=lambda row: -D(row[0]))[:10]
    assert int(update[1]["c"]) == crc(list(asks.values()), ranked)


def test_a_message_of_the_old_book_has_one_side(kraken: Client) -> None:
    venue, session = kraken.dialect.venue, kraken.stream(PUBLIC)
    book = venue.book(venue.markets[0], 1)
    old(session, "book", "XBT/USDT", depth=10)
    heard = follow(kraken, session)
    venue.set_level(venue.markets[0], Side.BUY, book.bids[0].price, D(0))
    venue.set_level(venue.markets[0], Side.SELL, book.asks[0].price, D(0))
    heard += session.tick(NOON)
    assert [[name for name in "ab" if name in update[1]] for update in texts(heard)] == [["b"], ["a"]]


def test_a_new_book_is_checked(kraken: Client) -> None:
    venue, session = kraken.dialect.venue, kraken.stream(PUBLIC, "/v2")
    _, _ = new(session, "book", symbol=["BTC/USDT"])
    heard = follow(kraken, session)
    venue.set_level(venue.markets[0], Side.BUY, D(60000), D("0.5"))
    venue.set_level(
        venue.markets[0], Side.BUY, venue.book(venue.markets[0]).bids[0].price + D("0.01"), D("0.5")
    )
    heard += session.tick(NOON)
    (update,) = (json.loads(frame.text, parse_float=str) for frame in heard)
    (told,) = update["data"]
    assert told["bids"][0]["qty"] == "0.50000"
    book = venue.book(venue.markets[0], 10)
    sides = ([[f"{x.price:.2f}", f"{x.amount:.5f}"] for x in side] for side in (book.asks, book.bids))
    assert told["checksum"] == crc(*sides)


@pytest.mark.parametrize(
    ("name", "pair", "more", "expected"),
    [
        ("book", "XBT/EUR", {}, "Currency pair not supported XBT/EUR"),
        ("book", "XBT/USDT", {"depth": 11}, "Subscription depth not supported"),
        ("openOrders", "XBT/USDT", {}, "Subscription name invalid"),
    ],
)
def test_what_cannot_be_followed(kraken: Client, name: str, pair: str, more: Any, expected: str) -> None:
    session = kraken.stream(PUBLIC)
    (answer,) = old(session, name, pair, **more)
    assert (answer["status"], answer["errorMessage"]) == ("error", expected)
    assert session.carries() == frozenset()
    assert say(session, event="dance")[0]["errorMessage"] == "Event(s) not found"


def test_orders_and_fills_of_both_versions(kraken: Client) -> None:
    before, after, token = kraken.stream(PRIVATE), kraken.stream(PRIVATE, "/v2"), kraken.token()
    for name in ("openOrders", "ownTrades"):
        status, snapshot = old(before, name, token=token)
        assert (status["status"], snapshot[0]) == ("subscribed", [])
    for name in ("executions", "balances"):
        assert new(after, name, token=token)[0]["success"]
    assert (before.carries(), after.carries()) == (
        {"stream:orders", "stream:fills"},
        {"stream:orders", "stream:balances"},
    )
    v1, v2 = follow(kraken, before), follow(kraken, after)
    txid = kraken.placed(userref="7")
    kraken.dialect.venue.fill(number_of("O", txid) or 0, D("0.004"))
    kraken.signed("CancelOrder", txid=txid)
    told = [(item, channel, feed["sequence"]) for (item,), channel, feed in texts(v1)]
    assert [(channel, number) for _, channel, number in told] == [
        ("openOrders", 2), ("openOrders", 3), ("ownTrades", 2), ("openOrders", 4),
    ]  # fmt: skip
    orders = [item[txid] for item, channel, _ in told if channel == "openOrders"]
    assert [(o["status"], o["vol_exec"], o["userref"]) for o in orders] == [
        ("open", "0.00000000", 7), ("open", "0.00400000", 7), ("canceled", "0.00400000", 7),
    ]  # fmt: skip
    messages = [(m["channel"], m["data"][0]) for m in texts(v2)]
    executions = [(e["exec_type"], e["order_status"]) for name, e in messages if name == "executions"]
    assert executions == [
        ("pending_new", "pending_new"), ("new", "new"), ("trade", "partially_filled"),
        ("canceled", "canceled"),
    ]  # fmt: skip
    assert {b["asset"] for name, b in messages if name == "balances"} == {"BTC", "USDT"}


def test_a_token_runs_out_unless_it_is_in_use(kraken: Client) -> None:
    used, idle = kraken.token(), kraken.token()
    session = kraken.stream(PRIVATE)
    assert old(session, "openOrders", token=used)[0]["status"] == "subscribed"
    kraken.clock.time += 901
    assert old(kraken.stream(PRIVATE), "ownTrades", token=used)[0]["status"] == "subscribed"
    for token in (idle, "guess"):
        assert old(kraken.stream(PRIVATE), "ownTrades", token=token)[0]["errorMessage"] == (
            "ESession:Invalid session"
        )
        assert new(kraken.stream(PRIVATE, "/v2"), "executions", token=token)[0]["success"] is False
    kraken.dialect.expire_user_streams(kraken.account)
    assert list(session.tick(kraken.clock.time)) == [Close(1000, "")]
    session.closed()
    assert old(kraken.stream(PRIVATE), "ownTrades", token=used)[0]["status"] == "error"


def test_heartbeats_and_idle_connections(kraken: Client) -> None:
    session = kraken.stream(PUBLIC)
    old(session, "trade", "XBT/USDT")
    assert texts(list(session.tick(NOON + 1))) == [{"event": "heartbeat"}]
    assert texts(list(session.tick(NOON + 1.5))) == []
    assert say(session, event="ping", reqid=3) == [{"event": "pong", "reqid": 3}]
    empty = kraken.stream(PUBLIC, "/v2")
    assert list(empty.tick(NOON + 60)) == []
    assert list(empty.tick(NOON + 61)) == [Close(1000, "")]
