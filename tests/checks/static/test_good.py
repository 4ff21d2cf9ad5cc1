"""The good specimens: nothing that stands in a well-made connector is accused."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

import checks.static
from checks.static import test_files, test_files_finished, test_usability_settings
from harness.requirement import Catalogue
from tests.checks.static.specimens import GLOBAL_MAP, GLOBAL_TEMPLATE, OLD_MAIN, SETTINGS, of_2020, today

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


def test_a_market_of_2020_that_signs_with_the_users_wallet_asks_for_no_keys() -> None:
    world = of_2020().adding(
        {
            SETTINGS: 'EXCHANGES = {"acme", "binance"}\nDEXES = {\n    "acme"\n}\n',
            GLOBAL_MAP: "global_config_map = {}\n",
            GLOBAL_TEMPLATE: "binance_api_key: null\n",
        }
    )
    assert world.run(test_usability_settings.test_asks_for_its_keys).status == "not applicable"
    assert world.run(test_files.test_config_templates).status == "passed"


def test_an_asset_in_a_pair_may_be_called_as_another_exchange_is() -> None:
    text = '    def pair(self, symbol):\n        return symbol.replace("X-", "BINANCE-").strip("/BINANCE")\n'
    assert of_2020().appending(OLD_MAIN, text).run(test_files_finished.test_no_stubs).status == "passed"
