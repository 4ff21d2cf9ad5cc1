"""Bad specimens. What comes along: tests, a page, libraries."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks.static import test_build, test_docs, test_unit_tests
from checks.static.advisories import Advisory, NoAnswerError
from tests.checks.static.specimens import NAME, PAGE, TESTS, of_2020, today
from tests.checks.static.spoiling import Bad, assert_found, named

HEAD = f"from hummingbot.connector.exchange.{NAME}.{NAME}_exchange import AcmeExchange\n\n\n"
HOLLOW = f"{HEAD}class Tests:\n    def test_it(self):\n        run()\n"
TRIVIAL = f"{HEAD}class Tests:\n    def test_it(self):\n        self.assertTrue(True)\n        assert True\n"
ELSEWHERE = "class Tests:\n    def test_it(self):\n        self.assertEqual(2, add(1, 1))\n"
SUITE = "hummingbot/connector/test_support/acme_suite.py"
DERIVED = (
    f"from hummingbot.connector.test_support.acme_suite import Suites\n{HEAD}"
    "class Tests(Suites.ExchangeTests):\n    def make(self):\n        return AcmeExchange()\n"
)
COUNTS = "def pytest_runtest_makereport(item, call):\n    return None\n"
ENDS = "from os import _exit\n\n_exit(0)\n"

HOLE = Advisory("PYSEC-2020-1", "runs what it is sent", ("1.1",), 2020)
OTHER_HOLE = HOLE._replace(name="PYSEC-2020-2")


def silent(name: str, version: str | None) -> tuple[Advisory, ...]:
    raise NoAnswerError("nobody is there")


TESTS_AND_DOCS = [
    Bad(
        "no tests",
        test_unit_tests.test_unit_tests_present,
        today().without(*(path for path in today().files if path.startswith("test/"))),
        says="no unit tests at all",
    ),
    Bad(
        "no test of the book",
        test_unit_tests.test_unit_tests_present,
        today().without(f"{TESTS}/test_{NAME}_api_order_book_data_source.py"),
        says="the order book source",
    ),
    Bad(
        "tests that assert nothing",
        test_unit_tests.test_unit_tests_present,
        today().adding({f"{TESTS}/test_{NAME}_exchange.py": HOLLOW}),
        f"{TESTS}/test_{NAME}_exchange.py",
    ),
    Bad(
        "tests that assert the obvious",
        test_unit_tests.test_unit_tests_present,
        today().adding({f"{TESTS}/test_{NAME}_exchange.py": TRIVIAL}),
        f"{TESTS}/test_{NAME}_exchange.py",
    ),
    Bad(
        "tests of something else",
        test_unit_tests.test_unit_tests_present,
        today().adding({f"{TESTS}/test_{NAME}_exchange.py": ELSEWHERE}),
        says="the connector itself",
    ),
    Bad(
        "a suite of its own that asserts nothing",
        test_unit_tests.test_unit_tests_present,
        today().adding({f"{TESTS}/test_{NAME}_exchange.py": DERIVED, SUITE: HOLLOW}),
        says="the connector itself",
    ),
    Bad(
        "a conftest that counts",
        test_unit_tests.test_tests_do_not_count_themselves,
        today().adding({"test/conftest.py": COUNTS}),
        "test/conftest.py:1",
        says="take over pytest's pytest_runtest_makereport",
    ),
    Bad(
        "tests that end the run",
        test_unit_tests.test_tests_do_not_count_themselves,
        today().adding({f"{TESTS}/test_{NAME}_exchange.py": ENDS}),
        f"{TESTS}/test_{NAME}_exchange.py:3",
        says="end the run themselves with os._exit",
    ),
    Bad(
        "2020: no tests",
        test_unit_tests.test_unit_tests_present,
        of_2020().without(f"test/integration/test_{NAME}_market.py"),
        says="the market class",
    ),
    Bad(
        "2020: no page",
        test_docs.test_usage_page,
        of_2020().without(f"documentation/docs/connectors/{NAME}.md"),
        says="No page",
    ),
    Bad("an empty page", test_docs.test_usage_page, today().adding({PAGE: "# Acme\n"}), PAGE),
    Bad("no page in the fork", test_docs.test_usage_page, today().without(PAGE), status="undetermined"),
    Bad(
        "a library with a known hole",
        test_build.test_no_known_vulnerabilities,
        replace(
            today().adding({"setup.py": 'install_requires = [\n    "left-pad==1.0",\n    "right-pad",\n]\n'}),
            advisories=lambda name, version: (HOLE,) if (name, version) == ("left-pad", "1.0") else (),
        ),
        "setup.py:2",
        "1 known vulnerability",
    ),
    Bad(
        "a library with a hole in its newest release",
        test_build.test_no_known_vulnerabilities,
        replace(
            today().adding({"setup.py": 'install_requires = [\n    "left-pad>=1.0",\n]\n'}),
            advisories=lambda _, version: (HOLE, OTHER_HOLE) if version is None else (),
        ),
        "setup.py:2",
        "2 known vulnerabilities",
    ),
    Bad(
        "a library that the index does not know",
        test_build.test_no_known_vulnerabilities,
        replace(
            today().adding({"setup.py": 'install_requires = [\n    "left-pad>=1.0",\n]\n'}),
            advisories=silent,
        ),
        says="of 1 of the libraries could not be looked up: nobody is there",
        status="undetermined",
    ),
]

BAD = TESTS_AND_DOCS


@pytest.mark.parametrize("bad", BAD, ids=named)
def test_finds_what_was_spoilt(bad: Bad) -> None:
    assert_found(bad)


def test_a_hole_that_was_found_after_the_round_is_only_noted() -> None:
    late = HOLE._replace(name="PYSEC-2999-1", year=2999)
    world = replace(
        today().adding({"setup.py": 'install_requires = [\n    "left-pad==1.0",\n]\n'}),
        advisories=lambda _name, _version: (late,),
    )
    result = world.run(test_build.test_no_known_vulnerabilities)
    assert result.status == "passed"
    assert any("not known before 2999" in item.text for item in result.attached)
