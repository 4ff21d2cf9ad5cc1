import base64
import hashlib
import hmac
import json
from unittest import IsolatedAsyncioTestCase
from unittest.mock import MagicMock

from hummingbot.connector.exchange.kucoin.kucoin_auth import KucoinAuth
from hummingbot.core.web_assistant.connections.data_types import RESTMethod, RESTRequest, WSJSONRequest

KEY, PASSPHRASE, SECRET = "public-part", "my-words", "private-part"
TIME = "1790000000500"


def signature_of(text, secret=SECRET):
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


class KucoinAuthTest(IsolatedAsyncioTestCase):
    def setUp(self):
        clock = MagicMock()
        clock.time.return_value = 1_790_000_000.5
        self.auth = KucoinAuth(KEY, PASSPHRASE, SECRET, time_provider=clock)

    async def sign(self, **request):
        return (await self.auth.rest_authenticate(RESTRequest(**request))).headers

    async def test_path_and_sorted_query_are_signed(self):
        headers = await self.sign(
            method=RESTMethod.GET,
            url="https://api.kucoin.com/api/v1/trade-fees",
            params={"symbols": "SOL-USDC,DOT-USDC", "b": "2"},
        )

        path = "/api/v1/trade-fees?b=2&symbols=SOL-USDC,DOT-USDC"
        self.assertEqual(signature_of(f"{TIME}GET{path}"), headers["KC-API-SIGN"])
        self.assertEqual(TIME, headers["KC-API-TIMESTAMP"])
        self.assertEqual(KEY, headers["KC-API-KEY"])

    async def test_body_is_signed_as_it_is_sent(self):
        body = json.dumps({"side": "buy"})
        headers = await self.sign(
            method=RESTMethod.POST, url="https://api.kucoin.com/api/v1/orders", data=body, headers={"a": "b"}
        )

        self.assertEqual(signature_of(f"{TIME}POST/api/v1/orders{body}"), headers["KC-API-SIGN"])
        self.assertEqual("b", headers["a"])

    async def test_passphrase_is_signed_and_never_sent(self):
        headers = await self.sign(method=RESTMethod.GET, url="https://api.kucoin.com/api/v1/accounts")

        self.assertEqual("2", headers["KC-API-KEY-VERSION"])
        self.assertEqual(signature_of(PASSPHRASE), headers["KC-API-PASSPHRASE"])
        self.assertNotIn(PASSPHRASE, str(headers))
        self.assertNotIn(SECRET, str(headers))

    def test_partner_is_named(self):
        headers = self.auth.partner_header(TIME)
        self.assertEqual({"KC-API-PARTNER", "KC-API-PARTNER-SIGN"}, set(headers))
        self.assertEqual(32, len(base64.b64decode(headers["KC-API-PARTNER-SIGN"])))

    async def test_stream_messages_pass_unchanged(self):
        request = WSJSONRequest(payload={"id": 1})
        self.assertIs(request, await self.auth.ws_authenticate(request))
