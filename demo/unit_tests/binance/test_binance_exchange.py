import asyncio
import re
from decimal import Decimal
from unittest import IsolatedAsyncioTestCase
from unittest.mock import AsyncMock

from aioresponses import CallbackResult, aioresponses
from bidict import bidict
from hummingbot.connector.exchange.binance.binance_exchange import BinanceExchange
from hummingbot.connector.trading_rule import TradingRule
from hummingbot.connector.utils import get_new_client_order_id
from hummingbot.core.data_type.common import OrderType, TradeType
from hummingbot.core.data_type.in_flight_order import InFlightOrder, OrderState
from hummingbot.core.event.event_logger import EventLogger
from hummingbot.core.event.events import MarketEvent
from hummingbot.core.network_iterator import NetworkStatus

PAIR, SYMBOL = "SOL-USDC", "SOLUSDC"
NOW = 1_790_000_000.0
API = "https://api.binance.com/api/v3"
SYMBOL_INFO = {
    "symbol": SYMBOL,
    "status": "TRADING",
    "baseAsset": "SOL",
    "quoteAsset": "USDC",
    "permissionSets": [["SPOT", "MARGIN"]],
    "filters": [
        {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "10000", "tickSize": "0.01"},
        {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "9000", "stepSize": "0.001"},
        {"filterType": "NOTIONAL", "minNotional": "5"},
    ],
}


def address(path):
    return re.compile(rf"^{re.escape(API + path)}(\?|$)")


class BinanceExchangeTest(IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.exchange = BinanceExchange("key", "secret", trading_pairs=[PAIR])
        self.exchange._set_trading_pair_symbol_map(bidict({SYMBOL: PAIR}))
        self.exchange._time_synchronizer.add_time_offset_ms_sample(0)
        self.exchange._set_current_timestamp(NOW)
        self.exchange._trading_rules[PAIR] = TradingRule(
            PAIR,
            min_order_size=Decimal("0.001"),
            min_price_increment=Decimal("0.01"),
            min_base_amount_increment=Decimal("0.001"),
            min_notional_size=Decimal("5"),
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

    def track(self, order_id="mine-1", exchange_id="501", amount="2", side=TradeType.BUY):
        self.exchange.start_tracking_order(
            order_id=order_id,
            exchange_order_id=exchange_id,
            trading_pair=PAIR,
            trade_type=side,
            price=Decimal("150"),
            amount=Decimal(amount),
            order_type=OrderType.LIMIT,
        )
        return self.exchange.in_flight_orders[order_id]

    async def feed(self, *messages):
        """Let the connector read messages of its user stream."""
        queue = self.exchange._user_stream_tracker.user_stream
        for message in messages:
            queue.put_nowait(message)
        task = asyncio.create_task(self.exchange._user_stream_event_listener())
        for _ in range(50):
            await asyncio.sleep(0)
        task.cancel()

    @staticmethod
    def report(execution, state, **fields):
        return {
            "e": "executionReport",
            "E": 1_790_000_001_000,
            "c": "mine-1",
            "C": "",
            "x": execution,
            "X": state,
            "i": 501,
            **fields,
        }

    # --- what it is

    def test_describes_itself(self):
        self.assertEqual("binance", self.exchange.name)
        self.assertEqual("binance_us", BinanceExchange("k", "s", trading_pairs=[], domain="us").name)
        self.assertTrue(self.exchange.is_cancel_request_in_exchange_synchronous)
        self.assertTrue(self.exchange.is_trading_required)
        self.assertEqual([PAIR], self.exchange.trading_pairs)
        self.assertEqual(
            [OrderType.LIMIT, OrderType.LIMIT_MAKER, OrderType.MARKET], self.exchange.supported_order_types()
        )
        for kind in self.exchange.supported_order_types():
            self.assertIs(kind, BinanceExchange.to_hb_order_type(BinanceExchange.binance_order_type(kind)))

    def test_order_ids_fit_the_exchange(self):
        identifier = get_new_client_order_id(
            is_buy=True,
            trading_pair=PAIR,
            hbot_order_id_prefix=self.exchange.client_order_id_prefix,
            max_id_len=self.exchange.client_order_id_max_length,
        )
        self.assertRegex(identifier, r"^[.A-Z:/a-z0-9_-]{1,36}$")

    def test_is_not_ready_before_it_has_anything(self):
        self.assertFalse(self.exchange.ready)
        self.assertFalse(self.exchange.status_dict["account_balance"])

    def test_tells_errors_apart(self):
        late = OSError('{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}')
        gone = OSError('{"code":-2013,"msg":"Order does not exist."}')
        unknown = OSError('{"code":-2011,"msg":"Unknown order sent."}')
        time, status, cancel = (
            self.exchange._is_request_exception_related_to_time_synchronizer,
            self.exchange._is_order_not_found_during_status_update_error,
            self.exchange._is_order_not_found_during_cancelation_error,
        )
        self.assertEqual([True, False, False], [time(e) for e in (late, gone, unknown)])
        self.assertEqual([False, True, False], [status(e) for e in (late, gone, unknown)])
        self.assertEqual([False, False, True], [cancel(e) for e in (late, gone, unknown)])

    def test_fee_is_taken_from_what_is_received(self):
        fee = self.exchange.get_fee(
            "SOL", "USDC", OrderType.LIMIT, TradeType.BUY, Decimal(1), Decimal(150), is_maker=True
        )
        self.assertEqual(Decimal("0.001"), fee.percent)

    # --- what it reads

    async def test_network_check(self):
        self.web.get(f"{API}/ping", payload={})
        self.assertIs(NetworkStatus.CONNECTED, await self.exchange.check_network())
        self.web.get(f"{API}/ping", status=502)
        self.assertIs(NetworkStatus.NOT_CONNECTED, await self.exchange.check_network())

    async def test_trading_rules_and_pairs(self):
        halted = {**SYMBOL_INFO, "symbol": "LUNAUSDC", "baseAsset": "LUNA", "status": "BREAK"}
        self.web.get(f"{API}/exchangeInfo", payload={"symbols": [SYMBOL_INFO, halted]})
        self.exchange._trading_rules.clear()

        await self.exchange._update_trading_rules()

        rule = self.exchange.trading_rules[PAIR]
        self.assertEqual([PAIR], list(self.exchange.trading_rules))
        self.assertEqual(Decimal("0.001"), rule.min_order_size)
        self.assertEqual(Decimal("0.01"), rule.min_price_increment)
        self.assertEqual(Decimal("0.001"), rule.min_base_amount_increment)
        self.assertEqual(Decimal("5"), rule.min_notional_size)
        self.assertEqual([PAIR], await self.exchange.all_trading_pairs())

    async def test_unreadable_rule_is_skipped(self):
        self.web.get(f"{API}/exchangeInfo", payload={"symbols": [{**SYMBOL_INFO, "filters": []}]})
        with self.assertLogs(level="ERROR"):
            await self.exchange._update_trading_rules()
        self.assertEqual({}, self.exchange.trading_rules)

    async def test_balances_replace_what_was_known(self):
        self.exchange._account_balances["OLD"] = Decimal(1)
        self.exchange._account_available_balances["OLD"] = Decimal(1)
        balances = [
            {"asset": "SOL", "free": "3.5", "locked": "1.5"},
            {"asset": "USDC", "free": "0", "locked": "9"},
        ]
        self.web.get(address("/account"), payload={"balances": balances})

        await self.exchange._update_balances()

        self.assertEqual({"SOL": Decimal(5), "USDC": Decimal(9)}, self.exchange.get_all_balances())
        self.assertEqual(Decimal("3.5"), self.exchange.get_available_balance("SOL"))
        self.assertEqual(Decimal(0), self.exchange.get_available_balance("USDC"))

    async def test_prices(self):
        self.web.get(f"{API}/ticker/bookTicker", payload=[{"symbol": SYMBOL, "bidPrice": "1"}])
        self.assertEqual([{"symbol": SYMBOL, "bidPrice": "1"}], await self.exchange.get_all_pairs_prices())
        self.web.get(f"{API}/ticker/24hr?symbol={SYMBOL}", payload={"lastPrice": "150.5"})
        self.assertEqual(150.5, await self.exchange._get_last_traded_price(PAIR))

    async def test_request_is_repeated_once_with_the_right_time(self):
        body = '{"code":-1021,"msg":"Timestamp for this request was 1000ms ahead of the server\'s time."}'
        self.web.get(address("/account"), status=400, body=body)
        self.web.get(f"{API}/time", payload={"serverTime": 1_790_000_000_000})
        self.web.get(address("/account"), payload={"balances": []})

        await self.exchange._update_balances()

        self.assertEqual({}, self.exchange.get_all_balances())

    # --- placing and cancelling

    async def place(self, order_type=OrderType.LIMIT, side=TradeType.BUY, **reply):
        """Place an order; returns what was sent."""
        sent = []

        def accept(_, **request):
            sent.append(request)
            return CallbackResult(
                status=200, payload={"orderId": 501, "transactTime": 1_790_000_000_500, **reply}
            )

        self.web.post(f"{API}/order", callback=accept)
        send = self.exchange.buy if side is TradeType.BUY else self.exchange.sell
        identifier = send(PAIR, Decimal("2"), order_type, Decimal("150"))
        event = MarketEvent.BuyOrderCreated if side is TradeType.BUY else MarketEvent.SellOrderCreated
        await self.until(lambda: self.log(event))
        self.assertEqual(identifier, self.log(event)[0].order_id)
        self.assertEqual("501", self.log(event)[0].exchange_order_id)
        return identifier, sent[0]

    async def test_limit_buy(self):
        identifier, request = await self.place()
        data = dict(request["data"])

        self.assertEqual(
            (Decimal(2), Decimal(150)), (Decimal(data.pop("quantity")), Decimal(data.pop("price")))
        )
        self.assertEqual(64, len(data.pop("signature")))
        self.assertGreater(data.pop("timestamp"), 0)
        self.assertEqual(
            {
                "symbol": SYMBOL,
                "side": "BUY",
                "type": "LIMIT",
                "timeInForce": "GTC",
                "newClientOrderId": identifier,
            },
            data,
        )
        self.assertEqual("key", request["headers"]["X-MBX-APIKEY"])

    async def test_post_only_sell(self):
        _, request = await self.place(OrderType.LIMIT_MAKER, TradeType.SELL)
        self.assertEqual("LIMIT_MAKER", request["data"]["type"])
        self.assertEqual("SELL", request["data"]["side"])
        self.assertNotIn("timeInForce", request["data"])

    async def test_market_order_has_no_price(self):
        _, request = await self.place(OrderType.MARKET)
        self.assertEqual("MARKET", request["data"]["type"])
        self.assertNotIn("price", request["data"])

    async def test_refused_order_fails_once(self):
        self.web.post(f"{API}/order", status=400, body='{"code":-2010,"msg":"insufficient balance"}')
        with self.assertLogs(level="INFO"):
            identifier = self.exchange.buy(PAIR, Decimal(2), OrderType.LIMIT, Decimal(150))
            await self.until(lambda: self.log(MarketEvent.OrderFailure))

        self.assertEqual([identifier], [event.order_id for event in self.log(MarketEvent.OrderFailure)])
        self.assertEqual([], self.log(MarketEvent.BuyOrderCreated))
        self.assertEqual({}, self.exchange.in_flight_orders)

    async def test_order_of_an_overloaded_exchange_stays_tracked(self):
        self.web.post(
            f"{API}/order", status=503, body="Unknown error, please check your request or try again later."
        )
        identifier = self.exchange.buy(PAIR, Decimal(2), OrderType.LIMIT, Decimal(150))
        await self.until(lambda: self.log(MarketEvent.BuyOrderCreated))
        self.assertEqual("UNKNOWN", self.exchange.in_flight_orders[identifier].exchange_order_id)

    async def test_too_small_orders_are_not_sent(self):
        self.exchange.buy(PAIR, Decimal("0.0001"), OrderType.LIMIT, Decimal(150))
        self.exchange.sell(PAIR, Decimal("0.01"), OrderType.LIMIT, Decimal(150))
        await self.until(lambda: len(self.log(MarketEvent.OrderFailure)) == 2)
        self.assertEqual({}, self.web.requests)

    async def test_cancel(self):
        self.track()
        self.web.delete(address("/order"), payload={"status": "CANCELED"})

        self.exchange.cancel(PAIR, "mine-1")
        await self.until(lambda: self.log(MarketEvent.OrderCancelled))

        request = next(iter(self.web.requests.values()))[0]
        self.assertEqual("mine-1", request.kwargs["params"]["origClientOrderId"])
        self.assertEqual({}, self.exchange.in_flight_orders)

    async def test_cancel_that_is_not_confirmed_is_no_cancel(self):
        order = self.track()
        self.web.delete(address("/order"), payload={"status": "PENDING_CANCEL"})
        self.assertIsNone(await self.exchange._execute_cancel(PAIR, "mine-1"))
        self.assertFalse(order.is_cancelled)

    async def test_cancel_all_tells_which_failed(self):
        self.track("mine-1", "501")
        self.track("mine-2", "502")
        self.web.delete(address("/order"), payload={"status": "CANCELED"})
        self.web.delete(address("/order"), status=500, body="no")
        with self.assertLogs(level="ERROR"):
            results = await self.exchange.cancel_all(5)
        self.assertEqual([False, True], sorted(result.success for result in results))

    # --- following orders

    async def test_stream_reports_a_new_order(self):
        self.exchange.start_tracking_order(
            "mine-1", None, PAIR, TradeType.BUY, Decimal(150), Decimal(2), OrderType.LIMIT
        )
        await self.feed(self.report("NEW", "NEW"))
        self.assertEqual("501", self.log(MarketEvent.BuyOrderCreated)[0].exchange_order_id)

    async def test_stream_reports_a_cancelled_order_under_its_first_id(self):
        self.track()
        await self.feed(self.report("CANCELED", "CANCELED", c="other", C="mine-1"))
        self.assertEqual("mine-1", self.log(MarketEvent.OrderCancelled)[0].order_id)

    async def test_stream_reports_an_expired_order(self):
        self.track()
        await self.feed(self.report("EXPIRED", "EXPIRED"))
        self.assertEqual("mine-1", self.log(MarketEvent.OrderFailure)[0].order_id)

    async def test_stream_reports_a_whole_fill(self):
        self.track()
        fill = {"t": 9, "l": "2", "L": "149.5", "n": "0.002", "N": "SOL", "T": 1_790_000_001_000}
        await self.feed(self.report("TRADE", "FILLED", **fill))

        (filled,) = self.log(MarketEvent.OrderFilled)
        self.assertEqual((Decimal("149.5"), Decimal(2)), (filled.price, filled.amount))
        self.assertEqual(Decimal("0.002"), filled.trade_fee.flat_fees[0].amount)
        self.assertIs(TradeType.BUY, filled.trade_type)
        (completed,) = self.log(MarketEvent.BuyOrderCompleted)
        self.assertEqual(Decimal("299.0"), completed.quote_asset_amount)

    async def test_stream_reports_balances(self):
        await self.feed({"e": "outboundAccountPosition", "B": [{"a": "SOL", "f": "7", "l": "3"}]})
        self.assertEqual(Decimal(10), self.exchange.get_balance("SOL"))
        self.assertEqual(Decimal(7), self.exchange.get_available_balance("SOL"))

    async def test_stream_survives_messages_it_does_not_understand(self):
        self.exchange._sleep = AsyncMock()
        with self.assertLogs(level="ERROR"):
            await self.feed(
                {"e": "outboundAccountPosition", "B": [{"a": "SOL"}]},
                {"e": "somethingNew"},
                {"e": "outboundAccountPosition", "B": [{"a": "SOL", "f": "1", "l": "0"}]},
            )
        self.assertEqual(Decimal(1), self.exchange.get_balance("SOL"))
        self.exchange._sleep.assert_awaited_once_with(5.0)

    async def test_stream_stops_when_cancelled(self):
        self.exchange._user_stream_tracker._user_stream = AsyncMock()
        self.exchange._user_stream_tracker._user_stream.get.side_effect = asyncio.CancelledError
        with self.assertRaises(asyncio.CancelledError):
            await self.exchange._user_stream_event_listener()

    async def test_status_request_finds_state_and_fills(self):
        order = self.track()
        trade = {
            "orderId": 501,
            "id": 31,
            "price": "150",
            "qty": "2",
            "quoteQty": "300",
            "commission": "0.3",
            "commissionAsset": "USDC",
            "time": 1_790_000_002_000,
        }
        self.web.get(address("/myTrades"), payload=[trade])
        self.web.get(
            address("/order"), payload={"status": "FILLED", "orderId": 501, "updateTime": 1_790_000_002_000}
        )

        await self.exchange._update_order_status()
        await self.until(lambda: self.log(MarketEvent.BuyOrderCompleted))

        self.assertTrue(order.is_filled)
        self.assertEqual(Decimal(300), self.log(MarketEvent.OrderFilled)[0].price * 2)

    async def test_order_without_exchange_id_has_no_fills_yet(self):
        order = InFlightOrder(
            "mine-9", PAIR, OrderType.LIMIT, TradeType.BUY, Decimal(1), NOW, price=Decimal(150)
        )
        self.assertEqual([], await self.exchange._all_trade_updates_for_order(order))

    async def test_order_is_given_up_after_three_missing_replies(self):
        self.track()
        self.web.get(address("/myTrades"), payload=[], repeat=True)
        self.web.get(
            address("/order"), status=400, body='{"code":-2013,"msg":"Order does not exist."}', repeat=True
        )
        with self.assertLogs(level="WARNING"):
            for _ in range(4):
                await self.exchange._update_order_status()
            self.assertEqual(
                OrderState.FAILED, self.exchange._order_tracker.lost_orders["mine-1"].current_state
            )
            await self.exchange._update_lost_orders_status()
        await self.until(lambda: not self.exchange._order_tracker.lost_orders)

    async def test_poll_finds_fills_of_tracked_and_forgotten_orders(self):
        self.track()
        self.exchange.add_exchange_order_ids_from_market_recorder({"777": "mine-old"})
        common = {"price": "150", "commission": "0.3", "commissionAsset": "USDC", "time": 1_790_000_002_000}
        trades = [
            {**common, "orderId": 501, "id": 31, "qty": "2", "quoteQty": "300"},
            {
                **common,
                "orderId": 777,
                "id": 32,
                "qty": "1",
                "quoteQty": "150",
                "isBuyer": False,
                "isMaker": True,
            },
        ]
        self.web.get(address("/myTrades"), payload=trades)
        self.exchange._last_poll_timestamp = NOW - 200

        await self.exchange._update_order_fills_from_trades()

        fills = {event.order_id: event for event in self.log(MarketEvent.OrderFilled)}
        self.assertEqual({"mine-1", "mine-old"}, set(fills))
        self.assertIs(TradeType.SELL, fills["mine-old"].trade_type)

    async def test_poll_survives_a_refusal(self):
        self.web.get(address("/myTrades"), status=500, body="no")
        self.web.get(address("/account"), payload={"balances": []})
        with self.assertLogs(level=1):
            await self.exchange._status_polling_loop_fetch_updates()
        self.assertEqual([], self.log(MarketEvent.OrderFilled))

    async def test_fees_are_not_asked_for(self):
        await self.exchange._update_trading_fees()
        self.assertEqual({}, self.web.requests)

    async def test_tracked_orders_survive_a_restart(self):
        self.track()
        other = BinanceExchange("key", "secret", trading_pairs=[PAIR])
        other.restore_tracking_states(self.exchange.tracking_states)
        self.assertEqual("501", other.in_flight_orders["mine-1"].exchange_order_id)
