"""Defects in what a perpetual connector makes of positions, leverage and funding."""

from __future__ import annotations

from checks.conformance import test_perpetual as checks
from tests.zoo.defect import Defect, defect
from tests.zoo.planting import exchange, worded

CONNECTOR = "binance_perpetual"
EXCHANGE = "binance_perpetual_derivative.py"
BOOK_SOURCE = "binance_perpetual_api_order_book_data_source.py"
LISTENER = "_process_user_stream_event"


DEFECTS: tuple[Defect, ...] = (
    defect(
        "short-positions-lose-their-sign",
        checks.test_positions_match,
        r"instead of -",
        worded(
            EXCHANGE,
            "_update_positions",
            ('Decimal(position.get("positionAmt"))', 'abs(Decimal(position.get("positionAmt")))'),
        ),
        worded(EXCHANGE, LISTENER, ('amount=Decimal(asset["pa"])', 'amount=abs(Decimal(asset["pa"]))')),
        connector=CONNECTOR,
    ),
    defect(
        "closed-positions-kept",
        checks.test_positions_match,
        "of a position that is closed",
        worded(EXCHANGE, "_update_positions", ("self._perpetual_trading.remove_position(pos_key)", "pass")),
        worded(EXCHANGE, LISTENER, ("self._perpetual_trading.remove_position(pos_key)", "pass")),
        connector=CONNECTOR,
    ),
    defect(
        "only-its-own-positions-seen",
        checks.test_a_position_outlives_the_process,
        "After a restart the connector has 0 positions",
        exchange(
            """
            async def _update_positions(self):
                await super()._update_positions()
                if not self._order_tracker.all_orders:
                    self._perpetual_trading.account_positions.clear()
            """,
        ),
        connector=CONNECTOR,
    ),
    defect(
        "leverage-kept-to-itself",
        checks.test_leverage_reaches_the_exchange,
        "Leverage 7 was requested",
        exchange(
            """
            async def _set_trading_pair_leverage(self, trading_pair, leverage):
                return True, ""
            """,
        ),
        connector=CONNECTOR,
    ),
    defect(
        "position-mode-kept-to-itself",
        checks.test_position_mode_reaches_the_exchange,
        "hedge mode was requested; the account is in one-way mode",
        exchange(
            """
            async def _trading_pair_position_mode_set(self, mode, trading_pair):
                return True, ""
            """,
        ),
        connector=CONNECTOR,
    ),
    defect(
        "funding-rate-in-percent",
        checks.test_funding_is_known,
        "funding rate is",
        worded(
            BOOK_SOURCE,
            "get_funding_info",
            ('Decimal(symbol_info["lastFundingRate"])', 'Decimal(symbol_info["lastFundingRate"]) * 100'),
        ),
        worded(
            BOOK_SOURCE, "_parse_funding_info_message", ('Decimal(data["r"])', 'Decimal(data["r"]) * 100')
        ),
        connector=CONNECTOR,
    ),
    defect(
        "mark-price-taken-for-the-index",
        checks.test_funding_is_known,
        "index price is",
        worded(BOOK_SOURCE, "get_funding_info", ('symbol_info["indexPrice"]', 'symbol_info["markPrice"]')),
        worded(BOOK_SOURCE, "_parse_funding_info_message", ('data["i"]', 'data["p"]')),
        connector=CONNECTOR,
    ),
    defect(
        "each-poll-a-new-funding-payment",
        checks.test_a_funding_payment_is_told_once,
        r"One funding payment was reported [2-9] times",
        exchange(
            """
            async def _fetch_last_fee_payment(self, trading_pair):
                timestamp, rate, amount = await super()._fetch_last_fee_payment(trading_pair)
                return (int(self.current_timestamp * 1e3) if timestamp else 0), rate, amount
            """,
        ),
        connector=CONNECTOR,
    ),
    defect(
        "funding-paid-told-as-received",
        checks.test_a_funding_payment_is_told_once,
        r"A funding payment of -\S+ \S+ was reported as \d",
        exchange(
            """
            async def _fetch_last_fee_payment(self, trading_pair):
                timestamp, rate, amount = await super()._fetch_last_fee_payment(trading_pair)
                return timestamp, rate, abs(amount)
            """,
        ),
        connector=CONNECTOR,
    ),
    defect(
        "reduce-only-dropped",
        checks.test_closing_orders_only_reduce,
        "sent as one that may open a position",
        worded(EXCHANGE, "_place_order", ('api_params["reduceOnly"] = "true"', "pass")),
        connector=CONNECTOR,
    ),
    defect(
        "amounts-sent-in-contracts-of-a-tenth",
        checks.test_amounts_are_in_base,
        "arrived as one for",
        exchange(
            """
            async def _place_order(self, order_id, trading_pair, amount, *args, **kwargs):
                return await super()._place_order(order_id, trading_pair, amount * 10, *args, **kwargs)
            """,
        ),
        connector=CONNECTOR,
    ),
)
