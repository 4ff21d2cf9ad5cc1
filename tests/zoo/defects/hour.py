"""Defects that only time brings to light."""

from __future__ import annotations

from checks.conformance import test_market_data, test_rate_limits
from checks.conformance import test_resilience_hour as checks
from tests.zoo.defect import CONSTANTS, EXCHANGE, Defect, defect
from tests.zoo.planting import behaving, book_source, constant, exchange, user_source

COARSER = "minutes after the exchange raised the market's lot size, a .* was refused"

HOUR: tuple[Defect, ...] = (
    defect(
        "asks-too-much-in-the-fortieth-minute",
        test_rate_limits.test_no_limit_is_hit_in_an_hour,
        "with 429",
        constant(CONSTANTS, "limit=6000,", "limit=600000,"),
        behaving(
            EXCHANGE,
            "BinanceExchange",
            """
            async def _trading_fees_polling_loop(self):
                await asyncio.sleep(2400)
                for pair in self.trading_pairs:
                    symbol = await self.exchange_symbol_associated_to_pair(trading_pair=pair)
                    ask = {"path_url": "/depth", "params": {"symbol": symbol, "limit": 5000}}
                    await safe_gather(*(self._api_get(**ask) for _ in range(60)), return_exceptions=True)
                await asyncio.sleep(1e9)
            """,
        ),
    ),
    defect(
        "old-orders-dropped-instead-of-cancelled",
        checks.test_an_hour_of_market_making,
        "the connector has lost track of",
        exchange(
            """
            async def _execute_cancel(self, trading_pair, order_id):
                order = self._order_tracker.fetch_tracked_order(order_id)
                if order is not None and self.current_timestamp - order.creation_timestamp > 200:
                    self.stop_tracking_order(order_id)
                    return order_id
                return await super()._execute_cancel(trading_pair, order_id)
            """
        ),
    ),
    defect(
        "begins-anew-now-and-then",
        checks.test_an_hour_of_market_making,
        "dropped all its connections",
        exchange(
            """
            async def check_network(self):
                status = await super().check_network()
                self._looks = getattr(self, "_looks", 0) + 1
                return status if self._looks % 60 else type(status).NOT_CONNECTED
            """
        ),
    ),
    defect(
        "rules-of-the-start-for-ever",
        checks.test_changed_rules_are_followed,
        COARSER,
        exchange(
            """
            async def _update_trading_rules(self):
                if not self._trading_rules:
                    await super()._update_trading_rules()
            """
        ),
    ),
    defect(
        "rules-read-anew-once-a-day",
        checks.test_changed_rules_are_followed,
        COARSER,
        behaving("okx_exchange.py", "OkxExchange", "TRADING_RULES_INTERVAL = 86400.0"),
        connector="okx",
    ),
    defect(
        "a-task-left-for-each-order",
        checks.test_an_hour_of_market_making,
        "number of its tasks grew by",
        exchange(
            """
            async def _place_order(self, *args, **kwargs):
                self._kept = [*getattr(self, "_kept", []), asyncio.ensure_future(asyncio.sleep(1e9))]
                return await super()._place_order(*args, **kwargs)
            """
        ),
    ),
    defect(
        "all-balances-ever-kept",
        checks.test_an_hour_of_market_making,
        "memory grew by",
        exchange(
            """
            async def _update_balances(self):
                await super()._update_balances()
                self._history = [*getattr(self, "_history", []), bytearray(b"." * (4 << 20))]
            """
        ),
    ),
    defect(
        "listen-key-never-renewed",
        checks.test_the_private_stream_is_kept_alive,
        "had no private stream|no longer arrives on the private stream",
        behaving(
            "binance_perpetual_user_stream_data_source.py",
            "BinancePerpetualUserStreamDataSource",
            """
            async def _ping_listen_key(self):
                return True
            """,
        ),
        connector="binance_perpetual",
    ),
    defect(
        "one-token-for-all-connections",
        checks.test_the_private_stream_is_kept_alive,
        "had no private stream",
        user_source(
            """
            async def _connected_websocket_assistant(self):
                import time

                self._token_from = getattr(self, "_token_from", None) or time.time()
                if time.time() - self._token_from > 1800:
                    raise IOError("the token has expired")
                return await super()._connected_websocket_assistant()
            """
        ),
    ),
    defect(
        "snapshots-never-repeated",
        checks.test_a_gap_in_the_book_is_mended,
        "levels of the book are still wrong",
        book_source("FULL_ORDER_BOOK_RESET_DELTA_SECONDS = 1e9"),
    ),
    defect(
        "twenty-levels-of-the-snapshot",
        test_market_data.test_the_book_is_deep_enough,
        "the exchange gives 100",
        book_source(
            """
            async def _order_book_snapshot(self, trading_pair):
                message = await super()._order_book_snapshot(trading_pair)
                for side in ("bids", "asks"):
                    message.content[side] = message.content[side][:20]
                return message
            """
        ),
        harmless={
            **dict.fromkeys(("bitget", "okx"), "the stream's own snapshot replaces that one"),
            **dict.fromkeys(
                ("hyperliquid", "hyperliquid_perpetual"), "the exchange tells twenty levels and no more"
            ),
        },
    ),
)

MISHAPS: tuple[Defect, ...] = (
    defect(
        "signs-with-the-computers-clock",
        checks.test_a_wrong_clock_is_borne,
        "with the exchange's clock",
        exchange(
            """
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                clock = self._time_synchronizer
                clock.update_server_time_offset_with_time_provider = self._never
                clock.update_server_time_if_not_initialized = self._never

            async def _never(self, *args, **kwargs):
                pass
            """
        ),
        harmless={
            "kraken": "the exchange wants nonces that grow, and no time",
            **dict.fromkeys(
                ("hyperliquid", "hyperliquid_perpetual"),
                "the exchange lets a nonce be a day ahead or two behind",
            ),
        },
    ),
    defect(
        "hammers-refused-streams",
        checks.test_refused_streams_are_not_hammered,
        "each refused stream .* times a second",
        book_source("async def _sleep(self, delay):\n    await asyncio.sleep(0.05)"),
        user_source("async def _sleep(self, delay):\n    await asyncio.sleep(0.05)"),
        harmless={"okx": "its own limit for new connections, three a second, holds it back"},
    ),
    defect(
        "gives-up-on-refused-streams",
        checks.test_refused_streams_are_not_hammered,
        "did not reopen its . streams",
        book_source(
            """
            async def _connected_websocket_assistant(self):
                return await self._three_times(super()._connected_websocket_assistant())

            async def _get_connected_websocket_assistant(self, url):  # that of bybit_perpetual
                return await self._three_times(super()._get_connected_websocket_assistant(url))

            async def _three_times(self, connecting):
                try:
                    return await connecting
                except Exception:
                    self._failures = getattr(self, "_failures", 0) + 1
                    if self._failures > 3:
                        await asyncio.sleep(1e9)
                    raise
            """
        ),
    ),
)

DEFECTS = (*HOUR, *MISHAPS)
