import asyncio
from types import SimpleNamespace
from unittest import IsolatedAsyncioTestCase
from unittest.mock import AsyncMock

from hummingbot.connector.exchange.kucoin.kucoin_api_user_stream_data_source import (
    KucoinAPIUserStreamDataSource,
)
from hummingbot.connector.exchange.kucoin.kucoin_exchange import KucoinExchange

PAIR = "SOL-USDC"
TOKEN = {
    "token": "abc",
    "instanceServers": [{"endpoint": "wss://ws-api-spot.kucoin.com/", "pingInterval": 18000}],
}


class KucoinUserStreamDataSourceTest(IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.socket = AsyncMock()
        self.rest = AsyncMock(execute_request=AsyncMock(return_value={"data": TOKEN}))
        exchange = KucoinExchange("key", "words", "secret", trading_pairs=[PAIR])
        self.source = KucoinAPIUserStreamDataSource(
            auth=exchange._auth,
            trading_pairs=[PAIR],
            connector=exchange,
            api_factory=SimpleNamespace(
                get_rest_assistant=AsyncMock(return_value=self.rest),
                get_ws_assistant=AsyncMock(return_value=self.socket),
            ),
        )

    def sent(self):
        calls = self.socket.send.await_args_list
        return [(call.args[0] if call.args else call.kwargs["request"]).payload for call in calls]

    async def test_connects_with_a_private_token(self):
        self.assertIs(self.socket, await self.source._connected_websocket_assistant())

        request = self.rest.execute_request.await_args.kwargs
        self.assertTrue(request["is_auth_required"])
        self.assertEqual("https://api.kucoin.com/api/v1/bullet-private", request["url"])
        url = self.socket.connect.await_args.kwargs["ws_url"]
        self.assertEqual("wss://ws-api-spot.kucoin.com/?token=abc", url)

    async def test_subscribes_to_orders_and_balances(self):
        await self.source._subscribe_channels(self.socket)

        self.assertEqual(
            ["/spotMarket/tradeOrders", "/account/balance"], [message["topic"] for message in self.sent()]
        )
        self.assertTrue(all(message["privateChannel"] for message in self.sent()))

    async def test_failed_subscription_is_raised(self):
        self.socket.send.side_effect = asyncio.CancelledError()
        with self.assertRaises(asyncio.CancelledError):
            await self.source._subscribe_channels(self.socket)
        self.socket.send.side_effect = OSError("gone")
        with self.assertLogs(level="ERROR"), self.assertRaises(OSError):
            await self.source._subscribe_channels(self.socket)

    async def test_only_orders_and_balances_are_events(self):
        queue = asyncio.Queue()
        for message in (
            {},
            {"type": "welcome"},
            {"type": "pong"},
            {"type": "message", "subject": "other"},
            {"type": "message", "subject": "orderChange", "data": 1},
            {"type": "message", "subject": "account.balance", "data": 2},
        ):
            await self.source._process_event_message(message, queue)

        self.assertEqual([1, 2], [queue.get_nowait()["data"] for _ in range(queue.qsize())])

    async def test_messages_are_read_until_the_socket_closes(self):
        class Messages:
            async def __aiter__(self):
                yield SimpleNamespace(data={"type": "message", "subject": "orderChange"})
                raise ConnectionError("closed")

        self.socket.iter_messages = Messages
        self.source._ping_interval = 30
        self.source._last_ws_message_sent_timestamp = self.source._time()
        queue = asyncio.Queue()
        with self.assertRaises(ConnectionError):
            await self.source._process_websocket_messages(self.socket, queue)
        self.assertEqual(1, queue.qsize())

    async def test_pings_when_nothing_else_was_sent(self):
        self.source._ping_interval = -1  # the next ping is due
        self.socket.send.side_effect = [None, asyncio.CancelledError]
        with self.assertRaises(asyncio.CancelledError):
            await self.source._process_websocket_messages(self.socket, asyncio.Queue())
        self.assertEqual(["ping", "ping"], [message["type"] for message in self.sent()])
