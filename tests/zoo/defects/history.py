"""Mistakes of the kinds that upstream's history repaired, planted anew in today's connectors."""

from __future__ import annotations

from checks.conformance import (
    test_balances,
    test_market_data,
    test_orders,
    test_perpetual,
    test_resilience_hour,
    test_usability,
)
from tests.zoo.defect import BOOK_SOURCE, EXCHANGE, USER_SOURCE, Defect, defect
from tests.zoo.planting import behaving, constant, exchange, worded

PERPETUAL = "binance_perpetual_derivative.py"
PERPETUAL_BOOK = "binance_perpetual_api_order_book_data_source.py"
OKX_BOOK = "okx_api_order_book_data_source.py"
FORM = '"Content-Type": "application/x-www-form-urlencoded",'
ABOUT_TIME = "_is_request_exception_related_to_time_synchronizer"

DEFECTS: tuple[Defect, ...] = (
    defect(
        "number-of-orders-taken-for-the-amount",
        test_market_data.test_first_book_equals_the_exchange,
        "level [0-9]+ is|levels that were compared",
        *(
            worded(OKX_BOOK, function, ("bid[1]", "bid[3]"), ("ask[1]", "ask[3]"))
            for function in (
                "_order_book_snapshot",
                "_parse_order_book_snapshot_message",
                "_parse_order_book_diff_message",
            )
        ),
        connector="okx",
    ),
    defect(
        "positions-kept-by-the-exchanges-symbol",
        test_perpetual.test_positions_match,
        "has 0 positions instead of one",
        worded(
            PERPETUAL,
            "_update_positions",
            ("position_key(hb_trading_pair, position_side)", "position_key(trading_pair, position_side)"),
            ("await self.trading_pair_associated_to_exchange_symbol(trading_pair),", "trading_pair,"),
        ),
        worded(
            PERPETUAL,
            "_process_user_stream_event",
            ("position_key(hb_trading_pair, side)", "position_key(trading_pair, side)"),
        ),
        connector="binance_perpetual",
    ),
    defect(
        "the-next-funding-in-milliseconds",
        test_perpetual.test_funding_is_known,
        "The next funding is at [0-9]{13}, not",
        worded(
            PERPETUAL_BOOK,
            "get_funding_info",
            ('int(float(symbol_info["nextFundingTime"]) * 1e-3)', 'int(symbol_info["nextFundingTime"])'),
        ),
        worded(
            PERPETUAL_BOOK, "_parse_funding_info_message", ('int(float(data["T"]) * 1e-3)', 'int(data["T"])')
        ),
        connector="binance_perpetual",
    ),
    defect(
        "book-amounts-in-contracts",
        test_market_data.test_first_book_equals_the_exchange,
        "level [0-9]+ is|levels that were compared",
        worded(
            PERPETUAL_BOOK,
            "_order_book_snapshot",
            ('snapshot_response["bids"]', '[(p, float(q) * 100) for p, q in snapshot_response["bids"]]'),
            ('snapshot_response["asks"]', '[(p, float(q) * 100) for p, q in snapshot_response["asks"]]'),
        ),
        connector="binance_perpetual",
    ),
    defect(
        "positions-of-the-stream-in-contracts",
        test_perpetual.test_positions_match,
        "a position of .* instead of",
        worded(
            PERPETUAL,
            "_process_user_stream_event",
            ('amount=Decimal(asset["pa"])', 'amount=10 * Decimal(asset["pa"])'),
        ),
        worded(
            PERPETUAL,
            "_update_positions",
            ('Decimal(position.get("positionAmt"))', '10 * Decimal(position.get("positionAmt"))'),
        ),
        connector="binance_perpetual",
    ),
    defect(
        "funding-of-the-start-for-ever",
        test_perpetual.test_funding_is_known,
        "The funding rate is|the mark price is|The mark price is",
        worded(
            PERPETUAL_BOOK, "_parse_funding_info_message", ("message_queue.put_nowait(funding_info)", "pass")
        ),
        connector="binance_perpetual",
    ),
    defect(
        "order-ids-longer-than-the-exchange-takes",
        test_orders.test_limit_orders_arrive_as_asked,
        "never reached the exchange's book",
        exchange(
            """
            @property
            def client_order_id_max_length(self):
                return None

            @property
            def client_order_id_prefix(self):
                return super().client_order_id_prefix + "a-prefix-that-is-rather-long-"
            """,
        ),
    ),
    defect(
        "an-address-of-an-older-version",
        test_usability.test_it_gets_ready,
        "still not ready after 90 s .*symbols_mapping_initialized",
        constant("kucoin_constants.py", '"/api/v2/symbols"', '"/api/v0/symbols"'),
        connector="kucoin",
    ),
    defect(
        "what-is-available-taken-for-the-whole",
        test_balances.test_totals_match,
        "The total balance of USDT with a limit buy open is .*; it reports",
        worded(
            PERPETUAL, "_update_balances", ('asset.get("walletBalance")', 'asset.get("availableBalance")')
        ),
        connector="binance_perpetual",
    ),
    defect(
        "balances-of-the-spot-account",
        test_balances.test_totals_match,
        "The total balance of USD .* is .*; it reports 21.5",
        worded(
            "hyperliquid_perpetual_derivative.py",
            "_update_balances",
            ("await self._uses_spot_balances()", "True"),
        ),
        connector="hyperliquid_perpetual",
    ),
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
        "market-orders-without-a-time-in-force",
        test_orders.test_market_orders_fill,
        "A market .* order never reached the exchange",
        worded("gate_io_exchange.py", "_place_order", ('"time_in_force": "ioc",', '"tif": "ioc",')),
        connector="gate_io",
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
        "none of 4 orders arrived",
        worded(EXCHANGE, ABOUT_TIME, ('"-1021"', '"-1022"')),
    ),
    defect(
        "kucoins-code-for-a-wrong-clock-not-known",
        test_resilience_hour.test_a_clock_that_jumps_is_borne,
        "none of 4 orders arrived",
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
        "connections on which nothing came any more, not even a pong, were kept",
        worded(
            BOOK_SOURCE,
            "_connected_websocket_assistant",
            ("ping_timeout=CONSTANTS.WS_HEARTBEAT_TIME_INTERVAL", "ping_timeout=None"),
        ),
    ),
    defect(
        "deaf-connections-of-hyperliquid-kept",
        test_resilience_hour.test_a_deaf_connection_is_left,
        "connections on which nothing came any more, not even a pong, were kept",
        worded(
            "hyperliquid_api_order_book_data_source.py",
            "_connected_websocket_assistant",
            ("ping_timeout=CONSTANTS.HEARTBEAT_TIME_INTERVAL", "ping_timeout=None"),
            ("message_timeout=CONSTANTS.WS_MESSAGE_TIMEOUT", "message_timeout=None"),
        ),
        connector="hyperliquid",
    ),
)
