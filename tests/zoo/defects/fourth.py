"""Mistakes of the fourth blind round that were missed when first planted, and that of the third which was
missed until then: `docs/accuracy.md`, "Blind"."""

from __future__ import annotations

from checks.conformance import test_order_life, test_perpetual
from tests.zoo.defect import EXCHANGE, Defect, defect
from tests.zoo.defects.order_life import LISTENER
from tests.zoo.planting import behaving, exchange, worded

AFTER_OTHERS = "After messages about orders placed in the browser, a fill was not reported"

ONE_OF_TWO = "1 of 2 simultaneous fills that no stream reported were never found"

DEFECTS: tuple[Defect, ...] = (
    defect(
        "an-order-without-client-id-breaks-kucoins-listener",
        test_order_life.test_orders_of_others_hold_nothing_up,
        AFTER_OTHERS,
        worded("kucoin_exchange.py", LISTENER, ('.get("clientOid")', '["clientOid"]')),
        connector="kucoin",
    ),
    defect(
        "an-order-without-cloid-breaks-the-listener",
        test_order_life.test_orders_of_others_hold_nothing_up,
        AFTER_OTHERS,
        worded("hyperliquid_exchange.py", "_process_order_message", ('.get("cloid", "")', '["cloid"]')),
        connector="hyperliquid",
    ),
    defect(
        "fills-of-one-moment-taken-for-one",
        test_order_life.test_a_missed_fill_is_found,
        ONE_OF_TWO,
        worded(
            EXCHANGE,
            "_all_trade_updates_for_order",
            (
                "for trade in all_fills_response:",
                'for trade in {each["time"]: each for each in all_fills_response}.values():',
            ),
        ),
        exchange(
            """
            async def _update_order_fills_from_trades(self):
                pass
            """
        ),
    ),
    defect(
        "fills-of-okx-of-one-moment-taken-for-one",
        test_order_life.test_a_missed_fill_is_found,
        ONE_OF_TWO,
        worded(
            "okx_exchange.py",
            "_all_trade_updates_for_order",
            (
                "for fill_data in fills_data:",
                'for fill_data in {each["ts"]: each for each in fills_data}.values():',
            ),
        ),
        connector="okx",
    ),
    defect(
        "channels-asked-for-before-the-login-is-answered",
        test_order_life.test_a_repeated_message_is_no_second_fill,
        "2 of 2 fills of a limit sell order were not reported as they happened",
        behaving(
            "bitget_api_user_stream_data_source.py",
            "BitgetAPIUserStreamDataSource",
            """
            async def _authenticate(self, websocket_assistant):
                login = {"op": "login", "args": [self._auth.get_ws_auth_payload()]}
                await websocket_assistant.send(WSJSONRequest(login))
            """,
        ),
        connector="bitget",
    ),
    defect(
        "leverage-for-the-long-side-alone",
        test_perpetual.test_leverage_counts_in_hedge_mode,
        "In hedge mode, leverage .* was requested; the account has",
        worded(
            "bybit_perpetual_derivative.py",
            "_set_trading_pair_leverage",
            (
                '"sellLeverage": str(leverage)',
                '"sellLeverage": str(leverage if self.position_mode.name == "ONEWAY" else 1)',
            ),
        ),
        connector="bybit_perpetual",
    ),
    defect(
        "leverage-set-in-one-way-mode-alone",
        test_perpetual.test_leverage_counts_in_hedge_mode,
        "In hedge mode, leverage .* was requested; the account has",
        exchange(
            """
            async def _set_trading_pair_leverage(self, trading_pair, leverage):
                if self.position_mode.name == "HEDGE":
                    return True, ""
                return await super()._set_trading_pair_leverage(trading_pair, leverage)
            """
        ),
        connector="binance_perpetual",
        harmless={"hyperliquid_perpetual": "the exchange has no hedge mode"},
    ),
)
