"""The record of each requirement lists the specimens that its checks are seen to find fault with."""

from __future__ import annotations

import pytest

from harness.requirement import Catalogue, Requirement
from tests.specimens import by_requirement, is_shown

ALL = tuple(Catalogue.load())
# With no repository there is no submission, and no check that could run: it is never failed.
NEVER_FAILS = {"repository-reachable"}


@pytest.mark.parametrize("item", ALL, ids=lambda item: item.id)
def test_a_record_lists_its_specimens(item: Requirement) -> None:
    found = by_requirement().get(item.id, frozenset())
    others = {name for name in item.specimens if is_shown(name, item.id)}
    assert sorted(set(item.specimens) - others) == sorted(found), f"correct `specimens:` of {item.id}"
    assert len(set(item.specimens)) == len(item.specimens)


def test_every_check_is_seen_to_fail() -> None:
    assert {item.id for item in ALL if item.automated and not item.specimens} == NEVER_FAILS


@pytest.mark.parametrize(
    ("name", "requirement", "shown"),
    [
        ("binance as merged", "lost-reply-reconciled", True),
        ("binance as merged", "builds", False),
        ("tests/zoo/test_bad.py::test_a_module_that_does_not_compile_is_found", "builds", True),
        ("tests/zoo/test_bad.py::test_a_module_that_does_not_compile_is_found", "cancel-one", False),
        ("tests/zoo/test_bad.py::test_of_nothing", "builds", False),
        ("tests/nowhere.py::test_of_nothing", "builds", False),
        ("a-defect-that-nobody-planted", "builds", False),
    ],
)
def test_what_is_neither_planted_nor_spoilt_has_to_be_there(name: str, requirement: str, shown: bool) -> None:
    assert is_shown(name, requirement) == shown
