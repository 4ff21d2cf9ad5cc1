"""Defects that give away keys or talk to the wrong ones."""

from __future__ import annotations

from checks.conformance import test_security as checks
from demo.edits import secret_in_the_log
from tests.zoo.defect import AUTH, CONSTANTS, EXCHANGE, defect
from tests.zoo.planting import behaving, constant, exchange, rewritten, worded

DEFECTS = (
    defect(
        "signature-over-sorted-parameters",
        checks.test_signatures_are_accepted,
        r"accepted none of \d+ signed requests \(place_order\)",
        worded(AUTH, "_generate_signature", ("urlencode(params)", "urlencode(sorted(params.items()))")),
    ),
    defect(
        "requests-not-signed",
        checks.test_signatures_are_accepted,
        r"accepted none of \d+ signed requests \(balances\)",
        worded(AUTH, "add_auth_to_params", ('request_params["signature"]', "unused")),
    ),
    defect(
        "secret-in-a-url",
        checks.test_secrets_never_leave,
        "The secret binance_api_secret left the connector",
        behaving(
            EXCHANGE,
            "BinanceExchange",
            """
            async def _make_network_check_request(self):
                await self._api_get(path_url=CONSTANTS.SERVER_TIME_PATH_URL, params={"key": self.secret_key})
            """,
        ),
    ),
    defect(
        "secret-in-a-header",
        checks.test_secrets_never_leave,
        "The secret binance_api_secret left the connector",
        behaving(
            AUTH,
            "BinanceAuth",
            """
            def header_for_authentication(self):
                import base64

                both = base64.b64encode(f"{self.api_key}:{self.secret_key}".encode()).decode()
                return {**super().header_for_authentication(), "Authorization": both}
            """,
        ),
    ),
    defect(
        "secret-in-the-log",
        checks.test_secrets_are_not_logged,
        "The secret binance_api_secret is written to the log",
        rewritten(EXCHANGE, secret_in_the_log),
    ),
    defect(
        "usage-told-to-a-third-party",
        checks.test_only_declared_hosts,
        "metrics.example.org",
        exchange(
            """
            async def start_network(self):
                import aiohttp

                await super().start_network()
                async with aiohttp.ClientSession() as session:
                    try:
                        await session.get("https://metrics.example.org/started")
                    except aiohttp.ClientError:
                        pass
            """,
        ),
    ),
    defect(
        "certificates-not-verified",
        checks.test_a_wrong_certificate_is_refused,
        "whose certificate it must not trust",
        exchange(
            """
            async def check_network(self):
                import aiohttp
                from hummingbot.core.web_assistant.connections.connections_factory import ConnectionsFactory

                shared = ConnectionsFactory()
                if shared._shared_client is None:
                    trusting = aiohttp.TCPConnector(ssl=False)
                    shared._shared_client = aiohttp.ClientSession(connector=trusting)
                return await super().check_network()
            """,
        ),
    ),
    defect(
        "requests-not-encrypted",
        checks.test_a_wrong_certificate_is_refused,
        "without encryption",
        constant(CONSTANTS, '"https://api.binance.{}/api/"', '"http://api.binance.{}/api/"'),
    ),
)
