"""Defects in what reaches the exchange, and in what it counts."""

from __future__ import annotations

from checks.conformance import test_orders as checks
from checks.conformance import test_rate_limits
from tests.zoo.defect import CONSTANTS, EXCHANGE, defect
from tests.zoo.planting import behaving, constant, exchange, worded

DEFECTS = (
    defect(
        "buys-and-sells-swapped",
        checks.test_limit_orders_arrive_as_asked,
        "arrived as|never reached",
        worded(EXCHANGE, "_place_order", ("trade_type is TradeType.BUY", "trade_type is TradeType.SELL")),
    ),
    defect(
        "price-sent-without-decimals",
        checks.test_limit_orders_arrive_as_asked,
        "arrived as",
        worded(EXCHANGE, "_place_order", ("{price:f}", "{price:.0f}")),
    ),
    defect(
        "market-orders-rest-at-the-best-price",
        checks.test_market_orders_fill,
        "A market (buy|sell) of .* ended as",
        exchange(
            """
            async def _place_order(
                self, order_id, trading_pair, amount, trade_type, order_type, price, **more
            ):
                if order_type is OrderType.MARKET:
                    order_type = OrderType.LIMIT
                    price = self.get_price(trading_pair, trade_type is not TradeType.BUY)
                return await super()._place_order(
                    order_id, trading_pair, amount, trade_type, order_type, price, **more
                )
            """,
        ),
    ),
    defect(
        "limit-maker-sent-as-limit",
        checks.test_limit_maker_orders_are_post_only,
        "sent as an ordinary limit order",
        exchange(
            """
            async def _place_order(
                self, order_id, trading_pair, amount, trade_type, order_type, price, **more
            ):
                if order_type is OrderType.LIMIT_MAKER:
                    order_type = OrderType.LIMIT
                return await super()._place_order(
                    order_id, trading_pair, amount, trade_type, order_type, price, **more
                )
            """,
        ),
    ),
    defect(
        "a-space-in-the-order-id",
        checks.test_client_order_ids,
        "characters that an exchange may reject",
        constant(CONSTANTS, '"x-MG43PCSN"', '"my bot-"'),
    ),
    defect(
        "order-ids-cut-too-short",
        checks.test_client_order_ids,
        "same client order id",
        exchange(
            """
            @property
            def client_order_id_max_length(self):
                return len(self.client_order_id_prefix) + 5
            """,
        ),
    ),
    defect(
        "cancels-never-sent",
        checks.test_cancel_ends_the_order,
        "After a cancel the .* is still open",
        exchange(
            """
            async def _place_cancel(self, order_id, tracked_order):
                return True
            """,
        ),
    ),
    defect(
        "cancel-all-cancels-foreign-orders",
        checks.test_cancel_all,
        "somebody else had placed",
        behaving(
            EXCHANGE,
            "BinanceExchange",
            """
            async def cancel_all(self, timeout_seconds):
                results = await super().cancel_all(timeout_seconds)
                for pair in self.trading_pairs:
                    symbol = await self.exchange_symbol_associated_to_pair(trading_pair=pair)
                    await self._api_delete(
                        path_url="/openOrders",
                        params={"symbol": symbol},
                        is_auth_required=True,
                        limit_id=CONSTANTS.ORDER_PATH_URL,
                    )
                return results
            """,
        ),
    ),
    defect(
        "cancel-all-cancels-one",
        checks.test_cancel_all,
        "still open at the exchange",
        exchange(
            """
            async def cancel_all(self, timeout_seconds):
                for order in list(self.in_flight_orders.values())[:1]:
                    await self._execute_cancel(order.trading_pair, order.client_order_id)
                return []
            """,
        ),
    ),
    defect(
        "refused-cancels-taken-for-done",
        checks.test_a_refused_cancel_is_not_reported_as_done,
        "yet the connector reported it as cancelled",
        exchange(
            """
            async def _place_cancel(self, order_id, tracked_order):
                try:
                    return await super()._place_cancel(order_id, tracked_order)
                except IOError:
                    now, pair = self.current_timestamp, tracked_order.trading_pair
                    ended = OrderUpdate(pair, now, OrderState.CANCELED, order_id)
                    self._order_tracker.process_order_update(ended)
                    return True
            """,
        ),
    ),
    defect(
        "limits-not-kept",
        test_rate_limits.test_no_limit_is_hit,
        "with 429",
        constant(CONSTANTS, "limit=6000,", "limit=600000,"),
        behaving(
            EXCHANGE,
            "BinanceExchange",
            """
            async def _trading_fees_polling_loop(self):
                while True:
                    await asyncio.sleep(1)
                    for pair in self.trading_pairs:
                        symbol = await self.exchange_symbol_associated_to_pair(trading_pair=pair)
                        ask = {"path_url": "/depth", "params": {"symbol": symbol, "limit": 5000}}
                        await safe_gather(*(self._api_get(**ask) for _ in range(9)), return_exceptions=True)
            """,
        ),
    ),
)
