"""Mistakes of the third blind round that were missed when first planted, and those of the second that were
missed until then: `docs/accuracy.md`, "Blind"."""

from __future__ import annotations

from checks.conformance import (
    test_balances,
    test_balances_fees,
    test_market_data,
    test_order_life,
    test_perpetual,
)
from tests.zoo.defect import BOOK_SOURCE, Defect, defect
from tests.zoo.planting import behaving, worded

LACKS = "The order book lacks a change that was made while its snapshot was made and whose messages came"
# A message is left out by its first number, though its last one is newer than the snapshot.
LEFT_OUT_WHOLE = """
async def _order_book_snapshot(self, trading_pair):
    message = await super()._order_book_snapshot(trading_pair)
    self._newest = {{**getattr(self, "_newest", {{}}), trading_pair: message.update_id}}
    return message

async def _parse_order_book_diff_message(self, raw_message, message_queue):
    told = {told}
    if "U" in told:
        pair = await self._connector.trading_pair_associated_to_exchange_symbol(symbol=told["s"])
        if told["U"] <= getattr(self, "_newest", {{}}).get(pair, 0):
            return
    await super()._parse_order_book_diff_message(raw_message, message_queue)
"""
DROPPED_MEANWHILE = """
_asking = 0

async def _order_book_snapshot(self, trading_pair):
    self._asking += 1
    try:
        return await super()._order_book_snapshot(trading_pair)
    finally:
        self._asking -= 1

async def _parse_order_book_diff_message(self, raw_message, message_queue):
    if not self._asking:
        await super()._parse_order_book_diff_message(raw_message, message_queue)
"""

DEFECTS: tuple[Defect, ...] = (
    defect(
        "of-a-list-of-positions-the-first-page",
        test_perpetual.test_a_position_outlives_the_process,
        "After a restart the connector has 0 positions",
        worded(
            "bybit_perpetual_derivative.py",
            "_update_positions",
            ('"symbol": ex_trading_pair}', '"settleCoin": ex_trading_pair[-4:]}'),
        ),
        connector="bybit_perpetual",
    ),
    defect(
        "only-the-first-of-a-batch",
        test_order_life.test_fills_told_in_one_message,
        "Two fills came in one message; 1 of them were reported before a poll",
        worded(
            "okx_exchange.py",
            "_user_stream_event_listener",
            ('in stream_message.get("data", []):', 'in stream_message.get("data", [])[:1]:'),
        ),
        connector="okx",
    ),
    defect(
        "only-the-last-fill-of-a-message",
        test_order_life.test_fills_told_in_one_message,
        "Two fills came in one message; 1 of them were reported before a poll",
        worded(
            "gate_io_exchange.py",
            "_user_stream_event_listener",
            ("for trade_msg in results:", "for trade_msg in results[-1:]:"),
        ),
        connector="gate_io",
    ),
    defect(
        "markets-without-names-share-one",
        test_market_data.test_every_market_is_listed,
        "The connector does not list",
        worded(
            "okx_exchange.py",
            "_initialize_trading_pair_symbols_from_exchange_info",
            (
                'filter(okx_utils.is_exchange_information_valid, exchange_info["data"])',
                'exchange_info["data"]',
            ),
        ),
        connector="okx",
    ),
    defect(
        "a-fee-of-zero-taken-for-unknown",
        test_balances_fees.test_a_fee_is_what_the_exchange_took,
        r"A fill cost 0\.0* .*; the connector reported 0\.0*[1-9]",
        worded(
            "gate_io_exchange.py",
            "_create_trade_update_with_order_fill_data",
            (
                'Decimal(order_fill["fee"])',
                '(Decimal(order_fill["fee"]) or Decimal(order_fill["amount"]) * self.estimate_fee_pct(True))',
            ),
        ),
        connector="gate_io",
    ),
    defect(
        "a-fee-of-okx-of-zero-taken-for-unknown",
        test_balances_fees.test_a_fee_is_what_the_exchange_took,
        r"A fill cost 0\.0* .*; the connector reported 0\.0*[1-9]",
        worded(
            "okx_exchange.py",
            "_user_stream_event_listener",
            (
                '-Decimal(data["fillFee"])',
                '(-Decimal(data["fillFee"]) or Decimal(data["fillSz"]) * Decimal("0.001"))',
            ),
        ),
        connector="okx",
    ),
    defect(
        "balances-read-when-the-total-changes",
        test_balances.test_what_is_available_follows_each_message,
        "A message gave .* until its next poll",
        worded(
            "bybit_exchange.py",
            "_user_stream_event_listener",
            (
                "self._account_available_balances[asset_name] = free_balance",
                "if self._account_balances.get(asset_name) != total_balance:\n"
                "                            self._account_available_balances[asset_name] = free_balance",
            ),
        ),
        connector="bybit",
    ),
    defect(
        "balances-of-gate-io-read-when-the-total-changes",
        test_balances.test_what_is_available_follows_each_message,
        "A message gave .* until its next poll",
        worded(
            "gate_io_exchange.py",
            "_process_balance_message_ws",
            (
                'self._account_available_balances[asset_name] = Decimal(str(account["available"]))',
                'if self._account_balances.get(asset_name) != Decimal(str(account["total"])):\n'
                "                self._account_available_balances[asset_name] = "
                'Decimal(str(account["available"]))',
            ),
        ),
        connector="gate_io",
    ),
    defect(
        "a-change-that-overlaps-the-snapshot-left-out",
        test_market_data.test_a_book_that_moves_at_the_start,
        f"{LACKS} after it",
        behaving(BOOK_SOURCE, "BinanceAPIOrderBookDataSource", LEFT_OUT_WHOLE.format(told="raw_message")),
    ),
    defect(
        "a-change-of-a-perpetual-that-overlaps-the-snapshot-left-out",
        test_market_data.test_a_book_that_moves_at_the_start,
        f"{LACKS} after it",
        behaving(
            "binance_perpetual_api_order_book_data_source.py",
            "BinancePerpetualAPIOrderBookDataSource",
            LEFT_OUT_WHOLE.format(told='raw_message.get("data", {})'),
        ),
        connector="binance_perpetual",
    ),
    defect(
        "changes-during-the-snapshot-dropped",
        test_market_data.test_a_book_that_moves_at_the_start,
        f"{LACKS} before it",
        behaving(BOOK_SOURCE, "BinanceAPIOrderBookDataSource", DROPPED_MEANWHILE),
    ),
    defect(
        "changes-during-the-snapshot-of-kucoin-dropped",
        test_market_data.test_a_book_that_moves_at_the_start,
        f"{LACKS} before it",
        behaving("kucoin_api_order_book_data_source.py", "KucoinAPIOrderBookDataSource", DROPPED_MEANWHILE),
        connector="kucoin",
    ),
)
