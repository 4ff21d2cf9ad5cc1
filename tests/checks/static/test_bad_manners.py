"""Bad specimens. Limits, settings, and how it behaves in the bot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks.static import test_rate_limits, test_usability, test_usability_settings
from tests.checks.static.specimens import CONSTANTS, GLOBAL_MAP, MAIN, UTILS, WEB, of_2020, today
from tests.checks.static.spoiling import Bad, assert_found, line_of, named, spoilt

MANNERS = [
    Bad(
        "no limits",
        test_rate_limits.test_rate_limits_are_declared,
        today()
        .replacing(MAIN, "return CONSTANTS.RATE_LIMITS", "return []")
        .adding({CONSTANTS: "ORDER_URL = 'order'\nTICKER_URL = 'ticker'\n"}),
        CONSTANTS,
    ),
    Bad(
        "a request without a limit",
        test_rate_limits.test_rate_limits_are_declared,
        today().replacing(CONSTANTS, "    RateLimit(limit_id=TICKER_URL, limit=20, time_interval=1),\n", ""),
        line_of(today(), MAIN, "TICKER_URL"),
    ),
    Bad(
        "no keys asked for",
        test_usability_settings.test_asks_for_its_keys,
        today().replacing(UTILS, "AcmeConfigMap(BaseConnectorConfigMap)", "AcmeConfigMap"),
        says="declares no keys",
    ),
    Bad(
        "a secret that is shown",
        test_usability_settings.test_asks_for_its_keys,
        today().replacing(
            UTILS,
            '"prompt": "Acme API secret", "is_secure": True',
            '"prompt": "Acme API secret", "is_secure": False',
        ),
        line_of(today(), UTILS, "acme_api_secret"),
    ),
    Bad(
        "a key without a prompt",
        test_usability_settings.test_asks_for_its_keys,
        today().replacing(UTILS, '"prompt": "Acme API key", ', ""),
        line_of(today(), UTILS, "acme_api_key"),
    ),
    Bad(
        "fees in percent",
        test_usability_settings.test_default_fees_are_shares,
        today().replacing(
            UTILS,
            "DEFAULT_FEES = [0.1, 0.1]",
            "DEFAULT_FEES = TradeFeeSchema(\n"
            '    maker_percent_fee_decimal=Decimal("0.1"),\n'
            '    taker_percent_fee_decimal=Decimal("0.2"),\n'
            ")",
        ),
        line_of(today(), UTILS, "DEFAULT_FEES"),
        says="10 % for makers and 20 % for takers",
    ),
    Bad(
        "2020: a secret that is shown",
        test_usability_settings.test_asks_for_its_keys,
        of_2020().replacing(GLOBAL_MAP, 'prompt="Secret?", is_secure=True', 'prompt="Secret?"'),
        f"{GLOBAL_MAP}:3",
    ),
    spoilt(
        "sleeping in the loop",
        test_usability.test_no_blocking_calls,
        MAIN,
        "    async def wait(self):\n        import time\n        time.sleep(1)\n",
        "time.sleep",
    ),
    spoilt(
        "a request that blocks",
        test_usability.test_no_blocking_calls,
        WEB,
        "import requests\n\ndef f():\n    return requests.get('x')\n",
        "requests.get",
    ),
    spoilt("printing", test_usability.test_log_messages, WEB, "print('connected')\n", "print("),
    spoilt(
        "a message without words",
        test_usability.test_log_messages,
        MAIN,
        "    def f(self):\n        self.logger().error('')\n",
        "error('')",
    ),
]

BAD = MANNERS


def test_a_limit_that_was_there_before_counts() -> None:
    before = today().files[CONSTANTS].replace("api.acme.com", "old.acme.com")
    world = replace(today(), base={**today().base, CONSTANTS: before})
    assert world.run(test_rate_limits.test_rate_limits_are_declared).status == "passed"


@pytest.mark.parametrize("bad", BAD, ids=named)
def test_finds_what_was_spoilt(bad: Bad) -> None:
    assert_found(bad)
