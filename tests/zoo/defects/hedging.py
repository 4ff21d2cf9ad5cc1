"""Defects in positions that others change, and in those of hedge mode."""

from __future__ import annotations

from checks.conformance import test_perpetual as perpetual
from checks.conformance import test_perpetual_changes as checks
from tests.zoo.defect import Defect, defect
from tests.zoo.planting import exchange, worded

# What was known before goes to `_kept_positions`, which may put some of it back.
KEEPING_POSITIONS = """
    async def _update_positions(self):
        known = dict(self._perpetual_trading.account_positions)
        await super()._update_positions()
        self._kept_positions(known)

    async def _iter_user_event_queue(self):
        async for message in super()._iter_user_event_queue():
            known = dict(self._perpetual_trading.account_positions)
            yield message
            self._kept_positions(known)
"""
ONLY_OWN_CHANGES = exchange(
    KEEPING_POSITIONS
    + """
    def _kept_positions(self, known):
        orders = self._order_tracker.all_orders.values()
        closed = sum(len(order.order_fills) for order in orders if order.position.name == "CLOSE")
        if closed == getattr(self, "_closed_before", 0):
            for key, position in known.items():
                self._perpetual_trading.account_positions.setdefault(key, position)
        self._closed_before = closed
    """,
)
ONE_A_MARKET = exchange(
    """
    async def _update_positions(self):
        await super()._update_positions()
        self._one_a_market()

    async def _iter_user_event_queue(self):
        async for message in super()._iter_user_event_queue():
            yield message
            self._one_a_market()

    def _one_a_market(self):
        positions, seen = self._perpetual_trading.account_positions, set()
        for key, position in list(positions.items()):
            if position.trading_pair in seen:
                del positions[key]
            seen.add(position.trading_pair)
    """,
)
# As a connector that asks no more than whether the list of positions is empty.
STAYS_WHILE_ANOTHER_IS_OPEN = exchange(
    KEEPING_POSITIONS
    + """
    def _kept_positions(self, known):
        positions = self._perpetual_trading.account_positions
        if positions:
            for key, position in known.items():
                positions.setdefault(key, position)
    """,
)

# The hours at which most perpetuals paid once.
EIGHTH_HOUR = "int(self._time() // 28800 + 1) * 28800"
PARSE = "_parse_funding_info_message"

DEFECTS: tuple[Defect, ...] = (
    defect(
        "one-position-a-market",
        checks.test_both_positions_in_hedge_mode,
        "In hedge mode, with both open, the connector has a .* position of 0",
        ONE_A_MARKET,
        connector="binance_perpetual",
    ),
    defect(
        "closed-by-others-not-noticed",
        checks.test_a_position_closed_by_hand_is_gone,
        "was gone after it was closed by hand, but the connector has a long position",
        ONLY_OWN_CHANGES,
        connector="binance_perpetual",
    ),
    defect(
        "liquidations-not-noticed",
        checks.test_a_liquidated_position_is_gone,
        "was gone after it was liquidated, but the connector has a long position",
        ONLY_OWN_CHANGES,
        connector="bybit_perpetual",
    ),
    defect(
        "positions-removed-only-when-none-is-left",
        checks.test_a_position_closed_by_hand_is_gone,
        "was gone after it was closed by hand, but the connector has a long position",
        worded(
            "hyperliquid_perpetual_derivative.py",
            "_update_positions",
            ("if key not in seen_keys:", "if not all_positions:"),
        ),
        connector="hyperliquid_perpetual",
    ),
    defect(
        "closed-positions-stay-while-another-is-open",
        checks.test_a_position_closed_by_hand_is_gone,
        "was gone after it was closed by hand, but the connector has a long position",
        STAYS_WHILE_ANOTHER_IS_OPEN,
        connector="binance_perpetual",
    ),
    defect(
        "reduce-only-in-hedge-mode",
        checks.test_both_positions_in_hedge_mode,
        "In hedge mode, a market buy order never reached the exchange's book",
        worded(
            "binance_perpetual_derivative.py",
            "_place_order",
            (
                "elif position_action == PositionAction.CLOSE:",
                "if position_action == PositionAction.CLOSE and ("
                "order_type is OrderType.MARKET or self.position_mode == PositionMode.ONEWAY):",
            ),
        ),
        connector="binance_perpetual",
    ),
    defect(
        "market-orders-close-the-other-side",
        checks.test_both_positions_in_hedge_mode,
        "In hedge mode, a market buy order never reached the exchange's book",
        worded(
            "bybit_perpetual_derivative.py",
            "_place_order",
            (
                '"positionIdx": position_idx,',
                '"positionIdx": position_idx if order_type.is_limit_type() else -position_idx % 3,',
            ),
        ),
        connector="bybit_perpetual",
    ),
    defect(
        "the-next-funding-at-the-eighth-hour",
        perpetual.test_funding_is_known,
        "The next funding is at .*, not",
        worded(
            "binance_perpetual_api_order_book_data_source.py",
            "get_funding_info",
            ('int(float(symbol_info["nextFundingTime"]) * 1e-3)', EIGHTH_HOUR),
        ),
        worded(
            "binance_perpetual_api_order_book_data_source.py",
            PARSE,
            ('int(float(data["T"]) * 1e-3)', EIGHTH_HOUR),
        ),
        connector="binance_perpetual",
    ),
    defect(
        "bybits-next-funding-at-the-eighth-hour",
        perpetual.test_funding_is_known,
        "The next funding is at .*, not",
        worded(
            "bybit_perpetual_api_order_book_data_source.py",
            "get_funding_info",
            ('int(general_info["nextFundingTime"]) // 1000', EIGHTH_HOUR),
        ),
        worded(
            "bybit_perpetual_api_order_book_data_source.py",
            PARSE,
            ('int(entry["nextFundingTime"]) // 1e3', EIGHTH_HOUR),
        ),
        connector="bybit_perpetual",
    ),
)
