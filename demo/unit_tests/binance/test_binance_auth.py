import hashlib
import hmac
import json
from unittest import IsolatedAsyncioTestCase
from unittest.mock import MagicMock
from urllib.parse import urlencode

from hummingbot.connector.exchange.binance.binance_auth import BinanceAuth
from hummingbot.core.web_assistant.connections.data_types import RESTMethod, RESTRequest, WSJSONRequest

KEY = "public-part"
SECRET = "private-part"
NOW = 1_790_000_000.5


def signature_of(text: str) -> str:
    return hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()


class BinanceAuthTest(IsolatedAsyncioTestCase):
    def setUp(self):
        clock = MagicMock()
        clock.time.return_value = NOW
        self.auth = BinanceAuth(api_key=KEY, secret_key=SECRET, time_provider=clock)

    async def test_query_parameters_are_timed_and_signed(self):
        request = RESTRequest(
            method=RESTMethod.GET, url="https://host/order", params={"symbol": "SOLUSDC", "limit": 5}
        )

        signed = await self.auth.rest_authenticate(request)

        text = urlencode({"symbol": "SOLUSDC", "limit": 5, "timestamp": 1_790_000_000_500})
        self.assertEqual(1_790_000_000_500, signed.params["timestamp"])
        self.assertEqual(signature_of(text), signed.params["signature"])
        self.assertEqual({"X-MBX-APIKEY": KEY}, signed.headers)

    async def test_body_of_a_post_is_signed_and_headers_are_kept(self):
        request = RESTRequest(
            method=RESTMethod.POST,
            url="https://host/order",
            data=json.dumps({"side": "BUY"}),
            headers={"Content-Type": "x"},
        )

        signed = await self.auth.rest_authenticate(request)

        self.assertEqual(signature_of("side=BUY&timestamp=1790000000500"), signed.data["signature"])
        self.assertEqual({"Content-Type": "x", "X-MBX-APIKEY": KEY}, signed.headers)

    async def test_post_without_body_signs_the_time(self):
        signed = await self.auth.rest_authenticate(RESTRequest(method=RESTMethod.POST, url="https://host/x"))

        self.assertEqual(signature_of("timestamp=1790000000500"), signed.data["signature"])

    async def test_secret_is_never_sent(self):
        signed = await self.auth.rest_authenticate(RESTRequest(method=RESTMethod.GET, url="https://host/x"))

        self.assertNotIn(SECRET, f"{signed.params}{signed.headers}")

    async def test_stream_messages_pass_unchanged(self):
        request = WSJSONRequest(payload={"id": 1})

        self.assertIs(request, await self.auth.ws_authenticate(request))

    def test_stream_subscription_is_signed_over_sorted_parameters(self):
        params = self.auth.generate_ws_subscribe_params()

        self.assertEqual(
            {
                "apiKey": KEY,
                "timestamp": 1_790_000_000_500,
                "signature": signature_of(f"apiKey={KEY}&timestamp=1790000000500"),
            },
            params,
        )
        self.assertEqual(signature_of("a=1&b=2"), self.auth.generate_ws_signature({"b": 2, "a": 1}))
