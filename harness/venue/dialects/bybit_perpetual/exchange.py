"""The `BybitPerpetual` dialect: linear perpetuals that settle in USDT.

Source: bybit-exchange.github.io/docs/v5/ (market/instrument, market/tickers, position, account/withdrawal,
account/transaction-log). Modes are of the whole account here, where Bybit has them for each symbol.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar

from harness.venue.dialects.bybit.codec import PARAMETER, PLAIN_NUMBER, integer, of_venue, refused
from harness.venue.dialects.bybit.streams import PrivateSession, PublicSession
from harness.venue.dialects.bybit.v5 import BybitV5
from harness.venue.dialects.bybit_perpetual.codec import REFUSALS, coin_data, position_data, settlement
from harness.venue.dialects.bybit_perpetual.streams import LinearPrivateSession, LinearPublicSession
from harness.venue.dialects.day import day
from harness.venue.dialects.decimals import decimals_of, plain
from harness.venue.dialects.messages import Reply
from harness.venue.dialects.routing import Call, rest
from harness.venue.dialects.wire import Json, ms
from harness.venue.market import SAMPLE_PERPETUALS, Market
from harness.venue.model import Account, Balance, PositionSide, VenueRefusal
from harness.venue.positions import Position, PositionMode

HOUR = 3600.0
MODES = {"0": PositionMode.ONE_WAY, "3": PositionMode.HEDGE}
SIDES = {
    PositionMode.ONE_WAY: (PositionSide.BOTH,),
    PositionMode.HEDGE: (PositionSide.LONG, PositionSide.SHORT),
}


class BybitPerpetual(BybitV5):
    """A book is 25 levels deep unless told (market/orderbook)."""

    name: ClassVar[str] = "bybit_perpetual"
    funding_intervals: ClassVar[tuple[float, ...]] = (3600.0, 4 * 3600.0, 8 * 3600.0)
    ccxt_id: ClassVar[str | None] = "bybit"
    category: ClassVar[str] = "linear"
    default_depth: ClassVar[int] = 25
    # order/create: a post-only order that would take is cancelled, not refused.
    markets: ClassVar[tuple[Market, ...]] = tuple(
        replace(market, post_only_expires=True) for market in SAMPLE_PERPETUALS
    )
    refusals = REFUSALS
    not_covered: ClassVar[tuple[str, ...]] = (
        "inverse and USDC contracts, conditional orders, take-profit and stop-loss",
        "a position mode for each symbol: it is the account's",
    )

    def credentials(self, account: Account) -> dict[str, str]:
        return {
            "bybit_perpetual_api_key": account.api_key,
            "bybit_perpetual_secret_key": account.api_secret,
        }

    @rest("GET", "/v5/market/instruments-info", operation="symbols")
    def instruments(self, call: Call) -> Reply:
        """There are no inverse contracts."""
        if call.params.get("category") == "inverse":
            return self.answer({"category": "inverse", "list": [], "nextPageCursor": ""})
        return super().instruments(call)

    def instrument(self, market: Market) -> Json:
        most = plain(market.max_amount)
        return {
            "symbol": self.symbol(market), "contractType": "LinearPerpetual",
            "status": "PreLaunch" if self.venue.is_halted(market) else "Trading",
            "baseCoin": market.base, "quoteCoin": market.quote, "settleCoin": market.settle_asset,
            "launchTime": "1585526400000", "deliveryTime": "0", "deliveryFeeRate": "",
            "priceScale": str(decimals_of(market.tick_size)), "unifiedMarginTrade": True,
            "leverageFilter": {
                "minLeverage": "1", "maxLeverage": plain(market.max_leverage), "leverageStep": "0.01",
            },
            "priceFilter": {
                "minPrice": plain(market.tick_size), "maxPrice": plain(market.max_price),
                "tickSize": plain(market.tick_size),
            },
            "lotSizeFilter": {
                "qtyStep": plain(market.lot_size), "minOrderQty": plain(market.min_amount),
                "maxOrderQty": most, "maxMktOrderQty": most, "postOnlyMaxOrderQty": most,
                "minNotionalValue": plain(market.min_notional),
            },
            "fundingInterval": int(market.funding_interval // 60), "copyTrading": "none",
            "upperFundingRate": "0.00375", "lowerFundingRate": "-0.00375", "isPreListing": False,
        }  # fmt: skip

    def ticker(self, market: Market) -> Json:
        with self.venue.lock:
            hour, mark = day(self.venue, market, HOUR), self.venue.mark_price(market)
            interest = self.venue.open_interest(market)
            return {
                **super().ticker(market), "prevPrice1h": plain(hour.open), "markPrice": plain(mark),
                "indexPrice": plain(self.venue.index_price(market)), "openInterest": plain(interest),
                "openInterestValue": plain(interest * mark),
                "fundingRate": plain(self.venue.funding_rate(market)),
                "nextFundingTime": str(ms(self.venue.next_funding_at(market))),
                "fundingIntervalHour": str(int(market.funding_interval // HOUR)), "basisRate": "",
                "predictedDeliveryPrice": "", "deliveryFeeRate": "", "deliveryTime": "0",
            }  # fmt: skip

    def coin(self, account: Account, balance: Balance) -> Json:
        told = super().coin(account, balance)
        if not any(market.settle_asset == balance.asset for market in self.venue.markets):
            return told
        return {**told, **coin_data(balance, self.venue.margin(account, balance.asset))}

    @rest("GET", "/v5/account/withdrawal", operation="balances", private=True)
    def withdrawable(self, call: Call) -> Reply:
        """What can be taken out of the unified account, by coin."""
        names = call.params.get("coinName", "")
        if not names:
            raise refused(PARAMETER, "Request parameter error: coinName")
        free = {n: plain(self.venue.margin(call.account, n).available) for n in names.split(",")}
        first, *_ = free.values()
        return self.answer({"availableWithdrawal": first, "availableWithdrawalMap": {**free}})

    @rest("GET", "/v5/account/transaction-log", operation="funding_payments", private=True)
    def transaction_log(self, call: Call) -> Reply:
        """Fundings alone, newest first."""
        if call.params.get("category"):
            self.check_category(call.params["category"])
        if call.params.get("type", "SETTLEMENT") != "SETTLEMENT":
            return self._list([])
        paid = self.venue.funding_payments(call.account)[::-1][: integer(call, "limit", 20, 50)]
        return self._list(
            [
                settlement(p, self.symbol(p.market), plain(self.venue.balance(call.account, p.asset).total))
                for p in paid
            ]
        )

    def position_told(self, position: Position) -> Json:
        return position_data(position, self.symbol(position.market))

    @rest("GET", "/v5/position/list", operation="positions", private=True)
    def positions(self, call: Call) -> Reply:
        """A symbol's, open or not; of a settle coin those that are open, newest first, a page at a time."""
        self.check_category(call.params.get("category", ""))
        symbol, coin = call.params.get("symbol", ""), call.params.get("settleCoin", "")
        if not (symbol or coin):
            raise refused(PARAMETER, "Missing some parameters that must be filled in, symbol or settleCoin")
        if symbol:
            market = self.market_named(symbol)
            sides = SIDES[self.venue.position_mode(call.account)]
            held = [self.venue.position(call.account, market, side) for side in sides]
        else:
            opened = [p for p in self.venue.positions(call.account) if p.market.settle_asset == coin]
            held = sorted(opened, key=lambda position: position.opened_at, reverse=True)
        first, size = integer(call, "cursor", 0, len(held)), max(integer(call, "limit", 20, 200), 1)
        told, last = held[first : first + size], first + size
        return self._list(
            [self.position_told(position) for position in told],
            nextPageCursor=str(last) if last < len(held) else "",
        )

    @rest("POST", "/v5/position/set-leverage", operation="set_leverage", private=True)
    def set_leverage(self, call: Call) -> Reply:
        self.check_category(self._said(call, "category"))
        market = self.market_named(self._said(call, "symbol"))
        buy, sell = self._said(call, "buyLeverage"), self._said(call, "sellLeverage")
        if (
            not PLAIN_NUMBER.fullmatch(buy)
            or not PLAIN_NUMBER.fullmatch(sell)
            or Decimal(buy) != Decimal(sell)
        ):
            raise refused(PARAMETER, "buy leverage invalid")
        if Decimal(buy) == self.venue.leverage(call.account, market):
            raise refused(110043, "leverage not modified")
        return self._done(lambda: self.venue.set_leverage(call.account, market, Decimal(buy)))

    @rest("POST", "/v5/position/switch-mode", operation="position_mode", private=True)
    def switch_mode(self, call: Call) -> Reply:
        """Mode 0 is one way, 3 both sides."""
        self.check_category(self._said(call, "category"))
        symbol, body = self._said(call, "symbol"), call.request.json()
        mode = MODES.get(str(body.get("mode"))) if isinstance(body, dict) else None
        if mode is None or not (symbol or self._said(call, "coin")):
            raise refused(PARAMETER, "Request parameter error: mode, symbol or coin")
        if symbol:
            self.market_named(symbol)
        if mode is self.venue.position_mode(call.account):
            raise refused(110025, "Position mode is not modified")
        if self.venue.positions(call.account):
            raise refused(110024, "You have an existing position, so position mode cannot be switched")
        if self.venue.open_orders(call.account):
            raise refused(110028, "You have existing open orders, so position mode cannot be switched")
        return self._done(lambda: self.venue.set_position_mode(call.account, mode))

    def _done(self, change: Callable[[], None]) -> Reply:
        try:
            change()
        except VenueRefusal as error:
            raise of_venue(error, self.refusals) from error
        return self.answer({})

    def public_session(self) -> PublicSession:
        return LinearPublicSession(self)

    def private_session(self) -> PrivateSession:
        return LinearPrivateSession(self, self.sessions.remove)
