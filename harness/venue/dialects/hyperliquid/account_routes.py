"""What is asked of an account: balances, fees, fills. Anybody may ask, about any address."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property

from pydantic import JsonValue

from harness.venue.dialects.hyperliquid.access import ACTIONS
from harness.venue.dialects.hyperliquid.codec import NEWEST, fill_data, malformed, number
from harness.venue.dialects.hyperliquid.market_routes import MarketRoutes
from harness.venue.dialects.routing import Call, rest
from harness.venue.dialects.wire import Json, ms
from harness.venue.market import Market
from harness.venue.model import ZERO, Account, Fill, Side


class AccountRoutes(MarketRoutes):
    """What an account holds, pays and has traded."""

    @rest("POST", "/info/spotClearinghouseState", operation="balances", weight=2)
    def spot_state(self, call: Call) -> JsonValue:
        account = self._asked(call)
        return self.balances(account) if account else {"balances": []}

    def balances(self, account: Account) -> Json:
        told: list[JsonValue] = [
            {
                "coin": held.asset, "token": self.token(held.asset), "total": number(held.total),
                "hold": number(held.locked), "entryNtl": "0.0",
            }
            for held in self.venue.balances(account)
        ]  # fmt: skip
        return {"balances": told}

    def token(self, asset: str) -> int:
        return list(self.tokens).index(asset)

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """USDC is the first; what an account holds besides is of a market."""
        return tuple(dict.fromkeys(["USDC", *(asset for m in self.listed for asset in (m.base, m.quote))]))

    @rest("POST", "/info/userAbstraction", operation="balances", weight=20)
    def abstraction(self, call: Call) -> JsonValue:
        return "disabled"

    @rest("POST", "/info/extraAgents", operation="balances", weight=20)
    def agents(self, call: Call) -> JsonValue:
        return []

    @rest("POST", "/info/maxBuilderFee", operation="fees", weight=20)
    def builder_fee(self, call: Call) -> JsonValue:
        """Nobody has approved of one."""
        return 0

    @rest("POST", "/info/userFees", operation="fees", weight=20)
    def user_fees(self, call: Call) -> JsonValue:
        market = self.listed[0]
        cross, add = number(market.taker_fee), number(market.maker_fee)
        names = ("userSpotCrossRate", "userSpotAddRate", "userCrossRate", "userAddRate")
        return {
            "dailyUserVlm": [],
            "activeReferralDiscount": "0.0",
            **dict(zip(names, (cross, add) * 2, strict=True)),
        }

    @rest("POST", "/info/userRateLimit", operation="fees", weight=20)
    def rate_limit(self, call: Call) -> JsonValue:
        account = self._asked(call)
        fills = self.venue.fills(account) if account else ()
        traded = sum((fill.quote_amount for fill in fills), ZERO)
        used = self._actions.get(account.name, 0) if account else 0
        return {"cumVlm": number(traded), "nRequestsUsed": used, "nRequestsCap": ACTIONS + int(traded)}

    @rest("POST", "/info/userFills", operation="order_trades", weight=20)
    def user_fills(self, call: Call) -> JsonValue:
        """Newest first."""
        account = self._asked(call)
        told: list[JsonValue] = [*self.fills(account)] if account else []
        return told[: -NEWEST - 1 : -1]

    @rest("POST", "/info/userFillsByTime", operation="order_trades", weight=20)
    def user_fills_by_time(self, call: Call) -> JsonValue:
        """Oldest first, within both times (milliseconds)."""
        account, said = self._asked(call), self.said(call)
        start, end = said.get("startTime"), said.get("endTime")
        if not isinstance(start, int) or not isinstance(end, int | None):
            raise malformed()
        last = ms(self.venue.clock.now()) if end is None else end
        fills = self.fills(account) if account else []
        chosen: list[JsonValue] = [told for told in fills if start <= int(str(told["time"])) <= last]
        return chosen[:NEWEST]

    def fills(self, account: Account) -> list[Json]:
        """All of an account's, oldest first."""
        with self.venue.lock:
            after = {market: self.held(account, market) for market in self.listed}
            told = []
            for fill in reversed(self.venue.fills(account)):
                before = after[fill.market] - change(fill)
                after[fill.market] = before
                told.append(fill_data(fill, self.symbol(fill.market), before))
        return told[::-1]

    def held(self, account: Account, market: Market) -> Decimal:
        """The position in a market: on spot, the balance."""
        raise NotImplementedError


def change(fill: Fill) -> Decimal:
    """What it did to the base that is held."""
    amount = fill.amount if fill.side is Side.BUY else -fill.amount
    return amount - fill.fee if fill.fee_asset == fill.market.base else amount
