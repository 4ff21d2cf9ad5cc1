"""What polls, messages and tables of states get wrong while nobody looks: `docs/accuracy.md`, "Blind"."""

from __future__ import annotations

from checks.conformance import (
    test_balances,
    test_order_life_ends,
    test_resilience,
    test_trading_rules,
    test_usability,
)
from tests.zoo.defect import CONSTANTS, EXCHANGE, Defect, defect
from tests.zoo.planting import behaving, constant, worded

LISTEN_KEYS = "binance_perpetual_user_stream_data_source.py"
FORGETS_THE_KEY = (
    ("self._current_listen_key = None", "pass"),
    ("self._listen_key_initialized_event.clear()", "pass"),
)
UNTIL_THE_NEXT = "was right before any poll, and .* told as available"
NO_LONGER_KNOWN = "that the exchange no longer knows ended with .*, reported as nothing"

DEFECTS: tuple[Defect, ...] = (
    defect(
        "the-stream-changes-the-total-only",
        test_balances.test_what_is_available_follows_with_the_total,
        UNTIL_THE_NEXT,
        worded(
            "gate_io_exchange.py",
            "_process_balance_message_ws",
            ('self._account_available_balances[asset_name] = Decimal(str(account["available"]))', "pass"),
        ),
        connector="gate_io",
    ),
    defect(
        "the-total-of-the-stream-taken-for-available",
        test_balances.test_what_is_available_follows_with_the_total,
        UNTIL_THE_NEXT,
        worded(
            EXCHANGE,
            "_user_stream_event_listener",
            (
                "self._account_available_balances[asset_name] = free_balance",
                "self._account_available_balances[asset_name] = total_balance",
            ),
        ),
    ),
    defect(
        "prices-of-bitstamp-with-an-exponent",
        test_trading_rules.test_tiny_prices_arrive,
        r"was rejected as sent: it had \d+(\.\d+)?E-7",
        worded("bitstamp_exchange.py", "_place_order", ('f"{price:f}"', "str(price)")),
        connector="bitstamp",
    ),
    defect(
        "prices-of-okx-with-an-exponent",
        test_trading_rules.test_tiny_prices_arrive,
        r"was rejected as sent: it had \d+(\.\d+)?E-7",
        worded("okx_exchange.py", "_place_order", ('f"{price:f}"', "str(price)")),
        connector="okx",
    ),
    defect(
        "an-order-that-kucoin-does-not-know-kept-for-ever",
        test_order_life_ends.test_an_order_that_stays_unknown,
        NO_LONGER_KNOWN,
        behaving(
            "kucoin_exchange.py",
            "KucoinExchange",
            """
            def _is_order_not_found_during_status_update_error(self, status_update_exception):
                return False

            def _is_order_not_found_during_cancelation_error(self, cancelation_exception):
                return False
            """,
        ),
        connector="kucoin",
    ),
    defect(
        "the-codes-for-an-unknown-order-mistyped",
        test_order_life_ends.test_an_order_that_stays_unknown,
        NO_LONGER_KNOWN,
        constant(CONSTANTS, "ORDER_NOT_EXIST_ERROR_CODE = -2013", "ORDER_NOT_EXIST_ERROR_CODE = -2031"),
        constant(CONSTANTS, "UNKNOWN_ORDER_ERROR_CODE = -2011", "UNKNOWN_ORDER_ERROR_CODE = -2110"),
    ),
    defect(
        "an-ended-listen-key-kept",
        test_resilience.test_user_stream_comes_back,
        "and the listen key ended, a fill was (never reported|found by polling only)",
        worded(LISTEN_KEYS, "_manage_listen_key_task_loop", *FORGETS_THE_KEY),
        worded(LISTEN_KEYS, "_on_user_stream_interruption", *FORGETS_THE_KEY),
        connector="binance_perpetual",
    ),
    defect(
        "an-end-that-the-map-of-states-lacks",
        test_usability.test_its_tables_have_the_exchanges_words,
        "has no entry for what the exchange said: reduceOnlyCanceled",
        constant(
            "hyperliquid_perpetual_constants.py", '    "reduceOnlyCanceled": OrderState.CANCELED,\n', ""
        ),
        connector="hyperliquid_perpetual",
    ),
    defect(
        "an-end-in-match-that-the-map-of-states-lacks",
        test_usability.test_its_tables_have_the_exchanges_words,
        "has no entry for what the exchange said: EXPIRED_IN_MATCH",
        constant("binance_perpetual_constants.py", '    "EXPIRED_IN_MATCH": OrderState.FAILED,\n', ""),
        connector="binance_perpetual",
    ),
)
