import asyncio
from decimal import Decimal
from types import SimpleNamespace
from unittest import IsolatedAsyncioTestCase
from unittest.mock import AsyncMock, patch

from aioresponses import aioresponses
from bidict import bidict
from hummingbot.connector.derivative.kucoin_perpetual import kucoin_perpetual_constants
from hummingbot.connector.derivative.kucoin_perpetual.kucoin_perpetual_api_order_book_data_source import (
    KucoinPerpetualAPIOrderBookDataSource,
)
from hummingbot.connector.derivative.kucoin_perpetual.kucoin_perpetual_derivative import (
    KucoinPerpetualDerivative,
)
from hummingbot.connector.trading_rule import TradingRule
from hummingbot.core.data_type.common import TradeType
from hummingbot.core.data_type.order_book_message import OrderBookMessageType

PAIR, SYMBOL = "SOL-USDT", "SOLUSDTM"
API = "https://api-futures.kucoin.com/api/v1"


class KucoinPerpetualOrderBookDataSourceTest(IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.exchange = KucoinPerpetualDerivative(
            kucoin_perpetual_api_key="key",
            kucoin_perpetual_secret_key="secret",
            kucoin_perpetual_passphrase="words",
            trading_pairs=[PAIR],
        )
        self.exchange._set_trading_pair_symbol_map(bidict({SYMBOL: PAIR, "DOTUSDTM": "DOT-USDT"}))
        self.exchange._trading_rules[PAIR] = TradingRule(PAIR, min_base_amount_increment=Decimal("0.1"))
        self.exchange._time_synchronizer.add_time_offset_ms_sample(0)
        self.source = KucoinPerpetualAPIOrderBookDataSource(
            [PAIR], connector=self.exchange, api_factory=self.exchange._web_assistants_factory
        )
        self.socket = AsyncMock()

    def sent(self):
        requests = [
            call.args[0] if call.args else call.kwargs["request"] for call in self.socket.send.await_args_list
        ]
        return [request.payload for request in requests]

    async def parsed(self, parse, message):
        queue = asyncio.Queue()
        await parse(message, queue)
        return queue.get_nowait() if queue.qsize() else None

    # --- snapshots and prices

    async def test_new_order_book_holds_the_snapshot_in_base(self):
        data = {"sequence": 44, "ts": 1_790_000_000_500_000_000, "bids": [[131.1, 25]], "asks": [[131.3, 15]]}
        with aioresponses() as web:
            web.get(f"{API}/level2/depth100?symbol={SYMBOL}", payload={"data": data})
            book = await self.source.get_new_order_book(PAIR)

        self.assertEqual([(131.1, 2.5)], [(row.price, row.amount) for row in book.bid_entries()])
        self.assertEqual([(131.3, 1.5)], [(row.price, row.amount) for row in book.ask_entries()])
        self.assertEqual(44, book.snapshot_uid)

    async def test_snapshot_has_its_time(self):
        empty = {"bids": [], "asks": []}
        for fields, time in (
            ({"sequence": 1, "ts": 1_790_000_000_500_000_000}, 1_790_000_000.5),
            ({"sequence": 1, "time": 1_790_000_000_250}, 1_790_000_000.25),
        ):
            with aioresponses() as web:
                web.get(f"{API}/level2/depth100?symbol={SYMBOL}", payload={"data": {**empty, **fields}})
                message = await self.source._order_book_snapshot(PAIR)
            self.assertEqual((time, 1, PAIR), (message.timestamp, message.update_id, message.trading_pair))
        with aioresponses() as web:
            web.get(f"{API}/level2/depth100?symbol={SYMBOL}", payload={"data": empty})
            self.assertGreater((await self.source._order_book_snapshot(PAIR)).update_id, 1)

    def test_rows_of_changes_by_kind(self):
        row = {"price": 1.5, "size": 4, "side": "Buy"}
        changes = {"update": [row], "delete": [{**row, "side": "Sell"}], "other": [row]}
        self.assertEqual(([(1.5, 4)], [(1.5, 0.0)]), self.source._get_bids_and_asks_from_ws_msg_data(changes))

    async def test_last_traded_prices_come_from_the_exchange(self):
        with aioresponses() as web:
            web.get(f"{API}/ticker?symbol={SYMBOL}", payload={"data": {"price": "131.25"}})
            self.assertEqual({PAIR: 131.25}, await self.source.get_last_traded_prices([PAIR]))

    async def test_funding_is_known(self):
        info = {
            "symbol": SYMBOL,
            "indexPrice": 131.0,
            "markPrice": 131.1,
            "nextFundingRateTime": 5_000_000_000,
        }
        for data, rate in (
            ({**info, "predictedFundingFeeRate": 0.0003, "fundingFeeRate": 0.0001}, "0.0003"),
            ({**info, "predictedFundingFeeRate": None, "fundingFeeRate": 0.0001}, "0.0001"),
            (
                [
                    {
                        "indexPrice": 131.0,
                        "markPrice": 131.1,
                        "nextFundingRateTime": 5_000_000_000,
                        "fundingFeeRate": 0.1,
                    }
                ],
                "0.1",
            ),
        ):
            with aioresponses() as web:
                web.get(f"{API}/contracts/{SYMBOL}", payload={"data": data})
                found = await self.source.get_funding_info(PAIR)
            self.assertEqual(
                (PAIR, Decimal("131.0"), Decimal("131.1"), Decimal(rate), 5),
                (
                    found.trading_pair,
                    found.index_price,
                    found.mark_price,
                    found.rate,
                    found.next_funding_utc_timestamp,
                ),
            )

    # --- the stream

    async def test_connects_with_a_token(self):
        server = {"endpoint": "wss://push.example/", "pingInterval": 18000, "pingTimeout": 10000}
        self.source._api_factory = SimpleNamespace(
            get_ws_assistant=AsyncMock(return_value=self.socket),
            get_rest_assistant=self.exchange._web_assistants_factory.get_rest_assistant,
        )
        with aioresponses() as web:
            web.post(f"{API}/bullet-public", payload={"data": {"token": "abc", "instanceServers": [server]}})
            self.assertIs(self.socket, await self.source._connected_websocket_assistant())
        connected = self.socket.connect.await_args.kwargs
        self.assertEqual("wss://push.example/?token=abc", connected["ws_url"])
        self.assertAlmostEqual(14.4, connected["ping_timeout"])

    TOPICS = ("/contractMarket/execution", "/contractMarket/level2", "/contract/instrument")

    async def test_subscribes_to_trades_book_and_funding(self):
        await self.source._subscribe_channels(self.socket)
        self.assertEqual([f"{topic}:{SYMBOL}" for topic in self.TOPICS], [m["topic"] for m in self.sent()])
        self.assertEqual({("subscribe", False)}, {(m["type"], m["privateChannel"]) for m in self.sent()})

    async def test_failed_subscription_is_raised(self):
        for error in (asyncio.CancelledError(), OSError("gone")):
            self.socket.send.side_effect = error
            with self.assertRaises(type(error)):
                await self.source._subscribe_channels(self.socket)

    async def test_silence_is_answered_with_a_ping(self):
        async def silent(*_, **__):
            await asyncio.Event().wait()

        parent = "hummingbot.core.data_type.order_book_tracker_data_source.OrderBookTrackerDataSource"
        with (
            patch.object(kucoin_perpetual_constants, "WS_CONNECTION_TIME_INTERVAL", 0.01),
            patch(f"{parent}._process_websocket_messages", silent),
        ):
            task = asyncio.create_task(self.source._process_websocket_messages(self.socket))
            await asyncio.sleep(0.1)
            task.cancel()
        self.assertEqual({"ping"}, {message["type"] for message in self.sent()})
        self.assertEqual(len(self.sent()), len({message["id"] for message in self.sent()}))

    async def test_messages_go_to_the_queue_of_their_channel(self):
        for topic, kind in zip(self.TOPICS, ("trade", "order_book_diff", "funding_info"), strict=True):
            message = {"type": "message", "topic": f"{topic}:{SYMBOL}", "data": {}}
            self.assertEqual(kind, self.source._channel_originating_message(message))
            self.assertEqual("", self.source._channel_originating_message({**message, "type": "ack"}))
        self.assertEqual("", self.source._channel_originating_message({"type": "welcome"}))

    async def test_change_of_the_book(self):
        message = {"type": "message", "topic": f"/contractMarket/level2:{SYMBOL}"}
        for side, rows in (("buy", "bids"), ("sell", "asks")):
            data = {"sequence": 45, "timestamp": 1_790_000_000_500, "change": f"131.2,{side},12"}
            parsed = await self.parsed(self.source._parse_order_book_diff_message, {**message, "data": data})
            self.assertEqual(
                (OrderBookMessageType.DIFF, PAIR, 45, 1_790_000_000.5),
                (parsed.type, parsed.trading_pair, parsed.update_id, parsed.timestamp),
            )
            told = {
                name: [(row.price, row.amount) for row in getattr(parsed, name)] for name in ("bids", "asks")
            }
            self.assertEqual({"bids": [], "asks": [], rows: [(131.2, 1.2)]}, told)
        ack = {**message, "type": "ack"}
        self.assertIsNone(await self.parsed(self.source._parse_order_book_diff_message, ack))

    async def test_trades_arrive_once(self):
        data = {
            "symbol": SYMBOL,
            "sequence": 7,
            "side": "buy",
            "size": 12,
            "price": "131.2",
            "tradeId": "t7",
            "ts": 1_790_000_000_500_000_000,
        }
        read = self.source._parse_trade_message
        trade = await self.parsed(read, {"data": data})
        self.assertEqual(
            (OrderBookMessageType.TRADE, PAIR, "t7", 1_790_000_000.5),
            (trade.type, trade.trading_pair, trade.trade_id, trade.timestamp),
        )
        self.assertEqual(
            (Decimal("1.2"), Decimal("131.2"), float(TradeType.BUY.value)),
            (trade.content["amount"], trade.content["price"], trade.content["trade_type"]),
        )
        self.assertIsNone(await self.parsed(read, {"data": data}))
        self.assertIsNone(await self.parsed(read, {"data": {**data, "sequence": 6}}))
        sold = await self.parsed(read, {"data": {**data, "sequence": 8, "side": "sell"}})
        self.assertEqual(float(TradeType.SELL.value), sold.content["trade_type"])

    async def test_changes_of_funding(self):
        topic = f"/contract/instrument:{SYMBOL}"
        read = self.source._parse_funding_info_message
        prices = {"indexPrice": 131.0, "markPrice": 131.1}
        update = await self.parsed(read, {"subject": "mark.index.price", "topic": topic, "data": prices})
        self.assertEqual(
            (PAIR, Decimal("131.0"), Decimal("131.1"), None),
            (update.trading_pair, update.index_price, update.mark_price, update.rate),
        )
        rate = {"fundingRate": 0.0002}
        update = await self.parsed(read, {"subject": "funding.rate", "topic": topic, "data": rate})
        self.assertEqual((Decimal("0.0002"), None), (update.rate, update.mark_price))
        self.assertIsNone(await self.parsed(read, {"subject": "other", "topic": topic, "data": rate}))

    async def test_pairs_come_and_go_on_an_open_socket(self):
        steps = (self.source.subscribe_to_trading_pair, self.source.unsubscribe_from_trading_pair)
        for step in steps:
            with self.assertLogs(level="WARNING"):
                self.assertFalse(await step("DOT-USDT"))
        self.source._ws_assistant = self.socket
        for step, pairs in zip(steps, ([PAIR, "DOT-USDT"], [PAIR]), strict=True):
            self.assertTrue(await step("DOT-USDT"))
            self.assertEqual(pairs, self.source._trading_pairs)
        self.assertEqual(
            [(verb, f"{topic}:DOTUSDTM") for verb in ("subscribe", "unsubscribe") for topic in self.TOPICS],
            [(message["type"], message["topic"]) for message in self.sent()],
        )

    async def test_pair_that_fails_is_not_taken(self):
        self.source._ws_assistant = self.socket
        for step in (self.source.subscribe_to_trading_pair, self.source.unsubscribe_from_trading_pair):
            self.socket.send.side_effect = OSError("gone")
            with self.assertLogs(level="ERROR"):
                self.assertFalse(await step(PAIR))
            self.socket.send.side_effect = asyncio.CancelledError()
            with self.assertRaises(asyncio.CancelledError):
                await step(PAIR)
        self.assertEqual([PAIR], self.source._trading_pairs)

    def test_subscriptions_are_numbered(self):
        first = self.source._get_next_subscribe_id()
        self.assertEqual(first + 1, self.source._get_next_subscribe_id())
