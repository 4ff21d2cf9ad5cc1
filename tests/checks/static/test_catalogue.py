"""The catalogue, its checks and its page hold together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.commands.catalogue_page import checks_in, explain, explain_in_terminal, page, verifying
from harness.errors import UserError
from harness.outcome import Lifecycle
from harness.requirement import Catalogue, Requirement

ROOT = Path(__file__).resolve().parents[3]
CATALOGUE = Catalogue.load()
CHECKS = checks_in()


def test_every_automated_requirement_has_a_check() -> None:
    verified = {slug for check in CHECKS for slug in check.requirements}
    assert [item.id for item in CATALOGUE if item.automated and item.id not in verified] == []


def test_every_check_verifies_a_requirement_of_the_catalogue() -> None:
    unknown = {
        slug: check.place for check in CHECKS for slug in check.requirements if slug not in CATALOGUE.by_id
    }
    assert unknown == {}


def test_what_needs_a_person_has_no_check() -> None:
    assert [item.id for item in CATALOGUE if not item.automated and verifying(item, CHECKS)] == []


def test_every_check_says_what_it_verifies() -> None:
    assert [check.place for check in CHECKS if not check.title.endswith(".")] == []


def test_the_page_is_what_the_catalogue_and_the_checks_say() -> None:
    written = (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8")
    assert written == page(CATALOGUE), "run `harness generate`"


@pytest.mark.parametrize("item", CATALOGUE.requirements, ids=lambda item: item.id)
def test_records_are_for_people(item: Requirement) -> None:
    assert item.title[0].isupper()
    assert not item.title.endswith(".")
    assert 60 <= len(item.why) <= 700
    assert len(item.fix) >= 40
    for source in item.sources:
        if source.lines:
            first, last = map(int, source.lines.split("-"))
            assert 0 < first <= last
        else:
            assert not re.search(r"\.(md|pyx?)$", source.doc), f"{source.doc} needs lines"


def test_explains_one_with_its_checks() -> None:
    item = CATALOGUE["no-fund-movement"]
    text = explain(item, verifying(item, CHECKS))
    assert item.title in text
    assert "test_no_fund_movement" in text


def test_an_unknown_id_suggests_the_nearest() -> None:
    with pytest.raises(UserError) as caught:
        explain_in_terminal("no-fund-movment")
    assert caught.value.hint == "did you mean no-fund-movement?"


@pytest.mark.parametrize(
    ("lifecycle", "words"),
    [
        ("experimental", "· blocker, experimental ·"),
        ("stable", "· blocker ·"),
        ("deprecated", "· blocker, deprecated ·"),
    ],
)
def test_the_page_names_the_lifecycle_of_a_requirement(lifecycle: str, words: str) -> None:
    item = CATALOGUE["no-fund-movement"]
    changed = Requirement.model_validate(item.model_dump() | {"lifecycle": lifecycle})
    assert words in explain(changed, ())
    assert words.strip("· ") in page(Catalogue((changed,)), ())


def test_a_record_that_says_nothing_of_its_lifecycle_is_stable() -> None:
    record = CATALOGUE["no-fund-movement"].model_dump(exclude={"lifecycle"})
    assert Requirement.model_validate(record).lifecycle is Lifecycle.STABLE


def test_what_to_do_is_told_in_words_of_the_generation() -> None:
    fees = CATALOGUE["trade-fee-matches"]
    assert (fees.fix_for("v2-spot"), fees.fix_for("v1-perpetual")) == (fees.fix, fees.earlier_fix)
    kept = CATALOGUE["no-dynamic-code"]
    assert kept.earlier_fix is None
    assert kept.fix_for("v0") == kept.fix
    todays = re.compile(
        r"TradeUpdate|OrderUpdate|OrderState|ExchangePyBase|TradeFeeBase|AuthBase|SecretStr|bidict"
        r"|`_(?!update_balances|format_trading_rules|account_available_balances)\w+`"
    )
    of_2020 = CATALOGUE.for_profile("v0")
    wrong = {item.id: found[0] for item in of_2020 if (found := todays.search(item.fix_for("v0")))}
    assert wrong == {}
    assert [item.id for item in CATALOGUE if item.earlier_fix and "v0" not in item.profiles] == []
