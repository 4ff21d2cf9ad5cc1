"""A connector of an exchange that runs on a platform with parts of its own for all its exchanges."""

from __future__ import annotations

from checks.static import test_files, test_files_finished, test_rate_limits, test_unit_tests
from tests.checks.static.specimens import AUTH, BOOK, MAIN, STREAM, TESTS, World, today

PLATFORM = "hummingbot/connector/utilities/desk/desk_exchange.py"
BASE = (
    "from hummingbot.connector.exchange_py_base import ExchangePyBase\n\n\n"
    "class DeskExchange(ExchangePyBase):\n"
    "    @property\n    def authenticator(self):\n        return DeskAuth(self.key)\n\n"
    "    @property\n    def rate_limits_rules(self):\n        return LIMITS\n\n"
    "    def _create_order_book_data_source(self):\n        return DeskBook(self)\n\n"
    "    def _create_user_stream_data_source(self):\n        return DeskStream(self)\n"
)
OWN = (
    "from hummingbot.connector.utilities.desk.desk_exchange import DeskExchange\n\n\n"
    "class AcmeExchange(DeskExchange):\n    @property\n    def name(self):\n        return 'acme'\n"
)
CHECKS = (
    test_files.test_connector_files_complete,
    test_files_finished.test_base_classes,
    test_rate_limits.test_rate_limits_are_declared,
    test_unit_tests.test_unit_tests_present,
)


def on_a_platform(base: str) -> World:
    tests = [path for path in today().files if path.startswith(f"{TESTS}/") and "data_source" in path]
    return today().without(AUTH, BOOK, STREAM, *tests).adding({PLATFORM: base, MAIN: OWN})


def test_the_platform_brings_the_parts() -> None:
    for check in CHECKS:
        result = on_a_platform(BASE).run(check)
        assert result.status == "passed", result.places


def test_a_platform_that_only_names_the_parts_brings_none() -> None:
    named = "\n".join(
        line if "return" not in line else f"{line[: len(line) - len(line.lstrip())]}raise NotImplementedError"
        for line in BASE.split("\n")
    )
    result = on_a_platform(named).run(test_files.test_connector_files_complete)
    assert {f"no file {BOOK}", f"no file {STREAM}"} <= set(result.places)


def test_hummingbots_own_base_class_brings_none() -> None:
    assert on_a_platform(BASE.split("    @property")[0] + "    pass\n").run(CHECKS[0]).status == "failed"
