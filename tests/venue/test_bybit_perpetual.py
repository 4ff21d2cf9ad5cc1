"""Bybit's perpetuals: refusals, positions, modes, leverage, funding, and what their streams say."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from harness.venue.dialects.bybit_perpetual import BybitPerpetual
from harness.venue.model import PositionSide
from harness.venue.positions import PositionMode
from harness.venue.session import Venue
from tests.venue.test_bybit import Client, code, log_in, say
from tests.venue.world import NOON, StillClock, data, texts

D = Decimal
ORDER = {
    "category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01",
    "price": "50000", "positionIdx": 0,
}  # fmt: skip
LEVERAGE = {"category": "linear", "symbol": "BTCUSDT", "buyLeverage": "7", "sellLeverage": "7"}
SYMBOL = {"category": "linear", "symbol": "BTCUSDT"}


@pytest.fixture
def linear() -> Iterator[Client]:
    clock = StillClock()
    venue = Venue(BybitPerpetual.markets, 7, clock)
    for market in venue.markets:
        venue.seed_book(market, 30)
    yield Client(BybitPerpetual(venue), venue.account("maker", {"USDT": D(100_000)}), clock)
    assert not any(venue.ledger_totals().values())


def place(linear: Client, **changed: Any) -> int:
    order = {name: value for name, value in {**ORDER, **changed}.items() if value is not None}
    return code(linear.signed("POST", "/order/create", order))


def trade(linear: Client, side: str, qty: str = "0.01", **changed: Any) -> int:
    return place(linear, side=side, qty=qty, orderType="Market", price=None, **changed)


def listed(linear: Client, path: str) -> Any:
    answer = data(linear.signed("GET", path))
    assert answer["retCode"] == 0, answer
    return answer["result"]["list"]


def positions(linear: Client) -> list[tuple[int, str, str]]:
    found = listed(linear, "/position/list?category=linear&symbol=BTCUSDT")
    return [(each["positionIdx"], each["side"], each["size"]) for each in found]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"symbol": "BTCEUR"}, 10001),
        ({"category": "spot"}, 10001),
        ({"price": "50000.01"}, 10001),
        ({"price": "1000001"}, 110003),
        ({"qty": "0.0101"}, 10001),
        ({"qty": "0"}, 10001),
        ({"symbol": "1000SATSUSDT", "price": "0.0002", "qty": "1"}, 110094),
        ({"qty": "1000"}, 110007),
        ({"reduceOnly": True}, 110017),
        ({"qty": "0", "reduceOnly": True, "closeOnTrigger": True}, 110017),
        ({"positionIdx": 1}, 10001),
        ({"positionIdx": 3}, 10001),
        ({"side": "Hold"}, 10001),
    ],
)
def test_what_is_refused(linear: Client, changed: dict[str, Any], expected: int) -> None:
    assert place(linear, **changed) == expected


def test_orders_that_are_refused_for_their_state(linear: Client) -> None:
    assert [place(linear, orderLinkId="one") for _ in range(2)] == [0, 110072]
    cancel = {**SYMBOL, "orderLinkId": "one"}
    assert [code(linear.signed("POST", "/order/cancel", cancel)) for _ in range(2)] == [0, 110001]
    (ended,) = listed(linear, "/order/realtime?category=linear&orderLinkId=one")
    assert (ended["orderStatus"], ended["positionIdx"]) == ("Cancelled", 0)
    linear.dialect.venue.halt(linear.dialect.venue.markets[0])
    assert place(linear) == 110074


def test_a_post_only_order_that_would_take_is_canceled(linear: Client) -> None:
    assert place(linear, orderLinkId="one", timeInForce="PostOnly", price="70000") == 0
    (ended,) = listed(linear, "/order/realtime?category=linear&orderLinkId=one")
    assert (ended["orderStatus"], ended["cumExecQty"]) == ("Cancelled", "0")
    assert ended["rejectReason"] == "EC_PostOnlyWillTakeLiquidity"
    assert linear.dialect.venue.open_orders(linear.account) == ()


def test_a_canceled_order_is_canceled_though_it_was_filled_in_part(linear: Client) -> None:
    place(linear, orderLinkId="one")
    (order,) = linear.dialect.venue.open_orders(linear.account)
    linear.dialect.venue.fill(order.order_id, D("0.004"))
    linear.signed("POST", "/order/cancel", {**SYMBOL, "orderLinkId": "one"})
    (ended,) = listed(linear, "/order/realtime?category=linear&orderLinkId=one")
    assert (ended["orderStatus"], ended["cumExecQty"]) == ("Cancelled", "0.004")


def test_a_position_is_opened_and_closed(linear: Client) -> None:
    assert positions(linear) == [(0, "", "0")]
    assert trade(linear, "Sell") == 0
    assert positions(linear) == [(0, "Sell", "0.01")]
    assert len(listed(linear, "/position/list?category=linear&settleCoin=USDT")) == 1
    assert trade(linear, "Sell", reduceOnly=True) == 110017
    assert trade(linear, "Buy", "0", reduceOnly=True, closeOnTrigger=True) == 0
    assert positions(linear) == [(0, "", "0")]
    assert listed(linear, "/position/list?category=linear&settleCoin=USDT") == []
    assert code(linear.signed("GET", "/position/list?category=linear")) == 10001


def test_positions_of_a_coin_are_listed_by_pages(linear: Client) -> None:
    """Newest first, and each once."""
    for number, symbol in enumerate(("BTCUSDT", "ETHUSDT", "1000SATSUSDT")):
        linear.clock.time += number
        market = linear.dialect.market_named(symbol)
        amount = str(max(market.min_amount, market.lot_size * 100) * (1000 if symbol[0] == "1" else 1))
        assert trade(linear, "Buy", amount, symbol=symbol) == 0
    pages, cursor = [], ""
    for _ in range(3):
        path = f"/position/list?category=linear&settleCoin=USDT&limit=1&cursor={cursor}"
        answer = data(linear.signed("GET", path))["result"]
        pages.append([each["symbol"] for each in answer["list"]])
        cursor = answer["nextPageCursor"]
    assert (pages, cursor) == ([["1000SATSUSDT"], ["ETHUSDT"], ["BTCUSDT"]], "")


def test_both_sides_are_held_in_hedge_mode(linear: Client) -> None:
    def switch(mode: int) -> int:
        return code(linear.signed("POST", "/position/switch-mode", {**SYMBOL, "mode": mode}))

    assert [switch(mode) for mode in (0, 7, 3, 3)] == [110025, 10001, 0, 110025]
    assert linear.dialect.venue.position_mode(linear.account) is PositionMode.HEDGE
    assert trade(linear, "Buy") == 10001
    assert [trade(linear, "Buy", positionIdx=1), trade(linear, "Sell", positionIdx=2)] == [0, 0]
    assert positions(linear) == [(1, "Buy", "0.01"), (2, "Sell", "0.01")]
    assert switch(0) == 110024
    assert trade(linear, "Sell", positionIdx=1, reduceOnly=True) == 0
    assert trade(linear, "Buy", positionIdx=2, reduceOnly=True) == 0
    place(linear, positionIdx=1)
    assert switch(0) == 110028
    assert positions(linear) == [(1, "Buy", "0"), (2, "Sell", "0")]


def test_leverage(linear: Client) -> None:
    def ask(**changed: str) -> int:
        return code(linear.signed("POST", "/position/set-leverage", {**LEVERAGE, **changed}))

    assert [ask(), ask(), ask(sellLeverage="8")] == [0, 110043, 10001]
    assert ask(buyLeverage="126", sellLeverage="126") == 110013
    venue = linear.dialect.venue
    assert venue.leverage(linear.account, venue.markets[0]) == 7


def test_funding_is_logged_newest_first(linear: Client) -> None:
    venue = linear.dialect.venue
    trade(linear, "Buy")
    for rate in ("0.0001", "-0.0002"):
        venue.set_funding_rate(venue.markets[0], D(rate))
        venue.pay_funding(venue.markets[0])
    got, paid = listed(linear, "/account/transaction-log?category=linear&type=SETTLEMENT")
    assert (got["feeRate"], paid["feeRate"], paid["size"]) == ("-0.0002", "0.0001", "0.01")
    assert D(paid["funding"]) < 0 < D(got["funding"])
    assert listed(linear, "/account/transaction-log?category=linear&type=TRADE") == []


def test_the_wallet_knows_margin_and_profit(linear: Client) -> None:
    venue = linear.dialect.venue
    trade(linear, "Buy")
    venue.set_mark(venue.markets[0], D(66_000))
    (wallet,) = listed(linear, "/account/wallet-balance?accountType=UNIFIED")
    (usdt,) = (coin for coin in wallet["coin"] if coin["coin"] == "USDT")
    margin = venue.margin(linear.account, "USDT")
    assert D(usdt["equity"]) == D(usdt["walletBalance"]) + margin.unrealised_pnl > margin.wallet
    free = data(linear.signed("GET", "/account/withdrawal?coinName=USDT"))["result"]
    assert D(free["availableWithdrawal"]) == margin.available < margin.wallet


def test_the_book_is_25_deep_and_nothing_is_inverse(linear: Client) -> None:
    assert len(linear.public("/market/orderbook", **SYMBOL)["result"]["b"]) == 25
    assert linear.public("/market/instruments-info", category="inverse")["result"]["list"] == []
    (told, *_) = linear.public("/market/instruments-info", category="linear")["result"]["list"]
    assert (told["fundingInterval"], told["lotSizeFilter"]["qtyStep"]) == (480, "0.001")


def test_twenty_orders_a_second(linear: Client) -> None:
    assert [place(linear) for _ in range(21)] == [0] * 20 + [10006]


def test_a_ticker_tells_what_has_changed(linear: Client) -> None:
    venue, session = linear.dialect.venue, linear.stream("public/linear")
    _, first = say(session, "subscribe", "tickers.BTCUSDT")
    assert (first["type"], D(first["data"]["fundingRate"])) == ("snapshot", D("0.0001"))
    assert list(session.tick(NOON + 1)) == []
    venue.set_mark(venue.markets[0], D(65_000))
    (delta,) = texts(list(session.tick(NOON + 2)))
    assert (delta["type"], delta["data"]) == ("delta", {"symbol": "BTCUSDT", "markPrice": "65000"})
    assert list(session.tick(NOON + 3)) == []


def test_positions_are_told_to_their_owner_until_the_stream_ends(linear: Client) -> None:
    session, told = linear.stream("private"), list[Any]()
    assert log_in(linear, session)
    say(session, "subscribe", "position")
    venue = linear.dialect.venue
    venue.subscribe(lambda event: told.extend(texts(list(session.venue_event(event)))))
    trade(linear, "Sell")
    trade(linear, "Buy")
    said = [(m["topic"], m["data"][0]["side"], m["data"][0]["size"]) for m in told]
    assert said == [("position", "Sell", "0.01"), ("position", "", "0")]
    assert venue.position(linear.account, venue.markets[0], PositionSide.BOTH).size == 0
    linear.dialect.expire_user_streams(linear.account)
    (end,) = session.tick(NOON)
    assert type(end).__name__ == "Close"
