"""Bybit: who is let in, what is refused in which words, its limits, and what its streams say."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from harness.venue.dialects.bybit import Bybit
from harness.venue.dialects.bybit.v5 import BybitV5
from harness.venue.dialects.messages import Close, Reply, Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.model import Account, Side
from harness.venue.session import Venue
from tests.venue.world import FUNDS, NOON, StillClock, data, read_by, texts

D = Decimal
HOST, STREAM_HOST = "api.bybit.com", "stream.bybit.com"
NOW = int(NOON * 1000)
ORDER = {
    "category": "spot", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01",
    "price": "50000",
}  # fmt: skip
BALANCE = "/account/wallet-balance?accountType=UNIFIED"


def hexed(account: Account, text: str) -> str:
    return hmac.new(account.api_secret.encode(), text.encode(), hashlib.sha256).hexdigest()


@dataclass
class Client:
    dialect: BybitV5
    account: Account
    clock: StillClock

    def public(self, path: str, **query: str) -> Any:
        return data(
            self.dialect.handle(Request("GET", HOST, f"/v5{path}", [*query.items()], at=self.clock.time))
        )

    def signed(
        self, method: str, path: str, body: Any = None, at: int | None = None, spoilt: Mapping[str, str] = {}
    ) -> Reply:
        now = int(self.clock.time * 1000) if at is None else at
        raw = b"" if body is None else json.dumps(body).encode()
        path, _, query = f"/v5{path}".partition("?")
        sign = hexed(self.account, f"{now}{self.account.api_key}5000{query or raw.decode()}")
        headers = {
            "X-BAPI-API-KEY": self.account.api_key, "X-BAPI-SIGN": sign, "X-BAPI-TIMESTAMP": str(now),
            "X-BAPI-RECV-WINDOW": "5000", **{f"X-BAPI-{name}": value for name, value in spoilt.items()},
        }  # fmt: skip
        pairs = [(part.split("=")[0], part.split("=")[1]) for part in query.split("&") if part]
        return self.dialect.handle(Request(method, HOST, path, pairs, headers, raw, self.clock.time, query))

    def place(self, **changed: Any) -> Any:
        order = {name: value for name, value in {**ORDER, **changed}.items() if value is not None}
        return data(self.signed("POST", "/order/create", order))

    def stream(self, kind: str) -> StreamSession:
        opened = self.dialect.open_stream(Request("GET", STREAM_HOST, f"/v5/{kind}"))
        assert isinstance(opened, StreamSession)
        return opened


@pytest.fixture
def bybit() -> Iterator[Client]:
    clock = StillClock()
    venue = Venue(Bybit.markets, 7, clock)
    for market in venue.markets:
        venue.seed_book(market, 10)
    yield Client(Bybit(venue), venue.account("maker", FUNDS, Bybit.key_lengths), clock)
    assert not any(venue.ledger_totals().values())


def code(reply: Reply) -> int:
    return int(data(reply)["retCode"])


@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        ({"API-KEY": ""}, 10003),
        ({"API-KEY": "nobody"}, 10003),
        ({"SIGN": "0" * 64}, 10004),
        ({"TIMESTAMP": "noon"}, 10001),
        ({"RECV-WINDOW": "-1"}, 10001),
    ],
)
def test_who_is_not_let_in(bybit: Client, spoilt: dict[str, str], expected: int) -> None:
    assert code(bybit.signed("GET", BALANCE, spoilt=spoilt)) == expected


def test_time_stamps_are_in_their_window(bybit: Client) -> None:
    codes = [code(bybit.signed("GET", BALANCE, at=NOW + off)) for off in (-5001, -5000, 1000, 1001)]
    assert codes == [10002, 0, 0, 10002]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"symbol": "BTCEUR"}, 170121),
        ({"price": "50000.001"}, 170134),
        ({"price": None}, 10001),
        ({"price": "1000001"}, 170193),
        ({"qty": "0.010000001"}, 170137),
        ({"qty": "1E-2"}, 10001),
        ({"symbol": "ETHUSDT", "price": "3000", "qty": "0.0001"}, 170136),
        ({"qty": "0.00001"}, 170140),
        ({"qty": "1000"}, 170131),
        ({"qty": "9000000001"}, 170135),
        ({"orderLinkId": "no spaces"}, 10001),
        ({"timeInForce": "PostOnly", "price": "70000"}, 170218),
        ({"timeInForce": "GTX"}, 10001),
        ({"side": "Hold"}, 10001),
        ({"category": "linear"}, 10001),
    ],
)
def test_what_is_refused(bybit: Client, changed: dict[str, Any], expected: int) -> None:
    refused = bybit.place(**changed)
    assert (refused["retCode"], refused["result"]) == (expected, {})


def test_a_halted_market_takes_nothing(bybit: Client) -> None:
    bybit.dialect.venue.halt(bybit.dialect.venue.markets[0])
    assert bybit.place()["retCode"] == 170033


def test_an_order_is_found_by_its_number_and_by_its_link(bybit: Client) -> None:
    number = bybit.place(orderLinkId="one")["result"]["orderId"]
    assert bybit.place(orderLinkId="one")["retCode"] == 170141
    for name in (f"orderId={number}", "orderLinkId=one"):
        (found,) = data(bybit.signed("GET", f"/order/realtime?category=spot&{name}"))["result"]["list"]
        assert (found["orderId"], found["orderStatus"], found["leavesQty"]) == (number, "New", "0.01")
    cancel = {"category": "spot", "symbol": "BTCUSDT", "orderId": number}
    assert [code(bybit.signed("POST", "/order/cancel", cancel)) for _ in range(2)] == [0, 170213]
    (ended,) = data(bybit.signed("GET", "/order/history?category=spot"))["result"]["list"]
    assert (ended["orderStatus"], ended["leavesQty"]) == ("Cancelled", "0")
    assert data(bybit.signed("GET", "/order/realtime?category=spot&orderId=99"))["result"]["list"] == []


def test_a_market_buy_names_quote_unless_told(bybit: Client) -> None:
    market = {"orderType": "Market", "price": None}
    for changed, spent in (({"qty": "64"}, True), ({"qty": "0.001", "marketUnit": "baseCoin"}, False)):
        number = bybit.place(**market, **changed)["result"]["orderId"]
        (bought,) = data(bybit.signed("GET", f"/order/realtime?category=spot&orderId={number}"))["result"][
            "list"
        ]
        assert bought["orderStatus"] == "Filled"
        assert D(bought["cumExecValue"]) <= 64 if spent else bought["cumExecQty"] == "0.001", bought


def test_the_book_is_one_deep_unless_told(bybit: Client) -> None:
    query = {"category": "spot", "symbol": "BTCUSDT"}
    assert len(bybit.public("/market/orderbook", **query)["result"]["b"]) == 1
    assert len(bybit.public("/market/orderbook", **query, limit="50")["result"]["b"]) == 10


def test_twenty_orders_a_second(bybit: Client) -> None:
    replies = [bybit.signed("POST", "/order/create", {**ORDER, "qty": "0.001"}) for _ in range(21)]
    assert [code(reply) for reply in replies] == [0] * 20 + [10006]
    assert [reply.headers["X-Bapi-Limit-Status"] for reply in replies[-3:]] == ["1", "0", "0"]
    assert code(bybit.signed("GET", BALANCE)) == 0
    bybit.clock.time += 1
    assert bybit.place(qty="0.001")["retCode"] == 0


def test_an_address_may_ask_six_hundred_times(bybit: Client) -> None:
    codes = [bybit.public("/market/time")["retCode"] for _ in range(601)]
    assert codes == [0] * 600 + [403]


def say(session: StreamSession, op: str, *args: Any) -> list[Any]:
    return texts(list(session.received(json.dumps({"op": op, "args": list(args), "req_id": "7"}))))


def log_in(
    bybit: Client, session: StreamSession, expires: int = NOW + 1, spoilt: Mapping[str, str] = {}
) -> bool:
    sign = hexed(bybit.account, f"GET/realtime{expires}")
    key = spoilt.get("key", bybit.account.api_key)
    (answer,) = say(session, "auth", key, expires, spoilt.get("sign", sign))
    return bool(answer["success"])


def test_book_updates_join_the_snapshot(bybit: Client) -> None:
    venue, session = bybit.dialect.venue, bybit.stream("public/spot")
    market = venue.markets[0]
    _, snapshot = say(session, "subscribe", "orderbook.50.BTCUSDT")
    assert session.carries() == {"stream:book"}
    bids = dict(snapshot["data"]["b"])
    assert (snapshot["type"], snapshot["data"]["u"]) == ("snapshot", venue.book(market).sequence)
    venue.subscribe(read_by(session))
    for step in range(1, 4):
        venue.set_level(market, Side.BUY, D(63000 + step), D(step))
        venue.set_level(market, Side.BUY, venue.book(market).bids[0].price, D(0))
        (delta,) = texts(list(session.tick(NOON + step)))
        assert (delta["type"], delta["data"]["u"]) == ("delta", venue.book(market).sequence)
        bids |= dict(delta["data"]["b"])
    left = {D(price): D(amount) for price, amount in bids.items() if D(amount)}
    assert left == dict(venue.book(market).bids)


def test_spot_takes_ten_topics_a_request(bybit: Client) -> None:
    session = bybit.stream("public/spot")
    topics = [f"{kind}.{symbol}" for kind in ("publicTrade", "tickers") for symbol in ("BTCUSDT", "ETHUSDT")]
    assert say(session, "subscribe", *topics)[0]["success"] is True
    assert say(session, "subscribe", *topics * 3)[0]["success"] is False


def test_a_book_of_one_level_is_told_whole(bybit: Client) -> None:
    venue, session = bybit.dialect.venue, bybit.stream("public/spot")
    say(session, "subscribe", "orderbook.1.BTCUSDT")
    venue.subscribe(read_by(session))
    venue.set_level(venue.markets[0], Side.BUY, D(50000), D(1))
    (message,) = texts(list(session.tick(NOON + 1)))
    best = venue.book(venue.markets[0]).bids[0]
    assert (message["type"], message["data"]["b"]) == ("snapshot", [[str(best.price), str(best.amount)]])


@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [({}, True), ({"key": "nobody"}, False), ({"sign": "0"}, False)],
)
def test_private_topics_want_a_login(bybit: Client, spoilt: dict[str, str], expected: bool) -> None:
    session = bybit.stream("private")
    assert say(session, "subscribe", "wallet")[0]["success"] is False
    assert log_in(bybit, session, spoilt=spoilt) is expected
    assert say(session, "subscribe", "wallet")[0]["success"] is expected
    assert session.carries() == ({"stream:balances"} if expected else frozenset())


def test_a_login_may_not_have_expired(bybit: Client) -> None:
    assert log_in(bybit, bybit.stream("private"), NOW)
    assert not log_in(bybit, bybit.stream("private"), NOW - 1)


def test_an_order_and_its_fills_are_told_to_its_owner(bybit: Client) -> None:
    session = bybit.stream("private")
    log_in(bybit, session)
    say(session, "subscribe", "order", "execution")
    told: list[Any] = []
    bybit.dialect.venue.subscribe(lambda event: told.extend(texts(list(session.venue_event(event)))))
    number = int(bybit.place()["result"]["orderId"])
    bybit.dialect.venue.fill(number, D("0.004"))
    bybit.dialect.venue.cancel(bybit.account, number)
    said = [
        (
            m["topic"],
            m["data"][0].get("orderStatus"),
            m["data"][0].get("cumExecQty", m["data"][0].get("execQty")),
        )
        for m in told
    ]
    assert sorted(said[1:3]) == [("execution", None, "0.004"), ("order", "PartiallyFilled", "0.004")]
    assert (said[0], said[3]) == (("order", "New", "0"), ("order", "PartiallyFilledCanceled", "0.004"))


def test_what_cannot_be_followed(bybit: Client) -> None:
    session = bybit.stream("public/spot")
    for topic in ("orderbook.50.BTCEUR", "orderbook.7.BTCUSDT", "nothing.BTCUSDT", "order"):
        assert say(session, "subscribe", topic)[0]["success"] is False, topic
    assert say(session, "dance")[0]["success"] is False
    assert say(session, "ping")[0]["ret_msg"] == "pong"
    assert isinstance(bybit.dialect.open_stream(Request("GET", STREAM_HOST, "/v5/public/linear")), Reply)


def test_silence_and_the_end_of_a_login_close(bybit: Client) -> None:
    silent, private = bybit.stream("public/spot"), bybit.stream("private")
    assert list(silent.tick(NOON + 600)) == []
    assert [type(each) for each in silent.tick(NOON + 601)] == [Close]
    log_in(bybit, private)
    assert list(private.tick(NOON + 1)) == []
    bybit.dialect.expire_user_streams(bybit.account)
    assert list(private.tick(NOON + 1)) == [Close(1000, "")]
