import asyncio
from types import SimpleNamespace
from unittest import IsolatedAsyncioTestCase
from unittest.mock import AsyncMock

from bidict import bidict
from hummingbot.connector.exchange.bitstamp.bitstamp_api_user_stream_data_source import (
    BitstampAPIUserStreamDataSource,
)
from hummingbot.connector.exchange.bitstamp.bitstamp_exchange import BitstampExchange

PAIR = "SOL-EUR"


class BitstampUserStreamDataSourceTest(IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        exchange = BitstampExchange("key", "secret", trading_pairs=[PAIR])
        exchange._set_trading_pair_symbol_map(bidict({"soleur": PAIR}))
        self.socket = AsyncMock()
        self.rest = AsyncMock(execute_request=AsyncMock(return_value={"token": "abc", "user_id": 7}))
        self.source = BitstampAPIUserStreamDataSource(
            auth=exchange._auth,
            trading_pairs=[PAIR],
            connector=exchange,
            api_factory=SimpleNamespace(
                get_rest_assistant=AsyncMock(return_value=self.rest),
                get_ws_assistant=AsyncMock(return_value=self.socket),
            ),
        )

    async def test_connects_to_the_stream(self):
        self.assertIs(self.socket, await self.source._connected_websocket_assistant())
        self.assertEqual("wss://ws.bitstamp.net", self.socket.connect.await_args.kwargs["ws_url"])

    async def test_subscribes_to_private_channels_with_a_token(self):
        await self.source._subscribe_channels(self.socket)

        self.assertTrue(self.rest.execute_request.await_args.kwargs["is_auth_required"])
        payloads = [call.args[0].payload["data"] for call in self.socket.send.await_args_list]
        self.assertEqual({"abc"}, {payload["auth"] for payload in payloads})
        self.assertIn("private-my_orders_soleur-7", [payload["channel"] for payload in payloads])
        self.assertIn("private-my_trades_soleur-7", [payload["channel"] for payload in payloads])

    async def test_failed_subscription_is_raised(self):
        self.rest.execute_request.side_effect = asyncio.CancelledError()
        with self.assertRaises(asyncio.CancelledError):
            await self.source._subscribe_channels(self.socket)
        self.rest.execute_request.side_effect = OSError("refused")
        with self.assertLogs(level="ERROR"), self.assertRaises(OSError):
            await self.source._subscribe_channels(self.socket)

    async def test_only_orders_and_trades_are_events(self):
        queue = asyncio.Queue()
        for event in (
            "order_created",
            "order_changed",
            "order_deleted",
            "trade",
            "bts:subscription_succeeded",
            "x",
        ):
            await self.source._process_event_message({"event": event, "channel": "c"}, queue)
        await self.source._process_event_message({}, queue)
        self.assertEqual(4, queue.qsize())

    async def test_exchange_may_ask_for_a_reconnection(self):
        with self.assertRaises(ConnectionError):
            await self.source._process_event_message({"event": "bts:request_reconnect"}, asyncio.Queue())
