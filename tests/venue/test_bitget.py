"""Bitget: who is let in, what is refused in which words, and what its streams say."""

from __future__ import annotations

import base64
import hmac
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from harness.venue.dialects import dialect
from harness.venue.dialects.base import Dialect
from harness.venue.dialects.messages import Close, Frame, Reply, Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.events import Event
from harness.venue.model import Account, Side
from harness.venue.session import Venue
from tests.venue.world import FUNDS, NOON, StillClock, data, texts

D = Decimal
Bitget = dialect("bitget")
HOST, STREAM_HOST = "api.bitget.com", "ws.bitget.com"
LOGIN_TAKES = 2.0  # seconds
ORDER = {
    "symbol": "BTCUSDT", "side": "buy", "orderType": "limit", "force": "gtc", "size": "0.01",
    "price": "50000", "clientOid": "one",
}  # fmt: skip


def sign(account: Account, text: str) -> str:
    return base64.b64encode(hmac.new(account.api_secret.encode(), text.encode(), "sha256").digest()).decode()


@dataclass
class Exchange:
    dialect: Dialect
    account: Account
    clock: StillClock

    def public(self, path: str, **query: str) -> Any:
        return data(self.dialect.handle(Request("GET", HOST, f"/api/v2{path}", list(query.items()), at=NOON)))

    def signed(
        self,
        method: str,
        path: str,
        body: Any = None,
        at: float = NOON,
        spoilt: Mapping[str, str] = {},
        kind: str = "application/json",
    ) -> Reply:
        raw, stamp = b"" if body is None else json.dumps(body).encode(), str(int(at * 1000))
        text = f"{stamp}{method}/api/v2{path}{raw.decode()}"
        headers = {
            "ACCESS-KEY": self.account.api_key, "ACCESS-SIGN": sign(self.account, text),
            "ACCESS-TIMESTAMP": stamp, "ACCESS-PASSPHRASE": self.account.passphrase,
            **{f"ACCESS-{name}": value for name, value in spoilt.items()},
            "Content-Type": kind,
        }  # fmt: skip
        path, _, query = f"/api/v2{path}".partition("?")
        pairs = [(part.split("=")[0], part.split("=")[1]) for part in query.split("&") if part]
        return self.dialect.handle(Request(method, HOST, path, pairs, headers, raw, NOON, query))

    def place(self, **changed: Any) -> Reply:
        order = {key: value for key, value in {**ORDER, **changed}.items() if value is not None}
        return self.signed("POST", "/spot/trade/place-order", order)

    def login(self, session: StreamSession, at: float = NOON, spoilt: Mapping[str, str] = {}) -> Any:
        stamp = str(int(at))
        given = {
            "apiKey": self.account.api_key, "passphrase": self.account.passphrase, "timestamp": stamp,
            "sign": sign(self.account, f"{stamp}GET/user/verify"), **spoilt,
        }  # fmt: skip
        said = list(session.received(json.dumps({"op": "login", "args": [given]})))
        (answer,) = texts(said or list(session.tick(self.clock.time + LOGIN_TAKES)))
        return answer


@pytest.fixture
def bitget() -> Iterator[Exchange]:
    clock = StillClock()
    venue = Venue(Bitget.markets, 7, clock)
    for market in venue.markets:
        venue.seed_book(market, 30)
    yield Exchange(Bitget(venue), venue.account("maker", FUNDS), clock)
    assert not any(venue.ledger_totals().values())


def code(reply: Reply) -> tuple[int, str]:
    return reply.status, data(reply)["code"]


@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        ({"KEY": ""}, "40006"),
        ({"KEY": "nobody"}, "40037"),
        ({"SIGN": ""}, "40003"),
        ({"SIGN": "bm8="}, "40009"),
        ({"TIMESTAMP": "noon"}, "40005"),
        ({"PASSPHRASE": ""}, "40011"),
        ({"PASSPHRASE": "wrong"}, "40012"),
    ],
)
def test_who_is_not_let_in(bitget: Exchange, spoilt: dict[str, str], expected: str) -> None:
    assert code(bitget.signed("GET", "/spot/account/assets")) == (200, "00000")
    assert code(bitget.signed("GET", "/spot/account/assets", spoilt=spoilt)) == (400, expected)


def test_the_query_and_the_time_are_signed(bitget: Exchange) -> None:
    assert code(bitget.signed("GET", "/spot/account/assets?coin=BTC")) == (200, "00000")
    assert code(bitget.signed("GET", "/spot/account/assets", at=NOON - 29)) == (200, "00000")
    assert code(bitget.signed("GET", "/spot/account/assets", at=NOON - 31)) == (400, "40008")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"symbol": "BTCEUR"}, "40034"),
        ({"price": "50000.001"}, "41103"),
        ({"price": None}, "40019"),
        ({"price": "2000000"}, "43009"),
        ({"size": "0.010000001"}, "40808"),
        ({"size": "1E-2"}, "40017"),
        ({"size": "0.00001"}, "45110"),
        ({"size": "0"}, "43006"),
        ({"size": "3"}, "43012"),
        ({"force": "post_only", "price": "70000"}, "43002"),
        ({"force": "day"}, "40017"),
        ({"side": "hold"}, "40017"),
        ({"clientOid": "x" * 65}, "40017"),
    ],
)
def test_what_is_refused(bitget: Exchange, changed: dict[str, str], expected: str) -> None:
    reply = bitget.place(**changed)
    assert code(reply) == (400, expected)
    assert data(reply)["requestTime"] == int(NOON * 1000)


def test_no_trading_while_halted_and_no_name_twice(bitget: Exchange) -> None:
    venue = bitget.dialect.venue
    assert code(bitget.place()) == (200, "00000")
    assert code(bitget.place()) == (400, "43118")
    venue.halt(venue.markets[0])
    assert code(bitget.place(clientOid="two")) == (400, "41114")
    assert bitget.public("/spot/public/symbols", symbol="BTCUSDT")["data"][0]["status"] == "halt"


def test_an_order_is_found_by_its_number_and_by_its_client_s_name(bitget: Exchange) -> None:
    number = data(bitget.place())["data"]["orderId"]
    bitget.dialect.venue.fill(int(number), D("0.004"))
    for asked in (f"orderId={number}", "clientOid=one"):
        (found,) = data(bitget.signed("GET", f"/spot/trade/orderInfo?{asked}"))["data"]
        assert (found["orderId"], found["status"], found["baseVolume"]) == (
            number,
            "partially_filled",
            "0.004",
        )
    fees = json.loads(found["feeDetail"])
    assert (fees["BTC"]["totalFee"], fees["newFees"]["t"]) == (-0.000004, -0.000004)
    (open_one,) = data(bitget.signed("GET", "/spot/trade/unfilled-orders"))["data"]
    assert (open_one["priceAvg"], open_one["basePrice"], "price" in open_one) == ("50000", "50000", False)
    (fill,) = data(bitget.signed("GET", f"/spot/trade/fills?orderId={number}"))["data"]
    assert (fill["size"], fill["amount"], fill["tradeScope"]) == ("0.004", "200", "maker")


def test_what_cannot_be_cancelled_does_not_exist(bitget: Exchange) -> None:
    bitget.place()
    named = {"symbol": "BTCUSDT", "clientOid": "one"}
    cancelled = bitget.signed("POST", "/spot/trade/cancel-order", named)
    assert data(cancelled)["data"]["clientOid"] == "one"
    for again in (named, {"symbol": "BTCUSDT", "orderId": "99"}):
        assert code(bitget.signed("POST", "/spot/trade/cancel-order", again)) == (400, "43001")
    assert code(bitget.signed("POST", "/spot/trade/cancel-order", {"symbol": "BTCUSDT"})) == (400, "40017")
    assert data(bitget.signed("GET", "/spot/trade/orderInfo?orderId=99"))["data"] == []


def test_a_market_buy_names_quote(bitget: Exchange) -> None:
    bitget.place(orderType="market", size="700", price=None)
    (bought,) = data(bitget.signed("GET", "/spot/trade/history-orders?symbol=BTCUSDT"))["data"]
    assert (bought["size"], bought["status"], bought["price"]) == ("700", "filled", "0")
    assert 690 < D(bought["quoteVolume"]) <= 700


def test_ten_orders_a_second(bitget: Exchange) -> None:
    statuses = [bitget.place(clientOid=str(n), size="0.001").status for n in range(11)]
    assert statuses == [200] * 10 + [429]
    assert code(bitget.place(clientOid="last")) == (429, "429")
    assert code(bitget.signed("GET", "/spot/account/assets")) == (200, "00000")


def test_how_deep_the_book_is(bitget: Exchange) -> None:
    book = bitget.public("/spot/market/orderbook", symbol="BTCUSDT")["data"]
    assert len(book["bids"]) == 30
    assert len(bitget.public("/spot/market/orderbook", symbol="BTCUSDT", limit="1")["data"]["asks"]) == 1


def test_a_body_has_to_be_said_to_be_json(bitget: Exchange) -> None:
    form = "application/x-www-form-urlencoded"
    assert code(bitget.signed("POST", "/spot/trade/place-order", ORDER, kind=form)) == (400, "40007")
    assert bitget.signed("GET", "/spot/account/assets", kind=form).status == 200


def opened(bitget: Exchange, kind: str) -> StreamSession:
    session = bitget.dialect.open_stream(Request("GET", STREAM_HOST, f"/v2/ws/{kind}"))
    assert isinstance(session, StreamSession)
    return session


def ask(session: StreamSession, channel: str, op: str = "subscribe", **where: str) -> Any:
    said = {"op": op, "args": [{"instType": "SPOT", "channel": channel, **where}]}
    return texts(list(session.received(json.dumps(said))))


def follow(bitget: Exchange, session: StreamSession) -> list[Any]:
    told: list[Any] = []
    bitget.dialect.venue.subscribe(lambda event: told.extend(texts(list(session.venue_event(event)))))
    return told


def crc(book: dict[str, dict[str, str]]) -> int:
    """As the depth channel's page says: the best 25 levels, bid and ask in turn, as they were told."""
    bids = sorted(book["bids"].items(), key=lambda row: -D(row[0]))[:25]
    asks = sorted(book["asks"].items(), key=lambda row: D(row[0]))[:25]
    parts = [text for pair in zip(bids, asks, strict=True) for row in pair for text in row]
    value = zlib.crc32(":".join(parts).encode())
    return value - (1 << 32) if value >= 1 << 31 else value


def test_changes_lead_from_the_snapshot_to_the_checksum(bitget: Exchange) -> None:
    venue, market = bitget.dialect.venue, bitget.dialect.venue.markets[0]
    session = opened(bitget, "public")
    answer, snapshot = ask(session, "books", instId="BTCUSDT")
    assert (answer["event"], snapshot["action"], session.carries()) == (
        "subscribe",
        "snapshot",
        {"stream:book"},
    )
    book = {side: dict(snapshot["data"][0][side]) for side in ("bids", "asks")}
    follow(bitget, session)
    for step in range(1, 4):
        venue.walk(20, market)
        bitget.clock.time = NOON + step
        (update,) = texts(list(session.tick(NOON + step)))
        (change,) = update["data"]
        for side, rows in book.items():
            rows |= dict(change[side])
            book[side] = {price: amount for price, amount in rows.items() if amount != "0"}
        assert (update["action"], change["seq"]) == ("update", venue.book(market).sequence)
        assert change["checksum"] == crc(book)
    assert max(map(D, book["bids"])) == venue.book(market).bids[0].price


def test_what_the_snapshot_had_is_not_told_again(bitget: Exchange) -> None:
    venue, session = bitget.dialect.venue, opened(bitget, "public")
    late: list[Event] = []
    venue.subscribe(late.append)
    venue.set_level(venue.markets[0], Side.BUY, D(40000), D(1))
    ask(session, "books", instId="BTCUSDT")
    assert [list(session.venue_event(event)) for event in late] == [[] for _ in late]
    assert list(session.tick(NOON + 1)) == []


def test_five_levels_are_told_whole(bitget: Exchange) -> None:
    session = opened(bitget, "public")
    _, first = ask(session, "books5", instId="BTCUSDT")
    follow(bitget, session)
    bitget.dialect.venue.walk(5, bitget.dialect.venue.markets[0])
    (next_one,) = texts(list(session.tick(NOON + 1)))
    assert [len(each["data"][0]["bids"]) for each in (first, next_one)] == [5, 5]
    assert next_one["action"] == "snapshot"
    ask(session, "books5", "unsubscribe", instId="BTCUSDT")
    assert session.carries() == frozenset()


@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        ({"apiKey": "nobody"}, 30011),
        ({"passphrase": "wrong"}, 30012),
        ({"timestamp": "noon"}, 30013),
        ({"timestamp": str(int(NOON) - 31)}, 30014),
        ({"sign": "bm8="}, 30015),
    ],
)
def test_private_channels_need_a_login(bitget: Exchange, spoilt: dict[str, str], expected: int) -> None:
    session = opened(bitget, "private")
    assert ask(session, "orders", instId="BTCUSDT")[0]["code"] == 30004
    assert bitget.login(session, spoilt=spoilt)["code"] == expected
    assert ask(session, "orders", instId="BTCUSDT")[0]["code"] == 30004
    assert bitget.login(session) == {"event": "login", "code": 0}
    assert ask(session, "orders", instId="BTCUSDT")[0]["event"] == "subscribe"


def test_channels_that_are_asked_for_before_the_login_is_answered_are_refused(bitget: Exchange) -> None:
    session, stamp = opened(bitget, "private"), str(int(NOON))
    given = {
        "apiKey": bitget.account.api_key, "passphrase": bitget.account.passphrase, "timestamp": stamp,
        "sign": sign(bitget.account, f"{stamp}GET/user/verify"),
    }  # fmt: skip
    assert list(session.received(json.dumps({"op": "login", "args": [given]}))) == []
    assert ask(session, "orders", instId="BTCUSDT")[0]["code"] == 30004
    assert list(session.tick(NOON + 1)) == []
    assert texts(list(session.tick(NOON + LOGIN_TAKES))) == [{"event": "login", "code": 0}]
    assert list(session.tick(NOON + LOGIN_TAKES)) == []
    assert ask(session, "orders", instId="BTCUSDT")[0]["event"] == "subscribe"


def test_an_order_its_fills_and_balances_are_told_to_its_owner(bitget: Exchange) -> None:
    venue, session = bitget.dialect.venue, opened(bitget, "private")
    bitget.login(session)
    _, held = ask(session, "account", coin="default")
    assert {row["coin"]: row["available"] for row in held["data"]}["BTC"] == "2"
    ask(session, "orders", instId="BTCUSDT")
    ask(session, "fill", coin="default")
    assert session.carries() == {"stream:orders", "stream:fills", "stream:balances"}
    told = follow(bitget, session)
    number = int(data(bitget.place())["data"]["orderId"])
    venue.fill(number, D("0.004"))
    venue.cancel(bitget.account, number)
    stranger = venue.account("stranger", FUNDS)
    venue.deposit(stranger, "BTC", D(1))
    orders = [each["data"][0] for each in told if each["arg"]["channel"] == "orders"]
    said = [(row["status"], row["accBaseVolume"], row.get("fillFee")) for row in orders]
    assert said == [
        ("live", "0", None),
        ("partially_filled", "0.004", "-0.000004"),
        ("cancelled", "0.004", None),
    ]
    (fill,) = [each["data"][0] for each in told if each["arg"]["channel"] == "fill"]
    assert (fill["tradeId"], fill["feeDetail"][0]["totalFee"]) == (orders[1]["tradeId"], "-0.000004")
    balances = {
        row["coin"]: row for each in told if each["arg"]["channel"] == "account" for row in each["data"]
    }
    assert (balances["BTC"]["available"], balances["USDT"]["frozen"]) == ("2.003996", "0")


def test_what_ends_a_connection(bitget: Exchange) -> None:
    session = opened(bitget, "private")
    bitget.login(session)
    bitget.clock.time = NOON + 100
    assert list(session.received("ping")) == [Frame("stream:ping", "pong")]
    assert list(session.tick(NOON + 219)) == []
    bitget.dialect.expire_user_streams(bitget.account)
    assert [type(each) for each in session.tick(NOON + 219)] == [Close]
    other = opened(bitget, "public")
    assert [type(each) for each in other.tick(NOON + 221)] == [Close]


def test_unknown_channels_and_symbols(bitget: Exchange) -> None:
    session = opened(bitget, "public")
    for channel, symbol in (("nothing", "BTCUSDT"), ("trade", "NOPAIR"), ("trade", "default")):
        assert ask(session, channel, instId=symbol)[0]["code"] == 30001
    assert texts(list(session.received('{"op":"dance"}')))[0]["code"] == 30003
    assert bitget.login(session)["code"] == 30002
