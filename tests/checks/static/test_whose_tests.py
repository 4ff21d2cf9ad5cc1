"""Which files count as a connector's unit tests."""

from __future__ import annotations

from dataclasses import replace

from checks.static.test_unit_tests import test_unit_tests_present as check
from tests.checks.static.specimens import NAME, TESTS, today
from tests.checks.static.test_bad_tests_and_docs import DERIVED, SUITE

BOOK = f"{TESTS}/test_{NAME}_api_order_book_data_source.py"


def test_goes_by_what_a_test_imports_and_not_by_its_name() -> None:
    renamed = today().without(BOOK).adding({f"{TESTS}/test_{NAME}_prices.py": today().files[BOOK]})
    assert renamed.run(check).status == "passed"


def test_finds_a_test_in_another_folder() -> None:
    moved = today().without(BOOK).adding({"test/connector/test_prices.py": today().files[BOOK]})
    assert moved.run(check).status == "passed"


def test_finds_a_test_that_is_upstreams_in_a_folder_of_another_name() -> None:
    """Of a connector that is changed, the tests are there already, and need not be changed."""
    world = today()
    before = {**world.base, "test/connector/acm/test_prices.py": world.files[BOOK]}
    assert replace(world.without(BOOK), base=before).run(check).status == "passed"


def test_takes_a_suite_of_upstreams_for_tests() -> None:
    world = today().adding({f"{TESTS}/test_{NAME}_exchange.py": DERIVED})
    suite = (
        "class Suites:\n    class ExchangeTests:\n        def test_it(self):\n"
        "            self.assertEqual(1, self.make().count)\n"
    )
    assert replace(world, base={**world.base, SUITE: suite}).run(check).status == "passed"
