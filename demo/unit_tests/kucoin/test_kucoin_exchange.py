import asyncio
import json
import re
from decimal import Decimal
from unittest import IsolatedAsyncioTestCase
from unittest.mock import AsyncMock

from aioresponses import CallbackResult, aioresponses
from bidict import bidict
from hummingbot.connector.exchange.kucoin.kucoin_exchange import KucoinExchange
from hummingbot.connector.trading_rule import TradingRule
from hummingbot.connector.utils import get_new_client_order_id
from hummingbot.core.data_type.common import OrderType, TradeType
from hummingbot.core.data_type.in_flight_order import OrderState
from hummingbot.core.event.event_logger import EventLogger
from hummingbot.core.event.events import MarketEvent
from hummingbot.core.network_iterator import NetworkStatus

PAIR = "SOL-USDC"
NOW = 1_790_000_000.0
API = "https://api.kucoin.com"
SYMBOL_INFO = {
    "symbol": PAIR,
    "baseCurrency": "SOL",
    "quoteCurrency": "USDC",
    "enableTrading": True,
    "baseMinSize": "0.01",
    "baseMaxSize": "50000",
    "quoteMinSize": "0.1",
    "baseIncrement": "0.0001",
    "quoteIncrement": "0.00001",
    "priceIncrement": "0.001",
}


def address(path):
    return re.compile(rf"^{re.escape(API + path)}(\?|$)")


class KucoinTestCase(IsolatedAsyncioTestCase):
    domain = "main"

    async def asyncSetUp(self):
        self.exchange = KucoinExchange("key", "words", "secret", trading_pairs=[PAIR], domain=self.domain)
        self.exchange._set_trading_pair_symbol_map(bidict({PAIR: PAIR}))
        self.exchange._time_synchronizer.add_time_offset_ms_sample(0)
        self.exchange._set_current_timestamp(NOW)
        self.exchange._trading_rules[PAIR] = TradingRule(
            PAIR,
            min_order_size=Decimal("0.01"),
            max_order_size=Decimal("50000"),
            min_price_increment=Decimal("0.001"),
            min_base_amount_increment=Decimal("0.0001"),
            min_quote_amount_increment=Decimal("0.00001"),
            min_notional_size=Decimal("0.1"),
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

    def track(self, order_id="mine-1", exchange_id="ex-1", side=TradeType.BUY):
        self.exchange.start_tracking_order(
            order_id=order_id,
            exchange_order_id=exchange_id,
            trading_pair=PAIR,
            trade_type=side,
            price=Decimal(150),
            amount=Decimal(3),
            order_type=OrderType.LIMIT,
        )
        return self.exchange.in_flight_orders[order_id]

    async def feed(self, *messages):
        """Let the connector read messages of its user stream."""
        for message in messages:
            self.exchange._user_stream_tracker.user_stream.put_nowait(message)
        task = asyncio.create_task(self.exchange._user_stream_event_listener())
        for _ in range(100):
            await asyncio.sleep(0)
        task.cancel()

    @staticmethod
    def change(kind, **fields):
        data = {"type": kind, "clientOid": "mine-1", "orderId": "ex-1", "ts": 1_790_000_001_000_000_000}
        return {"type": "message", "subject": "orderChange", "data": {**data, **fields}}

    async def place(self, order_type=OrderType.LIMIT, amount="2.00005", price="150.00049"):
        """Buy on an exchange that accepts; returns the order's id and what reached the exchange."""
        sent = []

        def accept(_, **request):
            sent.append(json.loads(request["data"]))
            return CallbackResult(payload={"code": "200000", "data": {"orderId": "ex-1"}})

        self.web.post(API + self.exchange.orders_path_url, callback=accept)
        identifier = self.exchange.buy(PAIR, Decimal(amount), order_type, Decimal(price))
        await self.until(lambda: self.log(MarketEvent.BuyOrderCreated))
        return identifier, sent[0]


class KucoinExchangeTest(KucoinTestCase):
    # --- what it is

    def test_describes_itself(self):
        self.assertEqual("kucoin", self.exchange.name)
        self.assertTrue(self.exchange.is_cancel_request_in_exchange_synchronous)
        self.assertTrue(self.exchange.is_trading_required)
        self.assertEqual(
            {OrderType.MARKET, OrderType.LIMIT, OrderType.LIMIT_MAKER},
            set(self.exchange.supported_order_types()),
        )
        self.assertFalse(self.exchange.ready)

    def test_order_ids_fit_the_exchange(self):
        identifier = get_new_client_order_id(
            is_buy=True,
            trading_pair=PAIR,
            hbot_order_id_prefix=self.exchange.client_order_id_prefix,
            max_id_len=self.exchange.client_order_id_max_length,
        )
        self.assertRegex(identifier, r"^[A-Za-z0-9_-]{1,40}$")

    def test_tells_errors_apart(self):
        late = OSError('{"code":"400002","msg":"KC-API-TIMESTAMP Invalid"}')
        missing = OSError('HTTP status is 404. Error: {"code":"404","msg":"Not Found"}')
        done = OSError('{"code":"400100","msg":"order_not_exist_or_not_allow_to_cancel"}')
        for check, expected in (
            (self.exchange._is_request_exception_related_to_time_synchronizer, [True, False, False]),
            (self.exchange._is_order_not_found_during_status_update_error, [False, True, False]),
            (self.exchange._is_order_not_found_during_cancelation_error, [False, False, True]),
        ):
            self.assertEqual(expected, [check(error) for error in (late, missing, done)])

    # --- what it reads

    async def test_network_check(self):
        self.web.get(f"{API}/api/v1/timestamp", payload={"data": 1})
        self.assertIs(NetworkStatus.CONNECTED, await self.exchange.check_network())
        self.web.get(f"{API}/api/v1/timestamp", status=502)
        self.assertIs(NetworkStatus.NOT_CONNECTED, await self.exchange.check_network())

    async def test_trading_rules_and_pairs(self):
        halted = {**SYMBOL_INFO, "symbol": "LUNA-USDC", "baseCurrency": "LUNA", "enableTrading": False}
        self.web.get(f"{API}/api/v2/symbols", payload={"data": [SYMBOL_INFO, halted]})
        self.exchange._trading_rules.clear()

        await self.exchange._update_trading_rules()

        rule = self.exchange.trading_rules[PAIR]
        self.assertEqual([PAIR], list(self.exchange.trading_rules))
        self.assertEqual(Decimal("0.01"), rule.min_order_size)
        self.assertEqual(Decimal("50000"), rule.max_order_size)
        self.assertEqual(Decimal("0.001"), rule.min_price_increment)
        self.assertEqual(Decimal("0.0001"), rule.min_base_amount_increment)
        self.assertEqual(Decimal("0.00001"), rule.min_quote_amount_increment)
        self.assertEqual(Decimal("0.1"), rule.min_notional_size)
        self.assertEqual([PAIR], await self.exchange.all_trading_pairs())

    async def test_unreadable_rule_is_skipped(self):
        broken = {key: value for key, value in SYMBOL_INFO.items() if key != "baseMinSize"}
        self.web.get(f"{API}/api/v2/symbols", payload={"data": [broken]})
        with self.assertLogs(level="ERROR"):
            await self.exchange._update_trading_rules()
        self.assertEqual({}, self.exchange.trading_rules)

    async def test_balances_replace_what_was_known(self):
        self.exchange._account_balances["OLD"] = Decimal(1)
        self.exchange._account_available_balances["OLD"] = Decimal(1)
        accounts = [{"currency": "SOL", "available": "3.5", "balance": "5", "holds": "1.5"}]
        self.web.get(address("/api/v1/accounts"), payload={"data": accounts})

        await self.exchange._update_balances()

        self.assertEqual({"SOL": Decimal(5)}, self.exchange.get_all_balances())
        self.assertEqual(Decimal("3.5"), self.exchange.get_available_balance("SOL"))
        request = next(iter(self.web.requests.values()))[0]
        self.assertEqual({"type": "trade"}, request.kwargs["params"])
        self.assertIn("KC-API-SIGN", request.kwargs["headers"])

    async def test_prices(self):
        self.web.get(f"{API}/api/v1/market/allTickers", payload={"data": {"ticker": []}})
        self.assertEqual({"data": {"ticker": []}}, await self.exchange.get_all_pairs_prices())
        self.web.get(address("/api/v1/market/orderbook/level1"), payload={"data": {"price": "150.5"}})
        self.assertEqual(150.5, await self.exchange._get_last_traded_price(PAIR))

    async def test_fees_come_from_the_account(self):
        fee = {"symbol": PAIR, "makerFeeRate": "0.0008", "takerFeeRate": "0.0012"}
        self.web.get(address("/api/v1/trade-fees"), payload={"data": [fee]})
        await self.exchange._update_trading_fees()

        for maker, kind, rate in (
            (True, OrderType.LIMIT, "0.0008"),
            (None, OrderType.LIMIT_MAKER, "0.0008"),
            (False, OrderType.LIMIT, "0.0012"),
        ):
            found = self.exchange.get_fee(
                "SOL", "USDC", kind, TradeType.SELL, Decimal(1), Decimal(150), is_maker=maker
            )
            self.assertEqual(Decimal(rate), found.percent)

    def test_fees_have_a_default(self):
        fee = self.exchange.get_fee(
            "DOT", "USDC", OrderType.LIMIT, TradeType.BUY, Decimal(1), Decimal(7), is_maker=True
        )
        self.assertEqual(Decimal("0.001"), fee.percent)

    # --- placing and cancelling

    async def test_limit_order_is_cut_to_what_the_pair_accepts(self):
        identifier, sent = await self.place()
        self.assertEqual(Decimal("2.0000"), Decimal(sent.pop("size")))
        self.assertEqual(Decimal("150.000"), Decimal(sent.pop("price")))
        self.assertEqual({"clientOid": identifier, "side": "buy", "symbol": PAIR, "type": "limit"}, sent)
        self.assertEqual("ex-1", self.log(MarketEvent.BuyOrderCreated)[0].exchange_order_id)

    async def test_post_only_order(self):
        _, sent = await self.place(OrderType.LIMIT_MAKER)
        self.assertIs(True, sent["postOnly"])
        self.assertEqual("limit", sent["type"])

    async def test_market_order_has_no_price(self):
        _, sent = await self.place(OrderType.MARKET)
        self.assertEqual("market", sent["type"])
        self.assertNotIn("price", sent)

    async def test_refused_order_fails_once(self):
        for reply in ({"status": 400, "body": "no"}, {"payload": {"code": "200004", "msg": "no balance"}}):
            self.web.post(f"{API}/api/v1/orders", **reply)
        with self.assertLogs(level="INFO"):
            identifiers = {
                self.exchange.sell(PAIR, Decimal(1), OrderType.LIMIT, Decimal(150)) for _ in range(2)
            }
            await self.until(lambda: len(self.log(MarketEvent.OrderFailure)) == 2)

        self.assertEqual(identifiers, {event.order_id for event in self.log(MarketEvent.OrderFailure)})
        self.assertEqual([], self.log(MarketEvent.SellOrderCreated))

    async def test_too_small_orders_are_not_sent(self):
        self.exchange.buy(PAIR, Decimal("0.001"), OrderType.LIMIT, Decimal(150))
        self.exchange.buy(PAIR, Decimal("0.01"), OrderType.LIMIT, Decimal("0.5"))
        await self.until(lambda: len(self.log(MarketEvent.OrderFailure)) == 2)
        self.assertEqual({}, self.web.requests)

    async def test_cancel(self):
        self.track()
        self.web.delete(f"{API}/api/v1/orders/ex-1", payload={"data": {"cancelledOrderIds": ["ex-1"]}})
        self.exchange.cancel(PAIR, "mine-1")
        await self.until(lambda: self.log(MarketEvent.OrderCancelled))
        self.assertEqual("mine-1", self.log(MarketEvent.OrderCancelled)[0].order_id)

    async def test_cancel_that_is_not_confirmed_is_no_cancel(self):
        order = self.track()
        self.web.delete(f"{API}/api/v1/orders/ex-1", payload={"data": {"cancelledOrderIds": []}})
        self.web.delete(f"{API}/api/v1/orders/ex-1", payload={"code": "500000"})
        self.assertIsNone(await self.exchange._execute_cancel(PAIR, "mine-1"))
        with self.assertLogs(level="ERROR"):
            self.assertIsNone(await self.exchange._execute_cancel(PAIR, "mine-1"))
        self.assertFalse(order.is_cancelled)

    # --- following orders

    async def test_stream_reports_every_part_of_an_order(self):
        self.track()
        parts = [
            self.change("match", tradeId=str(number), matchSize="1", matchPrice="149.5")
            for number in (61, 62, 63)
        ]
        await self.feed(self.change("open"), *parts, self.change("filled"))

        fills = self.log(MarketEvent.OrderFilled)
        self.assertEqual(["61", "62", "63"], [fill.exchange_trade_id for fill in fills])
        self.assertEqual({(Decimal("149.5"), Decimal(1))}, {(fill.price, fill.amount) for fill in fills})
        (completed,) = self.log(MarketEvent.BuyOrderCompleted)
        self.assertEqual(Decimal("448.5"), completed.quote_asset_amount)

    async def test_stream_reports_a_cancelled_order(self):
        self.track()
        await self.feed(self.change("canceled"))
        self.assertEqual("mine-1", self.log(MarketEvent.OrderCancelled)[0].order_id)

    async def test_stream_ignores_the_orders_of_others(self):
        await self.feed(
            self.change("match", clientOid="theirs", tradeId="1", matchSize="1", matchPrice="1"),
            self.change("filled", clientOid="theirs"),
        )
        self.assertEqual([], self.log(MarketEvent.OrderFilled))

    async def test_stream_reports_balances(self):
        data = {"currency": "SOL", "available": "7", "total": "10"}
        await self.feed({"type": "message", "subject": "account.balance", "data": data})
        self.assertEqual(Decimal(10), self.exchange.get_balance("SOL"))
        self.assertEqual(Decimal(7), self.exchange.get_available_balance("SOL"))

    async def test_stream_survives_messages_it_does_not_understand(self):
        self.exchange._sleep = AsyncMock()
        good = {"currency": "SOL", "available": "1", "total": "1"}
        with self.assertLogs(level="ERROR"):
            await self.feed(
                {"type": "message", "subject": "account.balance", "data": {}},
                {"type": "message", "subject": "account.balance", "data": good},
            )
        self.assertEqual(Decimal(1), self.exchange.get_balance("SOL"))
        self.exchange._sleep.assert_awaited_once_with(5.0)

    async def test_stream_stops_when_cancelled(self):
        self.exchange._user_stream_tracker._user_stream = AsyncMock()
        self.exchange._user_stream_tracker._user_stream.get.side_effect = asyncio.CancelledError
        with self.assertRaises(asyncio.CancelledError):
            await self.exchange._user_stream_event_listener()

    def answer_status(self, **fields):
        data = {"id": "ex-1", "cancelExist": False, "isActive": True, "opType": "DEAL", **fields}
        self.web.get(f"{API}/api/v1/orders/ex-1", payload={"data": data})

    async def test_status_of_an_order(self):
        order = self.track()
        for fields, state in (
            ({}, order.current_state),
            ({"isActive": False}, OrderState.FILLED),
            ({"isActive": False, "cancelExist": True}, OrderState.CANCELED),
            ({"opType": "CANCEL"}, OrderState.CANCELED),
        ):
            self.answer_status(**fields)
            update = await self.exchange._request_order_status(order)
            self.assertEqual((state, "ex-1"), (update.new_state, update.exchange_order_id))

    async def test_refused_poll_is_a_warning(self):
        order = self.track()
        self.web.get(address("/api/v1/fills"), status=500, body="no")
        with self.assertLogs(level="WARNING"):
            await self.exchange._update_orders_fills([order])
        self.assertEqual([], self.log(MarketEvent.OrderFilled))

    async def test_nothing_is_polled_without_orders(self):
        await self.exchange._update_orders_fills([])
        self.assertEqual([], await self.exchange._all_trades_updates([]))
        self.assertEqual({}, self.web.requests)

    async def test_fills_are_not_polled_one_order_at_a_time(self):
        with self.assertRaisesRegex(Exception, "obsolete"):
            await self.exchange._all_trade_updates_for_order(self.track())


class KucoinHighFrequencyTest(KucoinTestCase):
    """The same connector on an account in high-frequency mode."""

    domain = "hft"

    async def test_uses_the_other_endpoints(self):
        await self.place()
        self.assertEqual("/api/v1/hf/orders", self.exchange.orders_path_url)
        self.assertEqual("/api/v1/hf/fills", self.exchange.fills_path_url)

    async def test_cancel_names_the_pair(self):
        self.track()
        self.web.delete(address("/api/v1/hf/orders/ex-1"), payload={"data": {"orderId": "ex-1"}})
        self.assertEqual("mine-1", await self.exchange._execute_cancel(PAIR, "mine-1"))
        request = next(iter(self.web.requests.values()))[0]
        self.assertEqual({"symbol": PAIR}, request.kwargs["params"])

    async def test_status_and_balances(self):
        data = {"id": "ex-1", "cancelExist": False, "active": False, "opType": "DEAL"}
        self.web.get(address("/api/v1/hf/orders/ex-1"), payload={"data": data})
        update = await self.exchange._request_order_status(self.track())
        self.assertEqual(OrderState.FILLED, update.new_state)

        self.web.get(f"{API}/api/v1/accounts?type=trade_hf", payload={"data": []})
        await self.exchange._update_balances()
        self.assertEqual({}, self.exchange.get_all_balances())
