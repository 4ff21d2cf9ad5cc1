import hashlib
import hmac
from unittest import IsolatedAsyncioTestCase
from unittest.mock import MagicMock

from hummingbot.connector.exchange.bitstamp.bitstamp_auth import BitstampAuth
from hummingbot.core.web_assistant.connections.data_types import RESTMethod, RESTRequest, WSJSONRequest

KEY, SECRET = "public-part", "private-part"


class BitstampAuthTest(IsolatedAsyncioTestCase):
    def setUp(self):
        clock = MagicMock()
        clock.time.return_value = 1_790_000_000.5
        self.auth = BitstampAuth(KEY, SECRET, time_provider=clock)

    async def sign(self, **request):
        request = RESTRequest(method=RESTMethod.POST, url="https://www.bitstamp.net/api/v2/x/", **request)
        return (await self.auth.rest_authenticate(request)).headers

    async def check(self, headers, content_type, body):
        message = (
            f"BITSTAMP {KEY}POSTwww.bitstamp.net/api/v2/x/{content_type}"
            f"{headers['X-Auth-Nonce']}1790000000500v2{body}"
        )
        expected = hmac.new(SECRET.encode(), message.encode(), hashlib.sha256).hexdigest()
        self.assertEqual(expected, headers["X-Auth-Signature"])

    async def test_form_is_signed(self):
        kind = "application/x-www-form-urlencoded"
        headers = await self.sign(data={"id": "1", "b": "c d"}, headers={"Content-Type": kind})
        await self.check(headers, kind, "id=1&b=c+d")
        self.assertEqual(f"BITSTAMP {KEY}", headers["X-Auth"])
        self.assertEqual("v2", headers["X-Auth-Version"])

    async def test_request_without_body_is_signed(self):
        headers = await self.sign()
        await self.check(headers, "", "")
        self.assertEqual("1790000000500", headers["X-Auth-Timestamp"])
        self.assertNotIn(SECRET, str(headers))

    async def test_nonces_differ(self):
        nonces = {(await self.sign())["X-Auth-Nonce"] for _ in range(20)}
        self.assertEqual({36}, {len(nonce) for nonce in nonces})
        self.assertEqual(20, len(nonces))

    async def test_stream_messages_pass_unchanged(self):
        request = WSJSONRequest(payload={"id": 1})
        self.assertIs(request, await self.auth.ws_authenticate(request))
