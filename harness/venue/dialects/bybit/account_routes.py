"""Bybit's private REST routes.

Source: bybit-exchange.github.io/docs/v5/order, position, account.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pydantic import JsonValue

from harness.venue.dialects.bybit.codec import (
    PARAMETER,
    execution,
    integer,
    new_order,
    of_venue,
    order_data,
    refused,
)
from harness.venue.dialects.bybit.market_routes import MarketRoutes
from harness.venue.dialects.decimals import plain
from harness.venue.dialects.messages import Reply
from harness.venue.dialects.routing import Call, rest
from harness.venue.dialects.wire import Json
from harness.venue.market import Market
from harness.venue.model import ZERO, Account, Balance, Order, VenueRefusal


class AccountRoutes(MarketRoutes):
    """What the owner of a key may ask and do. Orders are found by number whatever symbol stands beside it."""

    @rest("GET", "/v5/user/query-api", operation="balances", private=True)
    def key_info(self, call: Call) -> Reply:
        return self.answer({"id": "1", "readOnly": 0, "unified": 0, "uta": 1, "type": 1})

    @rest("GET", "/v5/account/info", operation="balances", private=True)
    def account_info(self, call: Call) -> Reply:
        return self.answer(
            {"unifiedMarginStatus": 6, "marginMode": "REGULAR_MARGIN", "updatedTime": "1700000000000"}
        )

    @rest("GET", "/v5/account/wallet-balance", operation="balances", private=True)
    def wallet(self, call: Call) -> Reply:
        if call.params.get("accountType") != "UNIFIED":
            raise refused(PARAMETER, "accountType only support UNIFIED.")
        accounts: list[JsonValue] = [self.wallet_data(call.account, self.venue.balances(call.account))]
        return self.answer({"list": accounts})

    def wallet_data(self, account: Account, held: Iterable[Balance]) -> Json:
        coins: list[JsonValue] = [self.coin(account, balance) for balance in held]
        return {"accountType": "UNIFIED", "totalEquity": "", "totalWalletBalance": "", "coin": coins}

    def coin(self, account: Account, balance: Balance) -> Json:
        return {
            "coin": balance.asset, "walletBalance": plain(balance.total), "equity": plain(balance.total),
            "locked": plain(balance.locked), "totalOrderIM": "0", "totalPositionIM": "0",
            "totalPositionMM": "0", "borrowAmount": "0", "accruedInterest": "0", "unrealisedPnl": "0",
            "cumRealisedPnl": "0", "bonus": "0",
            "availableToWithdraw": "", "usdValue": "", "spotHedgingQty": "0",
        }  # fmt: skip

    @rest("GET", "/v5/account/fee-rate", operation="fees", private=True)
    def fee_rates(self, call: Call) -> Reply:
        markets = self._chosen(call)
        return self._list(
            [
                {
                    "symbol": self.symbol(m),
                    "takerFeeRate": plain(m.taker_fee),
                    "makerFeeRate": plain(m.maker_fee),
                }
                for m in markets
            ]
        )

    @rest("POST", "/v5/order/create", operation="place_order", private=True)
    def create(self, call: Call) -> Reply:
        self.check_category(self._said(call, "category"))
        wanted = new_order(call.request.json(), self.market_named)
        try:
            placed = self.venue.place(call.account, wanted)
        except VenueRefusal as error:
            raise of_venue(error, self.refusals) from error
        return self._named(placed)

    @rest("POST", "/v5/order/cancel", operation="cancel_order", private=True)
    def cancel(self, call: Call) -> Reply:
        self.check_category(self._said(call, "category"))
        key = order_key(self._said(call, "orderId"), self._said(call, "orderLinkId"))
        try:
            return self._named(self.venue.cancel(call.account, *key))
        except VenueRefusal as error:
            raise of_venue(error, self.refusals) from error

    @rest("POST", "/v5/order/cancel-all", operation="cancel_all", private=True)
    def cancel_all(self, call: Call) -> Reply:
        symbol = self._said(call, "symbol")
        market = self.market_named(symbol) if symbol else None
        with self.venue.lock:
            gone = [
                self.venue.cancel(call.account, order.order_id)
                for order in self.venue.open_orders(call.account, market)
            ]
        told: list[JsonValue] = [{"orderId": str(o.order_id), "orderLinkId": o.given_id} for o in gone]
        return self.answer({"list": told, "success": "1"})

    def _said(self, call: Call, name: str) -> str:
        body = call.request.json()
        return str(body.get(name) or "") if isinstance(body, dict) else ""

    def _named(self, order: Order) -> Reply:
        return self.answer({"orderId": str(order.order_id), "orderLinkId": order.given_id})

    @rest("GET", "/v5/order/realtime", operation="order_status", private=True)
    def realtime(self, call: Call) -> Reply:
        """Open orders, and with a number or link id also what has just ended."""
        self.check_category(call.params.get("category", ""))
        if (one := self._one(call)) is not None:
            return self._orders(call, one)
        return self._orders(call, list(self.venue.open_orders(call.account, self._wanted(call))))

    @rest("GET", "/v5/order/history", operation="open_orders", private=True)
    def history(self, call: Call) -> Reply:
        """Those that ended, newest first."""
        self.check_category(call.params.get("category", ""))
        one = self._one(call)
        ended = [o for o in self.venue.orders(call.account, self._wanted(call)) if not o.status.live]
        return self._orders(call, ended if one is None else one)

    def _one(self, call: Call) -> list[Order] | None:
        """The one order that is asked for, none where there is no such; None when none is named."""
        number, link = call.params.get("orderId", ""), call.params.get("orderLinkId", "")
        if not (number or link):
            return None
        try:
            return [self.venue.order(call.account, *order_key(number, link))]
        except VenueRefusal:
            return []

    def _wanted(self, call: Call) -> Market | None:
        symbol = call.params.get("symbol", "")
        return self.market_named(symbol) if symbol else None

    def _orders(self, call: Call, orders: list[Order]) -> Reply:
        count = integer(call, "limit", 20, 50)
        return self._list([self.order(call.account, order) for order in orders[::-1][:count]])

    def order(self, account: Account, order: Order) -> Json:
        fee = sum((fill.fee for fill in self.venue.fills(account, order_id=order.order_id)), ZERO)
        return order_data(order, fee, self.category)

    @rest("GET", "/v5/execution/list", operation="order_trades", private=True)
    def executions(self, call: Call) -> Reply:
        """Newest first."""
        self.check_category(call.params.get("category", ""))
        account, one = call.account, self._one(call)
        if one is None:
            fills = self.venue.fills(account, self._wanted(call))
        else:
            fills = tuple(f for order in one for f in self.venue.fills(account, order_id=order.order_id))
        count = integer(call, "limit", 50, 100)
        return self._list(
            [execution(f, self.venue.order_of(account, f), self.category) for f in fills[::-1][:count]]
        )


def order_key(number: str, link: str) -> tuple[int | None, str | None]:
    """What names an order; Bybit's own number comes first."""
    known = int(number) if re.fullmatch(r"[0-9]{1,18}", number) else None
    return known, (link or number) if known is None else None
