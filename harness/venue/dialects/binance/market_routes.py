"""Routes that anyone may ask. Source: Binance's `rest-api.md`, general and market data endpoints."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import JsonValue

from harness.venue.dialects.base import Call, Dialect, rest
from harness.venue.dialects.binance import messages, parameters, tickers
from harness.venue.dialects.binance.errors import error
from harness.venue.dialects.binance.limits import Limits
from harness.venue.dialects.binance.messages import symbol_of
from harness.venue.dialects.binance.parameters import integer, limit, required
from harness.venue.dialects.decimals import fixed
from harness.venue.dialects.wire import Json, ms, rows
from harness.venue.market import Market
from harness.venue.model import Trade
from harness.venue.session import Venue


class MarketRoutes(Dialect):
    """General and market data."""

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self.limits = Limits()

    def symbol(self, market: Market) -> str:
        return symbol_of(market)

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

    def _market(self, call: Call) -> Market:
        market = self.market_of(required(call.params, "symbol"))
        if market is None:
            raise error(-1121, "Invalid symbol.")
        return market

    def _chosen(self, call: Call) -> tuple[Market, ...]:
        """The markets that `symbol` or `symbols` name, or all."""
        if "symbol" in call.params:
            return (self._market(call),)
        if "symbols" not in call.params:
            return self.venue.markets
        markets = [self.market_of(name) for name in parameters.names(call.params["symbols"])]
        if None in markets:
            raise error(-1121, "Invalid symbol.")
        return tuple(market for market in markets if market is not None)

    def _tickers(self, call: Call, make: Callable[[Venue, Market], Json]) -> JsonValue:
        if "symbol" in call.params:
            return make(self.venue, self._market(call))
        return [make(self.venue, market) for market in self._chosen(call)]

    def _recent(self, call: Call) -> tuple[Trade, ...]:
        params, most = call.params, limit(call.params, 500, 1000)
        first, since = integer(params, "fromId"), integer(params, "startTime")
        trades = self.venue.trades(self._market(call))
        if first is None and since is None:
            return trades[-most:]
        later = [t for t in trades if t.trade_id >= (first or 0) and ms(t.at) >= (since or 0)]
        return tuple(later[:most])
