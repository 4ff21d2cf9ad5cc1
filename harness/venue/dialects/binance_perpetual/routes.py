"""Routes that anyone may ask. Source: the futures documentation, market data endpoints."""

from __future__ import annotations

from pydantic import JsonValue

from harness.venue.dialects.binance import messages, tickers
from harness.venue.dialects.binance.api import BinanceApi
from harness.venue.dialects.binance.messages import symbol_of
from harness.venue.dialects.binance.parameters import integer, limit
from harness.venue.dialects.binance_perpetual.codec import amount_of, price_of, symbol_info
from harness.venue.dialects.decimals import fixed
from harness.venue.dialects.messages import Request
from harness.venue.dialects.routing import Call, Route, rest
from harness.venue.dialects.wire import Json, ms
from harness.venue.market import Market
from harness.venue.model import Level, Trade
from harness.venue.session import Venue

_DEPTH_WEIGHTS = ((50, 2), (100, 5), (500, 10))
_ALL_SYMBOLS = {"/fapi/v1/ticker/24hr": 40, "/fapi/v1/openOrders": 40, "/fapi/v1/ticker/bookTicker": 5}


class MarketRoutes(BinanceApi):
    """General and market data."""

    def weigh(self, request: Request, route: Route) -> int:
        params = dict(request.query)
        if request.path == "/fapi/v1/depth":
            asked = params.get("limit", "500")
            levels = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 500
            return next((weight for most, weight in _DEPTH_WEIGHTS if levels <= most), 20)
        if request.method == "GET" and "symbol" not in params:
            return _ALL_SYMBOLS.get(request.path, route.weight)
        return route.weight

    @rest("GET", "/fapi/v1/ping", operation="ping")
    def ping(self, call: Call) -> JsonValue:
        return {}

    @rest("GET", "/fapi/v1/time", operation="server_time")
    def time(self, call: Call) -> JsonValue:
        return {"serverTime": ms(self.venue.clock.now())}

    @rest("GET", "/fapi/v1/exchangeInfo", operation="symbols")
    def exchange_info(self, call: Call) -> JsonValue:
        assets = sorted({market.settle_asset for market in self.venue.markets})
        return {
            "timezone": "UTC", "serverTime": ms(self.venue.clock.now()), "futuresType": "U_MARGINED",
            "rateLimits": self.limits.described(), "exchangeFilters": [],
            "assets": [{"asset": name, "marginAvailable": True, "autoAssetExchange": "0"} for name in assets],
            "symbols": [symbol_info(market, self.venue.is_halted(market)) for market in self.venue.markets],
        }  # fmt: skip

    @rest("GET", "/fapi/v1/depth", operation="order_book", weight=10)
    def depth(self, call: Call) -> JsonValue:
        market = self._market(call)
        book, now = self.venue.book(market, limit(call.params, 500, 1000)), ms(self.venue.clock.now())
        return {
            "lastUpdateId": book.sequence, "E": now, "T": now,
            "bids": levels(market, book.bids), "asks": levels(market, book.asks),
        }  # fmt: skip

    @rest("GET", "/fapi/v1/trades", operation="trades", weight=5)
    def trades(self, call: Call) -> JsonValue:
        return [messages.public_trade(trade) for trade in self._recent(call)]

    @rest("GET", "/fapi/v1/aggTrades", operation="trades", weight=20)
    def aggregate_trades(self, call: Call) -> JsonValue:
        return [aggregate_trade(trade) for trade in self._recent(call)]

    @rest("GET", "/fapi/v1/ticker/24hr", operation="ticker")
    def ticker_day(self, call: Call) -> JsonValue:
        return self._tickers(call, _whole_day)

    @rest("GET", "/fapi/v1/ticker/price", operation="ticker")
    @rest("GET", "/fapi/v2/ticker/price", operation="ticker")
    def ticker_price(self, call: Call) -> JsonValue:
        return self._tickers(call, _price)

    @rest("GET", "/fapi/v1/ticker/bookTicker", operation="tickers", weight=2)
    def ticker_book(self, call: Call) -> JsonValue:
        return self._tickers(call, _top)

    @rest("GET", "/fapi/v1/premiumIndex", operation="mark_price")
    def premium_index(self, call: Call) -> JsonValue:
        return self._tickers(call, premium)

    @rest("GET", "/fapi/v1/fundingRate", operation="funding_rate")
    def funding_rates(self, call: Call) -> JsonValue:
        """Past fundings, oldest first."""
        found = [each for market in self._chosen(call) for each in self.venue.funding_history(market)]
        since, until = integer(call.params, "startTime"), integer(call.params, "endTime")
        wanted = [
            each
            for each in sorted(found, key=lambda each: each.at)
            if (since is None or ms(each.at) >= since) and (until is None or ms(each.at) <= until)
        ]
        return [
            {
                "symbol": symbol_of(each.market), "fundingRate": fixed(each.rate), "fundingTime": ms(each.at),
                "markPrice": fixed(each.mark_price),
            }
            for each in wanted[-limit(call.params, 100, 1000) :]
        ]  # fmt: skip

    @rest("GET", "/fapi/v1/fundingInfo", operation="funding_rate", weight=0)
    def funding_info(self, call: Call) -> JsonValue:
        return [
            {
                "symbol": symbol_of(market), "adjustedFundingRateCap": "0.02000000",
                "adjustedFundingRateFloor": "-0.02000000",
                "fundingIntervalHours": int(market.funding_interval // 3600), "disclaimer": False,
            }
            for market in self.venue.markets
        ]  # fmt: skip

    @rest("GET", "/fapi/v1/openInterest", operation="ticker")
    def open_interest(self, call: Call) -> JsonValue:
        market = self._market(call)
        amount = amount_of(market, self.venue.open_interest(market))
        return {"symbol": symbol_of(market), "openInterest": amount, "time": ms(self.venue.clock.now())}


def levels(market: Market, side: tuple[Level, ...]) -> list[JsonValue]:
    return [[price_of(market, each.price), amount_of(market, each.amount)] for each in side]


def aggregate_trade(trade: Trade) -> Json:
    return {name: value for name, value in messages.aggregate_trade(trade).items() if name != "M"}


def premium(venue: Venue, market: Market) -> Json:
    """`premiumIndex`: what funding is reckoned from."""
    with venue.lock:
        index = fixed(venue.index_price(market))
        return {
            "symbol": symbol_of(market), "markPrice": fixed(venue.mark_price(market)),
            "indexPrice": index, "estimatedSettlePrice": index,
            "lastFundingRate": fixed(venue.funding_rate(market)), "interestRate": "0.00010000",
            "nextFundingTime": ms(venue.next_funding_at(market)), "time": ms(venue.clock.now()),
        }  # fmt: skip


def _timed(venue: Venue, told: Json) -> Json:
    return {**told, "time": ms(venue.clock.now())}


def _price(venue: Venue, market: Market) -> Json:
    return _timed(venue, tickers.price(venue, market))


def _top(venue: Venue, market: Market) -> Json:
    return _timed(venue, {**tickers.top(venue, market), "lastUpdateId": venue.book(market, 1).sequence})


def _whole_day(venue: Venue, market: Market) -> Json:
    """Futures tell no best bid and ask here."""
    absent = ("bidPrice", "bidQty", "askPrice", "askQty", "prevClosePrice")
    return {name: value for name, value in tickers.whole_day(venue, market).items() if name not in absent}
