import asyncio
from types import SimpleNamespace
from unittest import IsolatedAsyncioTestCase
from unittest.mock import AsyncMock

from aioresponses import aioresponses
from bidict import bidict
from hummingbot.connector.exchange.binance.binance_api_order_book_data_source import (
    BinanceAPIOrderBookDataSource,
)
from hummingbot.connector.exchange.binance.binance_exchange import BinanceExchange
from hummingbot.core.data_type.common import TradeType
from hummingbot.core.data_type.order_book import OrderBook
from hummingbot.core.data_type.order_book_message import OrderBookMessageType

PAIR, SYMBOL = "SOL-USDC", "SOLUSDC"
TRADE = {"e": "trade", "E": 1_790_000_000_100, "s": SYMBOL, "t": 77, "p": "151.20", "q": "0.75", "m": True}
DIFF = {
    "e": "depthUpdate",
    "E": 1_790_000_000_200,
    "s": SYMBOL,
    "U": 11,
    "u": 13,
    "b": [["151.10", "4.00"]],
    "a": [["151.30", "0.00"]],
}


class BinanceOrderBookDataSourceTest(IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.exchange = BinanceExchange("key", "secret", trading_pairs=[PAIR])
        self.exchange._set_trading_pair_symbol_map(bidict({SYMBOL: PAIR, "DOTUSDC": "DOT-USDC"}))
        self.exchange._time_synchronizer.add_time_offset_ms_sample(0)
        self.source = BinanceAPIOrderBookDataSource(
            [PAIR], connector=self.exchange, api_factory=self.exchange._web_assistants_factory
        )
        self.socket = AsyncMock()

    def sent(self):
        return [call.args[0].payload for call in self.socket.send.await_args_list]

    async def test_new_order_book_holds_the_snapshot(self):
        reply = {
            "lastUpdateId": 10,
            "bids": [["151.10", "2.5"]],
            "asks": [["151.30", "1.5"], ["151.40", "3"]],
        }
        with aioresponses() as web:
            web.get(f"https://api.binance.com/api/v3/depth?limit=1000&symbol={SYMBOL}", payload=reply)
            book: OrderBook = await self.source.get_new_order_book(PAIR)

        self.assertEqual(10, book.snapshot_uid)
        self.assertEqual([(151.1, 2.5)], [(row.price, row.amount) for row in book.bid_entries()])
        self.assertEqual(
            [(151.3, 1.5), (151.4, 3.0)], [(row.price, row.amount) for row in book.ask_entries()]
        )

    async def test_refused_snapshot_is_an_error(self):
        with aioresponses() as web:
            web.get(f"https://api.binance.com/api/v3/depth?limit=1000&symbol={SYMBOL}", status=418, body="{}")
            with self.assertRaisesRegex(IOError, "418"):
                await self.source.get_new_order_book(PAIR)

    async def test_last_traded_prices_come_from_the_exchange(self):
        with aioresponses() as web:
            web.get(
                f"https://api.binance.com/api/v3/ticker/24hr?symbol={SYMBOL}", payload={"lastPrice": "151.25"}
            )
            self.assertEqual({PAIR: 151.25}, await self.source.get_last_traded_prices([PAIR]))

    async def test_subscribes_to_trades_and_depth(self):
        await self.source._subscribe_channels(self.socket)

        self.assertEqual(
            [
                {"method": "SUBSCRIBE", "params": ["solusdc@trade"], "id": 1},
                {"method": "SUBSCRIBE", "params": ["solusdc@depth@100ms"], "id": 2},
            ],
            self.sent(),
        )

    async def test_failed_subscription_is_raised(self):
        self.socket.send.side_effect = asyncio.CancelledError()
        with self.assertRaises(asyncio.CancelledError):
            await self.source._subscribe_channels(self.socket)
        self.socket.send.side_effect = OSError("gone")
        with self.assertLogs(level="ERROR"), self.assertRaises(OSError):
            await self.source._subscribe_channels(self.socket)

    async def test_connects_to_the_market_stream(self):
        factory = SimpleNamespace(get_ws_assistant=AsyncMock(return_value=self.socket))
        self.source._api_factory = factory

        self.assertIs(self.socket, await self.source._connected_websocket_assistant())
        self.socket.connect.assert_awaited_once_with(
            ws_url="wss://stream.binance.com:9443/ws", ping_timeout=30
        )

    async def test_trade_message(self):
        queue = asyncio.Queue()
        await self.source._parse_trade_message(dict(TRADE), queue)
        message = queue.get_nowait()

        self.assertEqual(OrderBookMessageType.TRADE, message.type)
        self.assertEqual(77, message.trade_id)
        self.assertEqual(PAIR, message.trading_pair)
        self.assertEqual(float(TradeType.SELL.value), message.content["trade_type"])
        self.assertEqual(("151.20", "0.75"), (message.content["price"], message.content["amount"]))
        self.assertAlmostEqual(1_790_000_000.1, message.timestamp, places=3)

        await self.source._parse_trade_message({**TRADE, "m": False}, queue)
        self.assertEqual(float(TradeType.BUY.value), queue.get_nowait().content["trade_type"])

    async def test_depth_message(self):
        queue = asyncio.Queue()
        await self.source._parse_order_book_diff_message(dict(DIFF), queue)
        message = queue.get_nowait()

        self.assertEqual(OrderBookMessageType.DIFF, message.type)
        self.assertEqual((11, 13), (message.first_update_id, message.update_id))
        self.assertEqual([(151.1, 4.0)], [(row.price, row.amount) for row in message.bids])
        self.assertEqual([(151.3, 0.0)], [(row.price, row.amount) for row in message.asks])

    async def test_replies_to_requests_are_not_market_data(self):
        queue = asyncio.Queue()
        reply = {"result": None, "id": 1}
        await self.source._parse_trade_message(reply, queue)
        await self.source._parse_order_book_diff_message(reply, queue)

        self.assertTrue(queue.empty())
        self.assertEqual("", self.source._channel_originating_message(reply))

    async def test_messages_reach_the_queue_of_their_channel(self):
        self.assertEqual(
            self.source._diff_messages_queue_key, self.source._channel_originating_message(dict(DIFF))
        )
        self.assertEqual(
            self.source._trade_messages_queue_key, self.source._channel_originating_message(dict(TRADE))
        )

    async def test_depth_listener_forwards_messages(self):
        await self.source._message_queue[self.source._diff_messages_queue_key].put(dict(DIFF))
        output = asyncio.Queue()
        task = asyncio.create_task(
            self.source.listen_for_order_book_diffs(asyncio.get_running_loop(), output)
        )
        message = await asyncio.wait_for(output.get(), timeout=5)
        task.cancel()

        self.assertEqual(13, message.update_id)

    async def test_pairs_come_and_go_on_an_open_socket(self):
        self.source._ws_assistant = self.socket

        self.assertTrue(await self.source.subscribe_to_trading_pair("DOT-USDC"))
        self.assertIn("DOT-USDC", self.source._trading_pairs)
        self.assertTrue(await self.source.unsubscribe_from_trading_pair("DOT-USDC"))
        self.assertNotIn("DOT-USDC", self.source._trading_pairs)

        messages = self.sent()
        self.assertEqual(["dotusdc@trade"], messages[0]["params"])
        self.assertEqual(["dotusdc@depth@100ms"], messages[1]["params"])
        self.assertEqual("UNSUBSCRIBE", messages[2]["method"])
        self.assertEqual(3, len({message["id"] for message in messages}))

    async def test_pairs_cannot_change_without_a_socket(self):
        with self.assertLogs(level="WARNING"):
            self.assertFalse(await self.source.subscribe_to_trading_pair("DOT-USDC"))
            self.assertFalse(await self.source.unsubscribe_from_trading_pair(PAIR))

    async def test_pairs_stay_when_the_socket_fails(self):
        self.source._ws_assistant = self.socket
        self.socket.send.side_effect = OSError("gone")
        with self.assertLogs(level="ERROR"):
            self.assertFalse(await self.source.subscribe_to_trading_pair("DOT-USDC"))
            self.assertFalse(await self.source.unsubscribe_from_trading_pair(PAIR))
        self.assertEqual([PAIR], self.source._trading_pairs)

        self.socket.send.side_effect = asyncio.CancelledError()
        with self.assertRaises(asyncio.CancelledError):
            await self.source.subscribe_to_trading_pair("DOT-USDC")
        with self.assertRaises(asyncio.CancelledError):
            await self.source.unsubscribe_from_trading_pair(PAIR)
