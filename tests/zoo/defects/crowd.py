"""Defects that show with a dozen pairs, or where two markets have trades with the same ids."""

from __future__ import annotations

from checks.conformance import test_order_life_crowd as checks
from tests.zoo.defect import EXCHANGE, Defect, defect
from tests.zoo.planting import behaving, constant

ONLY_NEW_IDS = """
def _create_order_tracker(self):
    tracker = super()._create_order_tracker()
    seen, process = {}, tracker.process_trade_update

    def process_trade_update(update):
        if seen.setdefault(update.trade_id, update.client_order_id) == update.client_order_id:
            return process(update)

    tracker.process_trade_update = process_trade_update
    return tracker
"""

DEFECTS: tuple[Defect, ...] = (
    defect(
        "fees-of-all-pairs-in-one-request",
        checks.test_a_dozen_pairs,
        "With 12 pairs, the exchange refused .* requests, the first of them GET /api/v1/trade-fees",
        constant(
            "kucoin_constants.py", "TRADING_FEES_SYMBOL_LIMIT = 10", "TRADING_FEES_SYMBOL_LIMIT = 10000"
        ),
        connector="kucoin",
    ),
    defect(
        "all-topics-in-one-request",
        checks.test_a_dozen_pairs,
        "With 12 pairs, order books go wrong",
        behaving(
            "bybit_api_order_book_data_source.py",
            "BybitAPIOrderBookDataSource",
            """
            async def _subscribe_channels(self, ws):
                topics = []
                for pair in self._trading_pairs:
                    symbol = await self._connector.exchange_symbol_associated_to_pair(trading_pair=pair)
                    topics.append(self._get_trade_topic_from_symbol(symbol))
                    topics.append(self._get_ob_topic_from_symbol(symbol, self._depth))
                await ws.send(WSJSONRequest(payload={"op": "subscribe", "args": topics}))
            """,
        ),
        connector="bybit",
    ),
    defect(
        "fills-of-another-market-taken-for-known",
        checks.test_many_orders_at_once,
        "fills were not reported",
        behaving(EXCHANGE, "BinanceExchange", ONLY_NEW_IDS),
    ),
    defect(
        "fills-by-tid-alone",
        checks.test_many_orders_at_once,
        "fills were not reported",
        behaving("hyperliquid_exchange.py", "HyperliquidExchange", ONLY_NEW_IDS),
        connector="hyperliquid",
    ),
)
