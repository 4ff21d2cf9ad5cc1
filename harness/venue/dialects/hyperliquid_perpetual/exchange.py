"""The `HyperliquidPerpetual` dialect: what perpetuals have beyond the base.

Source: hyperliquid.gitbook.io/hyperliquid-docs (for-developers/api: info-endpoint/perpetuals,
exchange-endpoint, tick-and-lot-size). The venue calls the collateral USD, as Hummingbot's connector does; on
the wire it is USDC.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import ClassVar

from pydantic import JsonValue

from harness.venue.dialects.decimals import decimals_of
from harness.venue.dialects.hyperliquid.api import HyperliquidApi
from harness.venue.dialects.hyperliquid.codec import err, malformed, number, ok, refusal
from harness.venue.dialects.routing import Call, rest
from harness.venue.dialects.wire import Json, ms
from harness.venue.market import Market, MarketKind, PriceBand
from harness.venue.model import ZERO, Account, VenueRefusal
from harness.venue.positions import FundingRound, MarginMode, Position

BAND = PriceBand(Decimal("0.2"), Decimal("1.8"), Decimal("0.2"), Decimal("1.8"))
HOUR = 3600.0
COLLATERAL, ON_THE_WIRE = "USD", "USDC"
ON_THE_SPOT_SIDE = Decimal("21.5")
NEWEST = 500


def _market(base: str, lot: str, price: str, leverage: str, tick: str = "0.1") -> Market:
    return Market(
        base, COLLATERAL, Decimal(tick), Decimal(lot), Decimal(lot), Decimal(10), Decimal(price),
        maker_fee=Decimal("0.00015"), taker_fee=Decimal("0.00045"), kind=MarketKind.PERPETUAL,
        max_leverage=Decimal(leverage), funding_interval=HOUR, funding_rate=Decimal("0.0000125"),
        price_band=BAND, settle=COLLATERAL,
    )  # fmt: skip


class HyperliquidPerpetual(HyperliquidApi):
    """Coins are called by their names, and are assets by their place in the universe. One-way mode alone."""

    name: ClassVar[str] = "hyperliquid_perpetual"
    ccxt_id: ClassVar[str | None] = "hyperliquid"
    ccxt_assets: ClassVar[Mapping[str, str]] = MappingProxyType({COLLATERAL: ON_THE_WIRE, "kPEPE": "KPEPE"})
    # Five significant figures: a price of four digits has one decimal, and so has every price up to 10,000.
    # A price of some hundredths has the six decimals that prices have at most. Coins of a thousand have a
    # small k before their name.
    markets: ClassVar[tuple[Market, ...]] = (
        _market("ETH", "0.0001", "3000", "25"),
        _market("MKR", "0.001", "1800", "10"),
        _market("YFI", "0.0001", "4900", "5"),
        _market("kPEPE", "1", "0.02", "10", tick="0.000001"),
    )
    not_covered: ClassVar[tuple[str, ...]] = (
        "markets of builders (HIP-3), vaults, agents, TWAP and trigger orders, changing orders",
        "prices of five digits and more, whose tick is whole, and most below 1,000",
    )

    def symbol(self, market: Market) -> str:
        return market.base

    def mark(self, market: Market) -> Decimal:
        return self.venue.mark_price(market)

    def held(self, account: Account, market: Market) -> Decimal:
        return self.venue.position(account, market).size

    def context(self, market: Market) -> Json:
        with self.venue.lock:
            mark, oracle = self.venue.mark_price(market), self.venue.index_price(market)
            book = self.venue.book(market, 1)
            impact: list[JsonValue] = [number(side[0].price) for side in (book.bids, book.asks) if side]
            return {
                **super().context(market), "funding": number(self.venue.funding_rate(market)),
                "openInterest": number(self.venue.open_interest(market)), "oraclePx": number(oracle),
                "premium": number(round((mark - oracle) / oracle, 8)), "impactPxs": impact,
            }  # fmt: skip

    def meta(self) -> Json:
        universe: list[JsonValue] = [
            {
                "name": self.symbol(market), "szDecimals": decimals_of(market.lot_size),
                "maxLeverage": int(market.max_leverage), "marginTableId": int(market.max_leverage),
            }
            for market in self.listed
        ]  # fmt: skip
        return {"universe": universe, "marginTables": [], "collateralToken": 0}

    @rest("POST", "/info/meta", operation="symbols", weight=20)
    def perpetual_meta(self, call: Call) -> JsonValue:
        return self.meta()

    @rest("POST", "/info/metaAndAssetCtxs", operation="symbols", weight=20)
    def meta_and_contexts(self, call: Call) -> JsonValue:
        contexts: list[JsonValue] = [self.context(market) for market in self.listed]
        return [self.meta(), contexts]

    @rest("POST", "/info/allPerpMetas", operation="symbols", weight=20)
    def all_metas(self, call: Call) -> JsonValue:
        return [self.meta()]

    @rest("POST", "/info/perpDexs", operation="symbols", weight=20)
    def builders(self, call: Call) -> JsonValue:
        """None is the first: Hyperliquid's own. There are no others."""
        return [None]

    @rest("POST", "/info/spotMeta", operation="symbols", weight=20)
    def spot_meta(self, call: Call) -> JsonValue:
        """There are no spot markets here; clients ask for the names of tokens."""
        token: Json = {
            "name": ON_THE_WIRE, "szDecimals": 8, "weiDecimals": 8, "index": 0, "tokenId": f"0x{0:032x}",
            "isCanonical": True, "evmContract": None, "fullName": None,
        }  # fmt: skip
        return {"universe": [], "tokens": [token]}

    @rest("POST", "/info/fundingHistory", operation="funding_rate", weight=20)
    def funding_history(self, call: Call) -> JsonValue:
        """A coin's past fundings since a time in milliseconds, oldest first."""
        since, until = self._span(call)
        rounds = [
            each for each in self.venue.funding_history(self._market(call)) if since <= ms(each.at) <= until
        ]
        return [self._round(each) for each in rounds[:NEWEST]]

    def _round(self, each: FundingRound) -> Json:
        rate = number(each.rate)
        return {"coin": self.symbol(each.market), "fundingRate": rate, "premium": rate, "time": ms(each.at)}

    def _span(self, call: Call) -> tuple[int, int]:
        said = self.said(call)
        start, end = said.get("startTime"), said.get("endTime")
        if not isinstance(start, int) or not isinstance(end, int | None):
            raise malformed()
        return start, ms(self.venue.clock.now()) if end is None else end

    def balances(self, account: Account) -> Json:
        """What lies on the spot side, which trades no perpetuals while the account is not unified."""
        told: Json = {
            "coin": ON_THE_WIRE, "token": 0, "total": number(ON_THE_SPOT_SIDE), "hold": "0.0",
            "entryNtl": "0.0",
        }  # fmt: skip
        return {"balances": [told]}

    def state(self, kind: str, account: Account) -> Json | None:
        return self.perpetual_state(account) if kind == "clearinghouseState" else super().state(kind, account)

    @rest("POST", "/info/clearinghouseState", operation="positions", weight=2)
    def clearinghouse_state(self, call: Call) -> JsonValue:
        return self.perpetual_state(self._asked(call))

    def perpetual_state(self, account: Account | None) -> Json:
        """An address that nobody has traded with has nothing."""
        with self.venue.lock:
            positions = [*self.venue.positions(account)] if account else []
            margin = self.venue.margin(account, COLLATERAL) if account else None
            told: list[JsonValue] = [
                {"type": "oneWay", "position": self.position_told(position)} for position in positions
            ]
        worth = margin.wallet + margin.unrealised_pnl if margin else ZERO
        notional = sum((position.notional for position in positions), ZERO)
        used = margin.position_margin + margin.isolated_margin if margin else ZERO
        summary: Json = {
            "accountValue": number(worth), "totalNtlPos": number(notional),
            "totalRawUsd": number(worth - sum((p.size * p.mark_price for p in positions), ZERO)),
            "totalMarginUsed": number(round(used, 6)),
        }  # fmt: skip
        return {
            "assetPositions": told, "marginSummary": summary, "crossMarginSummary": {**summary},
            "crossMaintenanceMarginUsed": number(round(margin.maintenance_margin, 6) if margin else ZERO),
            "withdrawable": number(round(margin.available, 6) if margin else ZERO),
            "time": ms(self.venue.clock.now()),
        }  # fmt: skip

    def position_told(self, position: Position) -> Json:
        isolated = position.margin_mode is MarginMode.ISOLATED
        stop = position.liquidation_price
        leverage: Json = {"type": "isolated" if isolated else "cross", "value": int(position.leverage)}
        margin = position.isolated_margin if isolated else position.initial_margin
        returned = position.unrealised_pnl / position.initial_margin if position.initial_margin else ZERO
        nothing: Json = {"allTime": "0.0", "sinceOpen": "0.0", "sinceChange": "0.0"}
        return {
            "coin": self.symbol(position.market), "szi": number(position.size), "leverage": leverage,
            "entryPx": number(round(position.entry_price or ZERO, 8)),
            "positionValue": number(position.notional), "unrealizedPnl": number(position.unrealised_pnl),
            "returnOnEquity": number(round(returned, 8)),
            "liquidationPx": number(round(stop, 8)) if stop is not None else None,
            "marginUsed": number(round(margin, 6)), "maxLeverage": int(position.market.max_leverage),
            "cumFunding": nothing,
        }  # fmt: skip

    @rest("POST", "/info/userFunding", operation="funding_payments", weight=20)
    def user_funding(self, call: Call) -> JsonValue:
        """Within both times (milliseconds), oldest first."""
        account = self._asked(call)
        since, until = self._span(call)
        paid = self.venue.funding_payments(account) if account else ()
        told: list[JsonValue] = [self.funding(each) for each in paid if since <= ms(each.at) <= until]
        return told[:NEWEST]

    @rest("POST", "/exchange/updateLeverage", operation="set_leverage", private=True)
    def update_leverage(self, call: Call) -> JsonValue:
        action = self._action(call)
        leverage, cross, market = (
            action.get("leverage"),
            action.get("isCross"),
            self.market_at(action.get("asset")),
        )
        if not isinstance(leverage, int) or not isinstance(cross, bool):
            raise malformed()
        mode = MarginMode.CROSS if cross else MarginMode.ISOLATED
        try:
            with self.venue.lock:
                self.venue.set_margin_mode(call.account, market, mode)
                self.venue.set_leverage(call.account, market, Decimal(leverage))
        except VenueRefusal as error:
            raise err(refusal(error)) from error
        return ok("default")
