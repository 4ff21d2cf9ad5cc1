"""Which checks there are of a running connector, and which of them a kind of connector is asked."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from types import ModuleType

from checks.conformance import (
    test_balances,
    test_build,
    test_ends,
    test_long_run,
    test_market_data,
    test_order_life,
    test_orders,
    test_positions,
    test_rate_limits,
    test_resilience,
    test_security,
    test_usability,
    test_whole_run,
)
from harness.checking import slugs_of
from harness.requirement import Catalogue
from tests.zoo.keeping import profile_of, severity_of

MODULES: tuple[ModuleType, ...] = (
    test_market_data,
    test_orders,
    test_order_life,
    test_ends,
    test_positions,
    test_balances,
    test_rate_limits,
    test_resilience,
    test_security,
    test_usability,
    test_long_run,
    test_build,
    test_whole_run,
)
# These read a submission's own unit tests, which a release has not.
OF_A_SUBMISSION = {
    test_build.test_unit_tests_pass,
    test_build.test_unit_tests_cover_the_connector,
    test_build.test_unit_tests_notice_defects,
    test_build.test_the_frameworks_tests_still_pass,
    test_whole_run.test_nobody_forges_the_unit_tests,
    test_security.test_unit_tests_reach_for_nobody,
}


def checks() -> list[Callable[..., None]]:
    """Every check of the running connector."""
    return [
        check
        for module in MODULES
        for name, check in inspect.getmembers(module, inspect.isfunction)
        if name.startswith("test_") and check.__module__ == module.__name__ and check not in OF_A_SUBMISSION
    ]


CHECKS = checks()
__all__ = ["CHECKS", "MODULES", "asked_of", "checks", "severity_of"]


@cache
def asked_of(name: str) -> tuple[Callable[..., None], ...]:
    """The checks of which a connector of that kind is asked something."""
    asked = {requirement.id for requirement in Catalogue.load().for_profile(profile_of(name))}
    return tuple(check for check in CHECKS if asked.intersection(slugs_of(check)))
