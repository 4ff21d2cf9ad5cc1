import base64
import hashlib
import hmac
from unittest import IsolatedAsyncioTestCase
from unittest.mock import MagicMock

from hummingbot.connector.derivative.kucoin_perpetual import kucoin_perpetual_constants
from hummingbot.connector.derivative.kucoin_perpetual.kucoin_perpetual_auth import KucoinPerpetualAuth
from hummingbot.core.web_assistant.connections.data_types import RESTMethod, RESTRequest, WSJSONRequest

KEY, SECRET, PASSPHRASE = "public-part", "private-part", "some words"
URL = "https://api-futures.kucoin.com/api/v1/orders"


def signature(secret, text):
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


class KucoinPerpetualAuthTest(IsolatedAsyncioTestCase):
    def setUp(self):
        clock = MagicMock()
        clock.time.return_value = 1_790_000_000.5
        self.auth = KucoinPerpetualAuth(KEY, PASSPHRASE, SECRET, time_provider=clock)

    async def sign(self, method, **request):
        return (await self.auth.rest_authenticate(RESTRequest(method=method, url=URL, **request))).headers

    async def test_query_is_signed_in_order(self):
        headers = await self.sign(RESTMethod.GET, params={"symbol": "SOLUSDTM,XBTUSDTM", "status": "active"})
        text = "1790000000500GET/api/v1/orders?status=active&symbol=SOLUSDTM,XBTUSDTM"
        self.assertEqual(signature(SECRET, text), headers["KC-API-SIGN"])

    async def test_body_is_signed(self):
        body = '{"clientOid": "mine-1"}'
        headers = await self.sign(RESTMethod.POST, data=body, headers={"Content-Type": "application/json"})
        self.assertEqual(signature(SECRET, f"1790000000500POST/api/v1/orders{body}"), headers["KC-API-SIGN"])
        self.assertEqual("application/json", headers["Content-Type"])

    async def test_headers_name_the_key_and_hide_the_secrets(self):
        headers = await self.sign(RESTMethod.DELETE)
        self.assertEqual(signature(SECRET, "1790000000500DELETE/api/v1/orders"), headers["KC-API-SIGN"])
        self.assertEqual(
            (KEY, "1790000000500", "2"),
            tuple(headers[f"KC-API-{name}"] for name in ("KEY", "TIMESTAMP", "KEY-VERSION")),
        )
        self.assertEqual(signature(SECRET, PASSPHRASE), headers["KC-API-PASSPHRASE"])
        self.assertNotIn(SECRET, str(headers))
        self.assertNotIn(PASSPHRASE, str(headers))

    async def test_orders_are_counted_for_the_partner(self):
        headers = await self.sign(RESTMethod.POST)
        partner = kucoin_perpetual_constants.HB_PARTNER_ID
        self.assertEqual(partner, headers["KC-API-PARTNER"])
        self.assertEqual(
            signature(kucoin_perpetual_constants.HB_PARTNER_KEY, f"1790000000500{partner}{KEY}"),
            headers["KC-API-PARTNER-SIGN"],
        )

    async def test_stream_messages_pass_unchanged(self):
        request = WSJSONRequest(payload={"id": 1})
        self.assertIs(request, await self.auth.ws_authenticate(request))
        self.assertEqual({"id": 1}, request.payload)
