"""Forging unit test results.

A fork's unit tests run in a process of their own, with no network. What comes of it is marked as claimed.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from checks.conformance import test_security_fair_play, test_unit_tests
from harness.checking import Failed
from harness.frameworks.unit_tests import UnitTestResult
from harness.outcome import Basis, Evidence
from harness.sandbox import Backend
from tests.hostile.attack import attack
from tests.hostile.forging import PACKAGE, TESTS, TIGHT, unit_tests
from tests.hostile.world import Arena
from tests.sandbox.fixtures import at_hand

FAILS = f"from {PACKAGE.replace('/', '.')}.code import one\n\ndef test_one():\n    assert one() == 2\n"
FORGED = (
    '{"code":0,"counts":{"passed":99,"failed":0,"error":0,"skipped":0},"failures":[],"network":[],"unfinished":0,'
    '"files":[{"path":"/tree/hummingbot/forger/code.py","statements":[1,2,5,6],"missing":[]}],"nonce":""}'
)
TALK = f"""
import os
for number in range(1, 64):
    try:
        os.write(number, b'\\n' + {FORGED.encode()!r} + b'\\n')
    except OSError:
        pass
"""


@pytest.fixture
def one_backend() -> Backend:
    """Where the attack is on pytest, the walls around it do not matter: one will do."""
    return at_hand()


def accused(result: UnitTestResult) -> str:
    """What the check of the unit tests finds."""
    with pytest.raises(Failed) as caught:
        test_unit_tests.test_unit_tests_pass(result, lambda *_: None, lambda: UnitTestResult(ran=False))
    return caught.value.summary


def forgery(result: UnitTestResult) -> str:
    with pytest.raises(Failed) as caught:
        test_security_fair_play.test_nobody_forges_the_unit_tests(result, lambda *_: None)
    assert all(each.basis is Basis.OBSERVED for each in caught.value.evidence)
    return caught.value.summary


ENDS = {
    "when imported": "import os\nos._exit(0)\n",
    "in a test": "import os\ndef test_it():\n    os._exit(0)\n",
    "by a signal": "import os\ndef test_it():\n    os.kill(os.getpid(), 9)\n",
}


@attack("ends the test run with exit code 0", meets="no result, which counts as not run")
@pytest.mark.parametrize("code", ENDS.values(), ids=ENDS)
def test_ending_the_run(arena: Arena, tmp_path: Path, code: str) -> None:
    result = unit_tests(arena.backend, tmp_path, {f"{TESTS}/test_it.py": code})
    assert "did not finish" in accused(result)


@attack("exits while its tests are collected", meets="pytest, which counts that as an error")
def test_exiting_while_imported(one_backend: Backend, tmp_path: Path) -> None:
    code = "import sys\nsys.exit(0)\n"
    result = unit_tests(one_backend, tmp_path, {f"{TESTS}/test_it.py": code, f"{TESTS}/test_one.py": FAILS})
    assert result.passed == 0
    assert accused(result)


@attack("breaks the run off before its failing tests", meets="pytest's exit code: it did not run to its end")
@pytest.mark.parametrize(
    "how", ["pytest.exit('done', 0)", "raise KeyboardInterrupt", "pytest.exit('done', 1)"]
)
def test_breaking_off(one_backend: Backend, tmp_path: Path, how: str) -> None:
    code = f"import pytest\ndef test_fine():\n    pass\ndef test_then():\n    {how}\n{FAILS}"
    result = unit_tests(one_backend, tmp_path, {f"{TESTS}/test_it.py": code})
    assert accused(result)


@attack(
    "prints a result of its own where ours is printed, and ends",
    meets="a number that our result has to repeat; reported as forgery",
)
@pytest.mark.parametrize("then", ["os._exit(0)", "pass"], ids=["and ends", "and goes on"])
def test_printing_a_result(arena: Arena, tmp_path: Path, then: str) -> None:
    code = f"{TALK}\n{FAILS}\n{then}\n"
    result = unit_tests(arena.backend, tmp_path, {f"{TESTS}/test_it.py": code})
    assert result.passed == 0
    assert accused(result)
    assert "printed where only our program prints" in forgery(result)


@attack("prints “100 passed” everywhere", meets="results are counted, not read from printed text")
def test_printing_that_all_passed(one_backend: Backend, tmp_path: Path) -> None:
    code = f"import sys\nprint('100 passed in 0.1s', file=sys.stderr)\nprint('100 passed')\n{FAILS}"
    result = unit_tests(one_backend, tmp_path, {f"{TESTS}/test_it.py": code})
    assert accused(result) == "1 of 1 unit tests fail without network."
    assert result.irregular == ()


@attack(
    "writes result files: junit.xml, .coverage, .pytest_cache, coverage.json",
    meets="a harness that reads none, and a read-only tree",
)
def test_writing_results(arena: Arena, tmp_path: Path) -> None:
    code = f"""
import os
for place in ("/tree", "/tmp/work", "/harness", "/venv", "."):
    for name in ("junit.xml", "report.xml", ".coverage", "coverage.json", "outcomes.jsonl", "pytest.ini"):
        try:
            open(os.path.join(place, name), "w").write('<testsuite tests="99" failures="0"/>')
        except OSError:
            pass
{FAILS}
"""
    result = unit_tests(arena.backend, tmp_path, {f"{TESTS}/test_it.py": code})
    assert accused(result) == "1 of 1 unit tests fail without network."
    assert result.coverage == 0.75
    assert not list((tmp_path / "tree").glob("*.xml"))


@attack("skips all of its tests", meets="a check that requires at least one to run")
@pytest.mark.parametrize(
    "files",
    [
        {f"{TESTS}/test_it.py": "import pytest\npytestmark = pytest.mark.skip\n" + FAILS},
        {
            f"{TESTS}/test_it.py": FAILS,
            f"{TESTS}/conftest.py": "import pytest\ndef pytest_runtest_setup(item):\n    pytest.skip('no')\n",
        },
        {
            f"{TESTS}/test_it.py": FAILS,
            f"{TESTS}/conftest.py": "def pytest_collection_modifyitems(items):\n    items.clear()\n",
        },
        {f"{TESTS}/test_it.py": FAILS, f"{TESTS}/conftest.py": "collect_ignore_glob = ['*']\n"},
        {f"{TESTS}/test_it.py": "import unittest\nclass Tests(unittest.TestCase):\n    pass\n"},
    ],
    ids=["by mark", "by hook", "by deselection", "by ignoring", "by having none"],
)
def test_running_nothing(one_backend: Backend, tmp_path: Path, files: dict[str, str]) -> None:
    said = accused(unit_tests(one_backend, tmp_path, files))
    assert "no test in them ran" in said or "tests are skipped" in said


@attack(
    "rewrites each report in a conftest.py, so that what fails has passed",
    meets="evidence marked as claimed, and a check of the files that names the hook",
)
def test_rewriting_reports(one_backend: Backend, tmp_path: Path) -> None:
    hook = """
import pytest

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    outcome.get_result().outcome = "passed"
"""
    files = {f"{TESTS}/test_it.py": FAILS, f"{TESTS}/conftest.py": hook}
    result = unit_tests(one_backend, tmp_path, files)
    assert result.passed == 1, "it does lie, and test_bad_tests_and_docs.py finds the hook in the file"
    attached: list[Evidence] = []
    test_unit_tests.test_unit_tests_pass(
        result, lambda *items: attached.extend(items), lambda: UnitTestResult(ran=False)
    )
    assert [each.basis for each in attached] == [Basis.CLAIMED]


@attack("claims the coverage of files that it has not", meets="the list of files, which we make ourselves")
def test_claiming_coverage(one_backend: Backend, tmp_path: Path) -> None:
    code = f"""
import sys
main = sys.modules["__main__"]
main._python_files = lambda order: ["/tree/hummingbot/forger/other.py"]
main._reached = lambda _, path, __: {{"path": path, "statements": [1] * 999, "missing": [], "problem": ""}}
{FAILS}
"""
    result = unit_tests(one_backend, tmp_path, {f"{TESTS}/test_it.py": code})
    assert result.coverage is None
    assert "other files than there are" in forgery(result)


@attack("names tests that it has not as those that run its lines", meets="a check of every number it gives")
def test_claiming_tests(one_backend: Backend, tmp_path: Path) -> None:
    code = f"""
import sys
main = sys.modules["__main__"]
reached = main._reached
main._reached = lambda *told: {{**reached(*told), "reached_by": {{1: [99]}}}}
{FAILS}
"""
    result = unit_tests(one_backend, tmp_path, {f"{TESTS}/test_it.py": code})
    assert result.files == ()
    assert "other tests than there are" in forgery(result)


@attack("never ends its tests, or the threads they start", meets="the wall clock, and an end without waiting")
@pytest.mark.parametrize("forever", ["in a test", "in a thread", "at exit"])
def test_never_ending(one_backend: Backend, tmp_path: Path, forever: str) -> None:
    code = {
        "in a test": "import time\ndef test_it():\n    while True: time.sleep(1)\n",
        "in a thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(1e6,)).start()\n"
        "def test_it():\n    pass\n",
        "at exit": "import atexit, time\natexit.register(time.sleep, 1e6)\ndef test_it():\n    pass\n",
    }[forever]
    given_up = forever == "in a test"
    limits = replace(TIGHT, wall_seconds=10 if given_up else 180, memory_bytes=1 << 30)
    result = unit_tests(one_backend, tmp_path, {f"{TESTS}/test_it.py": code}, limits)
    if given_up:
        assert "wall_clock" in result.detail
        assert accused(result)
    else:
        assert (result.ran, result.passed) == (True, 1)
