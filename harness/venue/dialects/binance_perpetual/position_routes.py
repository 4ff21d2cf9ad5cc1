"""Binance's REST routes about the balances and positions of an account of futures.

Source: developers.binance.com/docs/derivatives/usds-margined-futures (account, trade).
"""

from __future__ import annotations

import zlib
from decimal import Decimal

from pydantic import JsonValue

from harness.venue.dialects.binance.errors import error, missing
from harness.venue.dialects.binance.messages import symbol_of
from harness.venue.dialects.binance.parameters import integer, limit, required
from harness.venue.dialects.binance_perpetual import codec
from harness.venue.dialects.binance_perpetual.routes import MarketRoutes
from harness.venue.dialects.decimals import fixed, plain
from harness.venue.dialects.routing import Call, rest
from harness.venue.market import Market
from harness.venue.model import ZERO, Account, PositionSide, Refusal, VenueRefusal
from harness.venue.positions import Margin, MarginMode, Position, PositionMode

SIDES = {
    PositionMode.ONE_WAY: (PositionSide.BOTH,),
    PositionMode.HEDGE: (PositionSide.LONG, PositionSide.SHORT),
}
TRUTH = {"true": True, "false": False}


class PositionRoutes(MarketRoutes):
    """What the owner of a key may ask of balances and positions, and set for them."""

    @rest("GET", "/fapi/v2/account", operation="balances", weight=5, private=True)
    @rest("GET", "/fapi/v3/account", operation="balances", weight=5, private=True)
    def account(self, call: Call) -> JsonValue:
        with self.venue.lock:
            now = self.venue.clock.now()
            assets = [codec.asset(each, now) for each in self._margins(call.account)]
            positions = [codec.account_position(each) for each in self._positions(call.account)]
        totals = {
            "totalInitialMargin": "initialMargin", "totalMaintMargin": "maintMargin",
            "totalWalletBalance": "walletBalance", "totalUnrealizedProfit": "unrealizedProfit",
            "totalMarginBalance": "marginBalance", "totalPositionInitialMargin": "positionInitialMargin",
            "totalOpenOrderInitialMargin": "openOrderInitialMargin",
            "totalCrossWalletBalance": "crossWalletBalance", "totalCrossUnPnl": "crossUnPnl",
            "availableBalance": "availableBalance", "maxWithdrawAmount": "maxWithdrawAmount",
        }  # fmt: skip
        sums = {
            total: fixed(sum((Decimal(str(each[name])) for each in assets), ZERO))
            for total, name in totals.items()
        }
        return {
            "feeTier": 0, "feeBurn": True, "canTrade": True, "canDeposit": False, "canWithdraw": False,
            "updateTime": 0, "multiAssetsMargin": False, "tradeGroupId": -1, **sums,
            "assets": [*assets], "positions": [*positions],
        }  # fmt: skip

    @rest("GET", "/fapi/v2/balance", operation="balances", weight=5, private=True)
    @rest("GET", "/fapi/v3/balance", operation="balances", weight=5, private=True)
    def balance(self, call: Call) -> JsonValue:
        alias, now = f"{zlib.crc32(call.account.name.encode()):08x}", self.venue.clock.now()
        return [codec.balance(each, alias, now) for each in self._margins(call.account)]

    @rest("GET", "/fapi/v1/commissionRate", operation="fees", weight=20, private=True)
    def commission_rate(self, call: Call) -> JsonValue:
        market = self._market(call)
        return {
            "symbol": symbol_of(market), "makerCommissionRate": plain(market.maker_fee),
            "takerCommissionRate": plain(market.taker_fee),
        }  # fmt: skip

    @rest("GET", "/fapi/v1/userTrades", operation="order_trades", weight=5, private=True)
    def user_trades(self, call: Call) -> JsonValue:
        return [codec.my_trade(fill) for fill in self._fills(call)]

    @rest("GET", "/fapi/v1/income", operation="funding_payments", weight=30, private=True)
    def income(self, call: Call) -> JsonValue:
        """What came and went, oldest first."""
        params, wanted = call.params, call.params.get("incomeType")
        market = self._market(call) if "symbol" in params else None
        since = integer(params, "startTime") or 0
        told = [codec.funding_income(each) for each in self.venue.funding_payments(call.account, market)]
        told += [each for fill in self.venue.fills(call.account, market) for each in codec.fill_income(fill)]
        found = [
            each for each in told if wanted in (None, each["incomeType"]) and int(str(each["time"])) >= since
        ]
        return [*sorted(found, key=lambda each: int(str(each["time"])))[-limit(params, 100, 1000) :]]

    @rest("GET", "/fapi/v2/positionRisk", operation="positions", weight=5, private=True)
    def position_risk(self, call: Call) -> JsonValue:
        """Every symbol's, open or not."""
        market = self._market(call) if "symbol" in call.params else None
        return [codec.position_risk(each) for each in self._positions(call.account, market)]

    @rest("GET", "/fapi/v3/positionRisk", operation="positions", weight=5, private=True)
    def open_position_risk(self, call: Call) -> JsonValue:
        """Those that are open."""
        market = self._market(call) if "symbol" in call.params else None
        return [codec.position_risk(each) for each in self._positions(call.account, market) if each.size]

    @rest("GET", "/fapi/v1/leverageBracket", operation="positions", private=True)
    def leverage_bracket(self, call: Call) -> JsonValue:
        return [
            {
                "symbol": symbol_of(market), "notionalCoef": 1,
                "brackets": [
                    {
                        "bracket": 1, "initialLeverage": int(market.max_leverage), "notionalCap": 100_000_000,
                        "notionalFloor": 0, "maintMarginRatio": float(market.maintenance_margin), "cum": 0,
                    },
                ],
            }
            for market in self._chosen(call)
        ]  # fmt: skip

    @rest("GET", "/fapi/v1/symbolConfig", operation="positions", weight=5, private=True)
    def symbol_config(self, call: Call) -> JsonValue:
        return [
            {
                "symbol": symbol_of(market),
                "marginType": "ISOLATED"
                if self.venue.margin_mode(call.account, market) is MarginMode.ISOLATED
                else "CROSSED",
                "isAutoAddMargin": False,
                "leverage": int(self.venue.leverage(call.account, market)),
                "maxNotionalValue": "100000000",
            }
            for market in self._chosen(call)
        ]

    @rest("POST", "/fapi/v1/leverage", operation="set_leverage", private=True)
    def set_leverage(self, call: Call) -> JsonValue:
        market, leverage = self._market(call), integer(call.params, "leverage")
        if leverage is None:
            raise missing("leverage")
        try:
            self.venue.set_leverage(call.account, market, Decimal(leverage))
        except VenueRefusal as refusal:
            if refusal.code is Refusal.LEVERAGE_TOO_HIGH:
                raise error(-4028, f"Leverage {leverage} is not valid") from None
            raise codec.refused(refusal) from None
        return {"symbol": symbol_of(market), "leverage": leverage, "maxNotionalValue": "100000000"}

    @rest("POST", "/fapi/v1/marginType", operation="margin_mode", private=True)
    def set_margin_type(self, call: Call) -> JsonValue:
        modes = {"ISOLATED": MarginMode.ISOLATED, "CROSSED": MarginMode.CROSS}
        market, mode = self._market(call), modes.get(required(call.params, "marginType"))
        if mode is None:
            raise missing("marginType")
        if self.venue.margin_mode(call.account, market) is mode:
            raise error(*codec.NEEDLESS_MARGIN)
        try:
            self.venue.set_margin_mode(call.account, market, mode)
        except VenueRefusal as refusal:
            raise codec.refused(refusal) from None
        return {"code": 200, "msg": "success"}

    @rest("GET", "/fapi/v1/positionSide/dual", operation="position_mode", weight=30, private=True)
    def position_mode(self, call: Call) -> JsonValue:
        return {"dualSidePosition": self.venue.position_mode(call.account) is PositionMode.HEDGE}

    @rest("POST", "/fapi/v1/positionSide/dual", operation="position_mode", private=True)
    def set_position_mode(self, call: Call) -> JsonValue:
        dual = TRUTH.get(required(call.params, "dualSidePosition").lower())
        if dual is None:
            raise missing("dualSidePosition")
        mode = PositionMode.HEDGE if dual else PositionMode.ONE_WAY
        with self.venue.lock:
            if self.venue.position_mode(call.account) is mode:
                raise error(*codec.NEEDLESS_MODE)
            if self.venue.open_orders(call.account):
                raise error(*codec.MODE_WITH_ORDERS)
            if self.venue.positions(call.account):
                raise error(*codec.MODE_WITH_POSITIONS)
            self.venue.set_position_mode(call.account, mode)
        return {"code": 200, "msg": "success"}

    def _margins(self, account: Account) -> list[Margin]:
        """Of every asset that perpetuals settle in."""
        assets = sorted({market.settle_asset for market in self.venue.markets})
        return [self.venue.margin(account, name) for name in assets]

    def _positions(self, account: Account, market: Market | None = None) -> list[Position]:
        sides = SIDES[self.venue.position_mode(account)]
        markets = self.venue.markets if market is None else (market,)
        return [self.venue.position(account, each, side) for each in markets for side in sides]
