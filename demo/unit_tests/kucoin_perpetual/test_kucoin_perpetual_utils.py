from unittest import IsolatedAsyncioTestCase, TestCase

from aioresponses import aioresponses
from hummingbot.connector.derivative.kucoin_perpetual import (
    kucoin_perpetual_constants,
    kucoin_perpetual_utils,
    kucoin_perpetual_web_utils,
)

API = "https://api-futures.kucoin.com/api/v1"


class KucoinPerpetualUtilsTest(TestCase):
    def test_only_contracts_that_trade_are_valid(self):
        for info, valid in (({"status": "Open"}, True), ({"status": "Paused"}, False), ({}, False)):
            self.assertIs(valid, kucoin_perpetual_utils.is_exchange_information_valid(info))

    def test_configuration_asks_for_its_keys_in_secret(self):
        fields = kucoin_perpetual_utils.KucoinPerpetualConfigMap.model_fields
        for name in ("api_key", "secret_key", "passphrase"):
            extra = fields[f"kucoin_perpetual_{name}"].json_schema_extra
            self.assertTrue(extra["is_secure"] and extra["is_connect_key"] and extra["prompt_on_new"])
        self.assertEqual("kucoin_perpetual", kucoin_perpetual_utils.KEYS.connector)

    def test_every_address_has_a_limit(self):
        limits = {limit.limit_id for limit in kucoin_perpetual_constants.RATE_LIMITS}
        for name, value in vars(kucoin_perpetual_constants).items():
            if name.endswith("_ENDPOINT"):
                self.assertIn(value, limits)
        self.assertIn(kucoin_perpetual_constants.CREATE_ORDER_PATH_URL, limits)


class KucoinPerpetualWebUtilsTest(IsolatedAsyncioTestCase):
    def test_addresses(self):
        for domain in ("kucoin_perpetual_main", ""):
            self.assertEqual(
                f"{API}/orders", kucoin_perpetual_web_utils.get_rest_url_for_endpoint("api/v1/orders", domain)
            )
        for build in (kucoin_perpetual_web_utils.wss_public_url, kucoin_perpetual_web_utils.wss_private_url):
            self.assertTrue(build(None).startswith("wss://stream.kucoin.com/"))
            self.assertEqual(build(None), build("kucoin_perpetual_main"))

    def test_limits_of_a_pair(self):
        self.assertEqual(
            "orders-SOL-USDT", kucoin_perpetual_web_utils.get_pair_specific_limit_id("orders", "SOL-USDT")
        )

    def test_message_ids_differ(self):
        self.assertEqual(100, len({kucoin_perpetual_web_utils.next_message_id() for _ in range(100)}))

    def test_parts_of_a_message(self):
        for message, endpoint in (
            ({"type": "message", "subject": "orderChange", "topic": "/x"}, "orderChange"),
            ({"type": "error", "topic": "/x"}, "error"),
            ({"topic": "/x"}, "/x"),
            ({"request": {"topic": "/y"}}, "/y"),
            ({"request": "ping"}, None),
        ):
            self.assertEqual(endpoint, kucoin_perpetual_web_utils.endpoint_from_message(message))
        self.assertEqual({"a": 1}, kucoin_perpetual_web_utils.payload_from_message({"data": {"a": 1}}))
        self.assertEqual({"b": 2}, kucoin_perpetual_web_utils.payload_from_message({"b": 2}))

    async def test_server_time(self):
        with aioresponses() as web:
            web.get(f"{API}/timestamp", payload={"code": "200000", "data": 1_790_000_000_500})
            self.assertEqual(1_790_000_000_500, await kucoin_perpetual_web_utils.get_current_server_time())

    async def test_factory_synchronizes_its_clock_before_the_first_request(self):
        assistant = await kucoin_perpetual_web_utils.build_api_factory().get_rest_assistant()
        path = kucoin_perpetual_constants.QUERY_SYMBOL_ENDPOINT
        with aioresponses() as web:
            web.get(f"{API}/timestamp", payload={"code": "200000", "data": 1_790_000_000_500})
            web.get(f"{API}/contracts/active", payload={"data": []})
            reply = await assistant.execute_request(
                url=kucoin_perpetual_web_utils.get_rest_url_for_endpoint(path), throttler_limit_id=path
            )
            asked = {url.path: calls[0].kwargs["headers"] for (_, url), calls in web.requests.items()}

        self.assertEqual({"data": []}, reply)
        self.assertEqual({"/api/v1/timestamp", "/api/v1/contracts/active"}, set(asked))
        self.assertEqual("application/json", asked["/api/v1/contracts/active"]["Content-Type"])

    async def test_plain_requests(self):
        limit = kucoin_perpetual_constants.SERVER_TIME_PATH_URL
        factory = kucoin_perpetual_web_utils.build_api_factory_without_time_synchronizer_pre_processor(
            kucoin_perpetual_web_utils.create_throttler()
        )
        ask = kucoin_perpetual_web_utils.api_request
        with aioresponses() as web:
            web.get(f"{API}/timestamp", payload={"data": 5})
            self.assertEqual({"data": 5}, await ask(limit, factory))
            web.get(f"{API}/timestamp", status=400, payload={"code": "400001"})
            self.assertEqual({"code": "400001"}, await ask(limit, factory, return_err=True))
            web.get(f"{API}/timestamp", status=503, body="closed")
            with self.assertRaisesRegex(OSError, "503.*closed"):
                await ask(limit, factory)
