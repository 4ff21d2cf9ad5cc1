"""Kraken's private REST routes.

Source: docs.kraken.com/exchange/api-reference/spot-rest (Account Data, Trading, Websockets Authentication).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from harness.venue.dialects.decimals import fixed
from harness.venue.dialects.kraken.codec import (
    REFUSALS,
    asset_name,
    description,
    exchange_id,
    listed,
    marked,
    new_order,
    number_of,
    pair_name,
    refused,
    user_reference,
)
from harness.venue.dialects.kraken.limits import TOKEN_LIFE, Limits, Tokens
from harness.venue.dialects.kraken.market_routes import MarketRoutes, integer, parameters, success
from harness.venue.dialects.kraken.messages import fill_data, order_data
from harness.venue.dialects.messages import Reply
from harness.venue.dialects.routing import Call, rest
from harness.venue.dialects.wire import Json, parsed
from harness.venue.model import Account, Fill, NewOrder, Order, Refusal, VenueRefusal

PRIVATE = "/0/private"
HISTORY_COST = 2  # of calls for the history of trades
PAGE = 50


class AccountRoutes(MarketRoutes):
    """What the owner of a key may ask and do."""

    tokens: Tokens
    _limits: Limits

    @rest("POST", f"{PRIVATE}/GetWebSocketsToken", operation="stream_token", private=True)
    def token(self, call: Call) -> Reply:
        token = self.tokens.issue(call.account, self.venue.clock.now())
        return success({"token": token, "expires": int(TOKEN_LIFE)})

    @rest("POST", f"{PRIVATE}/Balance", operation="balances", private=True)
    def balance(self, call: Call) -> Reply:
        held = self.venue.balances(call.account)
        return success({asset_name(b.asset): balance_text(b.total) for b in held})

    @rest("POST", f"{PRIVATE}/BalanceEx", operation="balances", private=True)
    def extended_balance(self, call: Call) -> Reply:
        return success({
            asset_name(b.asset): {"balance": balance_text(b.total), "hold_trade": balance_text(b.locked)}
            for b in self.venue.balances(call.account)
        })  # fmt: skip

    @rest("POST", f"{PRIVATE}/TradeVolume", operation="fees", private=True)
    def fees(self, call: Call) -> Reply:
        markets = list(self.wanted(call))
        told: Json = {"currency": "ZUSD", "volume": "0.0000"}
        for name, rates in (("fees", "taker_fee"), ("fees_maker", "maker_fee")):
            told[name] = {pair_name(m): {"fee": fixed(getattr(m, rates) * 100, 4)} for m in markets}
        return success(told)

    @rest("POST", f"{PRIVATE}/AddOrder", operation="place_order", private=True)
    def place(self, call: Call) -> Reply:
        said, now = parameters(call.request), self.received_at(call.request)
        market = self.pair(said.get("pair", ""))
        if not self._limits.placed((call.account.name, call.request.client, market), now):
            raise refused("EOrder:Rate limit exceeded")
        wanted = new_order(said, market, now)
        try:
            placed = self._place(call.account, wanted)
        except VenueRefusal as refusal:
            raise refused(REFUSALS[refusal.code]) from refusal
        return success({
            "descr": {"order": description(placed)}, "txid": [exchange_id("O", placed.order_id)]
        })  # fmt: skip

    def _place(self, account: Account, wanted: NewOrder) -> Order:
        """Kraken lets several open orders have the same `userref`."""
        with self.venue.lock:
            reference = wanted.client_order_id
            open_ids = {order.client_order_id for order in self.venue.open_orders(account)}
            if reference in open_ids and reference is not None and user_reference(reference):
                wanted = replace(wanted, client_order_id=f"{reference}#{len(self.venue.orders(account))}")
            return self.venue.place(account, wanted)

    @rest("POST", f"{PRIVATE}/CancelOrder", operation="cancel_order", private=True)
    def cancel(self, call: Call) -> Reply:
        """By id, by the client's own id, or all of a `userref`."""
        said = parameters(call.request)
        name = said.get("txid", "") or marked(said.get("cl_ord_id", ""))
        return success({"count": self._cancel(call, self._open(call.account, name))})

    @rest("POST", f"{PRIVATE}/CancelOrderBatch", operation="cancel_order", private=True)
    def cancel_batch(self, call: Call) -> Reply:
        """`orders` and `cl_ord_ids` are lists, in JSON."""
        said = parsed(call.request.body)
        names = [*listed(said.get("orders")), *map(marked, listed(said.get("cl_ord_ids")))]
        return success({"count": sum(self._cancel(call, self._open(call.account, name)) for name in names)})

    @rest("POST", f"{PRIVATE}/CancelAll", operation="cancel_all", private=True)
    def cancel_all(self, call: Call) -> Reply:
        return success({"count": self._cancel(call, self.venue.open_orders(call.account))})

    def _open(self, account: Account, name: str) -> list[Order]:
        """Open orders of that name; refused when there are none."""
        number = number_of("O", name)
        found = [
            order
            for order in self.venue.open_orders(account)
            if order.order_id == number
            or order.client_order_id == name
            or (name.isdigit() and user_reference(order.client_order_id) == int(name))
        ]
        if not found:
            raise refused(REFUSALS[Refusal.UNKNOWN_ORDER])
        return found

    def _cancel(self, call: Call, orders: Iterable[Order]) -> int:
        count, now = 0, self.received_at(call.request)
        for order in orders:
            who = (call.account.name, call.request.client, order.market)
            if not self._limits.canceled(who, order, now):
                raise refused("EOrder:Rate limit exceeded")
            try:
                self.venue.cancel(call.account, order.order_id)
            except VenueRefusal as refusal:
                raise refused(REFUSALS[refusal.code]) from refusal
            count += 1
        return count

    @rest("POST", f"{PRIVATE}/OpenOrders", operation="open_orders", private=True)
    def open_orders(self, call: Call) -> Reply:
        found = self._matching(call, reversed(self.venue.open_orders(call.account)))
        return success({"open": self._orders(call, found)})

    @rest("POST", f"{PRIVATE}/ClosedOrders", operation="open_orders", private=True)
    def closed_orders(self, call: Call) -> Reply:
        """Newest first, fifty at a time."""
        ended = [order for order in self.venue.orders(call.account) if not order.status.live]
        found, offset = self._matching(call, reversed(ended)), integer(call, "ofs", 0)
        return success({"closed": self._orders(call, found[offset : offset + PAGE]), "count": len(found)})

    @rest("POST", f"{PRIVATE}/QueryOrders", operation="order_status", private=True)
    def query_orders(self, call: Call) -> Reply:
        """Up to fifty ids."""
        found = []
        for name in listed(parameters(call.request).get("txid"))[:PAGE]:
            number = number_of("O", name)
            try:
                found.append(self.venue.order(call.account, number if number is not None else -1))
            except VenueRefusal as refusal:
                text = "EOrder:Invalid order" if number is None else REFUSALS[refusal.code]
                raise refused(text) from refusal
        return success(self._orders(call, found))

    def _matching(self, call: Call, orders: Iterable[Order]) -> list[Order]:
        said = parameters(call.request)
        reference, own = said.get("userref", ""), said.get("cl_ord_id", "")
        found = [o for o in orders if not reference or user_reference(o.client_order_id) == int(reference)]
        return [order for order in found if not own or order.client_order_id == marked(own)]

    def _orders(self, call: Call, orders: Iterable[Order]) -> Json:
        told: Json = {}
        for order in orders:
            fills = self.venue.fills(call.account, order_id=order.order_id)
            data = order_data(order, fills)
            if parameters(call.request).get("trades", "").lower() == "true":
                data["trades"] = [exchange_id("T", fill.trade_id) for fill in fills]
            told[exchange_id("O", order.order_id)] = data
        return told

    @rest(
        "POST", f"{PRIVATE}/TradesHistory", operation="order_trades", weight=HISTORY_COST, private=True
    )  # fmt: skip
    def history(self, call: Call) -> Reply:
        """Newest first, fifty at a time."""
        start, end = (_moment(call, name, edge) for name, edge in (("start", 0.0), ("end", math.inf)))
        found = [fill for fill in self.venue.fills(call.account)[::-1] if start < fill.at <= end]
        offset = integer(call, "ofs", 0)
        return success({"trades": self._fills(call, found[offset : offset + PAGE]), "count": len(found)})

    @rest("POST", f"{PRIVATE}/QueryTrades", operation="order_trades", private=True)
    def query_trades(self, call: Call) -> Reply:
        """Up to twenty ids of trades; the id of an order is none."""
        wanted = [number_of("T", name) for name in listed(parameters(call.request).get("txid"))[:20]]
        known = {fill.trade_id: fill for fill in self.venue.fills(call.account)}
        if not wanted or any(number not in known for number in wanted):
            raise refused("EOrder:Invalid order")
        return success(self._fills(call, [known[number] for number in wanted if number is not None]))

    def _fills(self, call: Call, fills: Iterable[Fill]) -> Json:
        """Kraken names a trade once; an account that traded with itself has two fills of it."""
        return {
            exchange_id("T", fill.trade_id): fill_data(fill, self.venue.order_of(call.account, fill))
            for fill in fills
        }


def balance_text(amount: Decimal) -> str:
    return fixed(amount, 10)


def _moment(call: Call, name: str, default: float) -> float:
    """A Unix time in seconds; the ids of trades that Kraken takes too are not served."""
    return float(integer(call, name, 0)) or default
