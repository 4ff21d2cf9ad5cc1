"""What polls, messages and tables of states get wrong while nobody looks: `docs/accuracy.md`, "Blind"."""

from __future__ import annotations

from checks.conformance import (
    test_balances,
    test_order_life,
    test_order_life_ends,
    test_orders,
    test_perpetual,
    test_resilience,
    test_trading_rules,
    test_usability,
)
from tests.zoo.defect import EXCHANGE, Defect, defect
from tests.zoo.planting import behaving, constant, worded

LISTEN_KEYS = "binance_perpetual_user_stream_data_source.py"
FORGETS_THE_KEY = (
    ("self._current_listen_key = None", "pass"),
    ("self._listen_key_initialized_event.clear()", "pass"),
)
UNTIL_THE_NEXT = "was right before any poll, but the available balance was"
NO_LONGER_KNOWN = "that the exchange no longer knows ended with .*, reported as nothing"

# An order's request is sent again where its answer did not come, or was an error of the server's.
SENT_AGAIN = """
async def _place_order(self, *args, **kwargs):
    try:
        return await super()._place_order(*args, **kwargs)
    except Exception as error:
        if "status is 4" in str(error):
            raise
        kwargs["order_id"] = kwargs["order_id"][:-1] + "x"
        return await super()._place_order(*args, **kwargs)
"""

# An error for an order that there is not is answered with the state that it had.
TAKEN_FOR_OPEN = """
async def _request_order_status(self, tracked_order):
    try:
        return await super()._request_order_status(tracked_order)
    except Exception:
        return OrderUpdate(
            trading_pair=tracked_order.trading_pair,
            update_timestamp=self.current_timestamp,
            new_state=tracked_order.current_state,
            client_order_id=tracked_order.client_order_id,
            exchange_order_id=tracked_order.exchange_order_id,
        )

def _is_order_not_found_during_cancelation_error(self, cancelation_exception):
    return False
"""

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
        "the-gain-of-a-short-told-as-a-loss",
        test_perpetual.test_a_gain_is_no_loss,
        "short position it has gained [0-9.]+; the connector reports -",
        worded(
            "hyperliquid_perpetual_derivative.py",
            "_update_positions",
            (
                'Decimal(position.get("unrealizedPnl"))',
                'Decimal(position.get("unrealizedPnl")) * (1 if Decimal(position.get("szi")) > 0 else -1)',
            ),
        ),
        connector="hyperliquid_perpetual",
    ),
    defect(
        "the-gain-of-a-short-of-binance-told-as-a-loss",
        test_perpetual.test_a_gain_is_no_loss,
        "short position it has gained [0-9.]+; the connector reports -",
        worded(
            "binance_perpetual_derivative.py",
            "_update_positions",
            (
                'Decimal(position.get("unRealizedProfit"))',
                'Decimal(position.get("unRealizedProfit")) * '
                '(1 if Decimal(position.get("positionAmt")) > 0 else -1)',
            ),
        ),
        worded(
            "binance_perpetual_derivative.py",
            "_process_user_stream_event",
            (
                'unrealized_pnl=Decimal(asset["up"])',
                'unrealized_pnl=Decimal(asset["up"]) * (1 if Decimal(asset["pa"]) > 0 else -1)',
            ),
        ),
        connector="binance_perpetual",
    ),
    defect(
        "an-order-sent-again-after-a-lost-reply",
        test_orders.test_an_order_whose_reply_was_lost_is_not_placed_again,
        "The reply to an order was lost, and the connector placed it 2 times",
        behaving("gate_io_exchange.py", "GateIoExchange", SENT_AGAIN),
        connector="gate_io",
    ),
    defect(
        "an-order-of-okx-sent-again-after-a-lost-reply",
        test_orders.test_an_order_whose_reply_was_lost_is_not_placed_again,
        "The reply to an order was lost, and the connector placed it 2 times",
        behaving("okx_exchange.py", "OkxExchange", SENT_AGAIN),
        connector="okx",
    ),
    defect(
        "fills-of-okx-at-the-orders-own-price",
        test_order_life.test_fills_have_the_price_at_which_they_traded,
        "which the connector reported at its own price",
        worded(
            "okx_exchange.py",
            "_all_trade_updates_for_order",
            ('fill_price=Decimal(fill_data["fillPx"])', "fill_price=order.price"),
        ),
        worded(
            "okx_exchange.py",
            "_user_stream_event_listener",
            ('fill_price=Decimal(data["fillPx"])', "fill_price=fillable_order.price"),
        ),
        connector="okx",
    ),
    defect(
        "fills-of-bybit-perpetual-at-the-orders-own-price",
        test_order_life.test_fills_have_the_price_at_which_they_traded,
        "which the connector reported at its own price",
        worded(
            "bybit_perpetual_derivative.py",
            "_parse_trade_update",
            ("fill_price=exec_price", "fill_price=tracked_order.price"),
        ),
        connector="bybit_perpetual",
    ),
    defect(
        "an-order-that-kucoin-does-not-know-taken-for-open",
        test_order_life_ends.test_an_order_that_stays_unknown,
        NO_LONGER_KNOWN,
        behaving("kucoin_exchange.py", "KucoinExchange", TAKEN_FOR_OPEN),
        connector="kucoin",
    ),
    defect(
        "an-unknown-order-taken-for-open",
        test_order_life_ends.test_an_order_that_stays_unknown,
        NO_LONGER_KNOWN,
        behaving(EXCHANGE, "BinanceExchange", TAKEN_FOR_OPEN),
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
        "has no entry for values that the exchange sent: reduceOnlyCanceled",
        constant(
            "hyperliquid_perpetual_constants.py", '    "reduceOnlyCanceled": OrderState.CANCELED,\n', ""
        ),
        connector="hyperliquid_perpetual",
    ),
    defect(
        "an-end-in-match-that-the-map-of-states-lacks",
        test_usability.test_its_tables_have_the_exchanges_words,
        "has no entry for values that the exchange sent: EXPIRED_IN_MATCH",
        constant("binance_perpetual_constants.py", '    "EXPIRED_IN_MATCH": OrderState.FAILED,\n', ""),
        connector="binance_perpetual",
    ),
)
