"""The `Bybit` dialect: spot."""

from __future__ import annotations

from typing import ClassVar

from harness.venue.dialects.bybit.v5 import BybitV5
from harness.venue.dialects.decimals import plain
from harness.venue.dialects.wire import Json
from harness.venue.market import Market
from harness.venue.model import Account


class Bybit(BybitV5):
    """A book is one level deep unless told (market/orderbook)."""

    name: ClassVar[str] = "bybit"
    ccxt_id: ClassVar[str | None] = "bybit"
    category: ClassVar[str] = "spot"

    def credentials(self, account: Account) -> dict[str, str]:
        return {"bybit_api_key": account.api_key, "bybit_api_secret": account.api_secret}

    def instrument(self, market: Market) -> Json:
        return {
            "symbol": self.symbol(market), "baseCoin": market.base, "quoteCoin": market.quote,
            "innovation": "0", "status": "PreLaunch" if self.venue.is_halted(market) else "Trading",
            "marginTrading": "none",
            "lotSizeFilter": {
                "basePrecision": plain(market.lot_size), "quotePrecision": plain(market.quote_quantum),
                "minOrderQty": plain(market.min_amount), "maxOrderQty": plain(market.max_amount),
                "minOrderAmt": plain(market.min_notional),
                "maxOrderAmt": plain(market.max_amount * market.max_price),
            },
            "priceFilter": {"tickSize": plain(market.tick_size)},
        }  # fmt: skip

    def ticker(self, market: Market) -> Json:
        """The quote asset is taken for a dollar."""
        return {**super().ticker(market), "usdIndexPrice": plain(self.venue.last_price(market))}
