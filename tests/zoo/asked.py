"""Which checks there are of a running connector, and which of them a kind of connector is asked."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable
from functools import cache
from importlib import import_module
from types import ModuleType

import checks.conformance as conformance
from checks.conformance import test_build_libraries, test_security, test_security_fair_play, test_unit_tests
from harness.checking import slugs_of
from harness.requirement import Catalogue
from tests.zoo.keeping import profile_of, severity_of

MODULES: tuple[ModuleType, ...] = tuple(
    import_module(f"{conformance.__name__}.{found.name}")
    for found in pkgutil.iter_modules(conformance.__path__)
    if found.name.startswith("test_")
)
# These read what a submission adds, its unit tests and libraries; a release adds nothing.
OF_A_SUBMISSION: frozenset[Callable[..., None]] = frozenset(
    {
        test_unit_tests.test_unit_tests_pass,
        test_unit_tests.test_unit_tests_need_no_credentials,
        test_unit_tests.test_unit_tests_cover_the_connector,
        test_unit_tests.test_unit_tests_notice_defects,
        test_unit_tests.test_the_frameworks_tests_still_pass,
        test_security_fair_play.test_nobody_forges_the_unit_tests,
        test_build_libraries.test_dependencies_are_declared,
        test_build_libraries.test_new_dependencies,
        test_security.test_unit_tests_reach_for_nobody,
    }
)


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
