"""The generation between autumn 2020 and mid 2022: accepted as it was, and refused where it cannot work."""

from __future__ import annotations

import pytest

from checks.static import test_files, test_files_finished, test_unit_tests, test_usability_settings
from harness.requirement import Catalogue
from tests.checks.static.specimens import FOLDER, NAME, World
from tests.checks.static.spoiling import Bad, assert_found, named
from tests.checks.static.test_good import Check, all_checks, slugs

MAIN = f"{FOLDER}/{NAME}_exchange.pyx"
BOOK = f"{FOLDER}/{NAME}_api_order_book_data_source.py"
STREAM = f"{FOLDER}/{NAME}_user_stream_tracker.py"
UTILS = f"{FOLDER}/{NAME}_utils.py"
SETTINGS = "hummingbot/client/settings.py"
TEST = f"test/connector/exchange/{NAME}/test_{NAME}_exchange.py"

UPSTREAM = {
    "hummingbot/connector/exchange_base.pyx": "cdef class ExchangeBase(ConnectorBase):\n    pass\n",
    "hummingbot/market/market_base.pyx": "cdef class MarketBase(ConnectorBase):\n    pass\n",
    SETTINGS: 'fees = getattr(util_module, "DEFAULT_FEES", [])\nkeys = getattr(util_module, "KEYS", {})\n',
    "setup.py": 'install_requires = [\n    "aiohttp",\n]\n',
}


def _key(name: str) -> str:
    return f'    "{name}": ConfigVar(key="{name}", prompt="Key >>> ", is_secure=True, is_connect_key=True),\n'


CONNECTOR = {
    f"{FOLDER}/__init__.py": "",
    MAIN: (
        "from hummingbot.connector.exchange_base cimport ExchangeBase\n\n"
        "cdef class AcmeExchange(ExchangeBase):\n"
        "    def __init__(self):\n        self._user_stream_tracker = AcmeUserStreamTracker()\n\n"
        "    async def execute_buy(self, order_id: str, amount):\n"
        '        await self._api_request("post", "/v1/order", {"id": order_id})\n'
    ),
    BOOK: "class AcmeAPIOrderBookDataSource(OrderBookTrackerDataSource):\n    URL = 'https://api.acme.com/v1'\n",
    STREAM: "class AcmeUserStreamTracker(UserStreamTracker):\n    pass\n",
    f"{FOLDER}/{NAME}_auth.py": "class AcmeAuth:\n    def sign(self, text):\n        return text\n",
    UTILS: 'CENTRALIZED = True\nEXAMPLE_PAIR = "BTC-USDT"\nDEFAULT_FEES = [0.1, 0.1]\nKEYS = {\n'
    + _key("acme_api_key")
    + _key("acme_secret_key")
    + "}\n",
    TEST: (
        "from unittest import TestCase\n\n"
        f"from {FOLDER.replace('/', '.')}.{NAME}_exchange import AcmeExchange\n\n\n"
        "class Tests(TestCase):\n"
        "    def test_it(self):\n        self.assertEqual(2, AcmeExchange().add(1, 1))\n"
    ),
}


def between() -> World:
    return World(dict(CONNECTOR), dict(UPSTREAM), extra={"generation": "v1"})


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.__name__)
def test_accepts_a_connector_of_its_time(check: Check) -> None:
    if {item.id for item in Catalogue.load().for_profile("v1-spot")}.isdisjoint(slugs(check)):
        return
    result = between().run(check)
    # The pages of that time moved to a site of their own, as today's.
    accepted = ("passed", "not applicable", *(["undetermined"] if "docs" in check.__module__ else []))
    assert result.status in accepted, (result.summary, result.places)


BAD = [
    Bad("no connector", test_files.test_connector_files_complete, between().without(MAIN), f"no file {MAIN}"),
    Bad("no book", test_files.test_connector_files_complete, between().without(BOOK), f"no file {BOOK}"),
    Bad(
        "no user stream",
        test_files.test_connector_files_complete,
        between().without(STREAM),
        f"no file {STREAM}",
    ),
    Bad("no settings", test_files.test_connector_is_registered, between().without(UTILS)),
    Bad(
        "no keys", test_files.test_connector_is_registered, between().replacing(UTILS, "KEYS =", "X ="), UTILS
    ),
    Bad(
        "the main class under another name",
        test_files.test_connector_is_registered,
        between().replacing(MAIN, "class AcmeExchange", "class Acme"),
        MAIN,
    ),
    Bad(
        "a base of its own",
        test_files_finished.test_base_classes,
        between().replacing(MAIN, "AcmeExchange(ExchangeBase)", "AcmeExchange(object)"),
        f"{MAIN}:3",
    ),
    Bad(
        "a secret that is shown",
        test_usability_settings.test_asks_for_its_keys,
        between().replacing(UTILS, "is_secure=True, ", ""),
        f"{UTILS}:6",
    ),
    Bad("no tests", test_unit_tests.test_unit_tests_present, between().without(TEST), says="no unit tests"),
]


@pytest.mark.parametrize("bad", BAD, ids=named)
def test_finds_what_was_spoilt(bad: Bad) -> None:
    assert_found(bad)


def test_an_exchange_that_keeps_no_private_stream_needs_no_part_for_it() -> None:
    world = (
        between()
        .without(STREAM)
        .replacing(MAIN, "self._user_stream_tracker = AcmeUserStreamTracker()", "pass")
    )
    assert world.run(test_files.test_connector_files_complete).status == "passed"


def test_users_of_a_wallet_are_asked_for_no_keys() -> None:
    world = between().replacing(UTILS, "KEYS =", "USE_ETHEREUM_WALLET = True\nX =")
    assert world.run(test_files.test_connector_is_registered).status == "passed"
    assert world.run(test_usability_settings.test_asks_for_its_keys).status == "not applicable"
