"""Good and bad specimens of a connector's own unit tests. A release has none, so these are of a few lines."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from checks.conformance import test_security_fair_play, test_unit_tests
from harness.checking import Failed, Undetermined
from harness.frameworks.mutation import MutationResult, grade_unit_tests
from harness.frameworks.unit_tests import UnitTestResult, run_unit_tests
from harness.outcome import Evidence
from tests.hostile.forging import PACKAGE, TESTS, unit_tests, with_tests
from tests.sandbox.fixtures import at_hand

IMPORT = f"from {PACKAGE.replace('/', '.')} import code\n"
ONE = "def test_one():\n    assert code.one() == 1\n"
TWO = "def test_two():\n    assert code.two() == 2\n"
WRONG = "def test_two():\n    assert code.two() == 3\n"
CALLS = "import socket\ndef test_out():\n    socket.create_connection(('exchange.example', 443), 2)\n"
NEEDS_KEYS = "import os\ndef test_keys():\n    assert os.environ['API_SECRET']\n"
PRINTS = (
    "import os\nfor number in range(3, 20):\n    try: os.write(number, b'ok')\n    except OSError: pass\n"
)

NEW = partial(test_unit_tests.test_unit_tests_pass, upstreams_unit_tests=lambda: UnitTestResult(ran=False))
BAD: dict[str, tuple[str, Callable[..., None], str]] = {
    "a failing test": (IMPORT + ONE + WRONG, NEW, "1 of 2 unit tests fail"),
    "a call to the exchange": (CALLS, NEW, "fail without network"),
    "a key from the environment": (
        NEEDS_KEYS, test_unit_tests.test_unit_tests_need_no_credentials, "1 of 1 unit tests ask for",
    ),
    "lines that no test runs": (
        IMPORT + ONE,
        test_unit_tests.test_unit_tests_cover_the_connector,
        "75% of the connector's lines, not 80%",
    ),
    "a result of its own": (PRINTS + ONE, test_security_fair_play.test_nobody_forges_the_unit_tests, "forge"),
}  # fmt: skip


def ran(place: Path, code: str) -> UnitTestResult:
    return unit_tests(at_hand(), place, {f"{TESTS}/test_code.py": code})


def test_good_unit_tests_pass_and_cover(tmp_path: Path) -> None:
    result, attached = ran(tmp_path, IMPORT + ONE + TWO), list[Evidence]()
    checks: tuple[Callable[..., None], ...] = (
        NEW,
        test_unit_tests.test_unit_tests_cover_the_connector,
        test_security_fair_play.test_nobody_forges_the_unit_tests,
    )
    for check in checks:
        check(result, lambda *items: attached.extend(items))
    assert [each.text for each in attached][:2] == [
        "2 of 2 unit tests passed",
        "100% of the connector's lines ran",
    ]


@pytest.mark.parametrize(("code", "check", "finding"), BAD.values(), ids=BAD)
def test_bad_unit_tests_are_found(
    tmp_path: Path, code: str, check: Callable[..., None], finding: str
) -> None:
    with pytest.raises(Failed, match=finding):
        check(ran(tmp_path, code), lambda *_: None)


CODE = """
def notional(price, amount, fee):
    return price * amount + fee


def is_open(order):
    return order["state"] == "open" and not order["done"]


def best(bids):
    return bids[0] if len(bids) > 0 else None
"""
CALLED = (
    IMPORT
    + """
ORDER = {"state": "open", "done": False}

def test_notional():
    code.notional(2, 3, 1)

def test_open():
    code.is_open(ORDER)

def test_best():
    code.best([7, 5])
"""
)
ASSERTED = (
    IMPORT
    + """
def test_notional():
    assert code.notional(2, 3, 1) == 7

def test_open():
    assert code.is_open({"state": "open", "done": False})
    assert not code.is_open({"state": "open", "done": True})
    assert not code.is_open({"state": "filled", "done": False})

def test_best():
    assert code.best([7, 5]) == 7
    assert code.best([]) is None
"""
)
RED = "def test_red():\n    assert code.best([7, 5]) == 8\n"


def graded(place: Path, code: str) -> MutationResult:
    runtime = with_tests(place, {f"{TESTS}/test_code.py": code, f"{PACKAGE}/code.py": CODE})
    backend = at_hand()
    result = run_unit_tests(backend, runtime, [TESTS], [PACKAGE])
    return grade_unit_tests(backend, runtime, result, seed=1)


def test_tests_that_look_at_what_comes_out_notice_defects(tmp_path: Path) -> None:
    result, attached = graded(tmp_path, ASSERTED), list[Evidence]()
    test_unit_tests.test_unit_tests_notice_defects(result, lambda *items: attached.extend(items))
    assert (result.noticed, result.planted) == (3, 3)
    assert attached[0].text == "3 of 3 planted defects noticed"


def test_tests_that_look_at_nothing_are_found(tmp_path: Path) -> None:
    result = graded(tmp_path, CALLED)
    with pytest.raises(Failed, match="detect 1 of 3 defects planted"):
        test_unit_tests.test_unit_tests_notice_defects(result, lambda *_: None)
    assert any(each.endswith(" became `-`") for each in result.missed)


def test_a_test_that_fails_anyway_notices_no_defect(tmp_path: Path) -> None:
    result = graded(tmp_path, CALLED + RED)
    assert (result.noticed, result.planted) == (1, 3)  # a field that is not there


def test_without_a_test_there_is_nothing_to_grade(tmp_path: Path) -> None:
    with pytest.raises(Undetermined, match="could be planted"):
        test_unit_tests.test_unit_tests_notice_defects(graded(tmp_path, "ONE = 1\n"), lambda *_: None)
