"""Bybit's public REST routes.

Source: bybit-exchange.github.io/docs/v5/market.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import JsonValue

from harness.venue.dialects.base import Dialect
from harness.venue.dialects.bybit.codec import PARAMETER, REFUSALS, integer, public_trade, refused
from harness.venue.dialects.day import day
from harness.venue.dialects.decimals import plain
from harness.venue.dialects.messages import Refused, Reply
from harness.venue.dialects.routing import Call, rest
from harness.venue.dialects.wire import Json, ms, rows
from harness.venue.market import Market
from harness.venue.model import Refusal


class MarketRoutes(Dialect):
    """What anybody may ask, of one category of products."""

    category: ClassVar[str]
    default_depth: ClassVar[int] = 1
    refusals: ClassVar[Mapping[Refusal, tuple[int, str]]] = REFUSALS

    def symbol(self, market: Market) -> str:
        return f"{market.base}{market.quote}"

    def unknown_market(self) -> Refused:
        return refused(*self.refusals[Refusal.UNKNOWN_MARKET])

    def answer(self, result: Json) -> Reply:
        return Reply(200, {}, {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}})

    def _chosen(self, call: Call) -> tuple[Market, ...]:
        """The markets that a question in this category is about."""
        self.check_category(call.params.get("category", ""))
        symbol = call.params.get("symbol", "")
        return (self.market_named(symbol),) if symbol else self.venue.markets

    def check_category(self, category: str) -> None:
        if category != self.category:
            raise refused(PARAMETER, f"Illegal category: {category}")

    @rest("GET", "/v5/market/time", operation="server_time")
    def server_time(self, call: Call) -> Reply:
        now = self.venue.clock.now()
        return self.answer({"timeSecond": str(int(now)), "timeNano": str(int(now * 1e6) * 1000)})

    @rest("GET", "/v5/market/instruments-info", operation="symbols")
    def instruments(self, call: Call) -> Reply:
        return self._list([self.instrument(market) for market in self._chosen(call)])

    def _list(self, items: list[Json], **more: JsonValue) -> Reply:
        told: list[JsonValue] = [*items]
        return self.answer({"category": self.category, "list": told, "nextPageCursor": "", **more})

    def instrument(self, market: Market) -> Json:
        """An entry of `instruments-info`."""
        raise NotImplementedError

    @rest("GET", "/v5/market/tickers", operation="ticker")
    def tickers(self, call: Call) -> Reply:
        return self._list([self.ticker(market) for market in self._chosen(call)])

    def ticker(self, market: Market) -> Json:
        today = day(self.venue, market)
        return {
            "symbol": self.symbol(market), "bid1Price": plain(today.bid.price),
            "bid1Size": plain(today.bid.amount),
            "ask1Price": plain(today.ask.price), "ask1Size": plain(today.ask.amount),
            "lastPrice": plain(today.last), "prevPrice24h": plain(today.open),
            "price24hPcnt": plain(round(today.change_rate, 20)), "highPrice24h": plain(today.high),
            "lowPrice24h": plain(today.low), "turnover24h": plain(today.value),
            "volume24h": plain(today.volume),
        }  # fmt: skip

    @rest("GET", "/v5/market/orderbook", operation="order_book")
    def order_book(self, call: Call) -> Reply:
        (market, *_) = self._chosen(call)
        book = self.venue.book(market, integer(call, "limit", self.default_depth, 500))
        now = ms(self.venue.clock.now())
        return self.answer(
            {
                "s": self.symbol(market), "b": rows(book.bids, plain), "a": rows(book.asks, plain),
                "ts": now, "u": book.sequence, "seq": book.sequence, "cts": ms(book.at),
            }
        )  # fmt: skip

    @rest("GET", "/v5/market/recent-trade", operation="trades")
    def recent_trades(self, call: Call) -> Reply:
        """Newest first."""
        (market, *_) = self._chosen(call)
        count = integer(call, "limit", 500, 1000)
        return self._list([public_trade(trade) for trade in self.venue.trades(market)[::-1][:count]])
