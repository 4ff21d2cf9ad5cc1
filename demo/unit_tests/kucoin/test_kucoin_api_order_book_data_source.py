import asyncio
from types import SimpleNamespace
from unittest import IsolatedAsyncioTestCase
from unittest.mock import AsyncMock, patch

from aioresponses import aioresponses
from bidict import bidict
from hummingbot.connector.exchange.kucoin.kucoin_api_order_book_data_source import (
    KucoinAPIOrderBookDataSource,
)
from hummingbot.connector.exchange.kucoin.kucoin_exchange import KucoinExchange
from hummingbot.core.data_type.common import TradeType
from hummingbot.core.data_type.order_book_message import OrderBookMessageType

PAIR = "SOL-USDC"
API = "https://api.kucoin.com/api/v1"
TRADE = {
    "type": "message",
    "topic": f"/market/match:{PAIR}",
    "subject": "trade.l3match",
    "data": {
        "symbol": PAIR,
        "side": "sell",
        "price": "151.2",
        "size": "0.75",
        "tradeId": "t-77",
        "sequence": "12",
        "time": "1790000000100000000",
    },
}
DIFF = {
    "type": "message",
    "topic": f"/market/level2:{PAIR}",
    "subject": "trade.l2update",
    "data": {
        "symbol": PAIR,
        "sequenceStart": 11,
        "sequenceEnd": 13,
        "changes": {"bids": [["151.1", "4", "12"]], "asks": [["151.3", "0", "13"]]},
    },
}


class KucoinOrderBookDataSourceTest(IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.exchange = KucoinExchange("key", "words", "secret", trading_pairs=[PAIR])
        self.exchange._set_trading_pair_symbol_map(bidict({PAIR: PAIR, "DOT-USDC": "DOT-USDC"}))
        self.exchange._time_synchronizer.add_time_offset_ms_sample(0)
        self.source = KucoinAPIOrderBookDataSource(
            [PAIR], connector=self.exchange, api_factory=self.exchange._web_assistants_factory
        )
        self.socket = AsyncMock()

    def sent(self):
        calls = self.socket.send.await_args_list
        return [(call.args[0] if call.args else call.kwargs["request"]).payload for call in calls]

    async def test_new_order_book_holds_the_snapshot(self):
        data = {
            "time": 1_790_000_000_000,
            "sequence": "10",
            "bids": [["151.1", "2.5"]],
            "asks": [["151.3", "1.5"]],
        }
        with aioresponses() as web:
            web.get(f"{API}/market/orderbook/level2_100?symbol={PAIR}", payload={"data": data})
            book = await self.source.get_new_order_book(PAIR)

        self.assertEqual(10, book.snapshot_uid)
        self.assertEqual([(151.1, 2.5)], [(row.price, row.amount) for row in book.bid_entries()])
        self.assertEqual([(151.3, 1.5)], [(row.price, row.amount) for row in book.ask_entries()])

    async def test_last_traded_prices_come_from_the_exchange(self):
        with aioresponses() as web:
            web.get(f"{API}/market/orderbook/level1?symbol={PAIR}", payload={"data": {"price": "151.25"}})
            self.assertEqual({PAIR: 151.25}, await self.source.get_last_traded_prices([PAIR]))

    async def test_connects_where_the_token_says(self):
        token = {
            "token": "abc",
            "instanceServers": [{"endpoint": "wss://ws-api-spot.kucoin.com/", "pingInterval": 18000}],
        }
        reply = AsyncMock(execute_request=AsyncMock(return_value={"data": token}))
        self.source._api_factory = SimpleNamespace(
            get_rest_assistant=AsyncMock(return_value=reply),
            get_ws_assistant=AsyncMock(return_value=self.socket),
        )

        self.assertIs(self.socket, await self.source._connected_websocket_assistant())
        self.assertEqual(
            "wss://ws-api-spot.kucoin.com/?token=abc", self.socket.connect.await_args.kwargs["ws_url"]
        )
        self.assertAlmostEqual(14.4, self.source._ping_interval)
        self.assertEqual(f"{API}/bullet-public", reply.execute_request.await_args.kwargs["url"])

    async def test_subscribes_to_trades_and_depth(self):
        await self.source._subscribe_channels(self.socket)
        self.assertEqual(
            [("subscribe", f"/market/match:{PAIR}"), ("subscribe", f"/market/level2:{PAIR}")],
            [(message["type"], message["topic"]) for message in self.sent()],
        )

    async def test_failed_subscription_is_raised(self):
        self.socket.send.side_effect = asyncio.CancelledError()
        with self.assertRaises(asyncio.CancelledError):
            await self.source._subscribe_channels(self.socket)
        self.socket.send.side_effect = OSError("gone")
        with self.assertLogs(level="ERROR"), self.assertRaises(OSError):
            await self.source._subscribe_channels(self.socket)

    async def test_trade_message(self):
        queue = asyncio.Queue()
        await self.source._parse_trade_message(TRADE, queue)
        message = queue.get_nowait()

        self.assertEqual(OrderBookMessageType.TRADE, message.type)
        self.assertEqual("t-77", message.trade_id)
        self.assertEqual(float(TradeType.SELL.value), message.content["trade_type"])
        self.assertEqual(("151.2", "0.75"), (message.content["price"], message.content["amount"]))
        self.assertAlmostEqual(1_790_000_000.1, message.timestamp, places=3)

    async def test_depth_message(self):
        queue = asyncio.Queue()
        await self.source._parse_order_book_diff_message(DIFF, queue)
        message = queue.get_nowait()

        self.assertEqual(OrderBookMessageType.DIFF, message.type)
        self.assertEqual((11, 13), (message.first_update_id, message.update_id))
        self.assertEqual([(151.1, 4.0)], [(row.price, row.amount) for row in message.bids])
        self.assertEqual([(151.3, 0.0)], [(row.price, row.amount) for row in message.asks])

    def test_messages_reach_the_queue_of_their_channel(self):
        channel = self.source._channel_originating_message
        self.assertEqual(self.source._trade_messages_queue_key, channel(TRADE))
        self.assertEqual(self.source._diff_messages_queue_key, channel(DIFF))
        self.assertEqual("", channel({"type": "welcome"}))
        self.assertEqual("", channel({**DIFF, "subject": "trade.other"}))

    async def test_pings_when_nothing_else_was_sent(self):
        self.source._ping_interval = -1  # the next ping is due
        self.socket.send.side_effect = [None, asyncio.CancelledError]
        self.socket.iter_messages = lambda: SilentSocket()
        with self.assertRaises(asyncio.CancelledError):
            await self.source._process_websocket_messages(self.socket)
        self.assertEqual(["ping", "ping"], [message["type"] for message in self.sent()])

    async def test_pairs_come_and_go_on_an_open_socket(self):
        self.source._ws_assistant = self.socket

        self.assertTrue(await self.source.subscribe_to_trading_pair("DOT-USDC"))
        self.assertIn("DOT-USDC", self.source._trading_pairs)
        self.assertTrue(await self.source.unsubscribe_from_trading_pair("DOT-USDC"))
        self.assertNotIn("DOT-USDC", self.source._trading_pairs)

        kinds = [message["type"] for message in self.sent()]
        self.assertEqual(["subscribe", "subscribe", "unsubscribe", "unsubscribe"], kinds)
        self.assertTrue(all(message["topic"].endswith(":DOT-USDC") for message in self.sent()))

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

    def test_request_ids_grow(self):
        with patch.object(KucoinAPIOrderBookDataSource, "_next_subscribe_id", 100):
            first = self.source._get_next_subscribe_id()
            self.assertEqual(first + 1, self.source._get_next_subscribe_id())


class SilentSocket:
    """A socket on which no message ever comes."""

    def __aiter__(self):
        return self

    async def __anext__(self):
        await asyncio.Event().wait()
