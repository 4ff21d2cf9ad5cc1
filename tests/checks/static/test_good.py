"""The good specimens: nothing that stands in a well-made connector is accused."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

import checks.static
from harness.requirement import Catalogue
from tests.checks.static.specimens import of_2020, today

MODULES = sorted(path.stem for path in Path(checks.static.__path__[0]).glob("test_*.py"))
Check = Callable[..., None]


def all_checks() -> list[Check]:
    found = []
    for name in MODULES:
        module = importlib.import_module(f"checks.static.{name}")
        found += [check for key, check in vars(module).items() if key.startswith("test_") and callable(check)]
    return found


def slugs(check: Check) -> tuple[str, ...]:
    return tuple(slug for mark in check.pytestmark for slug in mark.args)  # type: ignore[attr-defined]


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.__name__)
def test_accepts_a_connector_of_today(check: Check) -> None:
    result = today().run(check)
    assert result.status in ("passed", "not applicable"), (result.summary, result.places)


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.__name__)
def test_accepts_a_connector_of_2020(check: Check) -> None:
    asked = {item.id for item in Catalogue.load().for_profile("v0")}
    if asked.isdisjoint(slugs(check)):
        return
    result = of_2020().run(check)
    assert result.status in ("passed", "not applicable"), (result.summary, result.places)


def test_what_pytest_collects_in_the_folder_is_marked() -> None:
    assert len(all_checks()) >= 27
    assert all(slugs(check) for check in all_checks())
