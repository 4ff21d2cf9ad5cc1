"""Binance's perpetuals: refusals, signatures, limits, positions, funding, and what their streams say."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from harness.venue.dialects.binance_perpetual import BinancePerpetual
from harness.venue.dialects.messages import Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.model import Side
from harness.venue.positions import PositionMode
from harness.venue.session import Venue
from tests.venue.world import NOON, Client, StillClock, code, data, read_by, texts

D = Decimal
ORDER = {
    "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01",
    "price": "50000",
}  # fmt: skip
MARKET = {"type": "MARKET", "timeInForce": None, "price": None}
HOUR = 3600.0


@pytest.fixture
def futures() -> Iterator[Client]:
    venue = Venue(BinancePerpetual.markets, 7, StillClock())
    for market in venue.markets:
        venue.seed_book(market, 30)
    account = venue.account("maker", {"USDT": D(100_000)}, BinancePerpetual.key_lengths)
    yield Client(BinancePerpetual(venue), account, "fapi.binance.com")
    assert not any(venue.ledger_totals().values())


def place(futures: Client, **changed: Any) -> Any:
    order = {name: value for name, value in {**ORDER, **changed}.items() if value is not None}
    return data(futures.signed("POST", "/fapi/v1/order", order))


def get(futures: Client, path: str, **params: Any) -> Any:
    return data(futures.signed("GET", f"/fapi/{path}", params))


def position(futures: Client) -> tuple[str, str, str]:
    (found,) = get(futures, "v2/positionRisk", symbol="BTCUSDT")
    return found["positionSide"], found["positionAmt"], found["leverage"]


def session(futures: Client, path: str, query: tuple[tuple[str, str], ...] = ()) -> StreamSession:
    opened = futures.dialect.open_stream(
        Request("GET", "fstream.binance.com", path, list(query), {}, at=NOON)
    )
    assert isinstance(opened, StreamSession)
    return opened


def happened(futures: Client, on: StreamSession) -> list[Any]:
    """Collects what a session is told from now on, of everything that happens."""
    told: list[Any] = []
    futures.dialect.venue.subscribe(lambda event: told.extend(texts([*on.venue_event(event)])))
    return told


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"symbol": "BTCEUR"}, -1121),
        ({"side": "HOLD"}, -1117),
        ({"type": "SOMETHING"}, -1116),
        ({"type": "STOP_MARKET"}, -4120),
        ({"timeInForce": "DAY"}, -1115),
        ({"timeInForce": None}, -1102),
        ({"price": None}, -1102),
        ({"price": "50000.01"}, -1111),
        ({"price": "5E4"}, -1100),
        ({"price": "1000001"}, -4002),
        ({"quantity": "0.0101"}, -1111),
        ({"quantity": "0"}, -4004),
        ({"symbol": "1000SATSUSDT", "price": "0.0002", "quantity": "1"}, -4164),
        ({"quantity": "1000"}, -2019),
        ({"price": "65000", "timeInForce": "GTX"}, -5022),
        ({"reduceOnly": "true"}, -2022),
        ({"positionSide": "LONG"}, -4061),
        ({"positionSide": "UP"}, -4060),
        ({"newClientOrderId": "a b"}, -1100),
    ],
)
def test_what_is_refused(futures: Client, changed: dict[str, Any], expected: int) -> None:
    assert place(futures, **changed)["code"] == expected
    assert futures.dialect.venue.orders(futures.account) == ()


def test_orders_that_are_refused_for_their_state(futures: Client) -> None:
    assert place(futures, newClientOrderId="one")["status"] == "NEW"
    assert place(futures, newClientOrderId="one")["code"] == -4116
    named = {"symbol": "BTCUSDT", "origClientOrderId": "one"}
    assert data(futures.signed("DELETE", "/fapi/v1/order", named))["status"] == "CANCELED"
    assert code(futures.signed("DELETE", "/fapi/v1/order", named)) == -2011
    assert get(futures, "v1/order", symbol="BTCUSDT", orderId=1)["code"] == -2013
    assert get(futures, "v1/openOrder", **named)["code"] == -2013
    futures.dialect.venue.halt(futures.dialect.venue.markets[0])
    assert place(futures)["code"] == -4108


def test_keys_and_signatures(futures: Client) -> None:
    assert code(futures.call("GET", "/fapi/v2/account", {"timestamp": 1, "signature": "0" * 64})) == -2014
    futures.offset_ms = -60_000
    assert get(futures, "v2/account")["code"] == -1021
    futures.offset_ms = 0
    futures.sign = lambda text: "0" * 64  # type: ignore[method-assign]
    assert get(futures, "v2/account")["code"] == -1022


def test_the_weight_of_a_minute_runs_out(futures: Client) -> None:
    replies = [
        futures.call("GET", "/fapi/v1/depth", {"symbol": "BTCUSDT", "limit": 1000}) for _ in range(121)
    ]
    assert [reply.status for reply in replies] == [200] * 120 + [429]
    assert replies[1].headers["X-MBX-USED-WEIGHT-1M"] == "40"
    assert replies[-1].headers["Retry-After"]


def test_a_position_is_opened_and_closed(futures: Client) -> None:
    assert position(futures) == ("BOTH", "0.000", "20")
    assert (
        data(futures.signed("POST", "/fapi/v1/leverage", {"symbol": "BTCUSDT", "leverage": 7}))["leverage"]
        == 7
    )
    assert code(futures.signed("POST", "/fapi/v1/leverage", {"symbol": "BTCUSDT", "leverage": 126})) == -4028
    assert place(futures, side="SELL", **MARKET, newOrderRespType="RESULT")["status"] == "FILLED"
    assert position(futures) == ("BOTH", "-0.010", "7")
    assert len(get(futures, "v3/positionRisk")) == 1
    closing = place(futures, **{**MARKET, "quantity": "0.05"}, reduceOnly="true", newOrderRespType="RESULT")
    assert (closing["executedQty"], closing["reduceOnly"]) == ("0.010", True)
    assert position(futures)[1] == "0.000"
    assert get(futures, "v3/positionRisk") == []
    kinds = [each["incomeType"] for each in get(futures, "v1/income")]
    assert sorted(kinds) == ["COMMISSION", "COMMISSION", "REALIZED_PNL"]


def test_both_sides_are_held_in_hedge_mode(futures: Client) -> None:
    def switch(dual: str) -> int:
        return code(futures.signed("POST", "/fapi/v1/positionSide/dual", {"dualSidePosition": dual}))

    assert [switch(dual) for dual in ("false", "maybe", "True", "true")] == [-4059, -1102, 200, -4059]
    assert futures.dialect.venue.position_mode(futures.account) is PositionMode.HEDGE
    assert get(futures, "v1/positionSide/dual") == {"dualSidePosition": True}
    assert place(futures)["code"] == -4061
    assert place(futures, positionSide="LONG", reduceOnly="true")["code"] == -1106
    for side, which in (("BUY", "LONG"), ("SELL", "SHORT")):
        place(futures, side=side, positionSide=which, **MARKET)
    held = [(each["positionSide"], each["positionAmt"]) for each in get(futures, "v3/positionRisk")]
    assert held == [("LONG", "0.010"), ("SHORT", "-0.010")]
    assert switch("false") == -4068
    place(futures, positionSide="LONG")
    assert switch("false") == -4067


def test_funding_is_told_with_its_sign(futures: Client) -> None:
    venue = futures.dialect.venue
    place(futures, **MARKET)
    key = data(futures.call("POST", "/fapi/v1/listenKey", key=futures.account.api_key))["listenKey"]
    told = happened(futures, session(futures, "/private/ws", (("listenKey", key),)))
    venue.pay_funding(venue.markets[0])
    (payment,) = venue.funding_payments(futures.account)
    (income,) = get(futures, "v1/income", incomeType="FUNDING_FEE")
    assert D(income["income"]) == payment.amount < 0
    (update,) = told
    assert (update["e"], update["a"]["m"]) == ("ACCOUNT_UPDATE", "FUNDING_FEE")
    assert D(update["a"]["B"][0]["bc"]) == payment.amount


def test_a_fill_is_told_with_the_position(futures: Client) -> None:
    key = data(futures.call("POST", "/fapi/v1/listenKey", key=futures.account.api_key))["listenKey"]
    stream = session(futures, "/private/stream", (("listenKey", key),))
    assert stream.carries() == {"stream:orders", "stream:balances", "stream:positions"}
    told = happened(futures, stream)
    venue = futures.dialect.venue
    order = place(futures)
    venue.fill(order["orderId"], D("0.004"))
    bodies = [message["data"] for message in told]
    updates = [body["o"] for body in bodies if body["e"] == "ORDER_TRADE_UPDATE"]
    assert [(o["x"], o["X"], o["l"], o["z"]) for o in updates] == [
        ("NEW", "NEW", "0.000", "0.000"),
        ("TRADE", "PARTIALLY_FILLED", "0.004", "0.004"),
    ]
    (changed,) = [body["a"]["P"] for body in bodies if body["e"] == "ACCOUNT_UPDATE"]
    assert [(p["s"], p["pa"], p["ep"], p["ps"]) for p in changed] == [
        ("BTCUSDT", "0.004", "50000.00000000", "BOTH")
    ]


def test_depth_updates_are_chained(futures: Client) -> None:
    venue = futures.dialect.venue
    clock, market = venue.clock, venue.markets[0]
    assert isinstance(clock, StillClock)
    stream = session(futures, "/public/stream", (("streams", "btcusdt@depth@100ms"),))
    venue.subscribe(read_by(stream))
    diffs = []
    for step in (1, 2, 3):
        venue.walk(5, market)
        clock.time += 1
        diffs += [message["data"] for message in texts([*stream.tick(NOON + step)])]
    assert len(diffs) == 3
    assert [diff["pu"] for diff in diffs[1:]] == [diff["u"] for diff in diffs[:-1]]
    assert all(diff["U"] <= diff["u"] for diff in diffs)


def test_the_mark_price_is_told_by_the_clock(futures: Client) -> None:
    venue = futures.dialect.venue
    venue.set_mark(venue.markets[0], D("64123.4"))
    stream = session(futures, "/market/stream", (("streams", "btcusdt@markPrice@1s"),))
    assert stream.carries() == {"stream:mark_price"}
    told = [message["data"] for second in (0, 0.5, 1) for message in texts([*stream.tick(NOON + second)])]
    assert [(each["e"], D(each["p"])) for each in told] == [("markPriceUpdate", D("64123.4"))] * 2


def test_a_listen_key_runs_out(futures: Client) -> None:
    clock = futures.dialect.venue.clock
    assert isinstance(clock, StillClock)
    key = data(futures.call("POST", "/fapi/v1/listenKey", key=futures.account.api_key))["listenKey"]
    stream = session(futures, "/private/ws", (("listenKey", key),))
    clock.time += HOUR - 1
    assert data(futures.call("PUT", "/fapi/v1/listenKey", key=futures.account.api_key)) == {"listenKey": key}
    clock.time += HOUR - 1
    assert [*stream.tick(clock.time)] == []
    clock.time += 2
    (expired,) = texts([*stream.tick(clock.time)])
    assert expired["e"] == "listenKeyExpired"
    assert stream.carries() == frozenset()
    assert code(futures.call("PUT", "/fapi/v1/listenKey", key=futures.account.api_key)) == -1125


def test_margin_is_told_as_the_venue_reckons_it(futures: Client) -> None:
    venue, market = futures.dialect.venue, futures.dialect.venue.markets[0]
    place(futures, **MARKET)
    place(futures, side="SELL", price="70000", quantity="0.5")
    venue.set_mark(market, venue.mark_price(market) + 100)
    margin = venue.margin(futures.account, "USDT")
    (asset,) = get(futures, "v3/account")["assets"]
    told = {name: D(asset[name]) for name in ("walletBalance", "unrealizedProfit", "availableBalance")}
    ours = (margin.wallet, margin.unrealised_pnl, margin.available)
    assert all(abs(a - b) < D("0.00000001") for a, b in zip(told.values(), ours, strict=True))
    assert margin.unrealised_pnl > 0
    assert venue.position(futures.account, market).size == D("0.01")
    assert venue.open_orders(futures.account)[0].side is Side.SELL
