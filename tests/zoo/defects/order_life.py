"""Defects in events and in the tracking of orders."""

from __future__ import annotations

from checks.conformance import test_order_life as checks
from demo.edits import fills_named_after_their_order
from tests.zoo.defect import CONSTANTS, EXCHANGE, Defect, defect
from tests.zoo.planting import constant, exchange, rewritten, worded

LISTENER = "_user_stream_event_listener"
FINDS_NO_FILLS = exchange(
    """
    async def _update_order_fills_from_trades(self):
        pass

    async def _update_trade_history(self):
        pass

    async def _all_trade_updates_for_order(self, order):
        return []
    """,
)


FILLS: tuple[Defect, ...] = (
    defect(
        "partial-fills-named-after-their-order",
        checks.test_every_fill_once,
        "fills of a limit buy order were not reported",
        rewritten(EXCHANGE, fills_named_after_their_order),
    ),
    defect(
        "cumulative-quantity-taken-for-the-last-fill",
        checks.test_every_fill_once,
        "fills of a limit buy order were not reported",
        worded(EXCHANGE, LISTENER, ('event_message["l"]', 'event_message["z"]')),
    ),
    defect(
        "each-message-a-new-fill",
        checks.test_a_repeated_message_is_no_second_fill,
        "fills of a limit sell order (were|never)",
        worded(EXCHANGE, LISTENER, ('str(event_message["t"])', "str(id(event_message))")),
    ),
    defect(
        "a-partial-fill-taken-for-the-end",
        checks.test_completed_last,
        "completed",
        constant(CONSTANTS, "OrderState.PARTIALLY_FILLED", "OrderState.FILLED"),
        exchange(
            """
            def _create_order_tracker(self):
                tracker = super()._create_order_tracker()
                tracker.TRADE_FILLS_WAIT_TIMEOUT = 0.1
                return tracker
            """,
        ),
    ),
    defect(
        "missed-fills-not-looked-for",
        checks.test_a_missed_fill_is_found,
        "was never reported",
        FINDS_NO_FILLS,
    ),
)

ENDS: tuple[Defect, ...] = (
    defect(
        "a-fill-before-the-reply-dropped",
        checks.test_a_fill_may_come_first,
        "fills of a limit buy order were not reported",
        exchange(
            """
            async def _place_order(self, order_id, *args, **kwargs):
                placed = await super()._place_order(order_id, *args, **kwargs)
                self._order_tracker.replied.add(order_id)
                return placed

            def _create_order_tracker(self):
                tracker = super()._create_order_tracker()
                tracker.replied, process = set(), tracker.process_trade_update

                def process_trade_update(update):
                    if update.client_order_id in tracker.replied:
                        process(update)

                tracker.process_trade_update = process_trade_update
                return tracker
            """,
        ),
        FINDS_NO_FILLS,
    ),
    defect(
        "given-up-when-not-found-once",
        checks.test_an_order_out_of_sight_is_not_given_up,
        "was given up; it was open all the time",
        exchange(
            """
            def _create_order_tracker(self):
                tracker = super()._create_order_tracker()
                tracker._lost_order_count_limit = 0
                return tracker
            """,
        ),
    ),
    defect(
        "created-announced-twice",
        checks.test_created_once,
        "was announced 2 times",
        exchange(
            """
            async def _place_order(self, order_id, *args, **kwargs):
                placed = await super()._place_order(order_id, *args, **kwargs)
                self._order_tracker._trigger_created_event(self._order_tracker.fetch_tracked_order(order_id))
                return placed
            """,
        ),
    ),
    defect(
        "cancelled-taken-for-failed",
        checks.test_cancelled_once,
        "A cancelled order was reported as .*OrderFailure",
        constant(CONSTANTS, "OrderState.CANCELED", "OrderState.FAILED"),
        exchange("is_cancel_request_in_exchange_synchronous = False"),
    ),
    defect(
        "cancel-reported-by-request-and-by-poll",
        checks.test_cancelled_once_during_a_poll,
        "cancelled during a poll was reported as OrderCancelled, OrderCancelled",
        exchange(
            """
            async def _request_order_status(self, tracked_order):
                update = await super()._request_order_status(tracked_order)
                if update.new_state is OrderState.CANCELED:
                    self._order_tracker._trigger_cancelled_event(tracked_order)
                return update
            """,
        ),
    ),
    defect(
        "refusal-reported-twice",
        checks.test_a_refused_order_fails_once,
        "ended in 2 failure events",
        exchange(
            """
            def _on_order_failure(self, order_id, trading_pair, *args, **kwargs):
                tracked = self._order_tracker.fetch_tracked_order(order_id)
                failed = OrderUpdate(trading_pair, self.current_timestamp, tracked.current_state, order_id)
                self._order_tracker._trigger_failure_event(tracked, failed)
                super()._on_order_failure(order_id, trading_pair, *args, **kwargs)
            """,
        ),
    ),
    defect(
        "refused-orders-announced",
        checks.test_a_refused_order_fails_once,
        "0 failure events|announced as created",
        exchange(
            """
            async def _place_order(self, *args, **kwargs):
                try:
                    return await super()._place_order(*args, **kwargs)
                except IOError:
                    return "UNKNOWN", self._time_synchronizer.time()
            """,
        ),
    ),
    defect(
        "cancel-reported-by-request-and-by-message",
        checks.test_one_end_whatever_happens,
        "order ended 2 times: OrderCancelled, OrderCancelled",
        exchange(
            """
            async def _place_cancel(self, order_id, tracked_order):
                done = await super()._place_cancel(order_id, tracked_order)
                if done:
                    self._order_tracker._trigger_cancelled_event(tracked_order)
                return done
            """,
        ),
    ),
    defect(
        "late-messages-open-orders-again",
        checks.test_late_messages_leave_an_order_ended,
        "order ended again when the messages of its fills arrived late",
        worded(EXCHANGE, LISTENER, ("all_updatable_orders", "all_fillable_orders")),
    ),
    defect(
        "late-messages-of-okx-open-orders-again",
        checks.test_late_messages_leave_an_order_ended,
        "order ended again when the messages of its fills arrived late",
        worded("okx_exchange.py", LISTENER, ("all_updatable_orders", "all_fillable_orders")),
        connector="okx",
    ),
    defect(
        "event-times-in-milliseconds",
        checks.test_timestamps,
        "event has timestamp",
        exchange(
            """
            def _create_order_tracker(self):
                tracker = super()._create_order_tracker()

                class InMilliseconds(type(tracker)):
                    current_timestamp = property(lambda tracker: self.current_timestamp * 1e3)

                tracker.__class__ = InMilliseconds
                return tracker
            """,
        ),
    ),
)

TRACKING: tuple[Defect, ...] = (
    defect(
        "filled-orders-stay-tracked",
        checks.test_tracked_while_open,
        "An ended .* order is still tracked",
        constant(CONSTANTS, '"FILLED": OrderState.FILLED', '"FILLED": OrderState.PARTIALLY_FILLED'),
    ),
    defect(
        "open-orders-forgotten",
        checks.test_tracked_while_open,
        "An open limit buy order is not tracked",
        exchange(
            """
            async def _place_order_and_process_update(self, order, **kwargs):
                placed = await super()._place_order_and_process_update(order, **kwargs)
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                self.stop_tracking_order(order.client_order_id)
                return placed
            """,
        ),
    ),
    defect(
        "orders-not-polled",
        checks.test_polling_finds_the_end,
        "BuyOrderCompleted was reported 0 times",
        exchange(
            """
            async def _update_order_fills_from_trades(self):
                pass

            async def _update_order_status(self):
                pass
            """,
        ),
    ),
    defect(
        "saved-orders-ignored",
        checks.test_orders_survive_a_restart,
        "2 of 2 open orders were lost",
        exchange(
            """
            def restore_tracking_states(self, saved_states):
                pass
            """,
        ),
    ),
)

UNDER_TROUBLE: tuple[Defect, ...] = (
    defect(
        "an-error-taken-for-the-end-of-an-order",
        checks.test_histories_end_as_the_ledger_has_them,
        "was reported as .*OrderCancelled|was forgotten|were not reported",
        exchange(
            """
            async def _request_order_status(self, tracked_order):
                try:
                    return await super()._request_order_status(tracked_order)
                except IOError:
                    name, now = tracked_order.client_order_id, self.current_timestamp
                    return OrderUpdate(tracked_order.trading_pair, now, OrderState.CANCELED, name)
            """,
        ),
    ),
    defect(
        "an-unheard-cancellation-taken-for-a-failure",
        checks.test_histories_end_as_the_ledger_has_them,
        "was reported as .*OrderFailure|was forgotten",
        exchange(
            """
            async def _place_cancel(self, order_id, tracked_order):
                try:
                    return await super()._place_cancel(order_id, tracked_order)
                except Exception:
                    self._order_tracker.process_order_update(
                        OrderUpdate(
                            tracked_order.trading_pair, self.current_timestamp, OrderState.FAILED, order_id
                        )
                    )
                    return False
            """,
        ),
    ),
    defect(
        "nothing-looked-for-after-a-break",
        checks.test_histories_end_as_the_ledger_has_them,
        "fills of a limit .* order were not reported",
        FINDS_NO_FILLS,
    ),
    defect(
        "repeated-messages-counted-again",
        checks.test_histories_end_as_the_ledger_has_them,
        "fills of a limit .* order were reported that never happened",
        worded(EXCHANGE, LISTENER, ('str(event_message["t"])', "str(id(event_message))")),
    ),
)

DEFECTS = (*FILLS, *ENDS, *TRACKING, *UNDER_TROUBLE)
