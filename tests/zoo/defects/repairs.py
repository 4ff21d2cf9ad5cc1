"""More of what upstream repaired: requests that are refused, clocks, deaf connections, whole books."""

from __future__ import annotations

from checks.conformance import test_market_data, test_orders, test_resilience_hour
from tests.zoo.defect import BOOK_SOURCE, EXCHANGE, USER_SOURCE, Defect, defect
from tests.zoo.planting import behaving, constant, worded

FORM = '"Content-Type": "application/x-www-form-urlencoded",'
ABOUT_TIME = "_is_request_exception_related_to_time_synchronizer"

DEFECTS: tuple[Defect, ...] = (
    defect(
        "whole-books-merged-as-changes",
        test_market_data.test_book_follows_changes,
        "order book drifts away",
        worded(
            "hyperliquid_api_order_book_data_source.py",
            "_channel_originating_message",
            ("self._snapshot_messages_queue_key", "self._diff_messages_queue_key"),
        ),
        connector="hyperliquid",
    ),
    defect(
        "whole-books-of-perpetuals-merged-as-changes",
        test_market_data.test_book_follows_changes,
        "order book drifts away",
        worded(
            "hyperliquid_perpetual_api_order_book_data_source.py",
            "_channel_originating_message",
            ("self._snapshot_messages_queue_key", "self._diff_messages_queue_key"),
        ),
        connector="hyperliquid_perpetual",
    ),
    defect(
        "open-markets-known-by-an-older-word",
        test_market_data.test_every_market_is_listed,
        "BTC-USDT",
        constant("binance_utils.py", '"TRADING"', '"ENABLED"'),
    ),
    defect(
        "open-markets-known-by-an-older-field",
        test_market_data.test_every_market_is_listed,
        "BTC-USDT",
        constant("kucoin_utils.py", '"enableTrading"', '"tradingEnabled"'),
        connector="kucoin",
    ),
    defect(
        "permissions-read-where-they-stood-before",
        test_market_data.test_every_market_is_listed,
        "BTC-USDT",
        constant("binance_utils.py", '"permissionSets"', '"permissions"'),
    ),
    defect(
        "market-orders-with-a-time-in-force",
        test_orders.test_market_orders_fill,
        "A market .* order never reached the exchange",
        worded(
            EXCHANGE,
            "_place_order",
            ("if order_type == OrderType.LIMIT:", "if order_type != OrderType.LIMIT_MAKER:"),
        ),
    ),
    defect(
        "json-that-is-called-a-form",
        test_orders.test_limit_orders_arrive_as_asked,
        "never reached the exchange's book",
        worded(
            "okx_auth.py",
            "authentication_headers",
            ('"OK-ACCESS-KEY": self.api_key,', f'"OK-ACCESS-KEY": self.api_key, {FORM}'),
        ),
        connector="okx",
    ),
    defect(
        "bitgets-json-that-is-called-a-form",
        test_orders.test_limit_orders_arrive_as_asked,
        "never reached the exchange's book",
        worded("bitget_auth.py", "rest_authenticate", ('"Content-Type": "application/json",', FORM)),
        connector="bitget",
    ),
    defect(
        "the-code-for-a-wrong-clock-mistyped",
        test_resilience_hour.test_a_clock_that_jumps_is_borne,
        "none of 3 orders arrived",
        worded(EXCHANGE, ABOUT_TIME, ('"-1021"', '"-1022"')),
    ),
    defect(
        "kucoins-code-for-a-wrong-clock-not-known",
        test_resilience_hour.test_a_clock_that_jumps_is_borne,
        "none of 3 orders arrived",
        worded(
            "kucoin_exchange.py",
            ABOUT_TIME,
            ("RET_CODE_AUTH_TIMESTAMP_ERROR", "RET_CODE_RESOURCE_NOT_FOUND"),
        ),
        connector="kucoin",
    ),
    defect(
        "pongs-without-the-pings-payload",
        test_resilience_hour.test_the_private_stream_is_kept_alive,
        "The exchange closed its private stream|had no private stream",
        behaving(
            USER_SOURCE,
            "BinanceAPIUserStreamDataSource",
            """
            async def _connected_websocket_assistant(self):
                assistant = await super()._connected_websocket_assistant()
                connection = assistant._connection

                async def answered(message):
                    if message is not None and message.type.name == "PING":
                        await connection._connection.pong()
                        return None
                    return message

                connection._check_msg_ping_type = answered
                return assistant
            """,
        ),
    ),
    defect(
        "deaf-connections-kept",
        test_resilience_hour.test_a_deaf_connection_is_left,
        "dead connections, on which not even a pong came, for five minutes",
        worded(
            BOOK_SOURCE,
            "_connected_websocket_assistant",
            ("ping_timeout=CONSTANTS.WS_HEARTBEAT_TIME_INTERVAL", "ping_timeout=None"),
        ),
    ),
    defect(
        "deaf-connections-of-hyperliquid-kept",
        test_resilience_hour.test_a_deaf_connection_is_left,
        "dead connections, on which not even a pong came, for five minutes",
        worded(
            "hyperliquid_api_order_book_data_source.py",
            "_connected_websocket_assistant",
            ("ping_timeout=CONSTANTS.HEARTBEAT_TIME_INTERVAL", "ping_timeout=None"),
            ("message_timeout=CONSTANTS.WS_MESSAGE_TIMEOUT", "message_timeout=None"),
        ),
        connector="hyperliquid",
    ),
)
