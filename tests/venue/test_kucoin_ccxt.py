"""ccxt, REST and WebSocket, through the real gateway: it must read what happened at the venue."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from harness.clock import ScaledClock
from harness.gateway.thread import GatewayThread, running_gateway
from harness.oracle import Oracle, OracleError
from harness.venue.dialects.kucoin import Kucoin
from harness.venue.market import Market
from harness.venue.model import Account, BookView, OrderStatus, Side
from harness.venue.session import Venue
from tests.venue.world import FUNDS

D = Decimal
SYMBOL = "BTC/USDT"
PATIENCE = 30  # real seconds


@dataclass
class Exchange:
    """ccxt before a gateway before a venue."""

    venue: Venue
    account: Account
    gateway: GatewayThread
    oracle: Oracle
    open_oracle: Callable[[dict[str, str]], Oracle]
    pool: ThreadPoolExecutor

    @property
    def market(self) -> Market:
        return self.venue.market("BTC-USDT")

    def watching_orders(self) -> Future[Any]:
        """ccxt waits for the account's orders in the background, and is subscribed when this returns."""
        waiting = self.pool.submit(self.oracle.watch_orders)
        end = time.monotonic() + PATIENCE
        while not self._acknowledged():
            assert time.monotonic() < end, "ccxt never subscribed to its orders"
            assert not waiting.done(), waiting.exception()
            time.sleep(0.02)
        return waiting

    def _acknowledged(self) -> bool:
        answers = self.gateway.record.frames("stream:subscribe", direction="received", client="oracle")
        return any('"type":"ack"' in frame.text for frame in answers)

    def walked_until(self, waiting: Future[Any]) -> Any:
        """What it waited for, while the others trade."""
        end = time.monotonic() + PATIENCE
        while not waiting.done():
            assert time.monotonic() < end, "nothing came"
            self.venue.walk(5, self.market)
            time.sleep(0.02)
        return waiting.result()


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    clock = ScaledClock(2.0)
    venue = Venue(Kucoin.markets, 11, clock)
    account = venue.account("trader", FUNDS)
    for market in venue.markets:
        venue.seed_book(market, 30)
    dialect = Kucoin(venue)
    with ExitStack() as stack:
        gateway = stack.enter_context(running_gateway([dialect], clock=clock))

        def open_oracle(credentials: dict[str, str]) -> Oracle:
            return stack.enter_context(Oracle("kucoin", gateway.socket_path, credentials, clock))

        pool = stack.enter_context(ThreadPoolExecutor(4))
        oracle = open_oracle(dialect.ccxt_credentials(account))
        yield Exchange(venue, account, gateway, oracle, open_oracle, pool)
        assert not gateway.record.strays()


def test_ccxt_reads_the_rules(exchange: Exchange) -> None:
    markets = exchange.oracle.markets()
    assert set(markets) == {"BTC/USDT", "ETH/USDT", "1000SATS/USDT", "WBTC/BTC"}
    for market in exchange.venue.markets:
        told = markets[f"{market.base}/{market.quote}"]
        assert D(str(told["precision"]["amount"])) == market.lot_size
        assert D(str(told["precision"]["price"])) == market.tick_size
        assert D(str(told["limits"]["amount"]["min"])) == market.min_amount
        assert D(str(told["limits"]["cost"]["min"])) == market.min_notional
        assert (D(str(told["taker"])), D(str(told["maker"]))) == (market.taker_fee, market.maker_fee)
        assert told["spot"]
        assert told["active"]


def test_ccxt_follows_the_book(exchange: Exchange) -> None:
    oracle, market = exchange.oracle, exchange.market
    book = exchange.venue.book(market)
    told = oracle.order_book(SYMBOL)
    assert [[D(str(x)) for x in row] for row in told["bids"]] == [[x.price, x.amount] for x in book.bids]
    live = exchange.walked_until(exchange.pool.submit(oracle.watch_order_book, SYMBOL))
    assert live["nonce"] > book.sequence
    exchange.venue.walk(100, market)
    end, patience = exchange.venue.book(market), time.monotonic() + PATIENCE
    while differs(live, end):  # ccxt keeps changing the book that it gave
        assert time.monotonic() < patience, differs(live, end)
        time.sleep(0.02)


def differs(told: dict[str, Any], book: BookView) -> str:
    """How ccxt's book differs from the venue's; empty when it does not."""
    if told["nonce"] != book.sequence:
        return f"it is at {told['nonce']}, the venue at {book.sequence}"
    for name, levels in (("bids", book.bids), ("asks", book.asks)):
        if [[D(str(x)) for x in row[:2]] for row in told[name]] != [[x.price, x.amount] for x in levels]:
            return f"its {name} are {told[name]}"
    return ""


def test_ccxt_sees_the_trades(exchange: Exchange) -> None:
    streamed = exchange.walked_until(exchange.pool.submit(exchange.oracle.watch_trades, SYMBOL))
    trades = {str(trade.trade_id): trade for trade in exchange.venue.trades(exchange.market)}
    asked = exchange.oracle.trades(SYMBOL)
    assert asked
    for told in streamed:
        trade = trades[told["id"]]
        assert (D(str(told["price"])), D(str(told["amount"]))) == (trade.price, trade.amount)
        assert told["side"] == trade.taker_side.value
    assert [(D(str(told["price"])), D(str(told["amount"])), told["side"]) for told in asked] == [
        (trade.price, trade.amount, trade.taker_side.value) for trade in list(trades.values())[-100:]
    ]
    assert exchange.oracle.ticker(SYMBOL)["last"] == float(exchange.venue.last_price(exchange.market))


def test_ccxt_lives_through_an_order(exchange: Exchange) -> None:
    oracle, venue, account = exchange.oracle, exchange.venue, exchange.account
    waiting = exchange.watching_orders()
    placed = oracle.create_order(SYMBOL, "limit", "buy", D("0.01"), D(50000))
    number = int(placed["id"], 16)
    assert [(order["id"], order["status"]) for order in waiting.result(PATIENCE)] == [(placed["id"], "open")]

    waiting = exchange.pool.submit(oracle.watch_orders)
    venue.fill(number, D("0.004"))
    assert [(order["filled"], order["average"]) for order in waiting.result(PATIENCE)] == [(0.004, 50000)]
    told = oracle.order(placed["id"], SYMBOL)
    assert (told["remaining"], told["status"]) == (0.006, "open")
    assert [order["id"] for order in oracle.open_orders(SYMBOL)] == [placed["id"]]
    (mine,) = oracle.my_trades(SYMBOL)
    (fill,) = venue.fills(account)
    assert (D(str(mine["fee"]["cost"])), mine["fee"]["currency"]) == (fill.fee, "USDT")
    assert (mine["takerOrMaker"], mine["side"], mine["order"]) == ("maker", "buy", placed["id"])
    assert (mine["id"], D(str(mine["amount"]))) == (str(fill.trade_id), D("0.004"))

    waiting = exchange.pool.submit(oracle.watch_orders)
    oracle.cancel_order(placed["id"], SYMBOL)
    assert [order["status"] for order in waiting.result(PATIENCE)] == ["canceled"]
    assert oracle.order(placed["id"], SYMBOL)["status"] == "canceled"
    assert oracle.open_orders(SYMBOL) == []
    balance = oracle.balance()
    for asset in ("BTC", "USDT"):
        ours = venue.balance(account, asset)
        assert (D(str(balance[asset]["free"])), D(str(balance[asset]["used"]))) == (ours.free, ours.locked)


def test_ccxt_trades_at_the_market(exchange: Exchange) -> None:
    best = exchange.venue.book(exchange.market).bids[0].price
    placed = exchange.oracle.create_order(SYMBOL, "market", "sell", D("0.0001"))
    sold = exchange.oracle.order(placed["id"], SYMBOL)
    assert (sold["status"], D(str(sold["average"]))) == ("closed", best)
    (order,) = exchange.venue.orders(exchange.account)
    (fill,) = exchange.venue.fills(exchange.account)
    assert (order.side, order.status) == (Side.SELL, OrderStatus.FILLED)
    assert (D(str(sold["fee"]["cost"])), sold["fee"]["currency"]) == (fill.fee, "USDT")


def test_ccxt_is_refused_what_it_should_be(exchange: Exchange) -> None:
    with pytest.raises(OracleError, match="InsufficientFunds"):
        exchange.oracle.create_order(SYMBOL, "limit", "buy", D(10), D(60000))
    with pytest.raises(OracleError, match="OrderNotFound"):
        exchange.oracle.order("f" * 24, SYMBOL)
    with pytest.raises(OracleError, match=r"InvalidOrder.*600101"):
        exchange.oracle.create_order(SYMBOL, "limit", "buy", D("0.00001"), D(50000))
    wrong = exchange.open_oracle({"apiKey": exchange.account.api_key, "secret": "guess", "password": "guess"})
    with pytest.raises(OracleError, match=r"AuthenticationError.*400004"):
        wrong.balance()
    assert exchange.venue.orders(exchange.account) == ()
