"""What the end of a run of unit tests says of each requirement."""

from __future__ import annotations

import pytest

from checks.conformance.test_unit_tests import test_unit_tests_need_no_credentials as need_none
from checks.conformance.test_unit_tests import test_unit_tests_pass as pass_offline
from harness.checking import Failed, Undetermined
from harness.frameworks.unit_tests import TestFailure, UnitTestResult


def run(*texts: str, passed: int = 2) -> UnitTestResult:
    failures = tuple(TestFailure(name=f"test_{text[:4]}", how="failed", text=text) for text in texts)
    return UnitTestResult(ran=True, passed=passed, failed=len(texts), failures=failures)


def passes(result: UnitTestResult, upstreams: UnitTestResult | None = None) -> None:
    pass_offline(result, lambda *_: None, lambda: upstreams or UnitTestResult(ran=False))


def test_what_passes_needs_no_keys() -> None:
    passes(run())
    need_none(run(), lambda *_: None)


@pytest.mark.parametrize(
    "text",
    [
        "    key = os.environ[\"ACME_KEY\"]\nKeyError: 'ACME_KEY'",
        "KeyError: 'API_SECRET'",
        "FileNotFoundError: [Errno 2] No such file or directory: 'conf/acme.yml'",
        "FileNotFoundError: [Errno 2] No such file or directory: '.env'",
    ],
)
def test_a_test_that_looks_for_keys_needs_them(text: str) -> None:
    with pytest.raises(Failed, match="1 of 3 unit tests ask for credentials"):
        need_none(run(text), lambda *_: None)


@pytest.mark.parametrize(
    "text",
    [
        "AssertionError: CONNECTED != NOT_CONNECTED",
        "KeyError: 'orderId'",
        "AssertionError: 'Invalid API key'",
    ],
)
def test_a_test_that_fails_for_another_reason_is_held_against_it_once(text: str) -> None:
    with pytest.raises(Failed, match="1 of 3 unit tests fail"):
        passes(run(text))
    with pytest.raises(Undetermined, match="not known"):
        need_none(run(text), lambda *_: None)


def test_a_test_that_fails_upstream_too_is_not_held_against_it() -> None:
    with pytest.raises(Undetermined, match="1 of 3 unit tests fail without network, and in upstream's"):
        passes(run("old fault"), run("old fault"))
    with pytest.raises(Failed, match="1 of 4 unit tests fail") as found:
        passes(run("old fault", "new fault"), run("old fault"))
    assert [each.text.split(":")[0] for each in found.value.evidence] == ["test_new "]
