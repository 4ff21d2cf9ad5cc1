"""Bad specimens. What the connector consists of, and how it is built."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from checks.static import test_files, test_files_finished
from tests.checks.static.specimens import (
    APPLICATION,
    AUTH,
    BOOK,
    FEE_TEMPLATE,
    FOLDER,
    GLOBAL_TEMPLATE,
    MAIN,
    NAME,
    OLD_FOLDER,
    OLD_MAIN,
    STREAM,
    UTILS,
    WEB,
    World,
    of_2020,
    today,
)
from tests.checks.static.spoiling import Bad, assert_found, line_of, named, spoilt

LATE = datetime(2026, 10, 1, tzinfo=UTC)

FILES = [
    Bad("no folder at all", test_files.test_connector_files_complete, World({}), says="no connector in"),
    Bad(
        "no order book source",
        test_files.test_connector_files_complete,
        today().without(BOOK),
        f"no file {BOOK}",
    ),
    Bad(
        "no user stream",
        test_files.test_connector_files_complete,
        today().without(STREAM),
        f"no file {STREAM}",
    ),
    Bad("no signing", test_files.test_connector_files_complete, today().without(AUTH), f"no file {AUTH}"),
    Bad(
        "no package file", test_files.test_connector_files_complete, today().without(f"{FOLDER}/__init__.py")
    ),
    Bad(
        "2020: no in-flight order",
        test_files.test_connector_files_complete,
        of_2020().without(f"{OLD_FOLDER}/{NAME}_in_flight_order.pyx"),
    ),
    spoilt("not Python", test_files.test_files_parse, WEB, "def broken(:\n    pass\n", "def broken("),
    spoilt(
        "an unfinished merge",
        test_files.test_files_parse,
        WEB,
        "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> theirs\n",
        "<<<<<<< HEAD",
    ),
    Bad(
        "Cython with an open bracket", test_files.test_files_parse, of_2020().appending(OLD_MAIN, "x = (1,\n")
    ),
    Bad("too large to read", test_files.test_files_parse, replace(today(), too_large=frozenset({WEB})), WEB),
    Bad(
        "an odd file name",
        test_files.test_naming,
        today().adding({f"{FOLDER}/helpers.py": "x = 1\n"}),
        f"{FOLDER}/helpers.py",
    ),
    spoilt(
        "an odd class name",
        test_files.test_naming,
        WEB,
        "class acme_helper:\n    pass\n",
        "class acme_helper",
    ),
    Bad(
        "no settings module",
        test_files.test_connector_is_registered,
        today().without(UTILS),
        says="would not find acme",
    ),
    Bad(
        "no keys",
        test_files.test_connector_is_registered,
        today().replacing(UTILS, "KEYS =", "OTHER ="),
        UTILS,
    ),
    Bad(
        "the main class under another name",
        test_files.test_connector_is_registered,
        today().replacing(MAIN, "AcmeExchange", "AcmeConnector"),
        MAIN,
    ),
    Bad(
        "2020: not in the table of markets",
        test_files.test_connector_is_registered,
        of_2020().without(APPLICATION).adding({APPLICATION: "MARKET_CLASSES = {}\n"}),
        APPLICATION,
    ),
    Bad(
        "2020: no fees in the template",
        test_files.test_config_templates,
        of_2020().adding({FEE_TEMPLATE: "binance_maker_fee:\n"}),
        FEE_TEMPLATE,
    ),
    Bad(
        "2020: no keys in the template",
        test_files.test_config_templates,
        of_2020().adding({GLOBAL_TEMPLATE: "binance_api_key: null\n"}),
        GLOBAL_TEMPLATE,
    ),
]

SIGNER = "rest_authenticate"
LISTENER = "    async def _user_stream_event_listener(self):\n        pass\n"


def with_helper(request: str) -> World:
    """A connector with a helper for keys instead of a class that signs."""
    helper = "class AcmeAuth:\n    def __init__(self, key):\n        self.key = key\n"
    asking = f"    async def ask(self):\n        return await self._api_get(CONSTANTS.ORDER_URL, {request})\n"
    return today().adding({AUTH: helper}).appending(MAIN, asking)


def test_an_exchange_without_a_private_stream_is_polled() -> None:
    said = f"{LISTENER}    def _is_user_stream_initialized(self):\n        return True\n"
    assert today().appending(MAIN, said).run(test_files_finished.test_no_stubs).status == "passed"


def test_who_signs_needs_no_base_class() -> None:
    world = today().replacing(AUTH, "(AuthBase)", "")
    assert world.run(test_files_finished.test_base_classes).status == "passed"


@pytest.mark.parametrize("request_", ["", "is_auth_required=False"])
def test_a_helper_for_keys_needs_no_base_class(request_: str) -> None:
    assert with_helper(request_).run(test_files_finished.test_base_classes).status == "passed"


CRAFT = [
    Bad(
        "a base of its own",
        test_files_finished.test_base_classes,
        today().replacing(MAIN, "(ExchangePyBase)", ""),
        line_of(today(), MAIN, "class AcmeExchange"),
    ),
    Bad(
        "a signer that only has the name",
        test_files_finished.test_base_classes,
        with_helper("is_auth_required=True").appending(
            AUTH, f"    async def {SIGNER}(self, request):\n        pass\n"
        ),
        line_of(with_helper(""), AUTH, "class AcmeAuth"),
    ),
    Bad(
        "2020: a market of its own",
        test_files_finished.test_base_classes,
        of_2020().replacing(OLD_MAIN, "AcmeMarket(MarketBase)", "AcmeMarket"),
        line_of(of_2020(), OLD_MAIN, "class AcmeMarket"),
    ),
    spoilt(
        "an empty function",
        test_files_finished.test_no_stubs,
        MAIN,
        "    async def _update_balances(self):\n        pass\n",
        "_update_balances",
        "unfinished",
    ),
    spoilt(
        "a private stream that nobody listens to",
        test_files_finished.test_no_stubs,
        MAIN,
        LISTENER,
        "_user_stream_event_listener",
    ),
    spoilt(
        "a private stream that is said to be there and is not",
        test_files_finished.test_no_stubs,
        MAIN,
        f"{LISTENER}    def _is_user_stream_initialized(self):\n        pass\n",
        "_user_stream_event_listener",
    ),
    Bad(
        "signing of its own, for requests that Hummingbot sends",
        test_files_finished.test_base_classes,
        with_helper("is_auth_required=True"),
        line_of(with_helper(""), AUTH, "class AcmeAuth"),
    ),
    spoilt(
        "a function that gives up",
        test_files_finished.test_no_stubs,
        MAIN,
        "    async def _request_order_status(self, order):\n        raise NotImplementedError\n",
        "_request_order_status",
    ),
    spoilt(
        "a function to be written",
        test_files_finished.test_no_stubs,
        MAIN,
        "    def _get_fee(self):\n        # TODO implement this for Acme\n        return 0\n",
        "_get_fee",
    ),
    spoilt(
        "another exchange's class",
        test_files_finished.test_no_stubs,
        WEB,
        "class BinanceThrottler:\n    pass\n",
        "BinanceThrottler",
        "another exchange's name",
    ),
    spoilt(
        "another exchange's name", test_files_finished.test_no_stubs, WEB, "NAME = 'binance'\n", "NAME = "
    ),
]

BAD = [*FILES, *CRAFT]


@pytest.mark.parametrize("bad", BAD, ids=named)
def test_finds_what_was_spoilt(bad: Bad) -> None:
    assert_found(bad)
