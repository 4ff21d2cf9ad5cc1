"""OKX's public REST routes.

Source: www.okx.com/docs-v5/en/ (Public Data, Order Book Trading: market data).
"""

from __future__ import annotations

import re

from harness.venue.dialects.base import Dialect
from harness.venue.dialects.day import day
from harness.venue.dialects.messages import Refused, Reply
from harness.venue.dialects.okx.codec import (
    REFUSALS,
    instrument,
    levels,
    nameless,
    public_trade,
    refused,
    success,
    ticker,
)
from harness.venue.dialects.routing import Call, rest
from harness.venue.dialects.wire import Json, ms
from harness.venue.market import Market
from harness.venue.model import Refusal

API = "/api/v5"


class MarketRoutes(Dialect):
    """What anybody may ask."""

    def symbol(self, market: Market) -> str:
        return market.name

    def unknown_market(self) -> Refused:
        return refused(*REFUSALS[Refusal.UNKNOWN_MARKET])

    def _market(self, call: Call) -> Market:
        return self.market_named(call.params.get("instId", ""))

    def _wanted(self, call: Call) -> Market | None:
        return self._market(call) if call.params.get("instId") else None

    @rest("GET", f"{API}/public/time", operation="server_time")
    def server_time(self, call: Call) -> Reply:
        return success([{"ts": str(ms(self.venue.clock.now()))}])

    @rest("GET", f"{API}/system/status", operation="ping")
    def status(self, call: Call) -> Reply:
        return success([])

    @rest("GET", f"{API}/public/instruments", operation="symbols")
    def instruments(self, call: Call) -> Reply:
        wanted = self._wanted(call)
        if call.params.get("instType") != "SPOT":
            return success([])
        told = [
            instrument(market, halted=self.venue.is_halted(market))
            for market in self.venue.markets
            if wanted in (None, market)
        ]
        announced = [nameless(told[0], number) for number in (1, 2)] if wanted is None else []
        return success([*told, *announced])

    @rest("GET", f"{API}/market/ticker", operation="ticker")
    def one_ticker(self, call: Call) -> Reply:
        return success([self.ticker(self._market(call))])

    @rest("GET", f"{API}/market/tickers", operation="tickers")
    def tickers(self, call: Call) -> Reply:
        return success([self.ticker(market) for market in self.venue.markets])

    def ticker(self, market: Market) -> Json:
        return ticker(market, day(self.venue, market))

    @rest("GET", f"{API}/market/books", operation="order_book")
    def books(self, call: Call) -> Reply:
        """`sz` levels a side: 1 unless told, 400 at most."""
        size = min(integer(call, "sz", 1), 400)
        book = self.venue.book(self._market(call), size)
        told: Json = {"asks": levels(book.asks), "bids": levels(book.bids), "ts": str(ms(book.at))}
        return success([told])

    @rest("GET", f"{API}/market/trades", operation="trades")
    def trades(self, call: Call) -> Reply:
        """Newest first."""
        count = min(integer(call, "limit", 100), 500)
        return success([public_trade(trade) for trade in self.venue.trades(self._market(call))[::-1][:count]])


def integer(call: Call, name: str, default: int) -> int:
    text = call.params.get(name, "")
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise refused("51000", f"Parameter {name} error")
    return int(text)
