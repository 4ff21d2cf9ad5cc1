from unittest import IsolatedAsyncioTestCase, TestCase

from aioresponses import aioresponses
from hummingbot.connector.exchange.kucoin import kucoin_constants, kucoin_utils, kucoin_web_utils
from hummingbot.connector.exchange.kucoin.kucoin_order_book_message import KucoinOrderBookMessage
from hummingbot.core.data_type.order_book_message import OrderBookMessageType


class KucoinUtilsTest(TestCase):
    def test_only_pairs_that_trade_are_valid(self):
        self.assertTrue(kucoin_utils.is_pair_information_valid({"enableTrading": True}))
        self.assertFalse(kucoin_utils.is_pair_information_valid({"enableTrading": False}))
        self.assertFalse(kucoin_utils.is_pair_information_valid({}))

    def test_configuration_asks_for_its_keys_in_secret(self):
        for config, prefix in (
            (kucoin_utils.KuCoinConfigMap, "kucoin"),
            (kucoin_utils.KuCoinHFTConfigMap, "kucoin_hft"),
        ):
            for name in ("api_key", "secret_key", "passphrase"):
                extra = config.model_fields[f"{prefix}_{name}"].json_schema_extra
                self.assertTrue(extra["is_secure"] and extra["is_connect_key"])
        self.assertEqual("kucoin", kucoin_utils.KEYS.connector)

    def test_every_other_domain_is_described(self):
        for domain in kucoin_utils.OTHER_DOMAINS:
            self.assertIn(kucoin_utils.OTHER_DOMAINS_PARAMETER[domain], kucoin_constants.BASE_PATH_URL)
            self.assertEqual(domain, kucoin_utils.OTHER_DOMAINS_KEYS[domain].connector)
            self.assertIn(domain, kucoin_utils.OTHER_DOMAINS_EXAMPLE_PAIR)
            self.assertIn(domain, kucoin_utils.OTHER_DOMAINS_DEFAULT_FEES)

    def test_limits_are_declared_once(self):
        names = [limit.limit_id for limit in kucoin_constants.RATE_LIMITS]
        self.assertEqual(sorted(set(names)), sorted(names))
        self.assertIn(kucoin_constants.POST_ORDER_LIMIT_ID, names)


class KucoinOrderBookMessageTest(TestCase):
    @staticmethod
    def message(kind, timestamp=5.0, **content):
        return KucoinOrderBookMessage(
            kind, {"trading_pair": "SOL-USDC", "update_id": 3, **content}, timestamp=timestamp
        )

    def test_rows_carry_the_update(self):
        message = self.message(
            OrderBookMessageType.DIFF, bids=[["1.5", "2", "77"]], asks=[["1.6", "0", "78"]]
        )
        self.assertEqual([(1.5, 2.0, 3)], [(row.price, row.amount, row.update_id) for row in message.bids])
        self.assertEqual([(1.6, 0.0, 3)], [(row.price, row.amount, row.update_id) for row in message.asks])
        self.assertEqual("SOL-USDC", message.trading_pair)
        self.assertTrue(message.has_update_id and message.has_trade_id)

    def test_snapshots_need_a_time_and_others_take_the_clock(self):
        with self.assertRaises(ValueError):
            self.message(OrderBookMessageType.SNAPSHOT, timestamp=None)
        self.assertGreater(self.message(OrderBookMessageType.TRADE, timestamp=None).timestamp, 0)

    def test_order_is_by_time_then_kind(self):
        snapshot = self.message(OrderBookMessageType.SNAPSHOT)
        diff = self.message(OrderBookMessageType.DIFF)
        self.assertLess(snapshot, diff)
        self.assertLess(diff, self.message(OrderBookMessageType.SNAPSHOT, timestamp=6.0))
        self.assertEqual(diff, self.message(OrderBookMessageType.DIFF))
        self.assertNotEqual(diff, snapshot)


class KucoinWebUtilsTest(IsolatedAsyncioTestCase):
    def test_addresses(self):
        for domain in ("main", "hft"):
            self.assertEqual(
                "https://api.kucoin.com/api/v1/orders",
                kucoin_web_utils.private_rest_url("/api/v1/orders", domain),
            )
        self.assertEqual("https://api.kucoin.com/x", kucoin_web_utils.public_rest_url("/x"))

    def test_message_ids_differ(self):
        self.assertEqual(100, len({kucoin_web_utils.next_message_id() for _ in range(100)}))

    async def test_factory_synchronizes_its_clock_before_the_first_request(self):
        assistant = await kucoin_web_utils.build_api_factory().get_rest_assistant()
        path = kucoin_constants.SYMBOLS_PATH_URL
        with aioresponses() as web:
            web.get("https://api.kucoin.com/api/v1/timestamp", payload={"code": "200000", "data": 1_790})
            web.get(f"https://api.kucoin.com{path}", payload={"data": []})
            reply = await assistant.execute_request(
                url=kucoin_web_utils.public_rest_url(path), throttler_limit_id=path
            )
            self.assertEqual({"data": []}, reply)
            self.assertEqual(2, len(web.requests))
