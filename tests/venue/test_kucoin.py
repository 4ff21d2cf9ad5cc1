"""The kucoin dialect: keys, limits, symbols, orders and errors of its REST side."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from harness.venue.dialects.kucoin.replies import REFUSALS
from harness.venue.dialects.messages import Request
from harness.venue.model import PERPETUAL_REFUSALS, NewOrder, OrderStatus, Refusal, Side
from tests.venue.kucoin_client import HOST, KucoinClient, kucoin_client, said
from tests.venue.world import data

ACCOUNTS = "/api/v1/accounts"
FILLS = "/api/v1/fills"
ORDERS = "/api/v1/orders"
D = Decimal


@pytest.fixture
def client() -> KucoinClient:
    return kucoin_client()


def test_a_right_signature_is_accepted_with_query_and_body(client: KucoinClient) -> None:
    told = data(client.signed("GET", ACCOUNTS, {"type": "trade", "currency": "BTC"}))
    assert (told["code"], [entry["currency"] for entry in told["data"]]) == ("200000", ["BTC"])
    assert said(client.place())[:2] == (200, "200000")


def test_the_query_may_be_signed_before_it_is_escaped(client: KucoinClient) -> None:
    """KuCoin's documentation signs the query as it reads; HTTP clients escape the comma of a list."""
    stamp, path = str(int(client.clock.time * 1000)), "/api/v1/trade-fees"
    client.changes = {"KC-API-SIGN": client.sign(f"{stamp}GET{path}?symbols=BTC-USDT,ETH-USDT")}
    assert len(data(client.signed("GET", path, {"symbols": "BTC-USDT,ETH-USDT"}))["data"]) == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"KC-API-SIGN": None}, "400001", id="no signature"),
        pytest.param({"KC-API-PASSPHRASE": ""}, "400001", id="empty passphrase"),
        pytest.param({"KC-API-KEY": "someone"}, "400003", id="unknown key"),
        pytest.param({"KC-API-TIMESTAMP": "1790000000"}, "400002", id="seconds"),
        pytest.param({"KC-API-TIMESTAMP": "now"}, "400002", id="no number"),
        pytest.param({"KC-API-TIMESTAMP": "1790000000001"}, "400005", id="another time than signed"),
        pytest.param({"KC-API-KEY-VERSION": None}, "400009", id="no version"),
        pytest.param({"KC-API-PASSPHRASE": "plain"}, "400004", id="passphrase not signed"),
        pytest.param({"KC-API-SIGN": "bm9ib2R5"}, "400005", id="another signature"),
        pytest.param({"KC-API-SIGN": "é"}, "400005", id="odd signature"),
    ],
)
def test_a_wrong_key_is_refused(client: KucoinClient, changes: dict[str, str | None], code: str) -> None:
    client.changes = changes
    assert said(client.signed("GET", ACCOUNTS))[:2] == (401, code)


def test_a_body_has_to_be_said_to_be_json(client: KucoinClient) -> None:
    client.changes = {"Content-Type": "text/plain"}
    assert said(client.place())[:2] == (415, "415000")


@pytest.mark.parametrize(
    ("offset", "code"), [(-4.9, "200000"), (4.9, "200000"), (-5.1, "400002"), (5.1, "400002")]
)
def test_time_stamps_must_be_near(client: KucoinClient, offset: float, code: str) -> None:
    client.offset = offset
    assert said(client.signed("GET", ACCOUNTS))[1] == code


def test_method_path_and_body_are_signed(client: KucoinClient) -> None:
    stamp = str(int(client.clock.time * 1000))
    for what in (f"{stamp}GET{ORDERS}", f"{stamp}POST{ORDERS}", f"{stamp}POST{ACCOUNTS}"):
        client.changes = {"KC-API-SIGN": client.sign(what)}
        assert said(client.place())[1] == "400005"
    assert client.dialect.venue.orders(client.account) == ()


def test_anothers_secret_and_a_revoked_key_do_not_do(client: KucoinClient) -> None:
    other = client.dialect.venue.account("other", {})
    theirs = KucoinClient(client.dialect, other, client.clock, changes={"KC-API-KEY": client.account.api_key})
    assert said(theirs.signed("GET", ACCOUNTS))[1] == "400004"
    client.dialect.venue.revoke(client.account)
    assert said(client.signed("GET", ACCOUNTS))[1] == "400003"


def test_public_routes_need_no_key_and_unknown_ones_are_not_found(client: KucoinClient) -> None:
    assert said(client.call("/api/v1/timestamp"))[0] == 200
    assert said(client.call("/api/v9/nowhere")) == (404, "404000", "Url Not Found")
    assert said(client.call(ACCOUNTS))[:2] == (401, "400001")


def test_pools_are_counted_told_and_enforced(client: KucoinClient) -> None:
    path = "/api/v1/market/allTickers"
    for number in range(1, 134):
        left = client.call(path).headers["gw-ratelimit-remaining"]
        assert left == str(2000 - 15 * number)
    over = client.call(path)
    assert said(over)[:2] == (429, "429000")
    assert over.headers["gw-ratelimit-reset"] == "30000"
    assert client.call("/api/v1/timestamp").status == 200, "what is left may be used"
    assert client.signed("GET", ORDERS).headers["gw-ratelimit-limit"] == "4000", "another pool"
    assert client.signed("GET", ACCOUNTS).headers["gw-ratelimit-limit"] == "2000"
    client.clock.time += 29.9
    assert client.call(path).status == 429
    client.clock.time += 0.1
    assert client.call(path).headers["gw-ratelimit-remaining"] == "1985"


def test_the_oracle_does_not_use_up_the_connectors_quota(client: KucoinClient) -> None:
    request = Request("GET", HOST, "/api/v1/market/allTickers", at=client.clock.time, client="oracle")
    assert client.dialect.handle(request).headers["gw-ratelimit-remaining"] == "1985"
    assert client.call("/api/v1/timestamp").headers["gw-ratelimit-remaining"] == "1997"


def test_symbols_tell_the_rules_that_are_enforced(client: KucoinClient) -> None:
    world = client.dialect.venue
    world.halt(world.market("ETH-USDT"))
    told = {entry["symbol"]: entry for entry in data(client.call("/api/v2/symbols"))["data"]}
    assert set(told) == {"BTC-USDT", "ETH-USDT", "1000SATS-USDT", "WBTC-BTC"}
    for market in world.markets:
        entry = told[market.name]
        assert (entry["baseCurrency"], entry["quoteCurrency"]) == (market.base, market.quote)
        assert entry["feeCurrency"] == market.quote
        assert (D(entry["priceIncrement"]), D(entry["baseIncrement"])) == (market.tick_size, market.lot_size)
        assert (D(entry["baseMinSize"]), D(entry["minFunds"])) == (market.min_amount, market.min_notional)
        assert D(entry["baseMaxSize"]) == market.max_amount
        assert entry["enableTrading"] is (market.name != "ETH-USDT")
    assert told["1000SATS-USDT"]["priceIncrement"] == "0.0000001", "no scientific notation"
    (one,) = [data(client.call("/api/v2/symbols/WBTC-BTC"))["data"]]
    assert one == told["WBTC-BTC"]


def test_the_book_and_the_prices_are_the_venues(client: KucoinClient) -> None:
    world = client.dialect.venue
    market = world.market("1000SATS-USDT")
    world.walk(60, market)
    book, trades = world.book(market), world.trades(market)
    asked = {"symbol": "1000SATS-USDT"}
    told = data(client.call("/api/v1/market/orderbook/level2_100", asked))["data"]
    assert told["sequence"] == str(book.sequence)
    for name, side in (("bids", book.bids), ("asks", book.asks)):
        assert [[D(price), D(amount)] for price, amount in told[name]] == [[x.price, x.amount] for x in side]
    assert len(data(client.call("/api/v1/market/orderbook/level2_20", asked))["data"]["bids"]) <= 20
    assert (
        data(client.signed("GET", "/api/v3/market/orderbook/level2", asked))["data"]["bids"] == told["bids"]
    )
    best = data(client.call("/api/v1/market/orderbook/level1", asked))["data"]
    assert (D(best["bestBid"]), D(best["bestAsk"])) == (book.bids[0].price, book.asks[0].price)
    assert (D(best["price"]), D(best["size"])) == (trades[-1].price, trades[-1].amount)
    stats = data(client.call("/api/v1/market/stats", asked))["data"]
    assert D(stats["high"]) == max(trade.price for trade in trades)
    assert D(stats["vol"]) == sum(trade.amount for trade in trades)
    newest = data(client.call("/api/v1/market/histories", asked))["data"][0]
    assert (newest["side"], D(newest["size"])) == (trades[-1].taker_side.value, trades[-1].amount)
    assert newest["time"] == int(trades[-1].at) * 10**9


def test_an_unknown_symbol_is_refused(client: KucoinClient) -> None:
    for path in ("level1", "level2_20", "level2_100"):
        reply = client.call(f"/api/v1/market/orderbook/{path}", {"symbol": "BTC-EUR"})
        assert said(reply) == (200, "900001", "symbol not exists")


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        pytest.param({"symbol": "BTC-EUR"}, "900001", "symbol not exists", id="symbol"),
        pytest.param({"clientOid": None}, "400100", "clientOidIsRequired", id="no client id"),
        pytest.param({"clientOid": "x" * 41}, "400100", "clientOid", id="long client id"),
        pytest.param({"clientOid": "a b"}, "400100", "clientOid", id="odd client id"),
        pytest.param({"side": "hold"}, "400100", "side", id="side"),
        pytest.param({"type": "stop"}, "400100", "type", id="type"),
        pytest.param({"timeInForce": "GTT"}, "400100", "timeInForce", id="time in force"),
        pytest.param({"price": None}, "400100", "price", id="no price"),
        pytest.param({"price": "6e4"}, "400100", "price", id="scientific notation"),
        pytest.param({"price": "-1"}, "400100", "price", id="negative price"),
        pytest.param({"price": "0"}, "400100", "out of range", id="no price at all"),
        pytest.param({"price": "60000.001"}, "400100", "Price increment", id="price step"),
        pytest.param({"size": "0.0010000001"}, "400100", "size increment", id="amount step"),
        pytest.param({"size": "0"}, "400100", "below the minimum", id="small amount"),
        pytest.param({"size": "9000000001"}, "400100", "above the maximum", id="large amount"),
        pytest.param({"size": "0.00002"}, "600101", "order funds", id="small value"),
        pytest.param({"size": "2"}, "200004", "Balance insufficient", id="too dear"),
        pytest.param({"price": "70000", "postOnly": True}, "300012", "Post only", id="would take"),
        pytest.param({"postOnly": True, "timeInForce": "IOC"}, "400100", "Parameter", id="post-only and IOC"),
        pytest.param({"type": "market", "price": None, "size": None}, "400100", "Parameter", id="how much"),
        pytest.param({"type": "market", "price": None, "funds": "50"}, "400100", "Parameter", id="both"),
    ],
)
def test_a_wrong_order_is_refused(
    client: KucoinClient, changes: dict[str, Any], code: str, message: str
) -> None:
    before = client.dialect.venue.ledger_rows()
    reply = client.place(**changes)
    assert said(reply)[:2] == (200, code)
    assert message in said(reply)[2]
    assert client.dialect.venue.ledger_rows() == before


def test_there_is_an_answer_for_each_refusal() -> None:
    assert set(REFUSALS) == set(Refusal) - PERPETUAL_REFUSALS


def test_a_halted_market_takes_no_orders(client: KucoinClient) -> None:
    client.dialect.venue.halt(client.dialect.venue.market("BTC-USDT"))
    assert said(client.place())[1] == "200001"


def test_a_client_id_is_for_one_order_ever(client: KucoinClient) -> None:
    number = data(client.place())["data"]["orderId"]
    again = (200, "400100", "validation.createOrder.clientOidDuplicated")
    assert said(client.place()) == again
    assert said(client.signed("DELETE", f"{ORDERS}/{number}"))[1] == "200000"
    assert said(client.place()) == again


def test_the_body_must_be_json(client: KucoinClient) -> None:
    client.changes = {"KC-API-SIGN": client.sign(f"{int(client.clock.time * 1000)}POST{ORDERS}")}
    assert said(client.signed("POST", ORDERS))[:2] == (400, "400100")


def test_an_order_lives_and_is_told_of(client: KucoinClient) -> None:
    world = client.dialect.venue
    number = data(client.place())["data"]["orderId"]
    assert len(number) == 24
    (order,) = world.open_orders(client.account)
    (told,) = data(client.signed("GET", ORDERS, {"status": "active"}))["data"]["items"]
    assert (told["id"], told["isActive"], told["cancelExist"], told["dealSize"]) == (number, True, False, "0")
    assert (told["price"], told["size"], told["clientOid"]) == ("60000", "0.001", "mine-1")

    world.fill(order.order_id, D("0.0004"))
    told = data(client.signed("GET", f"{ORDERS}/{number}"))["data"]
    assert (told["dealSize"], told["dealFunds"], told["fee"]) == ("0.0004", "24", "0.024")
    assert told["feeCurrency"] == "USDT"
    (fill,) = data(client.signed("GET", FILLS, {"orderId": number}))["data"]["items"]
    assert (fill["size"], fill["funds"], fill["fee"], fill["feeCurrency"]) == (
        "0.0004",
        "24",
        "0.024",
        "USDT",
    )
    assert (fill["liquidity"], fill["feeRate"], fill["side"]) == ("maker", "0.001", "buy")
    (usdt,) = data(client.signed("GET", ACCOUNTS, {"currency": "USDT"}))["data"]
    assert (usdt["balance"], usdt["holds"]) == ("99975.976", "36.036")

    assert data(client.signed("DELETE", f"{ORDERS}/{number}"))["data"] == {"cancelledOrderIds": [number]}
    told = data(client.signed("GET", f"{ORDERS}/{number}"))["data"]
    assert (told["isActive"], told["cancelExist"]) == (False, True)
    assert data(client.signed("GET", ORDERS, {"status": "active"}))["data"]["items"] == []
    (ended,) = data(client.signed("GET", ORDERS))["data"]["items"]
    assert ended["id"] == number


def test_what_is_gone_cannot_be_cancelled_or_found(client: KucoinClient) -> None:
    number = data(client.place())["data"]["orderId"]
    gone = (200, "400100", "order_not_exist_or_not_allow_to_cancel")
    by_client_id = "/api/v1/order/client-order/mine-1"
    assert data(client.signed("GET", by_client_id))["data"]["id"] == number
    assert said(client.signed("DELETE", by_client_id))[1] == "200000"
    assert said(client.signed("GET", by_client_id))[2] == "order not exist."
    assert said(client.signed("DELETE", f"{ORDERS}/{number}")) == gone
    assert said(client.signed("DELETE", "/api/v1/order/client-order/other")) == gone
    for path in (f"{ORDERS}/{'f' * 24}", f"{ORDERS}/nonsense", "/api/v1/order/client-order/other"):
        assert said(client.signed("GET", path)) == (200, "400100", "order not exist.")


def test_anothers_order_is_not_told_of(client: KucoinClient) -> None:
    number = data(client.place())["data"]["orderId"]
    other = client.dialect.venue.account("other", {})
    theirs = KucoinClient(client.dialect, other, client.clock)
    assert said(theirs.signed("GET", f"{ORDERS}/{number}"))[2] == "order not exist."
    assert said(theirs.signed("DELETE", f"{ORDERS}/{number}"))[1] == "400100"
    assert client.dialect.venue.open_orders(client.account)


def test_cancel_all_is_limited_to_a_symbol(client: KucoinClient) -> None:
    client.place()
    client.place(clientOid="eth", symbol="ETH-USDT", price="2500", size="0.01")
    gone = data(client.signed("DELETE", ORDERS, {"symbol": "ETH-USDT"}))["data"]["cancelledOrderIds"]
    assert len(gone) == 1
    assert [order.client_order_id for order in client.dialect.venue.open_orders(client.account)] == ["mine-1"]
    assert len(data(client.signed("DELETE", ORDERS))["data"]["cancelledOrderIds"]) == 1


def test_market_orders_go_by_size_or_by_funds(client: KucoinClient) -> None:
    world = client.dialect.venue
    assert said(client.place(type="market", price=None, side="sell"))[1] == "200000"
    assert said(client.place(type="market", price=None, size=None, funds="50", clientOid="m2"))[1] == "200000"
    sold, bought = world.orders(client.account)
    assert (sold.status, bought.status) == (OrderStatus.FILLED, OrderStatus.FILLED)
    assert 49 < bought.filled_quote <= 50
    (told,) = [x for x in data(client.signed("GET", FILLS))["data"]["items"] if x["side"] == "sell"]
    assert (told["type"], told["liquidity"]) == ("market", "taker")


def test_lists_are_paged_and_limited_to_a_span(client: KucoinClient) -> None:
    world = client.dialect.venue
    market = world.market("BTC-USDT")
    for _ in range(12):
        client.clock.time += 1
        order = world.place(client.account, NewOrder(market, Side.BUY, amount=D("0.001"), price=D(60000)))
        world.fill(order.order_id)
    now = int(client.clock.time * 1000)

    def sizes(**params: int) -> tuple[int, int, list[str]]:
        told = data(client.signed("GET", FILLS, params))["data"]
        return told["totalNum"], told["totalPage"], [item["tradeId"] for item in told["items"]]

    total, pages, first = sizes(pageSize=10)
    assert (total, pages, len(first)) == (12, 2, 10)
    assert first == sorted(first, key=int, reverse=True)
    assert len(sizes(pageSize=10, currentPage=2)[2]) == 2
    assert sizes(startAt=now - 2000)[0] == 3
    assert sizes(startAt=now - 2000, endAt=now - 1000)[0] == 2
    assert sizes(endAt=now - 11_000)[0] == 1
    assert sizes(startAt=now - 8 * 86_400_000)[0] == 0, "a span is seven days at most"
    assert said(client.signed("GET", FILLS, {"pageSize": 501}))[1] == "400100"
    assert said(client.signed("GET", FILLS, {"startAt": "yesterday"}))[1] == "400100"


def test_fees_are_told_for_ten_symbols_at_most(client: KucoinClient) -> None:
    told = data(client.signed("GET", "/api/v1/trade-fees", {"symbols": "BTC-USDT"}))["data"]
    assert told == [{"symbol": "BTC-USDT", "takerFeeRate": "0.001", "makerFeeRate": "0.001"}]
    many = ",".join(["BTC-USDT"] * 11)
    assert said(client.signed("GET", "/api/v1/trade-fees", {"symbols": many}))[1] == "400100"


def test_the_main_account_is_empty(client: KucoinClient) -> None:
    assert data(client.signed("GET", ACCOUNTS, {"type": "main"}))["data"] == []
    everything = data(client.signed("GET", ACCOUNTS))["data"]
    assert {entry["type"] for entry in everything} == {"trade"}


def test_the_main_account_is_another_one(client: KucoinClient) -> None:
    def listed(**params: str) -> set[tuple[str, str]]:
        told = data(client.signed("GET", ACCOUNTS, {"currency": "USDT", **params}))["data"]
        return {(each["type"], each["balance"]) for each in told}

    traded = listed(type="trade")
    assert len(traded) == 1
    assert listed(type="main") == set()
    assert client.dialect.deposit_elsewhere(client.account, "USDT", D(7))
    assert client.dialect.deposit_elsewhere(client.account, "USDT", D(5))
    assert listed(type="trade") == traded
    assert listed(type="main") == {("main", "12")}
    assert listed() == {*traded, ("main", "12")}
