"""`/exchange` acts on orders, one answer for each of a batch; `/info` tells of them."""

from __future__ import annotations

from pydantic import JsonValue

from harness.venue.dialects.hyperliquid.account_routes import AccountRoutes
from harness.venue.dialects.hyperliquid.codec import (
    CLOID,
    MISSING,
    NEWEST,
    Mistake,
    basic_order,
    err,
    full_order,
    malformed,
    new_order,
    number,
    ok,
    with_status,
    worded,
)
from harness.venue.dialects.routing import Call, rest
from harness.venue.dialects.wire import Json
from harness.venue.model import ZERO, Account, Order, OrderStatus, TimeInForce, VenueRefusal


class OrderRoutes(AccountRoutes):
    """An order is known by its number, or by the client's where it is sixteen bytes in hexadecimal digits."""

    @rest("POST", "/exchange/order", operation="place_order", private=True)
    def place(self, call: Call) -> JsonValue:
        """Each order of a batch for itself."""
        action = self._action(call)
        builder = action.get("builder")
        if isinstance(builder, dict) and builder.get("f") != 0:
            raise err("Builder fee has not been approved.")
        return ok("order", [self._placed(call.account, wanted) for wanted in self._batch(action, "orders")])

    def _action(self, call: Call) -> Json:
        action = self.said(call).get("action")
        return action if isinstance(action, dict) else {}

    def _batch(self, action: Json, name: str) -> list[JsonValue]:
        batch = action.get(name)
        if not isinstance(batch, list) or not batch:
            raise malformed()
        return batch

    def _placed(self, account: Account, wanted: JsonValue) -> Json:
        try:
            asked = new_order(wanted, self.market_at)
        except Mistake as mistake:
            return {"error": str(mistake)}
        asset = self.asset(asked.market)
        try:
            order = self.venue.place(account, asked)
        except VenueRefusal as error:
            return {"error": worded(error, asset)}
        if order.status.live:
            return {"resting": self._numbered(order)}
        if not order.filled:
            return {"error": f"Order could not immediately match against any resting orders. asset={asset}"}
        average = number(round(order.average_price or ZERO, 8))
        return {"filled": {"totalSz": number(order.filled), "avgPx": average, **self._numbered(order)}}

    def _numbered(self, order: Order) -> Json:
        return {
            "oid": order.order_id,
            **({"cloid": c} if CLOID.fullmatch(c := order.client_order_id) else {}),
        }

    @rest("POST", "/exchange/cancel", operation="cancel_order", private=True)
    @rest("POST", "/exchange/cancelByCloid", operation="cancel_order", private=True)
    def cancel(self, call: Call) -> JsonValue:
        action = self._action(call)
        kind = str(action.get("type"))
        names = ("a", "o") if kind == "cancel" else ("asset", "cloid")
        return ok(
            "cancel", [self._cancelled(call.account, each, *names) for each in self._batch(action, "cancels")]
        )

    def _cancelled(self, account: Account, said: JsonValue, asset: str, name: str) -> JsonValue:
        if not isinstance(said, dict):
            raise malformed()
        market = self.market_at(said.get(asset))
        try:
            order = self.venue.order(account, *self._key(said.get(name)))
            if order.market != market:
                return {"error": f"{MISSING} asset={self.asset(market)}"}
            self.venue.cancel(account, order.order_id)
        except VenueRefusal:
            return {"error": f"{MISSING} asset={self.asset(market)}"}
        return "success"

    def _key(self, said: JsonValue) -> tuple[int | None, str | None]:
        """An order's number, or the client's."""
        if isinstance(said, int) and not isinstance(said, bool):
            return said, None
        if isinstance(said, str) and CLOID.fullmatch(said):
            return None, said
        raise malformed()

    @rest("POST", "/exchange/noop", operation="ping", private=True)
    @rest("POST", "/exchange/setReferrer", operation="ping", private=True)
    def nothing(self, call: Call) -> JsonValue:
        return ok("default")

    @rest("POST", "/info/orderStatus", operation="order_status", weight=2)
    def order_status(self, call: Call) -> JsonValue:
        account, key = self._asked(call), self._key(self.said(call).get("oid"))
        try:
            order = self.venue.order(account, *key) if account else None
        except VenueRefusal:
            order = None
        if order is None or self._never_was(order):
            return {"status": "unknownOid"}
        return {"status": "order", "order": with_status(order, full_order(order, self.symbol(order.market)))}

    def _never_was(self, order: Order) -> bool:
        """It was refused, in the exchange's words, because nothing matched it at once."""
        return (
            order.status is OrderStatus.EXPIRED
            and order.time_in_force is TimeInForce.IOC
            and not order.filled
        )

    @rest("POST", "/info/openOrders", operation="open_orders", weight=20)
    def open_orders(self, call: Call) -> JsonValue:
        return [basic_order(order, self.symbol(order.market)) for order in self._live(call)]

    @rest("POST", "/info/frontendOpenOrders", operation="open_orders", weight=20)
    def frontend_open_orders(self, call: Call) -> JsonValue:
        return [full_order(order, self.symbol(order.market)) for order in self._live(call)]

    def _live(self, call: Call) -> list[Order]:
        account = self._asked(call)
        return list(self.venue.open_orders(account))[::-1] if account else []

    @rest("POST", "/info/historicalOrders", operation="open_orders", weight=20)
    def history(self, call: Call) -> JsonValue:
        """Each as it is now, newest first."""
        account = self._asked(call)
        orders = [o for o in (self.venue.orders(account) if account else ()) if not self._never_was(o)]
        return [with_status(o, full_order(o, self.symbol(o.market))) for o in orders[: -NEWEST - 1 : -1]]
