import asyncio
from types import SimpleNamespace
from unittest import IsolatedAsyncioTestCase
from unittest.mock import AsyncMock

from hummingbot.connector.exchange.binance.binance_api_user_stream_data_source import (
    BinanceAPIUserStreamDataSource,
)
from hummingbot.connector.exchange.binance.binance_exchange import BinanceExchange

PAIR = "SOL-USDC"


class BinanceUserStreamDataSourceTest(IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.socket = AsyncMock()
        self.socket.receive.return_value = SimpleNamespace(data={"id": "1", "status": 200, "result": {}})
        self.exchange = BinanceExchange("key", "secret", trading_pairs=[PAIR])
        self.exchange._time_synchronizer.add_time_offset_ms_sample(0)
        self.source = BinanceAPIUserStreamDataSource(
            auth=self.exchange._auth,
            trading_pairs=[PAIR],
            connector=self.exchange,
            api_factory=SimpleNamespace(get_ws_assistant=AsyncMock(return_value=self.socket)),
        )

    async def test_connects_to_the_websocket_api(self):
        self.assertIs(self.socket, await self.source._connected_websocket_assistant())
        self.socket.connect.assert_awaited_once_with(
            ws_url="wss://ws-api.binance.com:443/ws-api/v3", ping_timeout=30
        )

    async def test_subscribes_with_a_signature(self):
        await self.source._subscribe_channels(self.socket)

        payload = self.socket.send.await_args.args[0].payload
        self.assertEqual("userDataStream.subscribe.signature", payload["method"])
        self.assertEqual("key", payload["params"]["apiKey"])
        self.assertEqual(64, len(payload["params"]["signature"]))
        self.assertTrue(payload["id"])

    async def test_refused_subscription_is_an_error(self):
        for data in ({"status": 401, "error": {"code": -2015}}, "not json"):
            self.socket.receive.return_value = SimpleNamespace(data=data)
            with self.assertRaises(IOError):
                await self.source._subscribe_channels(self.socket)

    async def test_broken_socket_is_an_error(self):
        self.socket.send.side_effect = ValueError("broken")
        with self.assertLogs(level="ERROR"), self.assertRaisesRegex(ValueError, "broken"):
            await self.source._subscribe_channels(self.socket)

    async def test_events_are_unwrapped_and_queued(self):
        queue = asyncio.Queue()
        await self.source._process_event_message(
            {"subscriptionId": 0, "event": {"e": "executionReport"}}, queue
        )
        await self.source._process_event_message({"e": "outboundAccountPosition"}, queue)

        self.assertEqual({"e": "executionReport"}, queue.get_nowait())
        self.assertEqual({"e": "outboundAccountPosition"}, queue.get_nowait())

    async def test_replies_and_empty_messages_are_not_events(self):
        queue = asyncio.Queue()
        for message in ({"id": "1", "status": 200}, {}, None, "text"):
            await self.source._process_event_message(message, queue)

        self.assertTrue(queue.empty())

    async def test_terminated_stream_asks_for_a_reconnection(self):
        with self.assertRaises(ConnectionError):
            await self.source._process_event_message(
                {"subscriptionId": 0, "event": {"e": "eventStreamTerminated"}}, asyncio.Queue()
            )

    async def test_listener_delivers_events_and_lets_go_of_its_socket(self):
        class Messages:
            async def __aiter__(self):
                yield SimpleNamespace(data={"e": "executionReport"})
                raise asyncio.CancelledError

        self.socket.iter_messages = Messages
        queue = asyncio.Queue()
        with self.assertRaises(asyncio.CancelledError):
            await self.source.listen_for_user_stream(queue)

        self.assertEqual({"e": "executionReport"}, queue.get_nowait())
        self.socket.disconnect.assert_awaited_once()

    async def test_interruption_without_a_socket_is_harmless(self):
        await self.source._on_user_stream_interruption(None)
