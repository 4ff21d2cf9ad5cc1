import asyncio
import io
import logging
from decimal import Decimal
from unittest import IsolatedAsyncioTestCase

from aioresponses import CallbackResult, aioresponses
from bidict import bidict
from hummingbot.connector.exchange.binance.binance_exchange import BinanceExchange
from hummingbot.connector.trading_rule import TradingRule
from hummingbot.core.data_type.common import OrderType
from hummingbot.core.event.event_logger import EventLogger
from hummingbot.core.event.events import MarketEvent

PAIR, SYMBOL = "SOL-USDC", "SOLUSDC"
ORDERS = "https://api.binance.com/api/v3/order"
SECRET = "do-not-print-me"


class BinanceOrderLifeTest(IsolatedAsyncioTestCase):
    """Orders from the strategy's wish to the last fill, with everything that is logged on the way."""

    async def asyncSetUp(self):
        self.written = io.StringIO()
        handler = logging.StreamHandler(self.written)
        root = logging.getLogger()
        level = root.level
        root.addHandler(handler)
        root.setLevel(1)
        self.addCleanup(root.removeHandler, handler)
        self.addCleanup(root.setLevel, level)

        self.exchange = BinanceExchange("key", SECRET, trading_pairs=[PAIR])
        self.exchange._set_trading_pair_symbol_map(bidict({SYMBOL: PAIR}))
        self.exchange._time_synchronizer.add_time_offset_ms_sample(0)
        self.exchange._set_current_timestamp(1_790_000_000.0)
        self.exchange._trading_rules[PAIR] = TradingRule(
            PAIR,
            min_order_size=Decimal("0.01"),
            min_price_increment=Decimal("0.05"),
            min_base_amount_increment=Decimal("0.01"),
            min_notional_size=Decimal("5"),
        )
        self.fills, self.completed = EventLogger(), EventLogger()
        self.exchange.add_listener(MarketEvent.OrderFilled, self.fills)
        self.exchange.add_listener(MarketEvent.SellOrderCompleted, self.completed)

    async def sell(self, amount, price):
        """Sell on an exchange that accepts; returns the order's id and what reached the exchange."""
        sent = []

        def accept(_, **request):
            sent.append(request["data"])
            return CallbackResult(payload={"orderId": 4001, "transactTime": 1_790_000_000_100})

        with aioresponses() as web:
            web.post(ORDERS, callback=accept)
            identifier = self.exchange.sell(PAIR, Decimal(amount), OrderType.LIMIT, Decimal(price))
            for _ in range(200):
                await asyncio.sleep(0)
        return identifier, sent[0]

    async def fill(self, identifier, *parts):
        """Deliver fills of 1 each on the user stream."""
        queue = self.exchange._user_stream_tracker.user_stream
        for trade_id, state in parts:
            queue.put_nowait(
                {
                    "e": "executionReport",
                    "E": 1_790_000_001_000,
                    "c": identifier,
                    "x": "TRADE",
                    "X": state,
                    "i": 4001,
                    "t": trade_id,
                    "l": "1",
                    "L": "150",
                    "n": "0.15",
                    "N": "USDC",
                    "T": 1_790_000_001_000,
                }
            )
        task = asyncio.create_task(self.exchange._user_stream_event_listener())
        for _ in range(100):
            await asyncio.sleep(0)
        task.cancel()

    async def test_amount_and_price_are_cut_to_what_the_pair_accepts(self):
        for wish, price in (("1.23987", "150.0499"), ("0.019999", "1000.09"), ("7", "3.3333")):
            with self.subTest(amount=wish, price=price):
                _, sent = await self.sell(wish, price)
                amount, limit = Decimal(sent["quantity"]), Decimal(sent["price"])
                self.assertEqual(0, amount % Decimal("0.01"))
                self.assertEqual(0, limit % Decimal("0.05"))
                self.assertLessEqual(amount, Decimal(wish))

    async def test_every_part_of_an_order_is_reported(self):
        identifier, _ = await self.sell("3", "150")
        await self.fill(identifier, (61, "PARTIALLY_FILLED"), (62, "PARTIALLY_FILLED"), (63, "FILLED"))

        self.assertEqual(["61", "62", "63"], [event.exchange_trade_id for event in self.fills.event_log])
        self.assertEqual(Decimal(3), sum(event.amount for event in self.fills.event_log))
        (completed,) = self.completed.event_log
        self.assertEqual(Decimal(3), completed.base_asset_amount)

    async def test_part_that_is_told_twice_counts_once(self):
        identifier, _ = await self.sell("3", "150")
        await self.fill(identifier, (61, "PARTIALLY_FILLED"), (61, "PARTIALLY_FILLED"))

        self.assertEqual(["61"], [event.exchange_trade_id for event in self.fills.event_log])

    async def test_secret_is_in_no_log_line(self):
        identifier, _ = await self.sell("3", "150")
        await self.fill(identifier, (61, "PARTIALLY_FILLED"))
        with aioresponses() as web:
            web.post(ORDERS, status=401, body='{"code":-2015,"msg":"Invalid API-key"}')
            self.exchange.sell(PAIR, Decimal(1), OrderType.LIMIT, Decimal(150))
            for _ in range(200):
                await asyncio.sleep(0)

        self.assertIn("Created LIMIT SELL order", self.written.getvalue())
        self.assertNotIn(SECRET, self.written.getvalue())
