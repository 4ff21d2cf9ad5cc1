"""What anybody may ask of `/info`: the clock, prices, order books, trades."""

from __future__ import annotations

from decimal import Decimal

from pydantic import JsonValue

from harness.venue.dialects.day import day
from harness.venue.dialects.hyperliquid.access import Access
from harness.venue.dialects.hyperliquid.codec import NEWEST, err, levels, malformed, number, public_trade
from harness.venue.dialects.messages import Refused, Reply
from harness.venue.dialects.routing import Call, rest
from harness.venue.dialects.wire import Json, ms
from harness.venue.market import Market


class MarketRoutes(Access):
    """Markets are assets by their number, counted from the first."""

    @property
    def listed(self) -> tuple[Market, ...]:
        """In the order of the exchange's universe."""
        return self.venue.markets

    @property
    def first_asset(self) -> int:
        """The number of the first market as an asset of orders."""
        return 0

    def asset(self, market: Market) -> int:
        return self.first_asset + self.listed.index(market)

    def market_at(self, asset: JsonValue) -> Market:
        """Raises `Refused` for an asset that there is not."""
        if not isinstance(asset, int) or isinstance(asset, bool):
            raise malformed()
        index = asset - self.first_asset
        if not 0 <= index < len(self.listed):
            raise err(f"Invalid asset: {asset}")
        return self.listed[index]

    def _market(self, call: Call) -> Market:
        market = self.market_of(str(self.said(call).get("coin")))
        if market is None:
            raise Refused(Reply(500, {}, None))
        return market

    def middle(self, market: Market) -> str | None:
        """Between the best prices; None while a side is empty."""
        book = self.venue.book(market, 1)
        return number((book.bids[0].price + book.asks[0].price) / 2) if book.bids and book.asks else None

    def context(self, market: Market) -> Json:
        """What changes of a market (`…AssetCtxs`, `activeAssetCtx`)."""
        today = day(self.venue, market)
        return {
            "dayNtlVlm": number(today.value), "dayBaseVlm": number(today.volume),
            "prevDayPx": number(today.open), "midPx": self.middle(market),
            "markPx": number(self.mark(market)),
        }  # fmt: skip

    def mark(self, market: Market) -> Decimal:
        raise NotImplementedError

    @rest("POST", "/info/exchangeStatus", operation="server_time", weight=2)
    def exchange_status(self, call: Call) -> JsonValue:
        return {"time": ms(self.venue.clock.now()), "specialStatuses": None}

    @rest("POST", "/info/allMids", operation="tickers", weight=2)
    def all_mids(self, call: Call) -> JsonValue:
        return self.mids()

    def mids(self) -> Json:
        told = {self.symbol(market): self.middle(market) for market in self.listed}
        return {coin: middle for coin, middle in told.items() if middle is not None}

    @rest("POST", "/info/l2Book", operation="order_book", weight=2)
    def order_book(self, call: Call) -> JsonValue:
        return self.book(self._market(call))

    def book(self, market: Market) -> Json:
        view = self.venue.book(market, self.book_depth)
        now = ms(self.venue.clock.now())
        return {"coin": self.symbol(market), "time": now, "levels": [levels(view.bids), levels(view.asks)]}

    @rest("POST", "/info/recentTrades", operation="trades", weight=20)
    def recent_trades(self, call: Call) -> JsonValue:
        """Newest first."""
        market = self._market(call)
        return [
            public_trade(trade, self.symbol(market))
            for trade in self.venue.trades(market)[: -NEWEST - 1 : -1]
        ]
