"""The `BinancePerpetual` dialect: one's own account, orders, positions, and the WebSocket paths.

Source: developers.binance.com/docs/derivatives/usds-margined-futures (account, trade, user data streams),
read against what ccxt's `binanceusdm` and Hummingbot's `binance_perpetual` connector call.
"""

from __future__ import annotations

import secrets
import zlib
from decimal import Decimal
from typing import ClassVar

from pydantic import JsonValue

from harness.venue.dialects.binance.api import NO_LISTEN_KEY
from harness.venue.dialects.binance.errors import NO_SUCH_ORDER, UNKNOWN_ORDER, error, missing
from harness.venue.dialects.binance.limits import Rules
from harness.venue.dialects.binance.messages import symbol_of
from harness.venue.dialects.binance.parameters import integer, limit, required
from harness.venue.dialects.binance_perpetual import codec
from harness.venue.dialects.binance_perpetual.orders import new_order
from harness.venue.dialects.binance_perpetual.routes import MarketRoutes
from harness.venue.dialects.binance_perpetual.streams import FuturesSession
from harness.venue.dialects.decimals import fixed, plain
from harness.venue.dialects.messages import Reply
from harness.venue.dialects.routing import Call, rest, stream
from harness.venue.market import SAMPLE_PERPETUALS, Market
from harness.venue.model import ZERO, Account, Order, PositionSide, Refusal, VenueRefusal
from harness.venue.positions import Margin, MarginMode, Position, PositionMode

SIDES = {
    PositionMode.ONE_WAY: (PositionSide.BOTH,),
    PositionMode.HEDGE: (PositionSide.LONG, PositionSide.SHORT),
}
TRUTH = {"true": True, "false": False}


class BinancePerpetual(MarketRoutes):
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

    def _margins(self, account: Account) -> list[Margin]:
        """Of every asset that perpetuals settle in."""
        assets = sorted({market.settle_asset for market in self.venue.markets})
        return [self.venue.margin(account, name) for name in assets]

    def _positions(self, account: Account, market: Market | None = None) -> list[Position]:
        sides = SIDES[self.venue.position_mode(account)]
        markets = self.venue.markets if market is None else (market,)
        return [self.venue.position(account, each, side) for each in markets for side in sides]

    def _named_order(self, call: Call, unknown: tuple[int, str]) -> Order:
        """The account's order that orderId or origClientOrderId names; `unknown` is the error for none."""
        market = self._market(call)
        order_id, client_id = integer(call.params, "orderId"), call.params.get("origClientOrderId")
        if order_id is None and not client_id:
            text = "Either 'origClientOrderId' or 'orderId' must be sent."
            raise error(-1102, text)
        return self._own_order(call, market, order_id, client_id, unknown)
