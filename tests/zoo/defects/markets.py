"""Defects in what a connector makes of markets that are halted, or listed without their figures."""

from __future__ import annotations

from checks.conformance import test_trading_rules as checks
from tests.zoo.defect import BOOK_SOURCE, EXCHANGE, Defect, defect
from tests.zoo.planting import behaving, worded

NEVER_READY = ", the connector never became ready"
NOT_EVERY_ERROR = ("except Exception:", "except KeyError:")

DEFECTS: tuple[Defect, ...] = (
    defect(
        "a-halted-market-ends-the-list",
        checks.test_odd_markets_keep_nobody_from_starting,
        f"halted{NEVER_READY}",
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
        checks.test_odd_markets_keep_nobody_from_starting,
        f"halted{NEVER_READY}",
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
    defect(
        "a-market-without-steps-ends-the-rules",
        checks.test_odd_markets_keep_nobody_from_starting,
        f"listed without figures{NEVER_READY}",
        worded(EXCHANGE, "_format_trading_rules", NOT_EVERY_ERROR),
    ),
    defect(
        "a-market-that-the-map-lacks-ends-the-rules",
        checks.test_odd_markets_keep_nobody_from_starting,
        f"halted{NEVER_READY}",
        worded(
            EXCHANGE,
            "_format_trading_rules",
            ("filter(binance_utils.is_exchange_information_valid, trading_pair_rules)", "trading_pair_rules"),
            ("except Exception:", "except ArithmeticError:"),
        ),
    ),
    defect(
        "an-empty-figure-ends-the-rules",
        checks.test_odd_markets_keep_nobody_from_starting,
        f"listed without figures{NEVER_READY}",
        worded("kucoin_exchange.py", "_format_trading_rules", NOT_EVERY_ERROR),
        connector="kucoin",
    ),
    defect(
        "a-book-of-one-side-taken-for-none",
        checks.test_a_book_of_one_side_is_borne,
        "differs while there are no asks: .* bids",
        behaving(
            BOOK_SOURCE,
            "BinanceAPIOrderBookDataSource",
            """
            async def _request_order_book_snapshot(self, trading_pair):
                snapshot = await super()._request_order_book_snapshot(trading_pair)
                whole = snapshot["bids"] and snapshot["asks"]
                return snapshot if whole else {**snapshot, "bids": [], "asks": []}
            """,
        ),
    ),
    defect(
        "the-best-ask-of-a-snapshot-without-asks",
        checks.test_odd_markets_keep_nobody_from_starting,
        f"no asks on .*{NEVER_READY}",
        behaving(
            "kucoin_api_order_book_data_source.py",
            "KucoinAPIOrderBookDataSource",
            """
            async def _order_book_snapshot(self, trading_pair):
                message = await super()._order_book_snapshot(trading_pair)
                if float(message.content["bids"][0][0]) >= float(message.content["asks"][0][0]):
                    raise ValueError("a book that crosses itself")
                return message
            """,
        ),
        connector="kucoin",
    ),
)
