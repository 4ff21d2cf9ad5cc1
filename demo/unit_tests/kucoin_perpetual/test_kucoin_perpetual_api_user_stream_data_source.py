import asyncio
from types import SimpleNamespace
from unittest import IsolatedAsyncioTestCase
from unittest.mock import AsyncMock, patch

from bidict import bidict
from hummingbot.connector.derivative.kucoin_perpetual import kucoin_perpetual_constants
from hummingbot.connector.derivative.kucoin_perpetual.kucoin_perpetual_api_user_stream_data_source import (
    KucoinPerpetualAPIUserStreamDataSource,
)
from hummingbot.connector.derivative.kucoin_perpetual.kucoin_perpetual_derivative import (
    KucoinPerpetualDerivative,
)

PAIRS = {"SOLUSDTM": "SOL-USDT", "DOTUSDTM": "DOT-USDT"}
SERVER = {"endpoint": "wss://push.example/", "pingInterval": 18000, "pingTimeout": 10000}


class Stream:
    """A socket that gives its messages and then stays silent."""

    def __init__(self, *messages):
        self.messages = messages
        self.last_recv_time = 77.0
        self.connect, self.send, self.ping, self.disconnect = (AsyncMock() for _ in range(4))

    async def iter_messages(self):
        for message in self.messages:
            yield SimpleNamespace(data=message)
        await asyncio.Event().wait()

    @property
    def sent(self):
        requests = [
            call.args[0] if call.args else call.kwargs["request"] for call in self.send.await_args_list
        ]
        return [request.payload for request in requests]


class KucoinPerpetualUserStreamDataSourceTest(IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        exchange = KucoinPerpetualDerivative(
            kucoin_perpetual_api_key="key",
            kucoin_perpetual_secret_key="secret",
            kucoin_perpetual_passphrase="words",
            trading_pairs=list(PAIRS.values()),
        )
        exchange._set_trading_pair_symbol_map(bidict(PAIRS))
        reply = {"data": {"token": "abc", "instanceServers": [SERVER]}}
        self.rest = AsyncMock(execute_request=AsyncMock(return_value=reply))
        self.socket = Stream({"type": "message", "n": 1}, {"type": "message", "n": 2})
        self.source = KucoinPerpetualAPIUserStreamDataSource(
            trading_pairs=list(PAIRS.values()),
            connector=exchange,
            auth=exchange._auth,
            api_factory=SimpleNamespace(
                get_rest_assistant=AsyncMock(return_value=self.rest),
                get_ws_assistant=AsyncMock(return_value=self.socket),
            ),
        )

    async def listen(self, until):
        queue = asyncio.Queue()
        task = asyncio.create_task(self.source.listen_for_user_stream(queue))
        for _ in range(500):
            await asyncio.sleep(0)
            if until(queue):
                break
        return queue, task

    async def test_messages_reach_the_queue_until_it_is_stopped(self):
        self.assertEqual(0.0, self.source.last_recv_time)
        queue, task = await self.listen(lambda queue: queue.qsize() == 2)
        self.assertEqual([1, 2], [queue.get_nowait()["n"] for _ in range(2)])
        self.assertEqual(77.0, self.source.last_recv_time)
        self.socket.ping.assert_awaited()

        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.socket.disconnect.assert_awaited()
        self.assertEqual(0.0, self.source.last_recv_time)

    async def test_connects_with_a_token_that_it_asked_for(self):
        _, task = await self.listen(lambda queue: queue.qsize() == 2)
        task.cancel()
        asked = self.rest.execute_request.await_args.kwargs
        self.assertTrue(asked["is_auth_required"])
        self.assertEqual("https://api-futures.kucoin.com/api/v1/bullet-private", asked["url"])
        self.assertEqual("POST", asked["method"].name)
        connected = self.socket.connect.await_args.kwargs
        self.assertEqual("wss://push.example/?token=abc", connected["ws_url"])
        self.assertAlmostEqual(14.4, connected["ping_timeout"])
        self.assertAlmostEqual(8.0, connected["message_timeout"])

    async def test_subscribes_to_orders_positions_and_balances(self):
        _, task = await self.listen(lambda queue: queue.qsize() == 2)
        task.cancel()
        self.assertEqual(
            [
                "/contractMarket/tradeOrders",
                "/contract/position:SOLUSDTM,DOTUSDTM",
                "/contractAccount/wallet",
            ],
            [message["topic"] for message in self.socket.sent],
        )
        for message in self.socket.sent:
            self.assertEqual(("subscribe", True), (message["type"], message["privateChannel"]))

    async def test_silence_is_answered_with_a_ping(self):
        with patch.object(kucoin_perpetual_constants, "WS_CONNECTION_TIME_INTERVAL", 0.01):
            _, task = await self.listen(lambda _: False)
            await asyncio.sleep(0.1)
            task.cancel()
        pings = [message for message in self.socket.sent if message["type"] == "ping"]
        self.assertGreaterEqual(len(pings), 2)
        self.assertEqual(len(pings), len({ping["id"] for ping in pings}))

    async def test_broken_connection_is_made_again(self):
        self.source._sleep = AsyncMock()
        self.rest.execute_request.side_effect = [OSError("gone"), self.rest.execute_request.return_value]
        with self.assertLogs(level="ERROR"):
            queue, task = await self.listen(lambda queue: queue.qsize() == 2)
        task.cancel()
        self.assertEqual(2, queue.qsize())
        self.source._sleep.assert_awaited_once_with(5.0)

    async def test_failed_subscription_is_raised(self):
        for error in (asyncio.CancelledError(), OSError("gone")):
            self.socket.send.side_effect = error
            with self.assertRaises(type(error)):
                await self.source._subscribe_to_channels(self.socket, "wss://x", ["SOL-USDT"])
