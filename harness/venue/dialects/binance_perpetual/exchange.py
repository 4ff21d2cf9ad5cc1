"""The `BinancePerpetual` dialect: one's own orders, and the WebSocket paths.

Source: developers.binance.com/docs/derivatives/usds-margined-futures (account, trade, user data streams),
read against what ccxt's `binanceusdm` and Hummingbot's `binance_perpetual` connector call.
"""

from __future__ import annotations

import secrets
from typing import ClassVar

from pydantic import JsonValue

from harness.venue.dialects.binance.api import NO_LISTEN_KEY
from harness.venue.dialects.binance.errors import NO_SUCH_ORDER, UNKNOWN_ORDER, error
from harness.venue.dialects.binance.limits import Rules
from harness.venue.dialects.binance.parameters import integer
from harness.venue.dialects.binance_perpetual import codec
from harness.venue.dialects.binance_perpetual.orders import new_order
from harness.venue.dialects.binance_perpetual.position_routes import PositionRoutes
from harness.venue.dialects.binance_perpetual.streams import FuturesSession
from harness.venue.dialects.messages import Reply
from harness.venue.dialects.routing import Call, rest, stream
from harness.venue.market import SAMPLE_PERPETUALS, Market
from harness.venue.model import Account, Order, VenueRefusal


class BinancePerpetual(PositionRoutes):
    """Limit and market orders in one-way and hedge mode, HMAC keys."""

    name: ClassVar[str] = "binance_perpetual"
    trades_by_market: ClassVar[bool] = True  # userTrades pages by the ids of one symbol's trades
    funding_intervals: ClassVar[tuple[float, ...]] = (3600.0, 4 * 3600.0, 8 * 3600.0)
    ccxt_id: ClassVar[str | None] = "binanceusdm"
    rest_hosts: ClassVar[tuple[str, ...]] = ("fapi.binance.com",)
    stream_hosts: ClassVar[tuple[str, ...]] = ("fstream.binance.com",)
    markets: ClassVar[tuple[Market, ...]] = SAMPLE_PERPETUALS
    # As long as those in github.com/sieblyio/binance/issues/360: a float does not hold them.
    order_ids_from: ClassVar[int] = 8_389_765_480_000_000_000
    limits_rules: ClassVar[Rules] = Rules(2400, {"10S": 300, "1M": 1200})
    not_covered: ClassVar[tuple[str, ...]] = (
        "the WebSocket API",
        "changing and batching orders",
        "multi-assets mode, leverage brackets with more than one step",
    )

    def credentials(self, account: Account) -> dict[str, str]:
        return {
            "binance_perpetual_api_key": account.api_key,
            "binance_perpetual_api_secret": account.api_secret,
        }

    @rest("POST", "/fapi/v1/order", operation="place_order", weight=0, private=True)
    def place_order(self, call: Call) -> Reply:
        account, now = call.account, self.received_at(call.request)
        market = self._market(call)
        wanted = new_order(call.params, market, self.venue.position_mode(account))
        self.limits.admit_order(account.name, now)
        try:
            placed = self.venue.place(account, wanted)
        except VenueRefusal as refusal:
            raise codec.refused(refusal, market) from None
        kind = call.params.get("newOrderRespType", "ACK")
        return Reply(200, self.limits.order_headers(account.name, now), codec.order_placed(placed, kind))

    @rest("DELETE", "/fapi/v1/order", operation="cancel_order", private=True)
    def cancel_order(self, call: Call) -> JsonValue:
        order = self._named_order(call, UNKNOWN_ORDER)
        try:
            canceled = self.venue.cancel(call.account, order.order_id, request_id=secrets.token_hex(11))
        except VenueRefusal as refusal:
            raise codec.refused(refusal) from None
        told = codec.order_state(canceled)
        return {**told, "cumQty": told["executedQty"]}

    @rest("DELETE", "/fapi/v1/allOpenOrders", operation="cancel_all", private=True)
    def cancel_all(self, call: Call) -> JsonValue:
        with self.venue.lock:
            for order in self.venue.open_orders(call.account, self._market(call)):
                self.venue.cancel(call.account, order.order_id, request_id=secrets.token_hex(11))
        return {"code": 200, "msg": "The operation of cancel all open order is done."}

    @rest("GET", "/fapi/v1/order", operation="order_status", private=True)
    def order_status(self, call: Call) -> JsonValue:
        return codec.order_state(self._named_order(call, NO_SUCH_ORDER))

    @rest("GET", "/fapi/v1/openOrder", operation="order_status", private=True)
    def open_order(self, call: Call) -> JsonValue:
        order = self._named_order(call, NO_SUCH_ORDER)
        if not order.status.live:
            raise error(*NO_SUCH_ORDER)
        return codec.order_state(order)

    @rest("GET", "/fapi/v1/openOrders", operation="open_orders", private=True)
    def open_orders(self, call: Call) -> JsonValue:
        return [codec.order_state(order) for order in self._open_orders(call)]

    @rest("GET", "/fapi/v1/allOrders", operation="order_status", weight=5, private=True)
    def all_orders(self, call: Call) -> JsonValue:
        return [codec.order_state(order) for order in self._newest_orders(call)]

    @rest("POST", "/fapi/v1/listenKey", operation="user_stream_open", private=True)
    def open_user_stream(self, call: Call) -> JsonValue:
        return {"listenKey": self.listen_keys.open(call.account, self.venue.clock.now())}

    @rest("PUT", "/fapi/v1/listenKey", operation="user_stream_renew", private=True)
    def renew_user_stream(self, call: Call) -> JsonValue:
        """The account's own key; it need not be sent."""
        key = self.listen_keys.key_of(call.account, self.venue.clock.now())
        if key is None or not self.listen_keys.renew(key, self.venue.clock.now()):
            raise error(*NO_LISTEN_KEY)
        return {"listenKey": key}

    @rest("DELETE", "/fapi/v1/listenKey", operation="user_stream_close", private=True)
    def close_user_stream(self, call: Call) -> JsonValue:
        key = self.listen_keys.key_of(call.account, self.venue.clock.now())
        if key is None or not self.listen_keys.close(key):
            raise error(*NO_LISTEN_KEY)
        return {}

    @stream("/ws")
    @stream("/public/ws")
    @stream("/market/ws")
    @stream("/private/ws")
    def plain_streams(self, call: Call) -> FuturesSession:
        return self._session([dict(call.request.query).get("listenKey", "")], wrapped=False)

    @stream("/ws/{names}")
    @stream("/public/ws/{names}")
    @stream("/market/ws/{names}")
    @stream("/private/ws/{names}")
    def raw_streams(self, call: Call) -> FuturesSession:
        return self._session([call.path["names"]], wrapped=False)

    @stream("/stream")
    @stream("/public/stream")
    @stream("/market/stream")
    @stream("/private/stream")
    def combined_streams(self, call: Call) -> FuturesSession:
        query = dict(call.request.query)
        return self._session([*query.get("streams", "").split("/"), query.get("listenKey", "")], wrapped=True)

    def _session(self, names: list[str], *, wrapped: bool) -> FuturesSession:
        wanted = [name for name in names if name]
        return FuturesSession(self.venue, wanted, wrapped=wrapped, key_owner=self.key_owner, slack=self.slack)

    def _named_order(self, call: Call, unknown: tuple[int, str]) -> Order:
        """The account's order that orderId or origClientOrderId names; `unknown` is the error for none."""
        market = self._market(call)
        order_id, client_id = integer(call.params, "orderId"), call.params.get("origClientOrderId")
        if order_id is None and not client_id:
            text = "Either 'origClientOrderId' or 'orderId' must be sent."
            raise error(-1102, text)
        return self._own_order(call, market, order_id, client_id, unknown)
