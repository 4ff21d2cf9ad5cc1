"""The catalogue of behaviours names nothing that is not there, and hides nothing that could be played."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import pytest
from pydantic import ValidationError

from harness.behaviour import Behaviour, Behaviours
from harness.checking import slugs_of
from harness.gateway import faults, meanwhile, rewriting, together
from harness.gateway.fault import Fault
from harness.requirement import Catalogue
from harness.scenarios import randomization, rig
from harness.scenarios.catalogue import SCENARIOS
from harness.scenarios.played import moving, order_life
from harness.venue.dialects import dialect, known
from harness.venue.dialects.routing import OPERATIONS
from harness.venue.session import Venue
from tests.zoo.defects import DEFECTS

EVERYBODY = {"all", "spot", "perpetual"}
CATALOGUE = Behaviours.load()
FAULTS = {
    name: kind
    for module in (faults, meanwhile, together)
    for name, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, Fault)
}
# What the venue can do to a connector, besides trading with it. Each has to be in the catalogue.
ABILITIES = {
    "end", "let_own_orders_meet", "pay_fees_with", "change_rules", "hide", "set_mark", "set_index",
    "set_funding_rate", "pay_funding", "set_level",
}  # fmt: skip
USED = {name: inspect.getsource(import_module(each.play.__module__)) for name, each in SCENARIOS.items()}
HELPERS = [inspect.getsource(module) for module in (order_life, moving, rewriting, randomization, rig)]
GOOD: dict[str, Any] = {
    "id": "an-id", "group": "ends", "does": "does something", "at": ["place_order"],
    "sources": ["https://example.org/page"],
}  # fmt: skip


@pytest.mark.parametrize("each", CATALOGUE.behaviours, ids=lambda each: each.id)
def test_what_it_names_is_there(each: Behaviour) -> None:
    requirements, planted = Catalogue.load().by_id, {defect.name for defect in DEFECTS}
    assert set(each.at) <= OPERATIONS
    assert set(each.by) <= {*EVERYBODY, *known()}
    assert set(each.scenarios) <= SCENARIOS.keys()
    assert set(each.requirements) <= requirements.keys()
    assert set(each.planted) <= planted
    assert all(name in FAULTS or callable(getattr(Venue, name, None)) for name in each.means)


@pytest.mark.parametrize("each", CATALOGUE.played, ids=lambda each: each.id)
def test_its_scenarios_use_its_means(each: Behaviour) -> None:
    """Whoever takes a fault out of a scenario cannot leave the row behind."""
    sources = "\n".join([*HELPERS, *(USED[name] for name in each.scenarios)])
    assert [name for name in each.means if name not in sources] == []


def test_what_the_venue_can_do_is_in_the_catalogue() -> None:
    named = {name for each in CATALOGUE.behaviours for name in each.means}
    named |= {name for each in CATALOGUE.behaviours for name in FAULTS if f"`{name}`" in each.unplayed}
    assert named >= ABILITIES
    assert named >= FAULTS.keys() - {"Fault", *UNNAMED}


UNNAMED = {
    "Reset": "breaks a connection as `close_sockets` does",
    "CloseSocket": "closes as `close_sockets` does",
    "Maintenance": "answers in an exchange's own words: row `maintenance`",
}


def test_a_planted_defect_is_looked_for_by_a_check_of_its_requirement() -> None:
    judged = {defect.name: set(slugs_of(defect.check)) for defect in DEFECTS}
    astray = {
        (each.id, name)
        for each in CATALOGUE.played
        for name in each.planted
        if judged[name].isdisjoint(each.requirements)
    }
    assert not astray


def test_every_dialect_plays_most_of_them() -> None:
    for name in known():
        kind = "perpetual" if dialect(name).markets[0].perpetual else "spot"
        assert sum(bool({"all", kind, name} & set(each.by)) for each in CATALOGUE.played) > 50


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "say why it is not played"),
        ({"by": ["all"], "unplayed": "x"}, "or neither"),
        ({"by": ["all"], "scenarios": ["trading"]}, "judged by a requirement"),
        ({"unplayed": "x", "planted": ["a-defect"]}, "neither means nor planted"),
        ({"unplayed": "x", "sources": ["ftp://example.org"]}, "pattern"),
    ],
)
def test_a_row_that_hides_something_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Behaviour.model_validate({**GOOD, **changes})


def test_a_row_may_say_why_nobody_plays_it() -> None:
    assert not Behaviour.model_validate({**GOOD, "unplayed": "nobody can"}).played
