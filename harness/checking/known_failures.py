"""Checks that merged connectors are known to fail: there they are no control for anybody.

What all of them fail, as an order whose confirmation was lost, is the framework's: that is not in here.
"""

from __future__ import annotations

from collections.abc import Mapping

KNOWN_TO_FAIL: Mapping[str, frozenset[str]] = {
    "backpack": frozenset(
        {
            "test_histories_end_as_the_ledger_has_them",
            "test_junk_is_survived",
            "test_polling_finds_the_end",
            "test_public_trades_have_their_time",
        }
    ),
    "binance_perpetual": frozenset(
        {
            "test_what_is_available_follows_with_the_total",
        }
    ),
    "bitget": frozenset(
        {
            "test_a_rebate_is_a_negative_fee",
            "test_fees_that_a_poll_finds",
            "test_market_orders_take_several_levels",
            "test_tiny_prices_arrive",
        }
    ),
    "bitmart_perpetual": frozenset(
        {
            "test_a_dozen_pairs",
            "test_a_wrong_clock_is_borne",
            "test_an_hour_of_market_making",
            "test_book_follows_changes",
            "test_both_positions_in_hedge_mode",
            "test_every_public_trade_arrives_once",
            "test_first_book_equals_the_exchange",
            "test_funding_is_known",
            "test_limit_maker_orders_are_post_only",
            "test_limit_orders_arrive_as_asked",
            "test_market_orders_fill",
            "test_market_orders_take_several_levels",
            "test_nothing_is_left_after_stop",
            "test_position_mode_reaches_the_exchange",
            "test_quantized_figures_are_multiples",
            "test_refused_streams_are_not_hammered",
            "test_rules_at_a_round_price",
            "test_server_errors_are_survived",
            "test_signatures_are_accepted",
            "test_the_smallest_order_value",
            "test_the_takers_side_is_told",
            "test_trading_rules",
        }
    ),
    "bitstamp": frozenset(
        {
            "test_errors_empty_no_balances",
            "test_late_messages_leave_an_order_ended",
        }
    ),
    "bybit": frozenset(
        {
            "test_a_wrong_clock_is_borne",
            "test_limit_maker_orders_are_post_only",
            "test_public_trades_have_their_time",
            "test_the_book_is_deep_enough",
            "test_the_takers_side_is_told",
        }
    ),
    "bybit_perpetual": frozenset(
        {
            "test_a_book_of_one_side_is_borne",
            "test_a_dozen_pairs",
            "test_a_funding_payment_is_told_once",
            "test_a_gain_is_no_loss",
            "test_a_new_book_replaces_the_old",
            "test_a_wrong_clock_is_borne",
            "test_best_prices",
            "test_book_follows_changes",
            "test_book_follows_without_polling",
            "test_every_public_trade_arrives_once",
            "test_junk_is_survived",
            "test_market_stream_comes_back",
            "test_the_book_is_deep_enough",
        }
    ),
    "coinbase_advanced_trade": frozenset(
        {
            "test_limit_maker_orders_are_post_only",
            "test_market_orders_fill",
            "test_market_orders_take_several_levels",
        }
    ),
    "derive_perpetual": frozenset(
        {
            "test_a_wrong_clock_is_borne",
            "test_available_balances_match",
            "test_histories_end_as_the_ledger_has_them",
            "test_last_price",
        }
    ),
    "foxbit": frozenset(
        {
            "test_a_fee_is_what_the_exchange_took",
            "test_a_fill_may_come_first",
            "test_a_market_order_larger_than_the_book",
            "test_a_rebate_is_a_negative_fee",
            "test_a_repeated_message_is_no_second_fill",
            "test_an_order_that_the_exchange_ends",
            "test_completed_last",
            "test_every_fill_once",
            "test_histories_end_as_the_ledger_has_them",
            "test_it_gets_ready",
            "test_the_book_is_deep_enough",
        }
    ),
    "gate_io": frozenset(
        {
            "test_errors_empty_no_balances",
            "test_many_orders_at_once",
            "test_the_book_is_deep_enough",
        }
    ),
    "gemini": frozenset(
        {
            "test_all_that_the_account_has_can_be_ordered_for",
            "test_errors_empty_no_balances",
        }
    ),
    "grvt_perpetual": frozenset(
        {
            "test_a_new_book_replaces_the_old",
            "test_funding_is_known",
            "test_late_messages_leave_an_order_ended",
            "test_market_orders_take_several_levels",
        }
    ),
    "hyperliquid": frozenset(
        {
            "test_quantized_figures_are_multiples",
            "test_rules_at_a_round_price",
            "test_the_smallest_order_value",
        }
    ),
    "hyperliquid_perpetual": frozenset(
        {
            "test_funding_is_known",
            "test_last_price",
            "test_many_orders_at_once",
        }
    ),
    "kalshi_perpetual": frozenset(
        {
            "test_odd_markets_keep_nobody_from_starting",
        }
    ),
    "kraken": frozenset(
        {
            "test_a_missed_fill_is_found",
            "test_histories_end_as_the_ledger_has_them",
            "test_last_prices_of_several",
            "test_the_private_stream_is_kept_alive",
            "test_the_smallest_order_value",
            "test_tiny_prices_arrive",
        }
    ),
    "kucoin": frozenset(
        {
            "test_a_fee_in_a_third_asset",
            "test_a_fee_is_what_the_exchange_took",
            "test_a_missed_fill_is_found",
            "test_a_rebate_is_a_negative_fee",
            "test_another_account_of_its_user_stays_out",
            "test_histories_end_as_the_ledger_has_them",
            "test_late_messages_leave_an_order_ended",
            "test_tiny_prices_arrive",
        }
    ),
    "kucoin_perpetual": frozenset(
        {
            "test_a_clock_that_jumps_is_borne",
            "test_a_funding_payment_is_told_once",
            "test_fees_match",
            "test_funding_is_known",
            "test_refused_streams_are_not_hammered",
        }
    ),
    "okx": frozenset(
        {
            "test_a_clock_that_jumps_is_borne",
            "test_the_private_stream_is_kept_alive",
        }
    ),
    "pacifica_perpetual": frozenset(
        {
            "test_a_wrong_clock_is_borne",
        }
    ),
}


def serves(control: str | None, check: str) -> bool:
    """Whether a failure of this check may be tried on that merged connector."""
    return control is not None and check not in KNOWN_TO_FAIL.get(control, frozenset())
