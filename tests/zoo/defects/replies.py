"""Defects in what a connector makes of answers that say nothing."""

from __future__ import annotations

from checks.conformance import test_resilience_replies as checks
from tests.zoo.defect import Defect, defect
from tests.zoo.planting import exchange

DEFECTS: tuple[Defect, ...] = (
    defect(
        "an-error-empties-the-account",
        checks.test_errors_empty_no_balances,
        "the connector reports 0 .* instead of",
        exchange(
            """
            async def _update_balances(self):
                try:
                    await super()._update_balances()
                except Exception:
                    self._account_balances.clear()
                    self._account_available_balances.clear()
            """,
        ),
    ),
    defect(
        "balances-cleared-before-they-are-asked-for",
        checks.test_errors_empty_no_balances,
        "the connector reports 0 .* instead of",
        exchange(
            """
            async def _update_balances(self):
                self._account_balances.clear()
                self._account_available_balances.clear()
                await super()._update_balances()
            """,
        ),
        connector="kucoin",
    ),
    defect(
        "a-page-taken-for-the-end-of-an-order",
        checks.test_errors_end_no_orders,
        "the connector reported for an open order: Order(Cancelled|Failure)|dropped an open order",
        exchange(
            """
            async def _request_order_status(self, tracked_order):
                try:
                    return await super()._request_order_status(tracked_order)
                except Exception:
                    name, now = tracked_order.client_order_id, self.current_timestamp
                    return OrderUpdate(tracked_order.trading_pair, now, OrderState.FAILED, name)
            """,
        ),
    ),
    defect(
        "an-error-closes-the-positions",
        checks.test_errors_close_no_positions,
        "the connector reports a position of 0 instead of",
        exchange(
            """
            async def _update_positions(self):
                try:
                    await super()._update_positions()
                except Exception:
                    self._perpetual_trading.account_positions.clear()
            """,
        ),
        connector="binance_perpetual",
    ),
)
