import asyncio
from decimal import Decimal
from unittest import IsolatedAsyncioTestCase
from unittest.mock import AsyncMock

from aioresponses import CallbackResult, aioresponses
from bidict import bidict
from hummingbot.connector.exchange.bitstamp.bitstamp_exchange import BitstampExchange
from hummingbot.connector.trading_rule import TradingRule
from hummingbot.core.data_type.common import OrderType, TradeType
from hummingbot.core.data_type.in_flight_order import OrderState
from hummingbot.core.event.event_logger import EventLogger
from hummingbot.core.event.events import MarketEvent
from hummingbot.core.network_iterator import NetworkStatus

PAIR, SYMBOL = "SOL-EUR", "soleur"
API = "https://www.bitstamp.net/api/v2"
INFO = {
    "name": "SOL/EUR",
    "url_symbol": SYMBOL,
    "base_decimals": 8,
    "counter_decimals": 3,
    "minimum_order": "10.0 EUR",
    "trading": "Enabled",
}


class BitstampExchangeTest(IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.exchange = BitstampExchange("key", "secret", trading_pairs=[PAIR])
        self.exchange._set_trading_pair_symbol_map(bidict({SYMBOL: PAIR}))
        self.exchange._time_synchronizer.add_time_offset_ms_sample(0)
        self.exchange._set_current_timestamp(1_790_000_000.0)
        self.exchange._trading_rules[PAIR] = TradingRule(
            PAIR,
            min_price_increment=Decimal("0.001"),
            min_base_amount_increment=Decimal("1e-8"),
            min_notional_size=Decimal(10),
        )
        self.events = {}
        for event in MarketEvent:
            self.events[event] = EventLogger()
            self.exchange.add_listener(event, self.events[event])
        self.web = aioresponses()
        self.web.start()
        self.addCleanup(self.web.stop)

    def log(self, event):
        return self.events[event].event_log

    async def until(self, condition, turns=500):
        for _ in range(turns):
            if condition():
                return
            await asyncio.sleep(0)
        self.fail("nothing happened")

    def track(self):
        self.exchange.start_tracking_order(
            order_id="mine-1",
            exchange_order_id="501",
            trading_pair=PAIR,
            trade_type=TradeType.BUY,
            price=Decimal(130),
            amount=Decimal(2),
            order_type=OrderType.LIMIT,
        )
        return self.exchange.in_flight_orders["mine-1"]

    async def feed(self, *messages):
        """Let the connector read messages of its user stream."""
        for message in messages:
            self.exchange._user_stream_tracker.user_stream.put_nowait(message)
        task = asyncio.create_task(self.exchange._user_stream_event_listener())
        for _ in range(100):
            await asyncio.sleep(0)
        task.cancel()

    def test_describes_itself(self):
        self.assertEqual("bitstamp", self.exchange.name)
        self.assertFalse(self.exchange.ready)
        for kind in self.exchange.supported_order_types():
            self.assertIs(kind, BitstampExchange.to_hb_order_type(BitstampExchange.bitstamp_order_type(kind)))

    def test_tells_errors_apart(self):
        missing = OSError('{"code": "404.002", "reason": "Order not found"}')
        late = OSError('{"code": "API0017", "reason": "X-Auth-Timestamp header is invalid"}')
        self.assertTrue(self.exchange._is_order_not_found_during_status_update_error(missing))
        self.assertTrue(self.exchange._is_order_not_found_during_cancelation_error(missing))
        self.assertTrue(self.exchange._is_request_exception_related_to_time_synchronizer(late))
        self.assertFalse(self.exchange._is_request_exception_related_to_time_synchronizer(missing))

    async def test_network_check(self):
        self.web.get(f"{API}/status/", payload={})
        self.assertIs(NetworkStatus.CONNECTED, await self.exchange.check_network())

    async def test_trading_rules_and_pairs(self):
        halted = {**INFO, "name": "LUNA/EUR", "url_symbol": "lunaeur", "trading": "Disabled"}
        self.web.get(f"{API}/trading-pairs-info/", payload=[INFO, halted])
        await self.exchange._update_trading_rules()

        rule = self.exchange.trading_rules[PAIR]
        self.assertEqual(Decimal("0.001"), rule.min_price_increment)
        self.assertEqual(Decimal("1e-8"), rule.min_base_amount_increment)
        self.assertEqual(Decimal(10), rule.min_notional_size)
        self.assertEqual([PAIR], await self.exchange.all_trading_pairs())

    async def test_unreadable_pairs_are_skipped(self):
        self.web.get(f"{API}/trading-pairs-info/", payload=[{**INFO, "name": "SOLEUR"}])
        with self.assertLogs(level="ERROR"):
            await self.exchange._update_trading_rules()
        self.assertEqual({}, self.exchange.trading_rules)

    async def test_balances_replace_what_was_known(self):
        self.exchange._account_balances["OLD"] = Decimal(1)
        self.exchange._account_available_balances["OLD"] = Decimal(1)
        balances = [{"currency": "sol", "available": "3.5", "total": "5"}]
        self.web.post(f"{API}/account_balances/", payload=balances)
        await self.exchange._update_balances()
        self.assertEqual({"SOL": Decimal(5)}, self.exchange.get_all_balances())
        self.assertEqual(Decimal("3.5"), self.exchange.get_available_balance("SOL"))

    async def test_fees_come_from_the_account(self):
        fees = [{"market": SYMBOL, "fees": {"maker": "0.03", "taker": "0.05"}}, {"market": "other"}]
        self.web.post(f"{API}/fees/trading/", payload=fees)
        await self.exchange._update_trading_fees()
        for maker, rate in ((True, "0.03"), (False, "0.05")):
            fee = self.exchange.get_fee(
                "SOL", "EUR", OrderType.LIMIT, TradeType.SELL, Decimal(1), Decimal(130), is_maker=maker
            )
            self.assertEqual(Decimal(rate), fee.percent)

    async def test_prices(self):
        self.web.get(f"{API}/currencies/", payload=[])
        self.assertEqual([], await self.exchange.get_all_pairs_prices())
        self.web.get(f"{API}/ticker/{SYMBOL}", payload={"last": "130.5"})
        self.assertEqual(130.5, await self.exchange._get_last_traded_price(PAIR))

    async def test_orders_reach_the_endpoint_of_their_kind(self):
        reply = {"id": 501, "datetime": "2026-09-21 13:33:20"}
        for kind, path, extra in (
            (OrderType.LIMIT, f"/buy/{SYMBOL}/", {"price": Decimal(130)}),
            (OrderType.LIMIT_MAKER, f"/buy/{SYMBOL}/", {"price": Decimal(130), "moc_order": True}),
            (OrderType.MARKET, f"/buy/market/{SYMBOL}/", {}),
        ):
            with self.subTest(kind=kind):
                sent = []

                def accept(_, sent=sent, **request):
                    sent.append(request["data"])
                    return CallbackResult(payload=reply)

                self.web.post(API + path, callback=accept)
                identifier = self.exchange.buy(PAIR, Decimal(2), kind, Decimal(130))
                await self.until(lambda: sent)  # noqa: B023
                data = dict(sent[0])
                self.assertEqual(Decimal(2), Decimal(data.pop("amount")))
                self.assertEqual(identifier, data.pop("client_order_id"))
                if "price" in data:
                    data["price"] = Decimal(data["price"])
                self.assertEqual(extra, data)

    async def test_refused_order_fails_once(self):
        self.web.post(f"{API}/sell/{SYMBOL}/", payload={"status": "error", "reason": "no balance"})
        with self.assertLogs(level="INFO"):
            identifier = self.exchange.sell(PAIR, Decimal(2), OrderType.LIMIT, Decimal(130))
            await self.until(lambda: self.log(MarketEvent.OrderFailure))
        self.assertEqual([identifier], [event.order_id for event in self.log(MarketEvent.OrderFailure)])

    async def test_cancel(self):
        self.track()
        self.web.post(f"{API}/cancel_order/", payload={"status": "error", "reason": "busy"})
        with self.assertLogs(level="ERROR"):
            self.assertIsNone(await self.exchange._execute_cancel(PAIR, "mine-1"))
        self.web.post(f"{API}/cancel_order/", payload={"id": 501})
        self.assertEqual("mine-1", await self.exchange._execute_cancel(PAIR, "mine-1"))
        await self.until(lambda: self.log(MarketEvent.OrderCancelled))

    async def test_stream_reports_fills_and_state(self):
        self.track()
        trade = {
            "client_order_id": "mine-1",
            "order_id": "501",
            "fee": "0.1",
            "price": "129.5",
            "microtimestamp": "1790000001000000",
        }
        state = {"client_order_id": "mine-1", "datetime": "1790000001"}
        await self.feed(
            {"event": "trade", "data": {**trade, "id": 1, "amount": "0.5"}},
            {"event": "order_changed", "data": {**state, "amount_traded": "0.5", "amount": 1.5}},
            {"event": "trade", "data": {**trade, "id": 2, "amount": "1.5"}},
            {"event": "order_deleted", "data": {**state, "amount_traded": "2", "amount": 0}},
        )
        self.assertEqual(["1", "2"], [fill.exchange_trade_id for fill in self.log(MarketEvent.OrderFilled)])
        (completed,) = self.log(MarketEvent.BuyOrderCompleted)
        self.assertEqual(Decimal(259), completed.quote_asset_amount)

    async def test_stream_reports_a_cancelled_order(self):
        self.track()
        state = {"client_order_id": "mine-1", "datetime": "1790000001", "amount": 2, "amount_traded": "0"}
        await self.feed({"event": "order_deleted", "data": state}, {"event": "order_created", "data": {}})
        self.assertEqual("mine-1", self.log(MarketEvent.OrderCancelled)[0].order_id)

    async def test_stream_survives_messages_it_does_not_understand(self):
        self.track()
        self.exchange._sleep = AsyncMock()
        with self.assertLogs(level="ERROR"):
            await self.feed({"event": "trade", "data": {"client_order_id": "mine-1"}})
        self.exchange._sleep.assert_awaited_once_with(5.0)

    async def test_status_request_finds_state_and_fills(self):
        order = self.track()
        trade = {
            "tid": 31,
            "fee": "0.1",
            "sol": "2",
            "eur": "260",
            "price": "130",
            "datetime": "2026-09-21 13:33:21",
        }
        status = {"id": 501, "status": "Finished", "amount_remaining": "0", "datetime": "2026-09-21 13:33:21"}
        self.web.post(f"{API}/order_status/", payload={**status, "transactions": [trade]})
        (update,) = await self.exchange._all_trade_updates_for_order(order)
        self.assertEqual(
            (Decimal(2), Decimal(260), "31"),
            (update.fill_base_amount, update.fill_quote_amount, update.trade_id),
        )

        for fields, state in (
            ({}, OrderState.FILLED),
            ({"status": "Open", "amount_remaining": "1"}, OrderState.PARTIALLY_FILLED),
            ({"status": "Open", "amount_remaining": "2"}, OrderState.OPEN),
            ({"status": "Canceled"}, OrderState.CANCELED),
        ):
            self.web.post(f"{API}/order_status/", payload={**status, **fields})
            self.assertEqual(state, (await self.exchange._request_order_status(order)).new_state)

    async def test_refused_status_request_is_an_error(self):
        self.web.post(f"{API}/order_status/", payload={"status": "error", "reason": "no"})
        with self.assertRaises(IOError):
            await self.exchange._request_order_status(self.track())
