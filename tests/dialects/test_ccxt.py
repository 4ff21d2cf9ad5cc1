"""Each dialect is believed because ccxt, unmodified, REST and WebSocket, reads what happened at the venue."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from harness.oracle import OracleError, unified_symbol
from harness.venue.model import BookView, OrderStatus, Side
from tests.dialects.earlier import REST_ONLY
from tests.dialects.exchange import D, Deaf, Exchange, Watching, number

# What ccxt makes of an order that was filled in part before it was cancelled.
EXPECTED_END = {"bybit": "closed", "bittrex": "closed"}
# What it calls a wrong signature: it does not know Kraken's words for it.
WRONG_SIGNATURE = {
    "kraken": "EAPI:Invalid signature",
    "hyperliquid": "User or API Wallet .* does not exist",
    "hyperliquid_perpetual": "User or API Wallet .* does not exist",
}
# On Bitstamp's stream ccxt gives no status to an order that has not ended; fills do not say who made.
OPEN_HAS_NO_STATUS = SILENT_ON_MAKERS = ("bitstamp",)
SILENT_ON_FEES = ("liquid",)  # of a fill: only its order says what it cost
# Kraken tells orders and fills on one channel, Huobi told them so; ccxt hands on what is filled as trades.
FILLS_ARE_TRADES = ("kraken", "huobi")
# Of Huobi it follows the stream of incremental books alone, which is not described.
FOLLOWS_ANOTHER_BOOK = ("huobi", *REST_ONLY)

# Of Coinbase Pro's streamed trades it tells the maker's side, as the exchange does; over REST the taker's.
TELLS_MAKERS = ("coinbase_pro",)

# Hyperliquid: over REST ccxt has the account's own trades alone, and the middle of the book for a last price;
# an order does not say its average price; and the balance is told to anybody: a wrong key shows in an order.
TRADES_ARE_OWN = LAST_IS_THE_MIDDLE = ("hyperliquid", "hyperliquid_perpetual")
SILENT_ON_AVERAGES = BALANCES_ARE_PUBLIC = TRADES_ARE_OWN


def test_it_reads_the_rules(exchange: Exchange) -> None:
    told = {symbol: each for symbol, each in exchange.oracle.markets().items() if each["active"]}
    names = exchange.dialect.ccxt_assets
    assert set(told) == {unified_symbol(market, names) for market in exchange.venue.markets}
    for market in exchange.venue.markets:
        mine = told[unified_symbol(market, names)]
        assert number(mine["precision"]["price"]) == market.tick_size
        assert number(mine["precision"]["amount"]) == market.lot_size


def levels(told: dict[str, Any], book: BookView) -> str:
    """How a book of ccxt's differs from the venue's, as deep as ccxt's goes."""
    for name, ours in (("bids", book.bids), ("asks", book.asks)):
        theirs = [(number(row[0]), number(row[1])) for row in told[name]]
        if not theirs or theirs != [(x.price, x.amount) for x in ours][: len(theirs)]:
            return f"its {name} are {theirs[:3]}…, the venue's {[(x.price, x.amount) for x in ours[:3]]}…"
    return ""


def test_it_reads_the_book(exchange: Exchange) -> None:
    told = exchange.oracle.order_book(exchange.symbol)
    assert levels(told, exchange.venue.book(exchange.market)) == ""


def test_it_follows_the_book(exchange: Exchange) -> None:
    if exchange.dialect.name in FOLLOWS_ANOTHER_BOOK:
        pytest.skip("another stream than the one that is described")
    oracle, venue, market = exchange.oracle, exchange.venue, exchange.market
    watching = Watching(exchange, lambda: oracle.watch_order_book(exchange.symbol))
    with exchange.walking():
        watching.until(bool, "no book came")
    for _ in range(3):
        venue.walk(50, market)
        book = venue.book(market)

        def followed(seen: list[Any], book: BookView = book) -> bool:
            return levels(seen[-1], book) == ""

        watching.until(followed, "the book went astray")


def test_it_sees_the_trades(exchange: Exchange) -> None:
    oracle, venue, market = exchange.oracle, exchange.venue, exchange.market
    venue.walk(30, market)
    happened = {(t.price, t.amount, t.taker_side.value) for t in venue.trades(market)}
    asked = oracle.trades(exchange.symbol)
    assert asked or exchange.dialect.name in TRADES_ARE_OWN
    assert {(number(t["price"]), number(t["amount"]), t["side"]) for t in asked} <= happened
    last = venue.last_price(market)
    if exchange.dialect.name in LAST_IS_THE_MIDDLE:
        book = venue.book(market, 1)
        last = (book.bids[0].price + book.asks[0].price) / 2
    assert number(oracle.ticker(exchange.symbol)["last"]) == last


def test_it_is_told_of_trades(exchange: Exchange) -> None:
    if not exchange.streams:
        pytest.skip("it reads no stream that is served")
    with exchange.walking():
        streamed = exchange.oracle.watch_trades(exchange.symbol)
    makers = exchange.dialect.name in TELLS_MAKERS
    happened = {
        (t.price, t.amount, (t.taker_side.other if makers else t.taker_side).value)
        for t in exchange.venue.trades(exchange.market)
    }
    assert streamed
    assert {(number(t["price"]), number(t["amount"]), t["side"]) for t in streamed} <= happened


def told(order_id: str, **wanted: object) -> Callable[[list[Any]], bool]:
    """Whether a message said so of the order."""

    def holds(seen: list[Any]) -> bool:
        orders = [order for message in seen for order in message if order["id"] == order_id]
        return any(all(order[name] == value for name, value in wanted.items()) for order in orders)

    return holds


def test_it_lives_through_an_order(exchange: Exchange) -> None:
    oracle, venue, account, symbol = exchange.oracle, exchange.venue, exchange.account, exchange.symbol
    watching = Watching(exchange, lambda: oracle.watch_orders(symbol)) if exchange.streams else Deaf()
    watching.subscribed("stream:orders")
    amount, price = exchange.amount(), exchange.resting_price()
    placed = oracle.create_order(symbol, "limit", "buy", amount, price)
    ours = exchange.only_order()
    assert (ours.side, ours.price, ours.amount) == (Side.BUY, price, amount)
    resting = None if exchange.dialect.name in OPEN_HAS_NO_STATUS else "open"
    watching.until(told(placed["id"], status=resting), "the order was not told")

    part = amount * D("0.4")
    venue.fill(ours.order_id, part)
    if exchange.dialect.name not in FILLS_ARE_TRADES:
        watching.until(told(placed["id"], filled=float(part)), "the fill was not told")
    asked = oracle.order(placed["id"], symbol)
    assert (number(asked["filled"]), asked["status"]) == (part, "open")
    assert [order["id"] for order in oracle.open_orders(symbol)] == [placed["id"]]
    (mine,) = oracle.my_trades(symbol)
    (fill,) = venue.fills(account)
    assert (number(mine["price"]), number(mine["amount"])) == (fill.price, fill.amount)
    asset = exchange.dialect.ccxt_assets.get(fill.fee_asset, fill.fee_asset)
    if exchange.dialect.name not in SILENT_ON_FEES:
        assert (number(mine["fee"]["cost"]), mine["fee"]["currency"]) == (fill.fee, asset)
    role = None if exchange.dialect.name in SILENT_ON_MAKERS else "maker"
    assert (mine["takerOrMaker"], mine["side"], mine["order"]) == (role, "buy", placed["id"])

    oracle.cancel_order(placed["id"], symbol)
    ended = EXPECTED_END.get(exchange.dialect.name, "canceled")
    watching.until(told(placed["id"], status=ended), "the end was not told")
    assert exchange.only_order().status is OrderStatus.CANCELED
    assert oracle.order(placed["id"], symbol)["status"] == ended
    assert oracle.open_orders(symbol) == []


def test_it_reads_the_balances(exchange: Exchange) -> None:
    exchange.oracle.create_order(exchange.symbol, "limit", "buy", exchange.amount(), exchange.resting_price())
    balance = exchange.oracle.balance()
    if exchange.market.perpetual:
        wallet = exchange.venue.balance(exchange.account, exchange.market.settle_asset)
        name = exchange.dialect.ccxt_assets.get(wallet.asset, wallet.asset)
        assert balance[name]["total"] == float(wallet.total)
        return
    for ours in exchange.venue.balances(exchange.account):
        told = balance[ours.asset]
        assert (told["total"], told["free"]) == (float(ours.total), float(ours.free)), ours.asset


def test_it_trades_at_the_market(exchange: Exchange) -> None:
    best = exchange.venue.book(exchange.market).bids[0]
    amount = min(exchange.amount(), best.amount)
    placed = exchange.oracle.create_order(exchange.symbol, "market", "sell", amount, best.price)
    ours = exchange.only_order()
    assert (ours.side, ours.status, ours.filled) == (Side.SELL, OrderStatus.FILLED, ours.amount)
    assert amount - ours.amount <= exchange.market.lot_size  # ccxt may cut what its floats blur
    sold = exchange.oracle.order(placed["id"], exchange.symbol)
    if exchange.dialect.name in SILENT_ON_AVERAGES:
        (mine,) = exchange.oracle.my_trades(exchange.symbol)
        sold = {**sold, "average": mine["price"]}
    assert (sold["status"], number(sold["average"])) == ("closed", best.price)


def test_it_reads_its_position(exchange: Exchange) -> None:
    oracle, venue, market = exchange.oracle, exchange.venue, exchange.market
    if not market.perpetual:
        pytest.skip("spot")
    amount, best = exchange.amount(), venue.book(market).bids[0].price
    oracle.create_order(exchange.symbol, "market", "sell", amount, best)
    (told,) = oracle.positions(exchange.symbol)
    ours = venue.position(exchange.account, market)
    assert (told["side"], number(told["contracts"])) == ("short", -ours.size)
    assert number(told["entryPrice"]) == pytest.approx(ours.entry_price)
    oracle.create_order(exchange.symbol, "market", "buy", amount, best * D("1.5"))
    assert [p for p in oracle.positions(exchange.symbol) if p["contracts"]] == []


def test_it_is_refused_what_it_should_be(exchange: Exchange) -> None:
    oracle, symbol = exchange.oracle, exchange.symbol
    price = exchange.resting_price()
    with pytest.raises(OracleError, match="InsufficientFunds"):
        oracle.create_order(symbol, "limit", "buy", exchange.beyond_means(), price)
    words = WRONG_SIGNATURE.get(exchange.dialect.name, "AuthenticationError|PermissionDenied")
    stranger = exchange.open_oracle(exchange.wrong_keys())
    ask = stranger.balance
    if exchange.dialect.name in BALANCES_ARE_PUBLIC:
        ask = partial(stranger.create_order, symbol, "limit", "buy", exchange.amount(), price)
    with pytest.raises(OracleError, match=words):
        ask()
    assert exchange.venue.orders(exchange.account) == ()
