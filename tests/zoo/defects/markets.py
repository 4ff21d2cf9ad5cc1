"""Defects in what a connector makes of markets that are halted."""

from __future__ import annotations

from checks.conformance import test_trading_rules as checks
from tests.zoo.defect import EXCHANGE, Defect, defect
from tests.zoo.planting import behaving

NEVER_READY = "halted, the connector never became ready"

DEFECTS: tuple[Defect, ...] = (
    defect(
        "a-halted-market-ends-the-list",
        checks.test_a_halted_market_keeps_nobody_from_starting,
        NEVER_READY,
        behaving(
            EXCHANGE,
            "BinanceExchange",
            """
            def _initialize_trading_pair_symbols_from_exchange_info(self, exchange_info):
                open_only = {"TRADING": True}
                for symbol in exchange_info["symbols"]:
                    open_only[symbol["status"]]
                super()._initialize_trading_pair_symbols_from_exchange_info(exchange_info)
            """,
        ),
    ),
    defect(
        "a-suspended-instrument-ends-the-rules",
        checks.test_a_halted_market_keeps_nobody_from_starting,
        NEVER_READY,
        behaving(
            "okx_exchange.py",
            "OkxExchange",
            """
            async def _format_trading_rules(self, instruments_info):
                open_only = {"live": True}
                for instrument in instruments_info["data"]:
                    open_only[instrument["state"]]
                return await super()._format_trading_rules(instruments_info)
            """,
        ),
        connector="okx",
    ),
)
