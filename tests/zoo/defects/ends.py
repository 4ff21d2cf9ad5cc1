"""Defects in how orders are reported that the exchange ends."""

from __future__ import annotations

from checks.conformance import test_order_life_crowd as crowd
from checks.conformance import test_order_life_ends as checks
from tests.zoo.defect import CONSTANTS, Defect, defect
from tests.zoo.planting import constant, exchange

ONLY_WHEN_ASKED = exchange(
    """
    async def _execute_order_cancel(self, order):
        self._order_tracker.asked.add(order.client_order_id)
        return await super()._execute_order_cancel(order)

    def _create_order_tracker(self):
        tracker = super()._create_order_tracker()
        tracker.asked, process = set(), tracker.process_order_update

        def process_order_update(update):
            ended = update.new_state in (OrderState.CANCELED, OrderState.FAILED)
            if not ended or update.client_order_id in tracker.asked:
                return process(update)

        tracker.process_order_update = process_order_update
        return tracker
    """,
)

DEFECTS: tuple[Defect, ...] = (
    defect(
        "expired-taken-for-filled",
        checks.test_a_market_order_larger_than_the_book,
        "larger than the book ended with .* reported as .*OrderCompleted",
        constant(CONSTANTS, '"EXPIRED": OrderState.FAILED', '"EXPIRED": OrderState.FILLED'),
    ),
    defect(
        "partly-filled-and-cancelled-taken-for-filled",
        checks.test_a_market_order_larger_than_the_book,
        "larger than the book ended with .* reported as .*OrderCompleted",
        constant(
            "bybit_constants.py",
            '"PartiallyFilledCanceled": OrderState.CANCELED',
            '"PartiallyFilledCanceled": OrderState.FILLED',
        ),
        connector="bybit",
    ),
    defect(
        "partly-filled-and-cancelled-unknown",
        checks.test_a_market_order_larger_than_the_book,
        "larger than the book ended with .* reported as nothing",
        constant("bybit_constants.py", '    "PartiallyFilledCanceled": OrderState.CANCELED,\n', ""),
        connector="bybit",
    ),
    defect(
        "ends-that-were-not-asked-for-ignored",
        checks.test_an_order_that_the_exchange_ends,
        "that the exchange ended ended with .* reported as nothing",
        ONLY_WHEN_ASKED,
    ),
    defect(
        "self-trade-prevention-unknown",
        checks.test_own_orders_that_meet,
        "self-trade prevention ended ended with .* reported as nothing",
        constant(CONSTANTS, '    "EXPIRED_IN_MATCH": OrderState.FAILED,\n', ""),
    ),
    defect(
        "self-trade-prevention-ignored",
        checks.test_own_orders_that_meet,
        "self-trade prevention ended ended with .* reported as nothing",
        ONLY_WHEN_ASKED,
        connector="kucoin",
    ),
    defect(
        "refused-post-only-order-taken-for-open",
        checks.test_a_post_only_order_that_would_take,
        "was refused, and reported as nothing",
        exchange(
            """
            async def _place_order(self, order_id, *args, **kwargs):
                try:
                    return await super()._place_order(order_id, *args, **kwargs)
                except IOError:
                    if OrderType.LIMIT_MAKER in (*args, *kwargs.values()):
                        return "0", self._time_synchronizer.time()
                    raise
            """,
        ),
    ),
    defect(
        "ended-post-only-order-ignored",
        checks.test_a_post_only_order_that_would_take,
        "would have traded at once (ended with .*,|was refused, and) reported as nothing",
        ONLY_WHEN_ASKED,
        connector="okx",
    ),
    defect(
        "one-order-in-sixteen-forgotten",
        crowd.test_many_orders_at_once,
        "order among many",
        exchange(
            """
            async def _place_order_and_process_update(self, order, **kwargs):
                placed = await super()._place_order_and_process_update(order, **kwargs)
                self._placed = getattr(self, "_placed", 0) + 1
                if self._placed % 16 == 0:
                    await asyncio.sleep(0)
                    await asyncio.sleep(0)
                    self.stop_tracking_order(order.client_order_id)
                return placed
            """,
        ),
    ),
    defect(
        "one-fill-in-sixteen-lost",
        crowd.test_many_orders_at_once,
        "order among many: .* fills were not reported|order among many ended",
        exchange(
            """
            def _create_order_tracker(self):
                tracker = super()._create_order_tracker()
                tracker.lost, process = {}, tracker.process_trade_update

                def process_trade_update(update):
                    number = tracker.lost.setdefault(update.trade_id, len(tracker.lost) + 1)
                    if number % 16:
                        process(update)

                tracker.process_trade_update = process_trade_update
                return tracker
            """,
        ),
        connector="okx",
    ),
)
