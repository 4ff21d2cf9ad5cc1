"""Every check is held to a connector that it must find fault with."""

from __future__ import annotations

from checks.static import test_submission
from tests.checks.static import (
    test_bad_code,
    test_bad_files,
    test_bad_manners,
    test_bad_secrets,
    test_bad_submission,
    test_bad_tests_and_docs,
)
from tests.checks.static.test_good import all_checks

ALL = (
    test_bad_code,
    test_bad_files,
    test_bad_manners,
    test_bad_secrets,
    test_bad_submission,
    test_bad_tests_and_docs,
)
# With no repository there is no submission, and no check that could run.
NEVER_FAILS = {test_submission.test_repository_is_reachable}


def test_every_check_has_a_bad_specimen() -> None:
    spoilt_for = {bad.check for module in ALL for bad in module.BAD if bad.status == "failed"}
    assert {check.__name__ for check in set(all_checks()) - spoilt_for - NEVER_FAILS} == set()
