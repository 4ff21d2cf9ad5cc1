"""OKX's private REST routes.

Source: www.okx.com/docs-v5/en/ (Trading Account, Order Book Trading: trade).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal

from pydantic import JsonValue

from harness.venue.dialects.decimals import plain
from harness.venue.dialects.messages import Reply
from harness.venue.dialects.okx.codec import (
    CONFIG,
    REFUSALS,
    STATES,
    ItemRefused,
    detail,
    fill_data,
    new_order,
    order_data,
    refused,
    success,
)
from harness.venue.dialects.okx.market_routes import API, MarketRoutes, integer
from harness.venue.dialects.routing import Call, rest
from harness.venue.dialects.wire import Json, ms
from harness.venue.model import ZERO, Account, Balance, Order, Refusal, VenueRefusal


class AccountRoutes(MarketRoutes):
    """What the owner of a key may ask and do. A cash account."""

    @rest("GET", f"{API}/account/config", operation="balances", private=True)
    def config(self, call: Call) -> Reply:
        return success([CONFIG])

    @rest("GET", f"{API}/account/balance", operation="balances", private=True)
    def balance(self, call: Call) -> Reply:
        wanted = call.params.get("ccy", "")
        held = [b for b in self.venue.balances(call.account) if not wanted or b.asset in wanted.split(",")]
        return success([self.account_data(held)])

    def account_data(self, held: Iterable[Balance]) -> Json:
        """`account/balance` and the `account` channel. What only accounts with margin have is empty."""
        now, balances = str(ms(self.venue.clock.now())), list(held)
        prices = {each.asset: self._worth(each.asset) for each in balances}
        worth = sum((each.total * prices[each.asset] for each in balances), ZERO)
        return {
            "uTime": now, "totalEq": plain(worth), "isoEq": "0", "adjEq": "", "availEq": "", "ordFroz": "",
            "imr": "", "mmr": "", "mgnRatio": "", "notionalUsd": "", "upl": "", "borrowFroz": "",
            "details": [detail(each, now, prices[each.asset]) for each in balances],
        }  # fmt: skip

    def _worth(self, asset: str) -> Decimal:
        """In the quote of its market, which is taken for a dollar; of a quote asset 1."""
        market = next((each for each in self.venue.markets if each.base == asset), None)
        if market is None:
            return Decimal(1)
        return self.venue.last_price(market) * self._worth(market.quote)

    @rest("GET", f"{API}/account/trade-fee", operation="fees", private=True)
    def fees(self, call: Call) -> Reply:
        market = self._wanted(call) or self.venue.markets[0]
        rates: Json = {"maker": plain(-market.maker_fee), "taker": plain(-market.taker_fee)}
        told: Json = {"delivery": "", "exercise": "", "ts": str(ms(self.venue.clock.now())), **rates}
        return success([{"instType": "SPOT", "level": "Lv1", "category": "1", **told}])

    @rest("POST", f"{API}/trade/order", operation="place_order", private=True)
    @rest("POST", f"{API}/trade/batch-orders", operation="place_order", private=True)
    def place(self, call: Call) -> Reply:
        """One order, or a list of up to 20."""
        return self._each(call, self._place)

    @rest("POST", f"{API}/trade/cancel-order", operation="cancel_order", private=True)
    @rest("POST", f"{API}/trade/cancel-batch-orders", operation="cancel_order", private=True)
    def cancel(self, call: Call) -> Reply:
        return self._each(call, self._cancel)

    def _each(self, call: Call, do: Callable[[Account, Json], Order]) -> Reply:
        """Do it for each item of the body; the reply's code is 0, 1 (all failed) or 2 (some did)."""
        body = call.request.json()
        items = body if isinstance(body, list) else [body]
        results = [self._one(call.account, item if isinstance(item, dict) else {}, do) for item in items[:20]]
        failed = sum(item["sCode"] != "0" for item in results)
        code = "0" if not failed else "1" if failed == len(results) else "2"
        told: list[JsonValue] = [*results]
        return Reply(200, {}, {"code": code, "msg": "" if code == "0" else "Operation failed.", "data": told})

    def _one(self, account: Account, item: Json, do: Callable[[Account, Json], Order]) -> Json:
        told: Json = {"ordId": "", "clOrdId": str(item.get("clOrdId") or ""), "tag": "", "sMsg": ""}
        try:
            done = do(account, item)
        except ItemRefused as error:
            return {**told, "sCode": error.code, "sMsg": error.text, "ordId": str(item.get("ordId") or "")}
        return {**told, "ordId": str(done.order_id), "clOrdId": done.given_id, "sCode": "0"}

    def _place(self, account: Account, item: Json) -> Order:
        wanted = new_order(item, self.market_of)
        try:
            return self.venue.place(account, wanted)
        except VenueRefusal as error:
            raise ItemRefused(*REFUSALS[error.code]) from error

    def _cancel(self, account: Account, item: Json) -> Order:
        try:
            return self.venue.cancel(
                account, *_key(str(item.get("ordId") or ""), str(item.get("clOrdId") or ""))
            )
        except VenueRefusal as error:
            raise ItemRefused(*REFUSALS[Refusal.ORDER_NOT_OPEN]) from error

    @rest("GET", f"{API}/trade/order", operation="order_status", private=True)
    def order_status(self, call: Call) -> Reply:
        self._market(call)
        number, client_id = call.params.get("ordId", ""), call.params.get("clOrdId", "")
        try:
            found = self.venue.order(call.account, *_key(number, client_id))
        except VenueRefusal as error:
            raise refused(*REFUSALS[Refusal.UNKNOWN_ORDER]) from error
        return success([self.order(call.account, found)])

    @rest("GET", f"{API}/trade/orders-pending", operation="open_orders", private=True)
    def pending(self, call: Call) -> Reply:
        found = self.venue.open_orders(call.account, self._wanted(call))
        return success([self.order(call.account, order) for order in reversed(found)])

    @rest("GET", f"{API}/trade/orders-history", operation="open_orders", private=True)
    @rest("GET", f"{API}/trade/orders-history-archive", operation="open_orders", private=True)
    def history(self, call: Call) -> Reply:
        """Those that ended, newest first."""
        count = integer(call, "limit", 100)
        found = [o for o in self.venue.orders(call.account, self._wanted(call)) if not o.status.live]
        if state := call.params.get("state"):
            found = [order for order in found if STATES[order.status] == state]
        return success([self.order(call.account, order) for order in found[::-1][:count]])

    @rest("GET", f"{API}/trade/fills", operation="order_trades", private=True)
    @rest("GET", f"{API}/trade/fills-history", operation="order_trades", private=True)
    def fills(self, call: Call) -> Reply:
        """Newest first."""
        found = self.venue.fills(call.account, self._wanted(call), integer(call, "ordId", 0) or None)
        return success([fill_data(fill) for fill in found[::-1][: integer(call, "limit", 100)]])

    def order(self, account: Account, order: Order) -> Json:
        return order_data(order, self.venue.fills(account, order_id=order.order_id))


def _key(number: str, client_id: str) -> tuple[int | None, str | None]:
    """What names an order: OKX prefers its own number."""
    known = int(number) if re.fullmatch(r"[0-9]{1,18}", number) else None
    return known, client_id if known is None else None
