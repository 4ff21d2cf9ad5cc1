"""Routes of one's own account. Source: Binance's `rest-api.md`, account and trading endpoints."""

from __future__ import annotations

import secrets
import zlib

from pydantic import JsonValue

from harness.venue.dialects.binance import messages, parameters
from harness.venue.dialects.binance.errors import NO_SUCH_ORDER, UNKNOWN_ORDER, error, refused
from harness.venue.dialects.binance.market_routes import MarketRoutes
from harness.venue.dialects.binance.messages import symbol_of
from harness.venue.dialects.binance.parameters import integer
from harness.venue.dialects.decimals import fixed
from harness.venue.dialects.messages import Reply
from harness.venue.dialects.routing import Call, rest
from harness.venue.model import Order, VenueRefusal

DAY = 86_400_000  # milliseconds


class AccountRoutes(MarketRoutes):
    """Balances, fees, fills and orders."""

    @rest("GET", "/api/v3/account", operation="balances", weight=20, private=True)
    def account(self, call: Call) -> JsonValue:
        balances = self.venue.balances(call.account)
        if call.params.get("omitZeroBalances") == "true":
            balances = tuple(balance for balance in balances if balance.total)
        market, uid = self.venue.markets[0], zlib.crc32(call.account.name.encode())
        now = self.venue.clock.now()
        return messages.account(balances, now, uid, market.maker_fee, market.taker_fee)

    @rest("GET", "/api/v3/account/commission", operation="fees", weight=20, private=True)
    def commission(self, call: Call) -> JsonValue:
        market = self._market(call)
        maker, taker, nothing = fixed(market.maker_fee), fixed(market.taker_fee), messages.NOTHING
        zeros: JsonValue = {"maker": nothing, "taker": nothing, "buyer": nothing, "seller": nothing}
        return {
            "symbol": symbol_of(market),
            "standardCommission": {"maker": maker, "taker": taker, "buyer": nothing, "seller": nothing},
            "specialCommission": zeros,
            "taxCommission": zeros,
            "discount": {
                "enabledForAccount": False,
                "enabledForSymbol": False,
                "discountAsset": "BNB",
                "discount": nothing,
            },
        }

    @rest("GET", "/sapi/v1/asset/tradeFee", operation="fees", private=True)
    def trade_fee(self, call: Call) -> JsonValue:
        return [
            {
                "symbol": symbol_of(market),
                "makerCommission": f"{market.maker_fee:f}",
                "takerCommission": f"{market.taker_fee:f}",
            }
            for market in self._chosen(call)
        ]

    @rest("GET", "/api/v3/myTrades", operation="order_trades", weight=20, private=True)
    def my_trades(self, call: Call) -> JsonValue:
        return [messages.my_trade(fill) for fill in self._fills(call, longest=DAY)]

    @rest("POST", "/api/v3/order", operation="place_order", private=True)
    def place_order(self, call: Call) -> Reply:
        params, account, now = call.params, call.account, self.received_at(call.request)
        order = parameters.new_order(params, self._market(call))
        kind = params.get("newOrderRespType", "FULL")
        if kind not in ("ACK", "RESULT", "FULL"):
            raise error(-1100, "Illegal characters found in parameter 'newOrderRespType'.")
        self.limits.admit_order(account.name, now)
        try:
            with self.venue.lock:
                placed = self.venue.place(account, order)
                fills = self.venue.fills(account, order_id=placed.order_id)
        except VenueRefusal as refusal:
            raise refused(refusal) from None
        headers = self.limits.order_headers(account.name, now)
        return Reply(200, headers, messages.order_placed(placed, fills, kind))

    @rest("DELETE", "/api/v3/order", operation="cancel_order", private=True)
    def cancel_order(self, call: Call) -> JsonValue:
        request_id = parameters.client_order_id(call.params, "newClientOrderId") or secrets.token_hex(11)
        order = self._named_order(call, UNKNOWN_ORDER)
        try:
            canceled = self.venue.cancel(call.account, order.order_id, request_id=request_id)
        except VenueRefusal as refusal:
            raise refused(refusal) from None
        return messages.order_canceled(canceled, request_id)

    @rest("DELETE", "/api/v3/openOrders", operation="cancel_all", private=True)
    def cancel_all(self, call: Call) -> JsonValue:
        with self.venue.lock:
            orders = self.venue.open_orders(call.account, self._market(call))
            if not orders:
                raise error(*UNKNOWN_ORDER)
            answer: list[JsonValue] = []
            for order in orders:
                request_id = secrets.token_hex(11)
                canceled = self.venue.cancel(call.account, order.order_id, request_id=request_id)
                answer.append(messages.order_canceled(canceled, request_id))
        return answer

    @rest("GET", "/api/v3/order", operation="order_status", weight=4, private=True)
    def order_status(self, call: Call) -> JsonValue:
        return messages.order_state(self._named_order(call, NO_SUCH_ORDER))

    @rest("GET", "/api/v3/openOrders", operation="open_orders", weight=6, private=True)
    def open_orders(self, call: Call) -> JsonValue:
        return [messages.order_state(order) for order in self._open_orders(call)]

    @rest("GET", "/api/v3/allOrders", operation="order_status", weight=20, private=True)
    def all_orders(self, call: Call) -> JsonValue:
        return [messages.order_state(order) for order in self._newest_orders(call)]

    def _named_order(self, call: Call, unknown: tuple[int, str]) -> Order:
        """The account's order that orderId or origClientOrderId names; `unknown` is the error for none."""
        order_id = integer(call.params, "orderId")
        client_id = call.params.get("origClientOrderId")
        if order_id is None and not client_id:
            text = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
            raise error(-1102, text)
        return self._own_order(call, self._market(call), order_id, client_id, unknown)
