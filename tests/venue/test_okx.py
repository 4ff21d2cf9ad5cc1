"""OKX: who is let in, what is refused in which words, and what its streams say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from harness.venue.dialects.messages import Close, Reply, Request
from harness.venue.dialects.okx import Okx
from harness.venue.dialects.okx.codec import REFUSALS
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.dialects.wire import iso
from harness.venue.model import PERPETUAL_REFUSALS, Account, Refusal, Side
from harness.venue.session import Venue
from tests.venue.world import FUNDS, NOON, StillClock, data, read_by, texts

D = Decimal
HOST, STREAM_HOST = "www.okx.com", "ws.okx.com"
ORDER = {
    "instId": "BTC-USDT",
    "tdMode": "cash",
    "side": "buy",
    "ordType": "limit",
    "sz": "0.01",
    "px": "50000",
}


def signature(account: Account, text: str) -> str:
    return base64.b64encode(
        hmac.new(account.api_secret.encode(), text.encode(), hashlib.sha256).digest()
    ).decode()


@dataclass
class Client:
    dialect: Okx
    account: Account
    clock: StillClock

    def public(self, path: str, **query: str) -> Reply:
        return self.dialect.handle(Request("GET", HOST, f"/api/v5{path}", [*query.items()], at=NOON))

    def signed(
        self,
        method: str,
        path: str,
        body: Any = None,
        at: float = NOON,
        spoilt: Mapping[str, str] = {},
        kind: str = "application/json",
    ) -> Reply:
        raw = b"" if body is None else json.dumps(body).encode()
        path, _, query = f"/api/v5{path}".partition("?")
        text = f"{iso(at)}{method}{path}{'?' if query else ''}{query}{raw.decode()}"
        headers = {
            "OK-ACCESS-KEY": self.account.api_key, "OK-ACCESS-SIGN": signature(self.account, text),
            "OK-ACCESS-TIMESTAMP": iso(at), "OK-ACCESS-PASSPHRASE": self.account.passphrase,
            **{f"OK-ACCESS-{name}": value for name, value in spoilt.items()},
            "Content-Type": kind,
        }  # fmt: skip
        pairs = [(part.split("=")[0], part.split("=")[1]) for part in query.split("&") if part]
        return self.dialect.handle(Request(method, HOST, path, pairs, headers, raw, self.clock.time, query))

    def place(self, **changed: Any) -> Any:
        """The item of the reply: `sCode`, `ordId` …"""
        order = {name: value for name, value in {**ORDER, **changed}.items() if value is not None}
        return data(self.signed("POST", "/trade/order", order))["data"][0]

    def stream(self, kind: str) -> StreamSession:
        opened = self.dialect.open_stream(Request("GET", STREAM_HOST, f"/ws/v5/{kind}"))
        assert isinstance(opened, StreamSession)
        return opened


@pytest.fixture
def okx() -> Iterator[Client]:
    clock = StillClock()
    venue = Venue(Okx.markets, 7, clock)
    for market in venue.markets:
        venue.seed_book(market, 10)
    yield Client(Okx(venue), venue.account("maker", FUNDS, Okx.key_lengths), clock)
    assert not any(venue.ledger_totals().values())


def code(reply: Reply) -> tuple[int, str]:
    return reply.status, data(reply)["code"]


@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        ({"KEY": ""}, "50103"),
        ({"KEY": "nobody"}, "50111"),
        ({"TIMESTAMP": "noon"}, "50102"),
        ({"TIMESTAMP": "2026-99-99T00:00:00.000Z"}, "50102"),
        ({"PASSPHRASE": "guess"}, "50105"),
        ({"SIGN": "0" * 44}, "50113"),
    ],
)
def test_who_is_not_let_in(okx: Client, spoilt: dict[str, str], expected: str) -> None:
    assert code(okx.signed("GET", "/account/balance", spoilt=spoilt)) == (401, expected)


def test_a_stale_request_has_expired(okx: Client) -> None:
    assert okx.signed("GET", "/account/balance", at=NOON - 30).status == 200
    assert code(okx.signed("GET", "/account/balance", at=NOON - 31)) == (401, "50102")


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_has_to_be_said_to_be_json(okx: Client, kind: str) -> None:
    order = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "1", "px": "7"}
    assert code(okx.signed("POST", "/trade/order", order, kind=kind)) == (400, "50006")
    assert code(okx.signed("GET", "/account/balance", kind=kind)) == (200, "0")


def test_every_refusal_has_its_code() -> None:
    never = {*PERPETUAL_REFUSALS, Refusal.POST_ONLY_WOULD_TAKE}  # such an order is cancelled
    assert set(REFUSALS) == set(Refusal) - never


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"instId": "BTC-EUR"}, "51001"),
        ({"px": "50000.001"}, "51000"),
        ({"px": None}, "51000"),
        ({"px": "1000001"}, "51006"),
        ({"sz": "0.010000001"}, "51121"),
        ({"instId": "ETH-USDT", "px": "3000", "sz": "0.0001"}, "51020"),
        ({"sz": "1E-2"}, "51000"),
        ({"sz": "1000"}, "51008"),
        ({"clOrdId": "not-alphanumeric"}, "51000"),
        ({"clOrdId": "x" * 33}, "51000"),
        ({"ordType": "iceberg"}, "51000"),
        ({"tdMode": "cross"}, "51000"),
    ],
)
def test_what_is_refused(okx: Client, changed: dict[str, Any], expected: str) -> None:
    refused = okx.place(**changed)
    assert (refused["sCode"], refused["ordId"]) == (expected, "")


def test_a_halted_market_takes_nothing(okx: Client) -> None:
    okx.dialect.venue.halt(okx.dialect.venue.markets[0])
    assert okx.place()["sCode"] == "51027"


def test_an_order_is_found_by_its_number_and_by_its_own_id(okx: Client) -> None:
    number = okx.place(clOrdId="one")["ordId"]
    assert okx.place(clOrdId="one")["sCode"] == "51016"
    for name in (f"ordId={number}", "clOrdId=one"):
        (found,) = data(okx.signed("GET", f"/trade/order?instId=BTC-USDT&{name}"))["data"]
        assert (found["ordId"], found["state"]) == (number, "live")
    cancel = {"instId": "BTC-USDT", "ordId": number}
    codes = [data(okx.signed("POST", "/trade/cancel-order", cancel))["data"][0]["sCode"] for _ in range(2)]
    assert codes == ["0", "51400"]
    assert code(okx.signed("GET", "/trade/order?instId=BTC-USDT&ordId=99")) == (200, "51603")


def test_a_post_only_order_that_would_take_is_canceled(okx: Client) -> None:
    for price, expected in (("70000", ("canceled", "31", "0")), ("50000", ("live", "", "0"))):
        placed = okx.place(ordType="post_only", px=price)
        assert placed["sCode"] == "0"
        (found,) = data(okx.signed("GET", f"/trade/order?instId=BTC-USDT&ordId={placed['ordId']}"))["data"]
        assert (found["state"], found["cancelSource"], found["accFillSz"]) == expected


def test_of_several_orders_some_may_fail(okx: Client) -> None:
    good, bad = dict(ORDER), {**ORDER, "sz": "1000"}
    for batch, expected in (([good, good], "0"), ([bad], "1"), ([good, bad], "2")):
        assert code(okx.signed("POST", "/trade/batch-orders", batch)) == (200, expected)


def test_a_market_buy_names_quote_unless_told(okx: Client) -> None:
    market = {"ordType": "market", "px": None}
    for changed, base in (({"sz": "64"}, None), ({"sz": "0.001", "tgtCcy": "base_ccy"}, "0.001")):
        number = okx.place(**market, **changed)["ordId"]
        (bought,) = data(okx.signed("GET", f"/trade/order?instId=BTC-USDT&ordId={number}"))["data"]
        assert bought["state"] == "filled"
        assert bought["accFillSz"] == base or D(bought["accFillSz"]) < D("0.001")


def test_ten_balances_in_two_seconds(okx: Client) -> None:
    statuses = [okx.signed("GET", "/account/balance").status for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    assert code(okx.signed("GET", "/account/balance")) == (429, "50011")
    assert okx.signed("GET", "/account/config").status == 200
    okx.clock.time += 2
    assert okx.signed("GET", "/account/balance").status == 200


def say(session: StreamSession, op: str, *args: dict[str, str]) -> list[Any]:
    return texts(list(session.received(json.dumps({"op": op, "args": list(args)}))))


def log_in(okx: Client, session: StreamSession, at: float = NOON, spoilt: Mapping[str, str] = {}) -> Any:
    stamp = str(int(at))
    given = {
        "apiKey": okx.account.api_key, "passphrase": okx.account.passphrase, "timestamp": stamp,
        "sign": signature(okx.account, f"{stamp}GET/users/self/verify"),
    }  # fmt: skip
    (answer,) = say(session, "login", {**given, **spoilt})
    return answer["code"]


def crc(bids: dict[str, str], asks: dict[str, str]) -> int:
    """As the documentation says: 25 bids and asks in turn, signed."""
    best = sorted(bids.items(), key=lambda row: -D(row[0])), sorted(asks.items(), key=lambda row: D(row[0]))
    parts = [":".join(side[n]) for n in range(25) for side in best if n < len(side)]
    value = zlib.crc32(":".join(parts).encode())
    return value - (value >> 31 << 32)


def test_book_updates_join_and_are_checked(okx: Client) -> None:
    venue, session = okx.dialect.venue, okx.stream("public")
    market = venue.markets[0]
    _, snapshot = say(session, "subscribe", {"channel": "books", "instId": "BTC-USDT"})
    assert session.carries() == {"stream:book"}
    bids, asks = ({row[0]: row[1] for row in snapshot["data"][0][side]} for side in ("bids", "asks"))
    venue.subscribe(read_by(session))
    last = snapshot["data"][0]
    assert (last["prevSeqId"], last["checksum"]) == (-1, crc(bids, asks))
    for step in range(1, 4):
        venue.set_level(market, Side.BUY, D(63000 + step), D(step))
        venue.set_level(market, Side.BUY, venue.book(market).bids[0].price, D(0))
        (message,) = texts(list(session.tick(NOON + step)))
        (update,) = message["data"]
        assert (message["action"], update["prevSeqId"]) == ("update", last["seqId"])
        for price, amount, *_ in update["bids"]:
            bids[price] = amount
        bids, last = {price: amount for price, amount in bids.items() if D(amount)}, update
        assert update["checksum"] == crc(bids, asks)
    assert last["seqId"] == venue.book(market).sequence


@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        ({"apiKey": "nobody"}, "60005"),
        ({"timestamp": "noon"}, "60006"),
        ({"passphrase": "guess"}, "60024"),
        ({"sign": "0"}, "60007"),
        ({}, "0"),
    ],
)
def test_private_channels_want_a_login(okx: Client, spoilt: dict[str, str], expected: str) -> None:
    session = okx.stream("private")
    assert say(session, "subscribe", {"channel": "account"})[0]["code"] == "60011"
    assert log_in(okx, session, spoilt=spoilt) == expected
    answers = say(session, "subscribe", {"channel": "account"})
    assert (answers[0]["event"] == "subscribe") is (expected == "0")
    assert session.carries() == ({"stream:balances"} if expected == "0" else frozenset())


def test_a_stale_login_has_expired(okx: Client) -> None:
    assert log_in(okx, okx.stream("private"), at=NOON - 30) == "0"
    assert log_in(okx, okx.stream("private"), at=NOON - 31) == "60006"


def test_an_order_and_its_fills_are_told_to_its_owner(okx: Client) -> None:
    session = okx.stream("private")
    log_in(okx, session)
    say(session, "subscribe", {"channel": "orders", "instType": "SPOT"})
    told: list[Any] = []
    okx.dialect.venue.subscribe(lambda event: told.extend(texts(list(session.venue_event(event)))))
    number = int(okx.place()["ordId"])
    okx.dialect.venue.fill(number, D("0.004"))
    okx.dialect.venue.cancel(okx.account, number)
    said = [(m["data"][0]["state"], m["data"][0]["fillSz"], m["data"][0]["accFillSz"]) for m in told]
    assert said == [("live", "0", "0"), ("partially_filled", "0.004", "0.004"), ("canceled", "0", "0.004")]
    assert told[1]["data"][0]["fillFee"] == "-0.000004"  # a fee that is paid is negative


def test_what_cannot_be_followed(okx: Client) -> None:
    session = okx.stream("public")
    for wanted in ({"channel": "books", "instId": "NO-PAIR"}, {"channel": "books"}, {"channel": "nothing"}):
        assert say(session, "subscribe", wanted)[0]["code"] == "60018"
    assert say(session, "subscribe", {"channel": "orders"})[0]["code"] == "60011"
    assert say(session, "dance")[0]["code"] == "60012"
    assert [getattr(frame, "text", "") for frame in session.received("ping")] == ["pong"]


def test_silence_and_the_end_of_a_login_close(okx: Client) -> None:
    silent, private = okx.stream("public"), okx.stream("private")
    assert list(silent.tick(NOON + 30)) == []
    assert [type(each) for each in silent.tick(NOON + 31)] == [Close]
    log_in(okx, private)
    assert list(private.tick(NOON + 1)) == []
    okx.dialect.expire_user_streams(okx.account)
    assert [type(each) for each in private.tick(NOON + 1)] == [Close]


def test_two_markets_are_announced_that_have_no_names_yet(okx: Client) -> None:
    told = data(okx.public("/public/instruments", instType="SPOT"))["data"]
    nameless = [each for each in told if not each["baseCcy"] and not each["quoteCcy"]]
    assert [each["state"] for each in nameless] == ["preopen", "preopen"]
    assert len({each["instId"] for each in told}) == len(told) == len(okx.dialect.venue.markets) + 2
    (one,) = data(okx.public("/public/instruments", instType="SPOT", instId="BTC-USDT"))["data"]
    assert one["baseCcy"] == "BTC"
