import asyncio
import json
from decimal import Decimal
from unittest import IsolatedAsyncioTestCase
from unittest.mock import AsyncMock

from aioresponses import aioresponses
from bidict import bidict
from hummingbot.connector.derivative.kucoin_perpetual.kucoin_perpetual_derivative import (
    KucoinPerpetualDerivative,
)
from hummingbot.connector.derivative.position import Position
from hummingbot.connector.trading_rule import TradingRule
from hummingbot.connector.utils import get_new_client_order_id
from hummingbot.core.clock import Clock, ClockMode
from hummingbot.core.data_type.common import OrderType, PositionAction, PositionMode, PositionSide, TradeType
from hummingbot.core.data_type.in_flight_order import OrderState
from hummingbot.core.event.event_logger import EventLogger
from hummingbot.core.event.events import AccountEvent, MarketEvent
from hummingbot.core.network_iterator import NetworkStatus

PAIR, SYMBOL = "SOL-USDT", "SOLUSDTM"
API = "https://api-futures.kucoin.com/api/v1"
LOT = Decimal("0.1")  # SOL in a contract
CONTRACT = {
    "symbol": SYMBOL,
    "baseCurrency": "SOL",
    "quoteCurrency": "USDT",
    "status": "Open",
    "multiplier": 0.1,
    "lotSize": 2,
    "maxOrderQty": 5000,
    "tickSize": 0.05,
}
POSITION = {
    "symbol": SYMBOL,
    "currentQty": 30,
    "unrealisedPnl": 4.5,
    "avgEntryPrice": 149.5,
    "realLeverage": 3.0,
    "leverage": 5,
}


class KucoinPerpetualTestCase(IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.exchange = KucoinPerpetualDerivative(
            kucoin_perpetual_api_key="key",
            kucoin_perpetual_secret_key="secret",
            kucoin_perpetual_passphrase="words",
            trading_pairs=[PAIR],
        )
        self.exchange._set_trading_pair_symbol_map(bidict({SYMBOL: PAIR}))
        self.exchange._time_synchronizer.add_time_offset_ms_sample(0)
        self.exchange._set_current_timestamp(1_790_000_000.0)
        self.exchange._trading_rules[PAIR] = TradingRule(
            PAIR,
            min_order_size=LOT,
            min_price_increment=Decimal("0.05"),
            min_base_amount_increment=LOT,
            buy_order_collateral_token="USDT",
            sell_order_collateral_token="USDC",
        )
        self.events = {}
        for event in (*MarketEvent, *AccountEvent):
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

    def track(self, side=TradeType.BUY, position=PositionAction.OPEN):
        self.exchange.start_tracking_order(
            order_id="mine-1",
            exchange_order_id="ex-1",
            trading_pair=PAIR,
            trade_type=side,
            price=Decimal(150),
            amount=Decimal(3),
            order_type=OrderType.LIMIT,
            position_action=position,
        )
        return self.exchange.in_flight_orders["mine-1"]

    async def feed(self, *messages):
        """Let the connector read messages of its user stream."""
        for message in messages:
            self.exchange._user_stream_tracker.user_stream.put_nowait(message)
        task = asyncio.create_task(self.exchange._user_stream_event_listener())
        for _ in range(200):
            await asyncio.sleep(0)
        task.cancel()

    @staticmethod
    def change(kind, **fields):
        data = {
            "symbol": SYMBOL,
            "type": kind,
            "clientOid": "mine-1",
            "orderId": "ex-1",
            "side": "buy",
            "ts": 1_790_000_001_500_000_000,
        }
        return {"type": "message", "subject": "orderChange", "data": {**data, **fields}}

    def sent(self, method="POST"):
        """Bodies of what reached the exchange."""
        return [
            json.loads(call.kwargs["data"])
            for (verb, _), calls in self.web.requests.items()
            for call in calls
            if verb == method
        ]

    @property
    def position(self):
        return self.exchange._perpetual_trading.get_position(PAIR)


class KucoinPerpetualDerivativeTest(KucoinPerpetualTestCase):
    # --- what it is

    def test_describes_itself(self):
        self.assertEqual("kucoin_perpetual", self.exchange.name)
        self.assertTrue(self.exchange.is_trading_required)
        self.assertFalse(self.exchange.is_cancel_request_in_exchange_synchronous)
        self.assertEqual(120, self.exchange.funding_fee_poll_interval)
        self.assertEqual([PositionMode.ONEWAY], self.exchange.supported_position_modes())
        self.assertEqual(
            {OrderType.LIMIT, OrderType.LIMIT_MAKER, OrderType.MARKET},
            set(self.exchange.supported_order_types()),
        )
        self.assertEqual("USDT", self.exchange.get_buy_collateral_token(PAIR))
        self.assertEqual("USDC", self.exchange.get_sell_collateral_token(PAIR))
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
        gone = OSError('{"code":"100001","msg":"error.getOrder.orderNotExist"}')
        done = OSError('{"code":"100004","msg":"The order cannot be canceled."}')
        old = OSError("ret_code <20001>")
        other = OSError('{"code":"400002","msg":"busy"}')
        errors = (late, gone, done, old, other)
        for check, expected in (
            (self.exchange._is_request_exception_related_to_time_synchronizer, [True] + [False] * 4),
            (self.exchange._is_order_not_found_during_status_update_error, [False, True, False, True, False]),
            (self.exchange._is_order_not_found_during_cancelation_error, [False, False, True, True, False]),
        ):
            self.assertEqual(expected, [check(error) for error in errors])

    async def test_starts_in_one_way_mode_and_knows_no_other(self):
        self.exchange.start(Clock(ClockMode.BACKTEST, 1.0, 0, 10), 1.0)
        await self.until(lambda: self.log(AccountEvent.PositionModeChangeSucceeded))
        self.assertEqual(PositionMode.ONEWAY, self.exchange.position_mode)
        set_, message = await self.exchange._trading_pair_position_mode_set(PositionMode.HEDGE, PAIR)
        self.assertFalse(set_)
        self.assertIn("position mode", message)
        self.assertEqual(
            (True, "Success"), await self.exchange._trading_pair_position_mode_set(PositionMode.ONEWAY, PAIR)
        )

    def test_contracts_are_counted_whole(self):
        self.assertEqual(12, self.exchange.get_quantity_of_contracts(PAIR, Decimal("1.29")))
        self.assertEqual(Decimal("1.2"), self.exchange.get_value_of_contracts(PAIR, 12))
        self.exchange._trading_rules.clear()
        self.assertAlmostEqual(Decimal("0.012"), self.exchange.get_value_of_contracts(PAIR, 12))

    # --- what it reads

    async def test_network_check(self):
        self.web.get(f"{API}/timestamp", payload={"data": 1})
        self.assertIs(NetworkStatus.CONNECTED, await self.exchange.check_network())
        self.web.get(f"{API}/timestamp", status=502)
        self.assertIs(NetworkStatus.NOT_CONNECTED, await self.exchange.check_network())

    async def test_trading_rules_and_pairs(self):
        paused = {**CONTRACT, "symbol": "LUNAUSDTM", "baseCurrency": "LUNA", "status": "Paused"}
        twice = {**CONTRACT, "symbol": "SOLUSDTM2"}
        self.web.get(f"{API}/contracts/active", payload={"data": [CONTRACT, paused, twice]}, repeat=True)
        self.exchange._trading_rules.clear()

        await self.exchange._update_trading_rules()

        (rule,) = self.exchange.trading_rules.values()
        self.assertEqual(PAIR, rule.trading_pair)
        self.assertEqual(Decimal("0.2"), rule.min_order_size)
        self.assertEqual(Decimal("500"), rule.max_order_size)
        self.assertEqual(Decimal("0.05"), rule.min_price_increment)
        self.assertEqual(LOT, rule.min_base_amount_increment)
        self.assertEqual("USDT", rule.buy_order_collateral_token)
        self.assertEqual("USDT", rule.sell_order_collateral_token)

        await self.exchange._initialize_trading_pair_symbol_map()
        self.assertEqual([PAIR], await self.exchange.all_trading_pairs())

    async def test_unreadable_rule_is_skipped(self):
        broken = {key: value for key, value in CONTRACT.items() if key != "tickSize"}
        self.web.get(f"{API}/contracts/active", payload={"data": [broken]})
        with self.assertLogs(level="ERROR"):
            await self.exchange._update_trading_rules()
        self.assertEqual({}, self.exchange.trading_rules)

    async def test_pairs_that_cannot_be_had_are_an_error(self):
        self.web.get(f"{API}/contracts/active", status=500)
        with self.assertLogs(level="ERROR"):
            await self.exchange._initialize_trading_pair_symbol_map()

    def test_the_plain_symbol_of_two_is_kept(self):
        for known, new, kept in (
            ("SOLUSDT", "SOLUSDT_9", {"SOLUSDT": PAIR}),
            ("SOLUSDT_9", "SOLUSDT", {"SOLUSDT": PAIR}),
            ("SOLUSDT_8", "SOLUSDT_9", {}),
        ):
            mapping = bidict({known: PAIR})
            if kept:
                self.exchange._resolve_trading_pair_symbols_duplicate(mapping, new, "SOL", "USDT")
            else:
                with self.assertLogs(level="ERROR"):
                    self.exchange._resolve_trading_pair_symbols_duplicate(mapping, new, "SOL", "USDT")
            self.assertEqual(kept, dict(mapping))

    async def test_balances_replace_what_was_known(self):
        overview = {"currency": "USDT", "marginBalance": 500.5, "availableBalance": 320.25}
        for data in (overview, [overview]):
            self.exchange._account_balances["OLD"] = Decimal(1)
            self.exchange._account_available_balances["OLD"] = Decimal(1)
            self.web.get(f"{API}/account-overview?currency=USDT", payload={"code": "200000", "data": data})
            await self.exchange._update_balances()
            self.assertEqual({"USDT": Decimal("500.5")}, self.exchange.get_all_balances())
            self.assertEqual(Decimal("320.25"), self.exchange.get_available_balance("USDT"))
        request = next(iter(self.web.requests.values()))[0]
        self.assertIn("KC-API-SIGN", request.kwargs["headers"])

    async def test_refused_balances_change_nothing(self):
        self.exchange._account_balances["USDT"] = Decimal(7)
        self.web.get(
            f"{API}/account-overview?currency=USDT", payload={"code": "400003", "msg": "no such key"}
        )
        with self.assertRaisesRegex(OSError, "400003.*no such key"):
            await self.exchange._update_balances()
        self.assertEqual({"USDT": Decimal(7)}, self.exchange.get_all_balances())

    async def test_prices(self):
        for data, price in (
            ({"price": "150.5"}, 150.5),
            ({"lastTradePrice": 151.5}, 151.5),
            ([{"price": "152.5"}], 152.5),
            ([{"lastTradePrice": 153.5}], 153.5),
        ):
            self.web.get(f"{API}/ticker?symbol={SYMBOL}", payload={"data": data})
            self.assertEqual(price, await self.exchange._get_last_traded_price(PAIR))

    def fee(self, pair="SOL-USDT", **options):
        base, quote = pair.split("-")
        kind = options.pop("kind", OrderType.LIMIT)
        return self.exchange._get_fee(
            base, quote, kind, TradeType.BUY, PositionAction.OPEN, Decimal(1), Decimal(150), **options
        )

    async def test_fees_of_maker_and_taker(self):
        await self.exchange._update_trading_fees()
        self.exchange._trading_fees[PAIR] = {"makerFeeRate": "0.0001", "takerFeeRate": "0.0004"}
        self.assertEqual(Decimal("0.0001"), self.fee(is_maker=True).percent)
        self.assertEqual(Decimal("0.0001"), self.fee(kind=OrderType.LIMIT_MAKER).percent)
        self.assertEqual(Decimal("0.0004"), self.fee(is_maker=False).percent)
        self.assertEqual(Decimal("0.0002"), self.fee("DOT-USDT", is_maker=True).percent)
        self.assertEqual(Decimal("0.0006"), self.fee("DOT-USDT").percent)

    # --- placing and cancelling

    async def place(self, action=PositionAction.OPEN, kind=OrderType.LIMIT, buys=True):
        """Place on an exchange that accepts; returns the order's id and what reached the exchange."""
        self.web.post(f"{API}/orders", payload={"code": "200000", "data": {"orderId": "ex-1"}})
        order = self.exchange.buy if buys else self.exchange.sell
        identifier = order(PAIR, Decimal("1.29"), kind, Decimal("150.08"), position_action=action)
        created = MarketEvent.BuyOrderCreated if buys else MarketEvent.SellOrderCreated
        await self.until(lambda: self.log(created))
        self.assertEqual("ex-1", self.log(created)[0].exchange_order_id)
        return identifier, self.sent()[-1]

    async def test_limit_order_is_sent_in_contracts(self):
        self.exchange.set_leverage(PAIR, 4)
        self.exchange._perpetual_trading.set_leverage(PAIR, 4)
        identifier, sent = await self.place()
        self.assertEqual(
            {
                "clientOid": identifier,
                "symbol": SYMBOL,
                "side": "buy",
                "type": "limit",
                "size": 12,
                "price": 150.05,
                "timeInForce": "GTC",
                "reduceOnly": False,
                "leverage": "4",
                "marginMode": "ISOLATED",
            },
            sent,
        )

    async def test_closing_order_only_reduces(self):
        self.exchange._margin_modes[PAIR] = "CROSS"
        _, sent = await self.place(PositionAction.CLOSE, buys=False)
        self.assertIs(True, sent["reduceOnly"])
        self.assertEqual(("sell", "CROSS"), (sent["side"], sent["marginMode"]))

    async def test_post_only_order(self):
        _, sent = await self.place(kind=OrderType.LIMIT_MAKER)
        self.assertIs(True, sent["postOnly"])
        self.assertEqual(("limit", 150.05), (sent["type"], sent["price"]))

    async def test_market_order_has_no_price(self):
        _, sent = await self.place(kind=OrderType.MARKET)
        self.assertEqual(("market", "IOC"), (sent["type"], sent["timeInForce"]))
        self.assertNotIn("price", sent)
        self.assertNotIn("postOnly", sent)

    async def test_refused_order_fails_once(self):
        for reply in ({"status": 400, "body": "no"}, {"payload": {"code": "300003", "msg": "no balance"}}):
            self.web.post(f"{API}/orders", **reply)
        with self.assertLogs(level="INFO"):
            identifiers = {
                self.exchange.sell(
                    PAIR, Decimal(1), OrderType.LIMIT, Decimal(150), position_action=PositionAction.OPEN
                )
                for _ in range(2)
            }
            await self.until(lambda: len(self.log(MarketEvent.OrderFailure)) == 2)

        self.assertEqual(identifiers, {event.order_id for event in self.log(MarketEvent.OrderFailure)})
        self.assertEqual([], self.log(MarketEvent.SellOrderCreated))

    async def test_cancel_is_asked_for_and_then_told(self):
        order = self.track()
        self.web.delete(f"{API}/orders/ex-1", payload={"code": "200000"})
        self.assertEqual("mine-1", await self.exchange._execute_cancel(PAIR, "mine-1"))
        self.assertEqual([{"order_id": "ex-1"}], self.sent("DELETE"))
        self.assertFalse(order.is_cancelled)
        self.assertEqual([], self.log(MarketEvent.OrderCancelled))
        await self.feed(self.change("canceled"))
        self.assertEqual("mine-1", self.log(MarketEvent.OrderCancelled)[0].order_id)

    async def test_refused_cancel_is_no_cancel(self):
        order = self.track()
        self.web.delete(f"{API}/orders/ex-1", payload={"code": "500000", "msg": "busy"})
        with self.assertLogs(level="ERROR"):
            self.assertIsNone(await self.exchange._execute_cancel(PAIR, "mine-1"))
        self.assertFalse(order.is_cancelled)

    # --- following orders

    async def test_stream_reports_every_part_of_an_order(self):
        order = self.track()
        await self.feed(self.change("open"))
        self.assertEqual(OrderState.OPEN, order.current_state)
        parts = [
            self.change("match", tradeId=str(number), matchSize="10", matchPrice="149.5", liquidity="maker")
            for number in (61, 62, 63)
        ]
        await self.feed(parts[0], parts[0])
        self.assertEqual(OrderState.PARTIALLY_FILLED, order.current_state)
        await self.feed(*parts[1:], self.change("filled"))

        fills = self.log(MarketEvent.OrderFilled)
        self.assertEqual(["61", "62", "63"], [fill.exchange_trade_id for fill in fills])
        self.assertEqual({(Decimal("149.5"), Decimal(1))}, {(fill.price, fill.amount) for fill in fills})
        self.assertEqual({1_790_000_001.5}, {fill.fill_timestamp for fill in order.order_fills.values()})
        self.assertEqual({Decimal("0.0002")}, {fill.trade_fee.percent for fill in fills})
        (completed,) = self.log(MarketEvent.BuyOrderCompleted)
        self.assertEqual(Decimal(3), completed.base_asset_amount)
        self.assertEqual(Decimal("448.5"), completed.quote_asset_amount)

    def test_fill_against_its_order_closes(self):
        order = self.track(TradeType.SELL)
        message = self.change("match", tradeId="9", matchSize="0", matchPrice="149.5", side="sell")["data"]
        update = self.exchange._parse_trade_update(message, order)
        self.assertEqual((0, 0), (update.fill_base_amount, update.fill_price))
        self.assertEqual(
            ("9", "ex-1", PAIR), (update.trade_id, update.exchange_order_id, update.trading_pair)
        )

    async def test_stream_ignores_the_orders_of_others(self):
        await self.feed(
            self.change("match", clientOid="theirs", tradeId="1", matchSize="1", matchPrice="1"),
            self.change("filled", clientOid="theirs"),
        )
        self.assertEqual([], self.log(MarketEvent.OrderFilled))
        self.assertEqual({}, self.exchange.in_flight_orders)

    async def test_stream_reports_balances(self):
        data = {"availableBalance": 70.5, "holdBalance": "29.5", "currency": "XBT"}
        bare = {"availableBalance": 1, "holdBalance": 2}
        message = {"type": "message", "subject": "availableBalance.change"}
        await self.feed({**message, "data": data}, {**message, "data": [bare]})
        self.assertEqual(Decimal(100), self.exchange.get_balance("XBT"))
        self.assertEqual(Decimal("70.5"), self.exchange.get_available_balance("XBT"))
        self.assertEqual(Decimal(3), self.exchange.get_balance("USDT"))

    async def test_stream_reports_positions(self):
        message = {"type": "message", "subject": "position.change"}
        opened = {**POSITION, "changeReason": "positionChange"}
        await self.feed({**message, "data": opened})
        self.assertEqual(Decimal(3), self.position.amount)
        self.assertEqual(Decimal("149.5"), self.position.entry_price)
        self.assertEqual(Decimal("4.5"), self.position.unrealized_pnl)
        self.assertEqual(Decimal(3), self.position.leverage)
        self.assertIs(PositionSide.LONG, self.position.position_side)

        moved = {"symbol": SYMBOL, "changeReason": "markPriceChange", "unrealisedPnl": -2.5}
        await self.feed({**message, "data": moved})
        self.assertEqual(Decimal("-2.5"), self.position.unrealized_pnl)
        self.assertEqual(Decimal(3), self.position.amount)

        await self.feed({**message, "data": {**opened, "currentQty": 0}})
        self.assertIsNone(self.position)

    async def test_stream_survives_messages_it_does_not_understand(self):
        self.exchange._sleep = AsyncMock()
        good = {"currency": "USDT", "availableBalance": 1, "holdBalance": 0}
        with self.assertLogs(level="ERROR") as logs:
            await self.feed(
                {"type": "error", "data": "token is invalid"},
                {"data": {}},
                {"type": "message", "subject": "availableBalance.change", "data": {}},
                {"type": "message", "subject": "availableBalance.change", "data": good},
            )
        self.assertIn("token is invalid", logs.output[0])
        self.assertEqual(Decimal(1), self.exchange.get_balance("USDT"))
        self.exchange._sleep.assert_awaited_with(5.0)

    async def test_stream_stops_when_cancelled(self):
        self.exchange._user_stream_tracker._user_stream = AsyncMock()
        self.exchange._user_stream_tracker._user_stream.get.side_effect = asyncio.CancelledError
        with self.assertRaises(asyncio.CancelledError):
            await self.exchange._user_stream_event_listener()

    def answer_status(self, **fields):
        data = {"id": "ex-1", "clientOid": "mine-1", "cancelExist": False, "isActive": True, **fields}
        self.web.get(f"{API}/orders/ex-1", payload={"code": "200000", "data": data})

    async def test_status_of_an_order(self):
        order = self.track()
        for fields, state in (
            ({}, order.current_state),
            ({"isActive": False}, OrderState.FILLED),
            ({"isActive": False, "cancelExist": True}, OrderState.CANCELED),
        ):
            self.answer_status(**fields)
            update = await self.exchange._request_order_status(order)
            self.assertEqual(
                (state, "ex-1", "mine-1"),
                (update.new_state, update.exchange_order_id, update.client_order_id),
            )

    async def test_status_that_is_refused_is_an_error(self):
        order = self.track()
        missing = {"code": "100001", "msg": "error.getOrder.orderNotExist"}
        self.web.get(f"{API}/orders/ex-1", payload=missing)
        with self.assertRaisesRegex(OSError, "100001.*orderNotExist"):
            await self.exchange._request_order_status(order)
        late = {"code": "400002", "msg": "KC-API-TIMESTAMP Invalid"}
        self.web.get(f"{API}/orders/ex-1", payload=late)
        update = await self.exchange._request_order_status(order)
        self.assertEqual(order.current_state, update.new_state)

    async def test_polling_finds_the_end_of_an_order(self):
        self.track()
        self.answer_status(isActive=False, cancelExist=True)
        await self.exchange._update_order_status()
        await self.until(lambda: self.log(MarketEvent.OrderCancelled))

    async def test_order_that_the_exchange_does_not_know_is_given_up_in_the_end(self):
        self.track()
        for reply in (
            {"payload": {"code": "100001", "msg": "error.getOrder.orderNotExist"}},
            {"status": 500},
        ):
            for _ in range(2):
                self.web.get(f"{API}/orders/ex-1", **reply)
                await self.exchange._update_order_status()
        await self.until(lambda: self.log(MarketEvent.OrderFailure))
        self.assertEqual("mine-1", self.log(MarketEvent.OrderFailure)[0].order_id)

    async def test_polling_ignores_the_orders_of_others(self):
        self.exchange._process_order_event_message(
            {"id": "x", "clientOid": "theirs", "cancelExist": True, "isActive": False}
        )
        self.assertEqual([], self.log(MarketEvent.OrderCancelled))

    FILL = {
        "tradeId": "71",
        "orderId": "ex-1",
        "side": "buy",
        "fee": "0.09",
        "feeCurrency": "USDT",
        "size": 20,
        "value": "299",
        "price": "149.5",
        "createdAt": 1_790_000_002_500,
        "tradeTime": 1_790_000_002_500_000_000,
    }

    async def test_polling_finds_missed_fills(self):
        order = self.track()
        theirs = {**self.FILL, "orderId": "ex-9", "tradeId": "72"}
        for data in (
            [self.FILL, theirs],
            {"totalNum": 2, "items": [self.FILL, theirs]},
            {"totalNum": 0, "items": []},
        ):
            self.web.get(f"{API}/recentFills", payload={"data": data})
            await self.exchange._update_trade_history()

        (fill,) = self.log(MarketEvent.OrderFilled)
        self.assertEqual(
            ("71", Decimal(2), Decimal("149.5")), (fill.exchange_trade_id, fill.amount, fill.price)
        )
        (told,) = order.order_fills.values()
        self.assertEqual((1_790_000_002.5, Decimal(299)), (told.fill_timestamp, told.fill_quote_amount))
        self.assertEqual([("USDT", Decimal("0.09"))], [(f.token, f.amount) for f in fill.trade_fee.flat_fees])
        self.assertEqual(1_790_000_002.5, self.exchange._last_trade_history_timestamp)

    async def test_refused_poll_is_told_and_changes_nothing(self):
        self.track()
        self.web.get(f"{API}/recentFills", status=500)
        with self.assertLogs(level="DEBUG") as logs:
            await self.exchange._update_trade_history()
        self.assertIn(f"Error fetching status update for {PAIR}", "".join(logs.output))
        self.assertEqual([], self.log(MarketEvent.OrderFilled))

    async def test_fills_of_one_order(self):
        order = self.track()
        part = self.change("match", tradeId="61", matchSize="10", matchPrice="149.5")["data"]
        address = f"{API}/fills?orderId=ex-1"
        self.web.get(address, payload={"data": {"items": [part]}})
        (update,) = await self.exchange._all_trade_updates_for_order(order)
        self.assertEqual(("61", Decimal(1)), (update.trade_id, update.fill_base_amount))
        self.web.get(address, status=400, body="KC-API-TIMESTAMP 400002")
        self.assertEqual([], await self.exchange._all_trade_updates_for_order(order))
        self.web.get(address, status=500)
        with self.assertRaises(IOError):
            await self.exchange._all_trade_updates_for_order(order)

    async def test_a_poll_asks_for_everything(self):
        asked = []
        for name in (
            "_update_trade_history",
            "_update_order_status",
            "_update_balances",
            "_update_positions",
        ):
            setattr(self.exchange, name, AsyncMock(side_effect=lambda name=name: asked.append(name)))
        await self.exchange._status_polling_loop_fetch_updates()
        self.assertEqual(4, len(set(asked)))

    # --- positions, leverage, funding

    async def test_positions_are_read(self):
        short = {**POSITION, "currentQty": -20, "leverage": 7}
        short.pop("realLeverage")
        self.web.get(f"{API}/positions", payload={"data": [short]})
        await self.exchange._update_positions()
        self.assertEqual((Decimal(-2), Decimal(7)), (self.position.amount, self.position.leverage))
        self.assertEqual(
            (Decimal("149.5"), Decimal("4.5")), (self.position.entry_price, self.position.unrealized_pnl)
        )
        self.assertIs(PositionSide.SHORT, self.position.position_side)

        self.web.get(f"{API}/positions", payload={"data": []})
        await self.exchange._update_positions()
        self.assertIsInstance(self.position, Position)
        self.web.get(f"{API}/positions", payload={"data": [[{**POSITION, "currentQty": 0}]]})
        await self.exchange._update_positions()
        self.assertIsNone(self.position)

    def test_leverage_falls_back_to_what_was_set(self):
        self.exchange._perpetual_trading.set_leverage(PAIR, 9)
        self.assertEqual(Decimal(9), self.exchange._position_leverage(PAIR, {}))

    def answer_limit(self, code="200000", most=20):
        self.web.get(
            f"{API}/contracts/risk-limit/{SYMBOL}", payload={"code": code, "data": [{"maxLeverage": most}]}
        )

    async def test_leverage_up_to_the_limit_is_taken_with_the_margin_mode(self):
        self.answer_limit()
        mode = f"https://api-futures.kucoin.com/api/v2/position/getMarginMode?symbol={SYMBOL}"
        self.web.get(mode, status=500)
        with self.assertLogs(level="WARNING"):
            self.assertEqual((True, ""), await self.exchange._set_trading_pair_leverage(PAIR, 20))
        self.assertEqual({}, self.exchange._margin_modes)
        self.answer_limit()
        self.web.get(mode, payload={"data": {"marginMode": "CROSS"}})
        await self.exchange._set_trading_pair_leverage(PAIR, 20)
        self.assertEqual({PAIR: "CROSS"}, self.exchange._margin_modes)
        self.answer_limit()
        self.assertEqual((True, ""), await self.exchange._set_trading_pair_leverage(PAIR, 3))

    async def test_leverage_over_the_limit_is_refused(self):
        self.answer_limit()
        with self.assertLogs(level="ERROR"):
            taken, message = await self.exchange._set_trading_pair_leverage(PAIR, 21)
        self.assertFalse(taken)
        self.assertIn("20", message)
        self.answer_limit(code="400003")
        taken, message = await self.exchange._set_trading_pair_leverage(PAIR, 2)
        self.assertFalse(taken)
        self.assertIn("400003", message)

    async def test_last_funding_payment(self):
        address = f"{API}/funding-history?symbol={SYMBOL}"
        paid = {"fundingRate": 0.0002, "positionQty": 50, "timePoint": "2026-09-21T13:00:00"}
        for reply, expected in (
            ({"data": {"dataList": [paid]}}, (1_789_995_600, Decimal("0.0002"), Decimal("0.01"))),
            ({"dataList": [paid]}, (1_789_995_600, Decimal("0.0002"), Decimal("0.01"))),
            ({"data": {"dataList": []}}, (0, Decimal(-1), Decimal(-1))),
            ({"dataList": [[]]}, (0, Decimal(-1), Decimal(-1))),
        ):
            self.web.get(address, payload=reply)
            self.assertEqual(expected, await self.exchange._fetch_last_fee_payment(PAIR))
