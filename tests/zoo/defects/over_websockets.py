"""Defects in what a connector does with the replies to orders and cancels that it sends over a WebSocket."""

from __future__ import annotations

from checks.conformance import test_order_life, test_orders, test_resilience
from tests.zoo.defect import Defect, defect
from tests.zoo.planting import behaving

EXCHANGE = ("gemini_exchange.py", "GeminiExchange")
PLACED = "order_id, symbol, amount, trade_type, order_type, price"

DEFECTS: tuple[Defect, ...] = (
    defect(
        "a-refusal-over-a-websocket-taken-for-an-order",
        test_order_life.test_a_refused_order_fails_once,
        "A rejected order ended in 0 failure events",
        behaving(
            *EXCHANGE,
            f"""
            async def _place_order_via_ws(self, {PLACED}):
                try:
                    return await super()._place_order_via_ws({PLACED})
                except GeminiWSRejectionError:
                    return order_id, self._time()
            """,
        ),
        connector="gemini",
    ),
    defect(
        "any-reply-over-a-websocket-ends-a-cancelled-order",
        test_orders.test_a_refused_cancel_is_not_reported_as_done,
        "refused to cancel an order, yet the connector reported it as cancelled",
        behaving(
            *EXCHANGE,
            """
            async def _place_cancel_via_ws(self, exchange_order_id):
                await self._trade_ws_request(
                    method=CONSTANTS.WS_METHOD_ORDER_CANCEL,
                    params={"orderId": str(exchange_order_id)},
                    throttler_limit_id=CONSTANTS.WS_ORDER_CANCEL_LIMIT_ID)
                return True
            """,
        ),
        connector="gemini",
    ),
    defect(
        "an-order-over-a-websocket-sent-again-after-a-lost-reply",
        test_orders.test_an_order_whose_reply_was_lost_is_not_placed_again,
        "The reply to an order was lost, and the connector placed it 2 times",
        behaving(
            *EXCHANGE,
            """
            async def _get_order_via_rest_by_client_id(self, order_id, **_):
                return None
            """,
        ),
        connector="gemini",
    ),
    defect(
        "an-order-over-a-websocket-given-up-after-a-lost-reply",
        test_order_life.test_no_orphan_after_a_lost_reply,
        "the connector dropped the order, which stays open",
        behaving(
            *EXCHANGE,
            f"""
            async def _place_order_via_ws(self, {PLACED}):
                try:
                    return await super()._place_order_via_ws({PLACED})
                except GeminiWSAmbiguousResponseError as error:
                    raise IOError(str(error))
            """,
        ),
        connector="gemini",
    ),
    defect(
        "too-many-requests-over-a-websocket-tried-again-at-once",
        test_resilience.test_a_rate_limit_is_not_hammered,
        "While the exchange answered 429, the order was sent",
        behaving(
            *EXCHANGE,
            """
            async def _trade_ws_request(self, **request):
                for _ in range(5):
                    response = await super()._trade_ws_request(**request)
                    if response.get("status") != 429:
                        break
                return response
            """,
        ),
        connector="gemini",
    ),
)
