import asyncio
from types import SimpleNamespace
from unittest import IsolatedAsyncioTestCase
from unittest.mock import AsyncMock

from aioresponses import aioresponses
from bidict import bidict
from hummingbot.connector.exchange.bitstamp.bitstamp_api_order_book_data_source import (
    BitstampAPIOrderBookDataSource,
)
from hummingbot.connector.exchange.bitstamp.bitstamp_exchange import BitstampExchange
from hummingbot.core.data_type.common import TradeType
from hummingbot.core.data_type.order_book_message import OrderBookMessageType

PAIR, SYMBOL = "SOL-EUR", "soleur"


class BitstampOrderBookDataSourceTest(IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.exchange = BitstampExchange("key", "secret", trading_pairs=[PAIR])
        self.exchange._set_trading_pair_symbol_map(bidict({SYMBOL: PAIR, "doteur": "DOT-EUR"}))
        self.exchange._time_synchronizer.add_time_offset_ms_sample(0)
        self.source = BitstampAPIOrderBookDataSource(
            [PAIR], connector=self.exchange, api_factory=self.exchange._web_assistants_factory
        )
        self.socket = AsyncMock()

    def sent(self):
        return [call.args[0].payload for call in self.socket.send.await_args_list]

    async def test_new_order_book_holds_the_snapshot(self):
        reply = {"timestamp": "1790000000", "bids": [["131.10", "2.5"]], "asks": [["131.30", "1.5"]]}
        with aioresponses() as web:
            web.get(f"https://www.bitstamp.net/api/v2/order_book/{SYMBOL}", payload=reply)
            book = await self.source.get_new_order_book(PAIR)

        self.assertEqual([(131.1, 2.5)], [(row.price, row.amount) for row in book.bid_entries()])
        self.assertEqual([(131.3, 1.5)], [(row.price, row.amount) for row in book.ask_entries()])

    async def test_last_traded_prices_come_from_the_exchange(self):
        with aioresponses() as web:
            web.get(f"https://www.bitstamp.net/api/v2/ticker/{SYMBOL}", payload={"last": "131.25"})
            self.assertEqual({PAIR: 131.25}, await self.source.get_last_traded_prices([PAIR]))

    async def test_connects_to_the_stream(self):
        self.source._api_factory = SimpleNamespace(get_ws_assistant=AsyncMock(return_value=self.socket))
        self.assertIs(self.socket, await self.source._connected_websocket_assistant())
        self.assertEqual("wss://ws.bitstamp.net", self.socket.connect.await_args.kwargs["ws_url"])

    async def test_messages_of_subscribed_channels_are_understood(self):
        await self.source._subscribe_channels(self.socket)
        self.assertEqual(
            [f"live_trades_{SYMBOL}", f"diff_order_book_{SYMBOL}"],
            [message["data"]["channel"] for message in self.sent()],
        )

        queue = asyncio.Queue()
        trade = {"id": 77, "type": 1, "price": "131.2", "amount": "0.5", "microtimestamp": "1790000000100000"}
        message = {"event": "trade", "channel": f"live_trades_{SYMBOL}", "data": trade}
        self.assertEqual("trade", self.source._channel_originating_message(message))
        await self.source._parse_trade_message(message, queue)
        parsed = queue.get_nowait()
        self.assertEqual(
            (OrderBookMessageType.TRADE, "77", PAIR), (parsed.type, parsed.trade_id, parsed.trading_pair)
        )
        self.assertEqual(float(TradeType.SELL.value), parsed.content["trade_type"])

        diff = {"timestamp": "1790000001", "bids": [["131.1", "4"]], "asks": [["131.3", "0"]]}
        await self.source._parse_order_book_diff_message(
            {"event": "data", "channel": f"diff_order_book_{SYMBOL}", "data": diff}, queue
        )
        parsed = queue.get_nowait()
        self.assertEqual((OrderBookMessageType.DIFF, PAIR), (parsed.type, parsed.trading_pair))
        self.assertEqual([(131.1, 4.0)], [(row.price, row.amount) for row in parsed.bids])

    async def test_exchange_may_ask_for_a_reconnection(self):
        handle = self.source._process_message_for_unknown_channel
        await handle({"event": "bts:subscription_succeeded", "channel": "x"}, self.socket)
        await handle({"event": "bts:something"}, self.socket)
        with self.assertRaises(ConnectionError):
            await handle({"event": "bts:request_reconnect"}, self.socket)

    async def test_failed_subscription_is_raised(self):
        self.socket.send.side_effect = asyncio.CancelledError()
        with self.assertRaises(asyncio.CancelledError):
            await self.source._subscribe_channels(self.socket)
        self.socket.send.side_effect = OSError("gone")
        with self.assertLogs(level="ERROR"), self.assertRaises(OSError):
            await self.source._subscribe_channels(self.socket)

    async def test_pairs_come_and_go_on_an_open_socket(self):
        with self.assertLogs(level="WARNING"):
            self.assertFalse(await self.source.subscribe_to_trading_pair("DOT-EUR"))
        self.source._ws_assistant = self.socket
        self.assertTrue(await self.source.subscribe_to_trading_pair("DOT-EUR"))
        self.assertTrue(await self.source.unsubscribe_from_trading_pair("DOT-EUR"))
        self.assertEqual(
            ["bts:subscribe", "bts:subscribe", "bts:unsubscribe", "bts:unsubscribe"],
            [message["event"] for message in self.sent()],
        )
        self.assertEqual([PAIR], self.source._trading_pairs)
