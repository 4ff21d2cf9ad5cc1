"""For checks that had been seen to find their mistake in one connector only: one of its kind in another."""

from __future__ import annotations

from checks.conformance import (
    test_market_data,
    test_order_life,
    test_rate_limits,
    test_resilience,
    test_security,
)
from tests.zoo.defect import Defect, defect
from tests.zoo.defects.order_life import FINDS_NO_FILLS, LISTENER
from tests.zoo.planting import behaving, constant, worded

OKX, KUCOIN = "okx_exchange.py", "kucoin_exchange.py"

DEFECTS: tuple[Defect, ...] = (
    defect(
        "a-cancel-message-told-by-itself-too",
        test_order_life.test_one_end_whatever_happens,
        "order ended 2 times: OrderCancelled, OrderCancelled",
        worded(
            KUCOIN,
            LISTENER,
            (
                "                    if updatable_order is not None:",
                '                    if fillable_order is not None and order_event_type == "canceled":\n'
                "                        self._order_tracker._trigger_cancelled_event(fillable_order)\n"
                "                    if updatable_order is not None:",
            ),
        ),
        connector="kucoin",
    ),
    defect(
        "canceled-orders-of-okx-taken-for-failed",
        test_order_life.test_cancelled_once,
        "A cancelled order was reported as .*OrderFailure",
        constant("okx_constants.py", '"canceled": OrderState.CANCELED', '"canceled": OrderState.FAILED'),
        behaving(OKX, "OkxExchange", "is_cancel_request_in_exchange_synchronous = False"),
        connector="okx",
    ),
    defect(
        "fills-of-orders-without-an-exchange-id-dropped",
        test_order_life.test_a_fill_may_come_first,
        "fills of a limit buy order were not reported",
        worded(
            OKX,
            LISTENER,
            (
                "(fillable_order is not None",
                "(fillable_order is not None and fillable_order.exchange_order_id",
            ),
        ),
        FINDS_NO_FILLS,
        connector="okx",
    ),
    defect(
        "each-message-of-okx-a-new-fill",
        test_order_life.test_a_repeated_message_is_no_second_fill,
        "fills of a limit sell order (were|never)",
        worded(OKX, LISTENER, ("trade_id=str(trade_id)", "trade_id=str(id(data))")),
        connector="okx",
    ),
    defect(
        "junk-ends-the-book-stream-of-bybit",
        test_resilience.test_junk_is_survived,
        "the order book no longer follows",
        worded(
            "bybit_api_order_book_data_source.py",
            "listen_for_subscriptions",
            ("await self._sleep(5.0)", "raise"),
        ),
        connector="bybit",
    ),
    defect(
        "weights-of-hyperliquid-not-counted",
        test_rate_limits.test_no_limit_is_hit,
        "with 429",
        behaving(
            "hyperliquid_exchange.py",
            "HyperliquidExchange",
            """
            async def _trading_fees_polling_loop(self):
                while True:
                    await asyncio.sleep(0.5)
                    ask = {"path_url": CONSTANTS.EXCHANGE_INFO_URL, "data": {"type": "spotMeta"}}
                    await asyncio.gather(*(self._api_post(**ask) for _ in range(4)), return_exceptions=True)
            """,
        ),
        connector="hyperliquid",
    ),
    defect(
        "addresses-asked-of-another-site",
        test_security.test_only_declared_hosts,
        "ip.example.org",
        behaving(
            "kraken_exchange.py",
            "KrakenExchange",
            """
            async def check_network(self):
                import aiohttp

                try:
                    async with aiohttp.ClientSession() as session, session.get("https://ip.example.org/json"):
                        pass
                except aiohttp.ClientError:
                    self.logger().debug("No address.")
                return await super().check_network()
            """,
        ),
        connector="kraken",
    ),
    defect(
        "the-last-price-of-gate-is-the-ask",
        test_market_data.test_last_price,
        "it reports",
        worded("gate_io_exchange.py", "_get_last_traded_price", ('["last"]', '["lowest_ask"]')),
        connector="gate_io",
    ),
)
