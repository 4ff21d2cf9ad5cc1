"""Good and bad specimens of changes to the framework's own code, which is of a few lines here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import pytest

from checks.conformance import test_unit_tests
from harness.checking import Failed, Undetermined
from harness.forks.submission import AddedConnector, Change, Submission
from harness.frameworks import core_tests
from harness.frameworks.core_tests import CoreTests, changed_core, files_testing, run_core_tests
from harness.frameworks.unit_tests import UnitTestResult
from harness.outcome import Evidence
from tests.hostile.forging import with_tests
from tests.reporting.parts import submission
from tests.sandbox.fixtures import at_hand
from tests.zoo.keeping import candidate

CODE, TEST = "hummingbot/core/rounding.py", "test/hummingbot/core/test_rounding.py"
ELSEWHERE = "test/hummingbot/strategy/test_making.py"
ROUNDS = "def down(x):\n    return int(x)\n\n\ndef up(x):\n    return -int(-x)\n"
BREAKS = ROUNDS.replace("int(x)", "int(x) + 1")
ADDS = ROUNDS + "\n\ndef same(x):\n    return x\n"
DOWN = "from hummingbot.core.rounding import down\n\ndef test_down():\n    assert down(1.5) == 1\n"
SKIPS = "import pytest\n\ndef test_down():\n    pytest.skip('later')\n\n"
RED = "def test_red():\n    assert False\n"
MAKING = "from hummingbot.core.rounding import down\n\ndef test_making():\n    down(1)\n"
BEFORE = {
    CODE: ROUNDS,
    TEST: DOWN + "\n" + RED,
    ELSEWHERE: MAKING,
    "hummingbot/core/__init__.py": "",
    "test/hummingbot/__init__.py": "",
    "test/hummingbot/core/__init__.py": "",
    "test/hummingbot/strategy/__init__.py": "",
}  # fmt: skip


def change(path: str, status: Literal["added", "modified", "deleted"] = "modified") -> Change:
    return Change(status, path, None, 0o100644, 10, "0" * 40, binary=False)


def changing(*changes: Change) -> Submission:
    own = AddedConnector("acme", "exchange", "hummingbot/connector/exchange/acme", new=True)
    return submission(candidate("binance"), changes=changes, connectors=(own,))


def ran(place: Path, after: Mapping[str, str], before: Mapping[str, str] = BEFORE) -> CoreTests:
    first, second = with_tests(place / "before", before), with_tests(place / "after", after)
    found = run_core_tests(at_hand(), changing(change(CODE)), first, second)
    assert found is not None
    return found


def test_only_the_tests_of_a_file_that_was_taken_away_are_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release took one file of tests away, and all 566 tests of thirty files were said to fail."""
    asked: list[list[str]] = []

    def run(_backend: object, _runtime: object, tests: Sequence[str]) -> UnitTestResult:
        asked.append(sorted(tests))
        return UnitTestResult(ran=True, tests=tuple(tests), ends=("passed",) * len(tests))

    monkeypatch.setattr(core_tests, "run_unit_tests", run)
    found = ran(tmp_path, {path: text for path, text in BEFORE.items() if path != TEST})
    assert sorted(asked, key=len) == [[ELSEWHERE], [TEST, ELSEWHERE]]
    assert (found.held, found.lost) == (1, (TEST,))


def test_a_change_that_breaks_nothing_passes(tmp_path: Path) -> None:
    attached = list[Evidence]()
    result = ran(tmp_path, {**BEFORE, CODE: ADDS})
    test_unit_tests.test_the_frameworks_tests_still_pass(result, lambda *items: attached.extend(items))
    assert [each.text for each in attached] == ["2 of 2 tests in 2 files pass as before"], (
        "one was red before"
    )


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ({**BEFORE, CODE: BREAKS}, "1 of the 2 framework tests"),
        ({**BEFORE, CODE: "def up(:\n"}, "2 of the 2 framework tests"),
        ({**BEFORE, CODE: BREAKS, TEST: RED}, "1 of the 2 framework tests"),
        ({**BEFORE, CODE: "import os\nos._exit(0)\n"}, "2 of the 2 framework tests"),
        ({**BEFORE, CODE: BREAKS, TEST: SKIPS + RED}, "1 of the 2 framework tests"),
    ],
    ids=["a wrong result", "no module", "the test is taken away", "the end of everything", "it is skipped"],
)
def test_a_change_that_breaks_something_is_found(tmp_path: Path, after: dict[str, str], words: str) -> None:
    with pytest.raises(Failed, match=words) as found:
        test_unit_tests.test_the_frameworks_tests_still_pass(ran(tmp_path, after), lambda *_: None)
    assert found.value.evidence


def test_what_was_red_before_decides_nothing(tmp_path: Path) -> None:
    before = {**BEFORE, TEST: RED, ELSEWHERE: "import hummingbot.core.rounding\n"}
    with pytest.raises(Undetermined):
        test_unit_tests.test_the_frameworks_tests_still_pass(ran(tmp_path, before, before), lambda *_: None)


def test_its_own_files_and_new_ones_are_not_the_frameworks() -> None:
    assert changed_core(
        changing(
            change("hummingbot/connector/exchange/acme/acme_auth.py"),
            change("hummingbot/core/new.py", "added"),
            change("hummingbot/core/gone.py", "deleted"),
            change("hummingbot/core/clock.pyx"),
            change("README.md"),
            change("test/hummingbot/core/test_clock.py"),
        )
    ) == ("hummingbot/core/gone.py", "hummingbot/core/clock.pyx")


def test_the_tests_of_a_source_come_before_those_that_name_it(tmp_path: Path) -> None:
    for path, text in BEFORE.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert files_testing([CODE], tmp_path) == (TEST, ELSEWHERE)
    assert files_testing(["hummingbot/core/other.py"], tmp_path) == ()
