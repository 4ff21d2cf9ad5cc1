"""Defects that its user feels, or its machine."""

from __future__ import annotations

from checks.conformance import test_build
from checks.conformance import test_usability as checks
from tests.zoo.defect import USER_SOURCE, UTILS, Defect, defect
from tests.zoo.planting import behaving, constant, exchange, rewritten


def shown_while_typed(source: str) -> str:
    return source.replace('"is_secure": True', '"is_secure": False')


DEFECTS: tuple[Defect, ...] = (
    defect(
        "needs-a-key-for-market-data",
        test_build.test_it_constructs,
        "cannot be constructed for market data alone: .*no key",
        exchange(
            """
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                if not self._trading_required:
                    raise ValueError("there is no key to trade with")
            """,
        ),
    ),
    defect(
        "a-forgotten-import",
        test_build.test_it_constructs,
        "cannot be imported: .*NameError",
        constant(UTILS, "from decimal import Decimal\n", ""),
    ),
    defect(
        "waits-a-minute-before-it-connects",
        checks.test_it_gets_ready,
        "needs .* s to get ready|still not ready after",
        behaving(
            USER_SOURCE,
            "BinanceAPIUserStreamDataSource",
            """
            async def _connected_websocket_assistant(self):
                await self._sleep(65)
                return await super()._connected_websocket_assistant()
            """,
        ),
    ),
    defect(
        "never-ready",
        checks.test_it_gets_ready,
        "still not ready after 90 s .user_stream_initialized",
        exchange(
            """
            def _is_user_stream_initialized(self):
                return False
            """,
        ),
    ),
    defect(
        "keys-shown-while-typed",
        checks.test_keys_are_asked_for,
        "binance_api_secret is shown while it is typed",
        rewritten(UTILS, shown_while_typed),
    ),
    defect(
        "sleeps-in-the-event-loop",
        checks.test_the_event_loop_turns,
        "event loop was blocked",
        exchange(
            """
            async def _place_order(self, *args, **kwargs):
                import time

                time.sleep(0.3)
                return await super()._place_order(*args, **kwargs)
            """,
        ),
    ),
    defect(
        "computes-in-the-event-loop",
        checks.test_the_event_loop_turns,
        "event loop was blocked",
        exchange(
            """
            async def _update_balances(self):
                sum(Decimal(number).sqrt() for number in range(400_000))
                await super()._update_balances()
            """,
        ),
    ),
    defect(
        "a-log-line-for-every-tick-and-book",
        checks.test_logs_are_useful,
        "log records while it only watches",
        exchange(
            """
            def tick(self, timestamp):
                super().tick(timestamp)
                for pair in self.trading_pairs:
                    for side in ("bid", "ask", "mid"):
                        self.logger().info(f"{pair} {side} at {timestamp}")
            """,
        ),
    ),
    defect(
        "empty-log-lines",
        checks.test_logs_are_useful,
        "log records are empty",
        exchange(
            """
            async def _place_cancel(self, order_id, tracked_order):
                self.logger().warning("")
                return await super()._place_cancel(order_id, tracked_order)
            """,
        ),
    ),
    defect(
        "an-attribute-that-is-read-before-it-is-there",
        checks.test_its_own_code_raises_no_errors,
        "has no attribute '_refreshes'",
        exchange(
            """
            async def _update_balances(self):
                await super()._update_balances()
                self._refreshes += 1
            """,
        ),
    ),
)
