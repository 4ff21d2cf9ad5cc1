"""Another defect of kinds that had one, or several in one connector: orders, balances, positions."""

from __future__ import annotations

from checks.conformance import (
    test_balances,
    test_balances_fees,
    test_order_life,
    test_orders,
    test_perpetual,
)
from checks.conformance import test_resilience_replies as replies
from tests.zoo.defect import Defect, defect
from tests.zoo.planting import behaving, constant, worded

OKX, KUCOIN, GATE = "okx_exchange.py", "kucoin_exchange.py", "gate_io_exchange.py"
BYBIT_PERPETUAL = "bybit_perpetual_derivative.py"
IN_QUOTE = "{order}.quote_asset"

MONEY: tuple[Defect, ...] = (
    defect(
        "no-fee-of-kucoin-expected",
        test_balances_fees.test_all_that_the_account_has_can_be_ordered_for,
        "An order for all that the account has, less the expected fee of 0.* was refused",
        worded(KUCOIN, "_get_fee", ("AddedToCostTradeFee(percent=fee_value)", "AddedToCostTradeFee()")),
        connector="kucoin",
    ),
    defect(
        "fees-of-kraken-taken-from-returns",
        test_balances_fees.test_all_that_the_account_has_can_be_ordered_for,
        "An order for all that the account has, less the expected fee of 0.* was refused",
        constant(
            "kraken_utils.py",
            'taker_percent_fee_decimal=Decimal("0.004"),',
            'taker_percent_fee_decimal=Decimal("0.004"),\n    buy_percent_fee_deducted_from_returns=True,',
        ),
        connector="kraken",
    ),
    defect(
        "ready-before-anything-private-is-known",
        test_balances.test_a_wrong_key_is_noticed,
        "reports itself ready",
        behaving(
            KUCOIN,
            "KucoinExchange",
            """
            @property
            def status_dict(self):
                return {**super().status_dict, "account_balance": True, "user_stream_initialized": True}
            """,
        ),
        connector="kucoin",
    ),
    defect(
        "what-orders-hold-looked-up-by-another-name",
        test_balances.test_available_balances_match,
        "The available balance of BTC",
        worded(
            "kraken_exchange.py", "_update_balances", ("Decimal(locked[cleaned_name])", "locked[asset_name]")
        ),
        connector="kraken",
    ),
    defect(
        "fees-of-okx-in-quote",
        test_balances.test_fees_match,
        "A fill cost .* (BTC|ETH); the connector reported .* USDT",
        worded(
            OKX,
            "_user_stream_event_listener",
            ('token=data["fillFeeCcy"]', f"token={IN_QUOTE.format(order='fillable_order')}"),
        ),
        worded(
            OKX,
            "_all_trade_updates_for_order",
            ('token=fill_data["feeCcy"]', f"token={IN_QUOTE.format(order='order')}"),
        ),
        connector="okx",
    ),
    defect(
        "the-first-balance-of-each-asset-kept",
        test_balances.test_totals_follow_fills,
        "The total balance of .* fill",
        worded(
            OKX,
            "_update_balance_from_details",
            (
                'self._account_balances[balance_details["ccy"]] = total',
                'self._account_balances.setdefault(balance_details["ccy"], total)',
            ),
        ),
        worded(OKX, "_update_balances", ("self._account_balances.clear()", "pass")),
        connector="okx",
    ),
)

ORDERS: tuple[Defect, ...] = (
    defect(
        "what-is-filled-in-all-taken-for-the-last-fill",
        test_order_life.test_completed_last,
        "completed",
        worded(
            "bitget_exchange.py",
            "_process_order_event_message",
            ('order_msg["baseVolume"]', 'order_msg["accBaseVolume"]'),
        ),
        connector="bitget",
    ),
    defect(
        "created-announced-by-the-stream-too",
        test_order_life.test_created_once,
        "was announced 2 times",
        behaving(
            KUCOIN,
            "KucoinExchange",
            """
            async def _iter_user_event_queue(self):
                async for event in super()._iter_user_event_queue():
                    data = event.get("data") or {}
                    order = self._order_tracker.all_updatable_orders.get(data.get("clientOid"))
                    if order is not None and data.get("type") == "open":
                        self._order_tracker._trigger_created_event(order)
                    yield event
            """,
        ),
        connector="kucoin",
    ),
    defect(
        "an-order-that-is-not-found-taken-for-cancelled",
        test_order_life.test_an_order_out_of_sight_is_not_given_up,
        "was given up; it was open all the time",
        behaving(
            OKX,
            "OkxExchange",
            """
            async def _request_order_update(self, order):
                try:
                    found = await super()._request_order_update(order)
                except IOError:
                    found = {}
                gone = {"state": "canceled", "ordId": order.exchange_order_id, "uTime": "0"}
                return {"data": found.get("data") or [gone]}
            """,
        ),
        connector="okx",
    ),
    defect(
        "cancels-reported-before-they-are-sent",
        test_orders.test_a_refused_cancel_is_not_reported_as_done,
        "yet the connector reported it as cancelled",
        behaving(
            OKX,
            "OkxExchange",
            """
            async def _execute_cancel(self, trading_pair, order_id):
                from hummingbot.core.data_type.in_flight_order import OrderState, OrderUpdate

                order = self._order_tracker.fetch_tracked_order(order_id)
                now = self.current_timestamp
                self._order_tracker.process_order_update(
                    OrderUpdate(trading_pair, now, OrderState.CANCELED, order_id)
                )
                await self._place_cancel(order_id, order)
                return order_id
            """,
        ),
        connector="okx",
    ),
    defect(
        "a-cancel-without-its-market",
        test_orders.test_cancel_ends_the_order,
        "After a cancel the .* is still open",
        worded(GATE, "_place_cancel", ("params=params", "params={}")),
        connector="gate_io",
    ),
    defect(
        "post-only-said-in-another-word",
        test_orders.test_limit_maker_orders_are_post_only,
        "sent as an ordinary limit order",
        worded(KUCOIN, "_place_order", ('data["postOnly"]', 'data["post_only"]')),
        connector="kucoin",
    ),
)

LIFE: tuple[Defect, ...] = (
    defect(
        "orders-saved-without-the-exchanges-id",
        test_order_life.test_orders_survive_a_restart,
        "After the restart an order could not be cancelled",
        behaving(
            KUCOIN,
            "KucoinExchange",
            """
            @property
            def tracking_states(self):
                states = super().tracking_states
                return {key: {**state, "exchange_order_id": None} for key, state in states.items()}
            """,
        ),
        connector="kucoin",
    ),
    defect(
        "orders-asked-for-without-their-market",
        test_order_life.test_polling_finds_the_end,
        "OrderCancelled was reported 0 times",
        worded(GATE, "_request_order_status", ('"currency_pair": trading_pair', '"pair": trading_pair')),
        connector="gate_io",
    ),
    defect(
        "event-times-of-bybit-in-milliseconds",
        test_order_life.test_timestamps,
        "event has timestamp",
        behaving(
            "bybit_exchange.py",
            "BybitExchange",
            """
            @property
            def current_timestamp(self):
                return super().current_timestamp * 1e3
            """,
        ),
        connector="bybit",
    ),
)

POSITIONS: tuple[Defect, ...] = (
    defect(
        "fills-told-in-contracts-of-a-tenth",
        test_perpetual.test_amounts_are_in_base,
        "were reported as",
        worded(
            BYBIT_PERPETUAL,
            "_parse_trade_update",
            ('Decimal(trade_msg["execQty"])', 'Decimal(trade_msg["execQty"]) * 10'),
        ),
        connector="bybit_perpetual",
    ),
    defect(
        "closing-orders-of-bybit-may-open",
        test_perpetual.test_closing_orders_only_reduce,
        "sent as one that may open a position",
        worded(
            BYBIT_PERPETUAL,
            "_place_order",
            ('"reduceOnly": position_action == PositionAction.CLOSE', '"reduceOnly": False'),
            ('"closeOnTrigger": position_action == PositionAction.CLOSE', '"closeOnTrigger": False'),
        ),
        connector="bybit_perpetual",
    ),
    defect(
        "the-mark-price-taken-for-the-entry-price",
        test_perpetual.test_positions_match,
        "an entry price of",
        worded(BYBIT_PERPETUAL, "_update_positions", ('data["avgPrice"]', 'data["markPrice"]')),
        worded(
            BYBIT_PERPETUAL,
            "_process_account_position_event",
            ('position_msg["entryPrice"]', 'position_msg["markPrice"]'),
        ),
        connector="bybit_perpetual",
    ),
    defect(
        "positions-never-polled",
        test_perpetual.test_a_position_outlives_the_process,
        "After a restart the connector has 0 positions",
        worded(BYBIT_PERPETUAL, "_status_polling_loop_fetch_updates", ("self._update_positions(),", "")),
        connector="bybit_perpetual",
    ),
    defect(
        "leverage-for-one-side-only",
        test_perpetual.test_leverage_reaches_the_exchange,
        "Leverage 7 was requested",
        worded(
            BYBIT_PERPETUAL,
            "_set_trading_pair_leverage",
            ('"sellLeverage": str(leverage)', '"sellLeverage": "1"'),
        ),
        connector="bybit_perpetual",
    ),
    defect(
        "a-mistyped-number-for-hedge-mode",
        test_perpetual.test_position_mode_reaches_the_exchange,
        "hedge mode was requested; the account is in one-way mode",
        constant(
            "bybit_perpetual_constants.py", "POSITION_MODE_API_HEDGE = 3", "POSITION_MODE_API_HEDGE = 1"
        ),
        connector="bybit_perpetual",
    ),
    defect(
        "errors-of-bybit-close-the-positions",
        replies.test_errors_close_no_positions,
        "the connector reports a position of 0 instead of",
        worded(
            BYBIT_PERPETUAL,
            "_update_positions",
            (
                'self.logger().error(f"Error fetching positions for',
                "self._perpetual_trading.account_positions.clear()\n"
                '                self.logger().error(f"Error fetching positions for',
            ),
        ),
        connector="bybit_perpetual",
    ),
)

DEFECTS = (*MONEY, *ORDERS, *LIFE, *POSITIONS)
