"""Good and bad specimens of a connector's own unit tests. A release has none, so these are of a few lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from checks.conformance import test_build, test_whole_run
from harness.checking import Failed
from harness.frameworks.unit_tests import UnitTestResult
from harness.outcome import Evidence
from harness.sandbox import choose
from tests.hostile.forging import PACKAGE, TESTS, unit_tests

IMPORT = f"from {PACKAGE.replace('/', '.')} import code\n"
ONE = "def test_one():\n    assert code.one() == 1\n"
TWO = "def test_two():\n    assert code.two() == 2\n"
WRONG = "def test_two():\n    assert code.two() == 3\n"
CALLS = "import socket\ndef test_out():\n    socket.create_connection(('exchange.example', 443), 2)\n"
NEEDS_KEYS = "import os\ndef test_keys():\n    assert os.environ['API_SECRET']\n"
PRINTS = (
    "import os\nfor number in range(3, 20):\n    try: os.write(number, b'ok')\n    except OSError: pass\n"
)

BAD: dict[str, tuple[str, Callable[..., None], str]] = {
    "a failing test": (IMPORT + ONE + WRONG, test_build.test_unit_tests_pass, "1 of 2 unit tests fail"),
    "a call to the exchange": (CALLS, test_build.test_unit_tests_pass, "fail without network"),
    "a key from the environment": (NEEDS_KEYS, test_build.test_unit_tests_pass, "1 of 1 unit tests fail"),
    "lines that no test runs": (
        IMPORT + ONE, test_build.test_unit_tests_cover_the_connector, "75% of the connector's lines, not 80%",
    ),
    "a result of its own": (PRINTS + ONE, test_whole_run.test_nobody_forges_the_unit_tests, "forge"),
}  # fmt: skip


def ran(place: Path, code: str) -> UnitTestResult:
    return unit_tests(choose("auto"), place, {f"{TESTS}/test_code.py": code})


def test_good_unit_tests_pass_and_cover(tmp_path: Path) -> None:
    result, attached = ran(tmp_path, IMPORT + ONE + TWO), list[Evidence]()
    for check in (
        test_build.test_unit_tests_pass,
        test_build.test_unit_tests_cover_the_connector,
        test_whole_run.test_nobody_forges_the_unit_tests,
    ):
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
