"""Routes that anyone may ask. Source: Binance's `rest-api.md`, general and market data endpoints."""

from __future__ import annotations

from pydantic import JsonValue

from harness.venue.dialects.binance import messages, tickers
from harness.venue.dialects.binance.api import BinanceApi
from harness.venue.dialects.binance.parameters import limit
from harness.venue.dialects.decimals import fixed
from harness.venue.dialects.routing import Call, rest
from harness.venue.dialects.wire import ms, rows


class MarketRoutes(BinanceApi):
    """General and market data."""

    @rest("GET", "/api/v3/ping", operation="ping")
    def ping(self, call: Call) -> JsonValue:
        return {}

    @rest("GET", "/api/v3/time", operation="server_time")
    def time(self, call: Call) -> JsonValue:
        return {"serverTime": ms(self.venue.clock.now())}

    @rest("GET", "/api/v3/exchangeInfo", operation="symbols", weight=20)
    def exchange_info(self, call: Call) -> JsonValue:
        return {
            "timezone": "UTC",
            "serverTime": ms(self.venue.clock.now()),
            "rateLimits": self.limits.described(),
            "exchangeFilters": [],
            "symbols": [messages.symbol_info(m, self.venue.is_halted(m)) for m in self._chosen(call)],
        }

    @rest("GET", "/api/v3/depth", operation="order_book", weight=5)
    def depth(self, call: Call) -> JsonValue:
        book = self.venue.book(self._market(call), limit(call.params, 100, 5000))
        return {
            "lastUpdateId": book.sequence,
            "bids": rows(book.bids, fixed),
            "asks": rows(book.asks, fixed),
        }

    @rest("GET", "/api/v3/trades", operation="trades", weight=25)
    def trades(self, call: Call) -> JsonValue:
        return [messages.public_trade(trade) for trade in self._recent(call)]

    @rest("GET", "/api/v3/aggTrades", operation="trades", weight=4)
    def aggregate_trades(self, call: Call) -> JsonValue:
        return [messages.aggregate_trade(trade) for trade in self._recent(call)]

    @rest("GET", "/api/v3/avgPrice", operation="ticker", weight=2)
    def average_price(self, call: Call) -> JsonValue:
        return tickers.average(self.venue, self._market(call))

    @rest("GET", "/api/v3/ticker/24hr", operation="ticker", weight=2)
    def ticker_day(self, call: Call) -> JsonValue:
        return self._tickers(call, tickers.whole_day)

    @rest("GET", "/api/v3/ticker/price", operation="ticker", weight=2)
    def ticker_price(self, call: Call) -> JsonValue:
        return self._tickers(call, tickers.price)

    @rest("GET", "/api/v3/ticker/bookTicker", operation="tickers", weight=2)
    def ticker_book(self, call: Call) -> JsonValue:
        return self._tickers(call, tickers.top)
