from unittest import IsolatedAsyncioTestCase, TestCase

from aioresponses import aioresponses
from hummingbot.connector.exchange.bitstamp import bitstamp_constants, bitstamp_utils, bitstamp_web_utils


class BitstampUtilsTest(TestCase):
    def test_only_pairs_that_trade_are_valid(self):
        for info, valid in (({"trading": "Enabled"}, True), ({"trading": "Disabled"}, False), ({}, False)):
            self.assertEqual(valid, bitstamp_utils.is_exchange_information_valid(info))

    def test_configuration_asks_for_key_and_secret_in_secret(self):
        for name in ("bitstamp_api_key", "bitstamp_api_secret"):
            extra = bitstamp_utils.BitstampConfigMap.model_fields[name].json_schema_extra
            self.assertTrue(extra["is_secure"] and extra["is_connect_key"])
        self.assertEqual("bitstamp", bitstamp_utils.KEYS.connector)

    def test_every_limit_links_to_a_declared_pool(self):
        declared = {limit.limit_id for limit in bitstamp_constants.RATE_LIMITS}
        linked = {link.limit_id for limit in bitstamp_constants.RATE_LIMITS for link in limit.linked_limits}
        self.assertLessEqual(linked, declared)


class BitstampWebUtilsTest(IsolatedAsyncioTestCase):
    def test_addresses(self):
        for build in (bitstamp_web_utils.public_rest_url, bitstamp_web_utils.private_rest_url):
            self.assertEqual("https://www.bitstamp.net/api/v2/status/", build("/status/"))

    async def test_server_time(self):
        with aioresponses() as web:
            web.get("https://www.bitstamp.net/api/v2/status/", payload={"server_time": 1234})
            self.assertEqual(1234, await bitstamp_web_utils.get_current_server_time())

    async def test_empty_posts_have_no_content_type_and_others_are_forms(self):
        factory = bitstamp_web_utils.build_api_factory(throttler=bitstamp_web_utils.create_throttler())
        assistant = await factory.get_rest_assistant()
        url = "https://www.bitstamp.net/api/v2/order_status/"
        with aioresponses() as web:
            web.get("https://www.bitstamp.net/api/v2/status/", payload={"server_time": 1_790})
            web.post(url, payload={}, repeat=True)
            for data in (None, {"id": "1"}):
                await assistant.execute_request(
                    url=url,
                    data=data,
                    method=bitstamp_web_utils.RESTMethod.POST,
                    throttler_limit_id=bitstamp_constants.ORDER_STATUS_URL,
                )
            posts = [
                call.kwargs
                for (method, _), calls in web.requests.items()
                for call in calls
                if method == "POST"
            ]

        self.assertEqual("", posts[0]["headers"]["Content-Type"])
        self.assertEqual("application/x-www-form-urlencoded", posts[1]["headers"]["Content-Type"])
        self.assertEqual({"id": "1"}, posts[1]["data"])
