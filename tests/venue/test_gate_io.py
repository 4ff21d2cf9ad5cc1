"""Gate: who is let in, what is refused in which words, and what its streams say."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from harness.venue.dialects import dialect
from harness.venue.dialects.base import Dialect
from harness.venue.dialects.messages import Outgoing, Reply, Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.model import Account, Side
from harness.venue.session import Venue
from tests.venue.world import FUNDS, NOON, StillClock, data, texts

D = Decimal
GateIo = dialect("gate_io")
HOST = "api.gateio.ws"
ORDER = {"currency_pair": "BTC_USDT", "side": "buy", "amount": "0.01", "price": "50000", "text": "t-one"}


@dataclass
class Gate:
    dialect: Dialect
    account: Account

    def public(self, path: str, **query: str) -> Reply:
        return self.dialect.handle(Request("GET", HOST, f"/api/v4{path}", list(query.items()), at=NOON))

    def signed(
        self, method: str, path: str, body: Any = None, at: float = NOON, spoilt: Mapping[str, str] = {}
    ) -> Reply:
        raw = b"" if body is None else json.dumps(body).encode()
        path, _, query = f"/api/v4{path}".partition("?")
        text = f"{method}\n{path}\n{query}\n{hashlib.sha512(raw).hexdigest()}\n{at}"
        sign = hmac.new(self.account.api_secret.encode(), text.encode(), hashlib.sha512).hexdigest()
        headers = {"KEY": self.account.api_key, "Timestamp": str(at), "SIGN": sign}
        headers |= {"Content-Type": "application/json", **spoilt}
        pairs = [(part.split("=")[0], part.split("=")[1]) for part in query.split("&") if part]
        return self.dialect.handle(Request(method, HOST, path, pairs, headers, raw, NOON, query))

    def place(self, **changed: Any) -> Reply:
        order = {key: value for key, value in {**ORDER, **changed}.items() if value is not None}
        return self.signed("POST", "/spot/orders", order)


@pytest.fixture
def gate() -> Iterator[Gate]:
    venue = Venue(GateIo.markets, 7, StillClock())
    for market in venue.markets:
        venue.seed_book(market, 10)
    yield Gate(GateIo(venue), venue.account("maker", FUNDS))
    assert not any(venue.ledger_totals().values())


def label(reply: Reply) -> tuple[int, str]:
    return reply.status, data(reply)["label"]


@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        ({"KEY": ""}, (401, "MISSING_REQUIRED_HEADER")),
        ({"KEY": "nobody"}, (401, "INVALID_KEY")),
        ({"SIGN": "0" * 128}, (401, "INVALID_SIGNATURE")),
        ({"Timestamp": "noon"}, (401, "INVALID_PARAM_VALUE")),
    ],
)
def test_who_is_not_let_in(gate: Gate, spoilt: dict[str, str], expected: tuple[int, str]) -> None:
    assert label(gate.signed("GET", "/spot/accounts", spoilt=spoilt)) == expected


def test_a_stale_request_has_expired(gate: Gate) -> None:
    assert gate.signed("GET", "/spot/accounts", at=NOON - 59).status == 200
    assert label(gate.signed("GET", "/spot/accounts", at=NOON - 61)) == (403, "REQUEST_EXPIRED")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"currency_pair": "BTC_EUR"}, "INVALID_CURRENCY_PAIR"),
        ({"price": "50000.001"}, "INVALID_PRECISION"),
        ({"amount": "0.010000001"}, "INVALID_PRECISION"),
        ({"amount": "0.00001"}, "INVALID_PARAM_VALUE"),
        ({"amount": "1E-2"}, "INVALID_PARAM_VALUE"),
        ({"amount": "1000"}, "BALANCE_NOT_ENOUGH"),
        ({"text": "one"}, "INVALID_PARAM_VALUE"),
        ({"text": "t-" + "x" * 29}, "INVALID_PARAM_VALUE"),
        ({"time_in_force": "poc", "price": "70000"}, "POC_FILL_IMMEDIATELY"),
        ({"side": "hold"}, "INVALID_PARAM_VALUE"),
    ],
)
def test_what_is_refused(gate: Gate, changed: dict[str, str], expected: str) -> None:
    assert label(gate.place(**changed)) == (400, expected)


def test_an_order_is_found_by_its_number_and_by_its_text(gate: Gate) -> None:
    placed = gate.place()
    assert placed.status == 201
    number = data(placed)["id"]
    for name in (number, "t-one"):
        found = data(gate.signed("GET", f"/spot/orders/{name}?currency_pair=BTC_USDT"))
        assert (found["id"], found["status"], found["left"]) == (number, "open", "0.01")
    assert (
        data(gate.signed("DELETE", f"/spot/orders/{number}?currency_pair=BTC_USDT"))["status"] == "cancelled"
    )
    again = gate.signed("DELETE", f"/spot/orders/{number}?currency_pair=BTC_USDT")
    assert label(again) == (400, "ORDER_CLOSED")
    assert label(gate.signed("GET", "/spot/orders/99?currency_pair=BTC_USDT")) == (404, "ORDER_NOT_FOUND")


@pytest.mark.parametrize("force", [None, "gtc", "poc"])
def test_a_market_order_names_a_time_in_force_that_does_not_rest(gate: Gate, force: str | None) -> None:
    order = {"type": "market", "amount": "700", "price": None, "time_in_force": force}
    assert label(gate.place(**order)) == (400, "INVALID_PARAM_VALUE")
    assert gate.place(**order | {"time_in_force": "ioc"}).status == 201


def test_a_body_has_to_be_said_to_be_json(gate: Gate) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert label(gate.signed("POST", "/spot/orders", ORDER, spoilt=form)) == (400, "INVALID_CONTENT_TYPE")


def test_a_market_buy_names_quote(gate: Gate) -> None:
    bought = data(gate.place(type="market", amount="700", price=None, time_in_force="ioc"))
    assert (bought["amount"], bought["status"]) == ("700", "closed")
    assert 690 < D(bought["filled_total"]) <= 700


def test_ten_orders_a_second(gate: Gate) -> None:
    statuses = [gate.place(text=f"t-{n}", amount="0.001").status for n in range(11)]
    assert statuses == [201] * 10 + [429]
    limited = gate.place(text="t-last")
    assert label(limited) == (429, "TOO_MANY_REQUESTS")
    assert limited.headers["X-Gate-RateLimit-Requests-Remain"] == "0"


def test_the_book_is_ten_deep_unless_told(gate: Gate) -> None:
    market = gate.dialect.venue.markets[0]
    gate.dialect.venue.seed_book(market, 30)
    assert len(data(gate.public("/spot/order_book", currency_pair="BTC_USDT"))["bids"]) == 10
    deep = data(gate.public("/spot/order_book", currency_pair="BTC_USDT", limit="100", with_id="true"))
    assert (len(deep["bids"]), deep["id"]) == (30, gate.dialect.venue.book(market).sequence)


def subscribe(session: StreamSession, channel: str, payload: list[str] | None = None, **more: Any) -> Any:
    said = {"id": 1, "time": int(NOON), "channel": channel, "event": "subscribe", "payload": payload, **more}
    return texts(list(session.received(json.dumps(said))))


def signature(gate: Gate, channel: str) -> dict[str, str]:
    text = f"channel={channel}&event=subscribe&time={int(NOON)}"
    sign = hmac.new(gate.account.api_secret.encode(), text.encode(), hashlib.sha512).hexdigest()
    return {"method": "api_key", "KEY": gate.account.api_key, "SIGN": sign}


@pytest.fixture
def session(gate: Gate) -> StreamSession:
    opened = gate.dialect.open_stream(Request("GET", HOST, "/ws/v4/"))
    assert isinstance(opened, StreamSession)
    return opened


def test_diffs_join_without_a_gap(gate: Gate, session: StreamSession) -> None:
    venue, market = gate.dialect.venue, gate.dialect.venue.markets[0]
    subscribe(session, "spot.order_book_update", ["BTC_USDT", "100ms"])
    assert session.carries() == {"stream:book"}
    before = venue.book(market).sequence
    told: list[Outgoing] = []
    venue.subscribe(lambda event: told.extend(session.venue_event(event)))
    diffs = []
    for step in range(1, 4):
        venue.set_level(market, Side.BUY, D(40000 + step), D(1))
        venue.set_level(market, Side.BUY, D(40000), D(step))
        diffs += texts(list(session.tick(NOON + step)))
    spans = [(diff["result"]["U"], diff["result"]["u"]) for diff in diffs]
    assert [first for first, _ in spans] == [before + 1, *(last + 1 for _, last in spans[:-1])]
    assert spans[-1][1] == venue.book(market).sequence
    assert diffs[-1]["result"]["b"] == [["40003", "1"], ["40000", "3"]]


@pytest.mark.parametrize(
    ("payload", "spoilt", "expected"),
    [
        (["BTC_USDT"], {"KEY": "nobody"}, "INVALID_KEY"),
        (["BTC_USDT"], {"SIGN": "0"}, "INVALID_SIGNATURE"),
    ],
)
def test_private_channels_are_signed(
    gate: Gate, session: StreamSession, payload: list[str], spoilt: dict[str, str], expected: str
) -> None:
    (answer,) = subscribe(session, "spot.orders", payload, auth={**signature(gate, "spot.orders"), **spoilt})
    assert answer["error"]["code"] == 4
    assert expected in answer["error"]["message"]
    assert session.carries() == frozenset()


def test_an_order_and_its_fills_are_told_to_its_owner(gate: Gate, session: StreamSession) -> None:
    venue = gate.dialect.venue
    for channel in ("spot.orders", "spot.usertrades"):
        subscribe(session, channel, ["!all"], auth=signature(gate, channel))
    told: list[Any] = []
    venue.subscribe(lambda event: told.extend(texts(list(session.venue_event(event)))))
    number = int(data(gate.place())["id"])
    venue.fill(number, D("0.004"))
    venue.cancel(gate.account, number)
    said = [(t["channel"], t["result"][0].get("event"), t["result"][0].get("left")) for t in told]
    assert said == [
        ("spot.orders", "put", "0.01"),
        ("spot.orders", "update", "0.006"),
        ("spot.usertrades", None, None),
        ("spot.orders", "finish", "0.006"),
    ]


def test_unknown_pairs_and_channels(session: StreamSession) -> None:
    for channel, payload, code in (("spot.trades", ["NO_PAIR"], 2), ("spot.nothing", [], 1)):
        (answer,) = subscribe(session, channel, payload)
        assert answer["error"]["code"] == code
    assert texts(list(session.received('{"channel":"spot.ping"}')))[0]["channel"] == "spot.pong"
