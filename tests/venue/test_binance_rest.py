"""Market data, orders and errors of the binance dialect's REST side."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from harness.venue.dialects.binance import Binance
from harness.venue.model import NewOrder, Side
from tests.venue.world import Client, code, data, venue

ORDER = "/api/v3/order"
GOOD = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001"}
PRICE = {"price": "50000.00"}


@pytest.fixture
def client() -> Client:
    world, account = venue(levels=10)
    return Client(Binance(world), account)


def place(client: Client, **changes: Any) -> Any:
    params = {**GOOD, **PRICE, **changes}
    return client.signed("POST", ORDER, {name: value for name, value in params.items() if value is not None})


def test_exchange_info_tells_the_rules_that_are_enforced(client: Client) -> None:
    symbols = {s["symbol"]: s for s in data(client.call("GET", "/api/v3/exchangeInfo"))["symbols"]}
    assert {"BTCUSDT", "1000SATSUSDT", "WBTCBTC"} <= set(symbols)
    filters = {f["filterType"]: f for f in symbols["WBTCBTC"]["filters"]}
    assert (symbols["WBTCBTC"]["baseAsset"], symbols["WBTCBTC"]["quoteAsset"]) == ("WBTC", "BTC")
    assert filters["LOT_SIZE"]["stepSize"] == "0.00007000"
    assert filters["PRICE_FILTER"]["tickSize"] == "0.00010000"
    assert filters["NOTIONAL"]["minNotional"] == "0.00010000"
    assert {s["status"] for s in symbols.values()} == {"TRADING"}
    client.dialect.venue.halt(client.dialect.venue.market("ETH-USDT"))
    (one,) = data(client.call("GET", "/api/v3/exchangeInfo", {"symbol": "ETHUSDT"}))["symbols"]
    assert one["status"] == "BREAK"


def test_the_book_is_the_venues(client: Client) -> None:
    world = client.dialect.venue
    book = world.book(world.market("1000SATS-USDT"), 5)
    told = data(client.call("GET", "/api/v3/depth", {"symbol": "1000SATSUSDT", "limit": 5}))
    assert told["lastUpdateId"] == book.sequence
    assert [[Decimal(x) for x in row] for row in told["bids"]] == [[x.price, x.amount] for x in book.bids]
    assert [[Decimal(x) for x in row] for row in told["asks"]] == [[x.price, x.amount] for x in book.asks]
    assert "E" not in str(told["bids"])


@pytest.mark.parametrize(
    ("params", "expected"),
    [({}, -1102), ({"symbol": ""}, -1102), ({"symbol": "BTC-USDT"}, -1121), ({"symbol": "btcusdt"}, -1121)],
)
def test_a_symbol_must_be_one(client: Client, params: dict[str, str], expected: int) -> None:
    reply = client.call("GET", "/api/v3/depth", params)
    assert (reply.status, code(reply)) == (400, expected)


def test_trades_and_tickers_follow_the_market(client: Client) -> None:
    world = client.dialect.venue
    market = world.market("BTC-USDT")
    world.walk(200, market)
    trades = world.trades(market)
    told = data(client.call("GET", "/api/v3/trades", {"symbol": "BTCUSDT", "limit": 3}))
    assert [trade["id"] for trade in told] == [trade.trade_id for trade in trades[-3:]]
    assert told[-1]["isBuyerMaker"] == (trades[-1].taker_side is Side.SELL)
    day = data(client.call("GET", "/api/v3/ticker/24hr", {"symbol": "BTCUSDT"}))
    assert Decimal(day["lastPrice"]) == trades[-1].price
    assert Decimal(day["volume"]) == sum(trade.amount for trade in trades)
    assert Decimal(day["lowPrice"]) <= Decimal(day["weightedAvgPrice"]) <= Decimal(day["highPrice"])
    top = {t["symbol"]: t for t in data(client.call("GET", "/api/v3/ticker/bookTicker"))}
    assert Decimal(top["BTCUSDT"]["bidPrice"]) == world.book(market).bids[0].price
    later = {"symbol": "BTCUSDT", "fromId": told[1]["id"]}
    followed = data(client.call("GET", "/api/v3/aggTrades", later))
    assert [trade["a"] for trade in followed] == [trade["id"] for trade in told[1:]]
    some = data(client.call("GET", "/api/v3/ticker/price", {"symbols": '["BTCUSDT","WBTCBTC"]'}))
    assert [ticker["symbol"] for ticker in some] == ["BTCUSDT", "WBTCBTC"]
    assert code(client.call("GET", "/api/v3/ticker/price", {"symbols": "BTCUSDT"})) == -1100


def test_a_whole_order_life(client: Client) -> None:
    world = client.dialect.venue
    placed = data(place(client, newClientOrderId="hb-1"))
    assert (placed["status"], placed["clientOrderId"], placed["fills"]) == ("NEW", "hb-1", [])
    (listed,) = data(client.signed("GET", "/api/v3/openOrders", {"symbol": "BTCUSDT"}))
    assert listed["orderId"] == placed["orderId"]
    world.fill(placed["orderId"], Decimal("0.0004"))
    status = data(client.signed("GET", ORDER, {"symbol": "BTCUSDT", "origClientOrderId": "hb-1"}))
    assert (status["status"], status["executedQty"]) == ("PARTIALLY_FILLED", "0.00040000")
    assert status["cummulativeQuoteQty"] == "20.00000000"
    (trade,) = data(client.signed("GET", "/api/v3/myTrades", {"symbol": "BTCUSDT"}))
    assert (trade["commission"], trade["commissionAsset"]) == ("0.00000040", "BTC")
    assert (trade["isBuyer"], trade["isMaker"]) == (True, True)
    canceled = data(client.signed("DELETE", ORDER, {"symbol": "BTCUSDT", "orderId": placed["orderId"]}))
    assert (canceled["status"], canceled["origClientOrderId"]) == ("CANCELED", "hb-1")
    assert canceled["clientOrderId"] != "hb-1"
    balances = {b["asset"]: b for b in data(client.signed("GET", "/api/v3/account"))["balances"]}
    assert balances["USDT"] == {"asset": "USDT", "free": "99980.00000000", "locked": "0.00000000"}
    assert balances["BTC"]["free"] == "2.00039960"


def test_a_market_order_tells_its_fills(client: Client) -> None:
    reply = place(client, type="MARKET", timeInForce=None, price=None, quantity=None, quoteOrderQty="500")
    told = data(reply)
    assert told["status"] == "FILLED"
    paid = sum(Decimal(fill["price"]) * Decimal(fill["qty"]) for fill in told["fills"])
    assert Decimal(told["cummulativeQuoteQty"]) == paid
    assert Decimal(499) < paid <= 500
    assert told["fills"][0]["commissionAsset"] == "BTC"
    short = place(client, type="MARKET", timeInForce=None, price=None, newOrderRespType="ACK")
    assert set(data(short)) == {"symbol", "orderId", "orderListId", "clientOrderId", "transactTime"}


@pytest.mark.parametrize(
    ("changes", "expected", "words"),
    [
        ({"quantity": "0.0010000001"}, -1111, "'quantity' has too much precision"),
        ({"price": "50000.000000001"}, -1111, "'price' has too much precision"),
        ({"quantity": "0.000015"}, -1013, "Filter failure: LOT_SIZE"),
        ({"quantity": "0.000001"}, -1013, "Filter failure: LOT_SIZE"),
        ({"quantity": "10000000000"}, -1013, "Filter failure: LOT_SIZE"),
        ({"price": "50000.001"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"price": "0"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"price": "2000000"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"quantity": "0.00009"}, -1013, "Filter failure: NOTIONAL"),
        ({"quantity": "1e-3"}, -1100, "'quantity'; legal range"),
        ({"quantity": "0.001\n"}, -1100, "'quantity'; legal range"),
        ({"price": "-1"}, -1100, "'price'; legal range"),
        ({"quantity": "٣"}, -1100, "'quantity'; legal range"),
        ({"quantity": None}, -1102, "'quantity'"),
        ({"price": None}, -1102, "'price'"),
        ({"timeInForce": None}, -1102, "'timeInForce'"),
        ({"timeInForce": "GTX"}, -1115, "Invalid timeInForce"),
        ({"side": "buy"}, -1117, "Invalid side"),
        ({"type": "BEST"}, -1116, "Invalid orderType"),
        ({"type": "STOP_LOSS"}, -2010, "Stop loss orders are not supported"),
        ({"type": "LIMIT_MAKER"}, -1106, "'timeInForce' sent when not required"),
        ({"type": "MARKET", "timeInForce": None}, -1106, "'price' sent when not required"),
        ({"type": "LIMIT_MAKER", "timeInForce": None, "price": "90000"}, -2010, "immediately match and take"),
        ({"newClientOrderId": "x" * 37}, -1100, "'newClientOrderId'"),
        ({"newClientOrderId": "a b"}, -1100, "'newClientOrderId'"),
        ({"quantity": "100"}, -2010, "insufficient balance"),
        ({"symbol": "NOPE"}, -1121, "Invalid symbol"),
        ({"leverage": "5"}, -1104, "read '8' parameter(s) but was sent '9'"),
        ({"newOrderRespType": "LOUD"}, -1100, "newOrderRespType"),
    ],
)
def test_a_wrong_order_is_refused_as_binance_does(
    client: Client, changes: dict[str, Any], expected: int, words: str
) -> None:
    before = client.dialect.venue.ledger_rows()
    reply = place(client, **changes)
    assert (reply.status, code(reply)) == (400, expected)
    assert words in data(reply)["msg"]
    assert client.dialect.venue.ledger_rows() == before


def test_a_client_order_id_in_use_is_refused(client: Client) -> None:
    assert place(client, newClientOrderId="same").status == 200
    again = place(client, newClientOrderId="same")
    assert (code(again), data(again)["msg"]) == (-2010, "Duplicate order sent.")


def test_unknown_orders_have_two_codes(client: Client) -> None:
    world = client.dialect.venue
    market = world.market("BTC-USDT")
    theirs = world.account("other", {"USDT": Decimal(1000)})
    other = world.place(theirs, NewOrder(market, Side.BUY, amount=Decimal("0.001"), price=Decimal(50000)))
    for wanted in ({"orderId": other.order_id}, {"origClientOrderId": "none"}):
        params = {"symbol": "BTCUSDT", **wanted}
        asked, canceled = (client.signed(method, ORDER, params) for method in ("GET", "DELETE"))
        assert (code(asked), data(asked)["msg"]) == (-2013, "Order does not exist.")
        assert (code(canceled), data(canceled)["msg"]) == (-2011, "Unknown order sent.")
    mine = data(place(client))
    assert code(client.signed("DELETE", ORDER, {"symbol": "ETHUSDT", "orderId": mine["orderId"]})) == -2011
    assert code(client.signed("DELETE", ORDER, {"symbol": "BTCUSDT"})) == -1102


def test_cancel_all_takes_all_of_mine_in_one_market(client: Client) -> None:
    world = client.dialect.venue
    theirs = world.account("other", {"USDT": Decimal(1000)})
    market = world.market("BTC-USDT")
    world.place(theirs, NewOrder(market, Side.BUY, amount=Decimal("0.001"), price=Decimal(50000)))
    ids = {data(place(client))["orderId"] for _ in range(3)}
    elsewhere = data(place(client, symbol="ETHUSDT", quantity="0.1", price="2000"))["orderId"]
    gone = data(client.signed("DELETE", "/api/v3/openOrders", {"symbol": "BTCUSDT"}))
    assert {order["orderId"] for order in gone} == ids
    assert [o["orderId"] for o in data(client.signed("GET", "/api/v3/openOrders"))] == [elsewhere]
    assert len(world.open_orders(theirs)) == 1
    assert code(client.signed("DELETE", "/api/v3/openOrders", {"symbol": "BTCUSDT"})) == -2011


def test_my_trades_can_be_narrowed(client: Client) -> None:
    clock = client.dialect.venue.clock
    orders = []
    for _ in range(3):
        orders.append(data(place(client))["orderId"])
        client.dialect.venue.fill(orders[-1])
        clock.time += 10  # type: ignore[attr-defined]

    def ask(**params: Any) -> list[int]:
        reply = client.signed("GET", "/api/v3/myTrades", {"symbol": "BTCUSDT", **params})
        return [trade["orderId"] for trade in data(reply)]

    start = int(clock.now() * 1000)
    assert ask() == orders
    assert ask(orderId=orders[1]) == [orders[1]]
    assert ask(startTime=start - 20_000) == orders[1:]
    assert ask(endTime=start - 20_000) == orders[:2]
    assert ask(limit=1) == orders[2:]
    assert ask(startTime=start - 30_000, limit=1) == orders[:1]
    assert code(client.signed("GET", "/api/v3/myTrades", {"symbol": "BTCUSDT", "limit": 0})) == -1100
    wide = {"symbol": "BTCUSDT", "startTime": 0, "endTime": start}
    assert code(client.signed("GET", "/api/v3/myTrades", wide)) == -1127


def test_fees_are_told(client: Client) -> None:
    told = data(client.signed("GET", "/api/v3/account/commission", {"symbol": "BTCUSDT"}))
    assert told["standardCommission"]["taker"] == "0.00100000"
    fees = {row["symbol"]: row for row in data(client.signed("GET", "/sapi/v1/asset/tradeFee"))}
    assert fees["WBTCBTC"]["makerCommission"] == "0.001"


def test_what_is_not_there_is_not_found(client: Client) -> None:
    reply = client.signed("POST", "/sapi/v1/capital/withdraw/apply", {"coin": "BTC"})
    assert reply.status == 404
    assert client.dialect.ccxt_credentials(client.account)["apiKey"] == client.account.api_key
