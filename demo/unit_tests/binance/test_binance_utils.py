import json
import re
from decimal import Decimal
from unittest import IsolatedAsyncioTestCase, TestCase

from aioresponses import aioresponses
from hummingbot.connector.exchange.binance import binance_constants, binance_utils, binance_web_utils
from hummingbot.core.web_assistant.web_assistants_factory import WebAssistantsFactory


class BinanceUtilsTest(TestCase):
    def test_only_pairs_that_trade_on_the_spot_market_are_valid(self):
        cases = [
            ({"status": "TRADING", "permissionSets": [["MARGIN"], ["SPOT", "LEVERAGED"]]}, True),
            ({"status": "TRADING", "permissionSets": [["MARGIN"]]}, False),
            ({"status": "TRADING", "permissionSets": []}, False),
            ({"status": "BREAK", "permissionSets": [["SPOT"]]}, False),
            ({}, False),
        ]
        for info, valid in cases:
            with self.subTest(info=info):
                self.assertEqual(valid, binance_utils.is_exchange_information_valid(info))

    def test_configuration_asks_for_key_and_secret_in_secret(self):
        fields = binance_utils.BinanceConfigMap.model_fields
        for name in ("binance_api_key", "binance_api_secret"):
            extra = fields[name].json_schema_extra
            self.assertTrue(extra["is_secure"] and extra["is_connect_key"] and extra["prompt_on_new"])
            self.assertIn("Binance", extra["prompt"](None))
        keys = binance_utils.BinanceConfigMap(binance_api_key="a", binance_api_secret="b")
        self.assertNotIn("b", repr(keys.binance_api_secret))
        self.assertEqual("binance", binance_utils.KEYS.connector)

    def test_default_fee_is_a_tenth_of_a_percent(self):
        self.assertEqual(Decimal("0.001"), binance_utils.DEFAULT_FEES.maker_percent_fee_decimal)
        self.assertEqual(Decimal("0.001"), binance_utils.DEFAULT_FEES.taker_percent_fee_decimal)

    def test_every_limit_links_to_a_declared_pool(self):
        declared = {limit.limit_id for limit in binance_constants.RATE_LIMITS}
        linked = {link.limit_id for limit in binance_constants.RATE_LIMITS for link in limit.linked_limits}
        self.assertLessEqual(linked, declared)
        self.assertIn(binance_constants.ORDER_PATH_URL, declared)


class BinanceWebUtilsTest(IsolatedAsyncioTestCase):
    def test_addresses_of_both_domains(self):
        for build in (binance_web_utils.public_rest_url, binance_web_utils.private_rest_url):
            self.assertEqual("https://api.binance.com/api/v3/depth", build("/depth"))
            self.assertEqual("https://api.binance.us/api/v3/depth", build("/depth", domain="us"))

    async def test_server_time(self):
        with aioresponses() as web:
            web.get(
                re.compile(r"https://api\.binance\.com/api/v3/time"), body=json.dumps({"serverTime": 1234})
            )
            self.assertEqual(1234, await binance_web_utils.get_current_server_time())

    async def test_factory_synchronizes_its_clock_before_the_first_request(self):
        factory = binance_web_utils.build_api_factory()
        self.assertIsInstance(factory, WebAssistantsFactory)
        assistant = await factory.get_rest_assistant()
        with aioresponses() as web:
            web.get("https://api.binance.com/api/v3/time", payload={"serverTime": 1_790_000_000_000})
            web.get("https://api.binance.com/api/v3/ping", payload={})
            await assistant.execute_request(
                url=binance_web_utils.public_rest_url("/ping"), throttler_limit_id="/ping"
            )
            self.assertEqual(2, len(web.requests))
