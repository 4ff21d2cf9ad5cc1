"""The generic exchange tests that ccxt ships, run against each dialect."""

from __future__ import annotations

import importlib
import time
from typing import Any

import pytest

from tests.dialects.exchange import Exchange

# Left out: createOrder and fetchMarkets, which in ccxt's Python fail on ccxt itself (a number is added to a
# text, a list should be a dict), and candles, which no dialect serves.
ON_A_MARKET = (
    "fetch_ticker", "fetch_order_book", "fetch_l2_order_book", "fetch_trades", "fetch_my_trades",
    "fetch_open_orders", "fetch_closed_orders", "fetch_orders",
)  # fmt: skip
A_MOMENT = 0.002  # seconds; ccxt takes trades of one millisecond and one side for parts of one order
ON_ALL = ("load_markets", "fetch_balance", "fetch_tickers", "fetch_positions")

# What an exchange itself does not tell, as ccxt's own list of exceptions has it.
NO_TIME = {"timestamp": "not told", "datetime": "not told"}
TIMELESS_BOOKS = ("binance", "kraken")
UNTOLD = {
    (name, test): NO_TIME for name in TIMELESS_BOOKS for test in ("fetch_order_book", "fetch_l2_order_book")
}
# Bybit tells a symbol's position when there is none, too, of which nothing can be told.
NO_POSITION = (
    "entryPrice", "side", "liquidationPrice", "unrealizedPnl", "marginMode", "collateral", "marginRatio",
    "initialMargin", "initialMarginPercentage", "maintenanceMargin", "maintenanceMarginPercentage",
    "notional", "contracts", "percentage", "timestamp", "datetime",
)  # fmt: skip
UNTOLD["bybit_perpetual", "fetch_positions"] = dict.fromkeys(NO_POSITION, "no position")
NEITHER = {"future": False, "option": False}
BESIDES_SPOT = {**NEITHER, "swap": False, "fetchPositions": False}
BESIDES_PERPETUALS = {**NEITHER, "spot": False}


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


@pytest.mark.parametrize("name", [*ON_A_MARKET, *ON_ALL])
def test_ccxts_test_passes(exchange: Exchange, name: str) -> None:
    function: Any = getattr(importlib.import_module(f"ccxt.test.exchange.async.test_{name}"), f"test_{name}")

    async def work(ccxt: Any) -> None:
        ccxt.has.update(BESIDES_PERPETUALS if exchange.market.perpetual else BESIDES_SPOT)
        await ccxt.load_markets()
        if name == "load_markets" or ccxt.has.get(camel(name)):
            arguments = {"fetch_tickers": [exchange.symbol], "fetch_positions": [exchange.symbol]}
            symbol = [exchange.symbol] if name in ON_A_MARKET else arguments.get(name, [])
            await function(ccxt, UNTOLD.get((exchange.dialect.name, name), {}), *symbol)
        else:
            pytest.skip(f"ccxt has no {camel(name)} for {ccxt.id}")

    for _ in range(30):
        exchange.venue.walk(1, exchange.market)
        time.sleep(A_MOMENT)
    exchange.oracle.do(work, name)
