"""Defects in what the connector knows of the market."""

from __future__ import annotations

from checks.conformance import test_market_data as checks
from tests.zoo.defect import EXCHANGE, ORDER_BOOK, UTILS, defect
from tests.zoo.planting import book_source, exchange, worded

SYMBOLS = "_initialize_trading_pair_symbols_from_exchange_info"

DEFECTS = (
    defect(
        "markets-of-one-quote-asset-only",
        checks.test_every_market_is_listed,
        "does not list 1 of the 4 markets: WBTC-BTC",
        worded(
            UTILS,
            "is_exchange_information_valid",
            ("is_trading and is_spot", 'is_trading and is_spot and exchange_info["quoteAsset"] == "USDT"'),
        ),
    ),
    defect(
        "symbol-split-four-letters-from-its-end",
        checks.test_every_market_is_listed,
        "does not list 1 of the 4 markets: WBTC-BTC",
        worded(
            EXCHANGE,
            SYMBOLS,
            ('symbol_data["baseAsset"]', 'symbol_data["symbol"][:-4]'),
            ('symbol_data["quoteAsset"]', 'symbol_data["symbol"][-4:]'),
        ),
    ),
    defect(
        "base-and-quote-swapped",
        checks.test_pairs_have_the_standard_form_both_ways,
        "The exchange's symbol BTCUSDT means BTC-USDT; the connector reads it as USDT-BTC",
        worded(
            EXCHANGE,
            SYMBOLS,
            ('base=symbol_data["baseAsset"]', 'quote=symbol_data["baseAsset"]'),
            ('quote=symbol_data["quoteAsset"]', 'base=symbol_data["quoteAsset"]'),
        ),
    ),
    defect(
        "bids-and-asks-swapped",
        checks.test_first_book_equals_the_exchange,
        "level 1 is",
        worded(
            ORDER_BOOK,
            "snapshot_message_from_exchange",
            ('"bids": msg["bids"]', '"asks": msg["bids"]'),
            ('"asks": msg["asks"]', '"bids": msg["asks"]'),
        ),
    ),
    defect(
        "snapshot-ignored",
        checks.test_first_book_equals_the_exchange,
        "differs from the exchange's",
        worded(
            ORDER_BOOK,
            "snapshot_message_from_exchange",
            ('msg["bids"]', "[]"),
            ('msg["asks"]', "[]"),
        ),
    ),
    defect(
        "every-fifth-diff-dropped",
        checks.test_book_follows_changes,
        "drifts away",
        book_source(
            """
            _count = 0

            async def _parse_order_book_diff_message(self, raw_message, message_queue):
                self._count += 1
                if self._count % 5:
                    await super()._parse_order_book_diff_message(raw_message, message_queue)
            """,
        ),
    ),
    defect(
        "vanished-levels-kept",
        checks.test_book_follows_changes,
        "drifts away",
        worded(
            ORDER_BOOK,
            "diff_message_from_exchange",
            ('msg["b"]', '[level for level in msg["b"] if float(level[1])]'),
            ('msg["a"]', '[level for level in msg["a"] if float(level[1])]'),
        ),
    ),
    defect(
        "diffs-taken-for-older-than-the-snapshot",
        checks.test_book_follows_changes,
        "drifts away",
        worded(ORDER_BOOK, "snapshot_message_from_exchange", ('msg["lastUpdateId"]', "int(timestamp * 1e6)")),
    ),
    defect(
        "trade-side-inverted",
        checks.test_the_takers_side_is_told,
        "public trades arrived with the wrong side",
        worded(ORDER_BOOK, "trade_message_from_exchange", ('if msg["m"]', 'if not msg["m"]')),
    ),
    defect(
        "every-third-trade-dropped",
        checks.test_every_public_trade_arrives_once,
        "public trades were lost or changed",
        book_source(
            """
            _trades_told = 0

            async def _parse_trade_message(self, raw_message, message_queue):
                self._trades_told += 1
                if self._trades_told % 3:
                    await super()._parse_trade_message(raw_message, message_queue)
            """,
        ),
    ),
    defect(
        "trades-counted-twice",
        checks.test_every_public_trade_arrives_once,
        "reported public trades never happened",
        book_source(
            """
            async def _parse_trade_message(self, raw_message, message_queue):
                import copy

                await super()._parse_trade_message(copy.deepcopy(raw_message), message_queue)
                await super()._parse_trade_message(raw_message, message_queue)
            """,
        ),
    ),
    defect(
        "last-price-is-the-ask",
        checks.test_last_price,
        "it reports",
        worded(EXCHANGE, "_get_last_traded_price", ('resp_json["lastPrice"]', 'resp_json["askPrice"]')),
    ),
    defect(
        "last-prices-of-some-pairs-only",
        checks.test_last_prices_of_several,
        "at once, the last prices are .*None for",
        exchange(
            """
            async def get_last_traded_prices(self, trading_pairs):
                found = await super().get_last_traded_prices(trading_pairs)
                return dict(list(found.items())[:1])
            """,
        ),
    ),
    defect(
        "buyers-get-the-sellers-price",
        checks.test_best_prices,
        "The price to buy at is",
        exchange(
            """
            def get_price(self, trading_pair, is_buy, amount=Decimal("NaN")):
                return super().get_price(trading_pair, not is_buy)
            """,
        ),
    ),
    defect(
        "book-polled-over-rest",
        checks.test_book_follows_without_polling,
        "times over REST",
        book_source(
            """
            async def listen_for_order_book_snapshots(self, ev_loop, output):
                while True:
                    for trading_pair in self._trading_pairs:
                        output.put_nowait(await self._order_book_snapshot(trading_pair))
                    await asyncio.sleep(0.5)
            """
        ),
    ),
)
