"""Mistakes that others made and that were missed when first planted: `docs/accuracy.md`, "Blind"."""

from __future__ import annotations

from checks.conformance import (
    test_balances_fees,
    test_market_data,
    test_perpetual_changes,
    test_resilience,
)
from tests.zoo.defect import EXCHANGE, Defect, defect
from tests.zoo.planting import behaving, constant, worded

SYMBOLS = "_initialize_trading_pair_symbols_from_exchange_info"
# The shortest name that leaves a quote asset at the end.
CUT = (
    '"{{}}-{{}}".format(*__import__("re").match('
    'r"(?i)(\\w+?)(usdt|usdc|busd|usd|eur|btc|eth)$", {symbol}).groups()).upper()'
)
FIRST_ROWS = '"{side}": list({{row[0]: row for row in reversed(msg["{side}"])}}.values())'

DEFECTS: tuple[Defect, ...] = (
    defect(
        "the-first-fills-fee-asset-for-all",
        test_balances_fees.test_fees_that_a_poll_finds,
        "A fill cost .*; the connector reported",
        worded(
            EXCHANGE,
            "_all_trade_updates_for_order",
            ('trade["commissionAsset"]', 'all_fills_response[0]["commissionAsset"]'),
        ),
        worded(
            EXCHANGE,
            "_update_order_fills_from_trades",
            ('trade["commissionAsset"]', 'trades[0]["commissionAsset"]'),
        ),
    ),
    defect(
        "a-rebate-that-a-poll-found-taken-for-a-cost",
        test_balances_fees.test_fees_that_a_poll_finds,
        "A fill cost -.*; the connector reported [0-9]",
        worded(
            "okx_exchange.py",
            "_all_trade_updates_for_order",
            ('-Decimal(fill_data["fee"])', 'abs(Decimal(fill_data["fee"]))'),
        ),
        connector="okx",
    ),
    defect(
        "the-first-row-of-a-price-holds",
        test_market_data.test_book_follows_changes,
        "The order book drifts away",
        worded(
            "kraken_order_book.py",
            "diff_message_from_exchange",
            *((f'"{side}": msg["{side}"]', FIRST_ROWS.format(side=side)) for side in ("bids", "asks")),
        ),
        connector="kraken",
    ),
    defect(
        "symbols-of-bitstamp-cut-at-the-longest-quote",
        test_market_data.test_every_market_is_listed,
        "does not list 1 of the .* markets: SHIB-USD",
        worded(
            "bitstamp_exchange.py",
            SYMBOLS,
            (
                'self.convert_from_exchange_trading_pair(info["name"])',
                CUT.format(symbol='info["url_symbol"]'),
            ),
        ),
        connector="bitstamp",
    ),
    defect(
        "symbols-of-kraken-cut-at-the-longest-quote",
        test_market_data.test_every_market_is_listed,
        "does not list 1 of the .* markets: SHIB-USD",
        worded(
            "kraken_exchange.py",
            SYMBOLS,
            (
                'convert_from_exchange_trading_pair(symbol_data["wsname"])',
                CUT.format(symbol='symbol_data["altname"].replace("XBT", "BTC")'),
            ),
        ),
        connector="kraken",
    ),
    defect(
        "a-new-book-of-bybit-merged-into-the-old",
        test_resilience.test_a_new_book_replaces_the_old,
        "the order book keeps asks that were gone meanwhile",
        behaving(
            "bybit_api_order_book_data_source.py",
            "BybitAPIOrderBookDataSource",
            """
            async def _process_ob_snapshot(self, snapshot_queue):
                queue = self._message_queue[self._snapshot_messages_queue_key]
                while True:
                    self._message_queue[self._diff_messages_queue_key].put_nowait(await queue.get())
            """,
        ),
        connector="bybit",
    ),
    defect(
        "a-new-book-of-okx-merged-into-the-old",
        test_resilience.test_a_new_book_replaces_the_old,
        "the order book keeps asks that were gone meanwhile",
        worded(
            "okx_api_order_book_data_source.py",
            "_channel_originating_message",
            ("channel = self._snapshot_messages_queue_key", "channel = self._diff_messages_queue_key"),
        ),
        connector="okx",
    ),
    defect(
        "an-order-that-ended-with-its-position-taken-for-open",
        test_perpetual_changes.test_a_closing_order_ends_with_its_position,
        "A closing order whose position was closed by somebody else ended with .*, reported as nothing",
        constant(
            "hyperliquid_perpetual_constants.py",
            '"reduceOnlyCanceled": OrderState.CANCELED',
            '"reduceOnlyCanceled": OrderState.OPEN',
        ),
        connector="hyperliquid_perpetual",
    ),
    defect(
        "ends-of-reduce-only-orders-not-listened-for",
        test_perpetual_changes.test_a_closing_order_ends_with_its_position,
        "A closing order whose position was closed by somebody else ended with .*, reported as nothing",
        worded(
            "bybit_perpetual_derivative.py",
            "_process_order_event_message",
            (
                "if updatable_order is not None:",
                'if updatable_order is not None and not (order_msg.get("reduceOnly") and '
                'order_msg["orderStatus"] == "Cancelled"):',
            ),
        ),
        connector="bybit_perpetual",
    ),
    defect(
        "the-mode-that-the-account-has-taken-for-a-failure",
        test_perpetual_changes.test_both_positions_in_hedge_mode,
        "In hedge mode, a limit (buy|sell) order never reached the exchange's book",
        behaving(
            "binance_perpetual_derivative.py",
            "BinancePerpetualDerivative",
            """
            async def _fetch_account_position_mode(self):
                return None
            """,
        ),
        connector="binance_perpetual",
    ),
    defect(
        "the-mode-that-the-account-of-bybit-has-taken-for-a-failure",
        test_perpetual_changes.test_both_positions_in_hedge_mode,
        "In hedge mode, a limit (buy|sell) order never reached the exchange's book",
        worded(
            "bybit_perpetual_derivative.py",
            "_trading_pair_position_mode_set",
            ("[CONSTANTS.RET_CODE_OK, CONSTANTS.RET_CODE_MODE_NOT_MODIFIED]", "[CONSTANTS.RET_CODE_OK]"),
        ),
        connector="bybit_perpetual",
    ),
)
