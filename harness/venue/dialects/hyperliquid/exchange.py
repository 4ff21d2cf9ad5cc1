"""The `Hyperliquid` dialect: spot."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from pydantic import JsonValue

from harness.venue.dialects.decimals import decimals_of
from harness.venue.dialects.hyperliquid.api import HyperliquidApi
from harness.venue.dialects.routing import Call, rest
from harness.venue.dialects.wire import Json
from harness.venue.market import Market, PriceBand
from harness.venue.model import Account

BAND = PriceBand(Decimal("0.2"), Decimal("1.8"), Decimal("0.2"), Decimal("1.8"))
LONG_NAME = "PURR"  # the one coin that is called by both its tokens; the first there was


def _market(base: str, tick: str, lot: str, price: str) -> Market:
    return Market(
        base, "USDC", Decimal(tick), Decimal(lot), Decimal(lot), Decimal(10), Decimal(price),
        maker_fee=Decimal("0.0004"), taker_fee=Decimal("0.0007"), price_band=BAND,
    )  # fmt: skip


class Hyperliquid(HyperliquidApi):
    """Coins are called `@` and the pair's index, `PURR/USDC` excepted; as assets they count from 10000."""

    name: ClassVar[str] = "hyperliquid"
    ccxt_id: ClassVar[str | None] = "hyperliquid"
    # Ticks are five significant figures of prices of that size, and lots powers of ten (tick-and-lot-size).
    markets: ClassVar[tuple[Market, ...]] = (
        _market("HYPE", "0.001", "0.01", "25.000"),
        _market("PURR", "0.00001", "1", "0.19000"),
        _market("XMR1", "0.01", "0.001", "320.00"),
        _market("JEFF", "0.0000001", "1", "0.0028450"),
    )

    @property
    def listed(self) -> tuple[Market, ...]:
        return tuple(sorted(self.venue.markets, key=lambda market: market.base != LONG_NAME))

    @property
    def first_asset(self) -> int:
        return 10_000

    def symbol(self, market: Market) -> str:
        if market.base == LONG_NAME:
            return f"{market.base}/{market.quote}"
        return f"@{self.listed.index(market)}"

    def mark(self, market: Market) -> Decimal:
        return self.venue.last_price(market)

    def held(self, account: Account, market: Market) -> Decimal:
        return self.venue.balance(account, market.base).total

    def context(self, market: Market) -> Json:
        supply = {"circulatingSupply": "1000000000.0", "totalSupply": "1000000000.0"}
        return {**super().context(market), **supply, "coin": self.symbol(market)}

    @rest("POST", "/info/spotMeta", operation="symbols", weight=20)
    def spot_meta(self, call: Call) -> JsonValue:
        return self.meta()

    @rest("POST", "/info/meta", operation="symbols", weight=20)
    def perpetual_meta(self, call: Call) -> JsonValue:
        """There are no perpetuals here; clients ask whether the exchange is there at all."""
        return {"universe": [], "marginTables": [], "collateralToken": 0}

    @rest("POST", "/info/spotMetaAndAssetCtxs", operation="symbols", weight=20)
    def spot_meta_and_contexts(self, call: Call) -> JsonValue:
        contexts: list[JsonValue] = [self.context(market) for market in self.listed]
        return [self.meta(), contexts]

    def meta(self) -> Json:
        sizes = {market.base: decimals_of(market.lot_size) for market in self.listed}
        tokens: list[JsonValue] = [
            {
                "name": asset, "szDecimals": sizes.get(asset, 8), "weiDecimals": 8, "index": index,
                "tokenId": f"0x{index:032x}", "isCanonical": asset in ("USDC", LONG_NAME),
                "evmContract": None, "fullName": None,
            }
            for index, asset in enumerate(self.tokens)
        ]  # fmt: skip
        universe: list[JsonValue] = [
            {
                "name": self.symbol(market), "tokens": [self.token(market.base), self.token(market.quote)],
                "index": index, "isCanonical": market.base == LONG_NAME,
            }
            for index, market in enumerate(self.listed)
        ]  # fmt: skip
        return {"universe": universe, "tokens": tokens}
