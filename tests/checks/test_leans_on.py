"""Requirements name facts that descriptions can speak of."""

from __future__ import annotations

import pytest

from harness.requirement import Catalogue, Requirement
from harness.venue.described.facts import all_facts
from harness.venue.described.trust import SIGNATURE

LEANING = [each for each in Catalogue.load() if each.leans_on]


@pytest.mark.parametrize("requirement", LEANING, ids=lambda each: each.id)
def test_every_fact_exists(requirement: Requirement) -> None:
    assert set(requirement.leans_on) <= {*all_facts(), SIGNATURE}


def test_some_forty_requirements_lean_on_none() -> None:
    assert len([each for each in Catalogue.load() if not each.leans_on]) >= 40


@pytest.mark.parametrize("name", ["contract-size-applied", "positions-match"])
def test_what_compares_positions_leans_on_all_that_may_tell_their_size(name: str) -> None:
    """A connector of OKX reckons it from what the position is worth, which only its tests' message tells."""
    (found,) = (each for each in LEANING if each.id == name)
    assert {"position.size", "position.amount", "position.notional", "position.entry_price"} <= set(
        found.leans_on
    )


@pytest.mark.parametrize(
    "name", ["every-fill-reported-once", "fill-before-ack-handled", "order-history-consistent"]
)
def test_what_counts_fills_leans_on_their_numbers(name: str) -> None:
    """By these a connector knows what a poll and a message tell for one fill; Evedex's tests show none."""
    (found,) = (each for each in LEANING if each.id == name)
    assert {"fill.trade_id", "fill.amount", "order.filled"} <= set(found.leans_on)
