"""What one leaf of a recorded message says by the description's template."""

from __future__ import annotations

from decimal import Decimal

import pytest

from harness.recordings.reading import told
from harness.venue.described.placeholders import leaf


def said(template: str, value: str) -> object:
    hole = leaf(template).whole
    assert hole is not None
    return told(hole, value, {})


def test_a_price_with_the_decimals_of_its_market_is_read() -> None:
    assert said("{order.price|tick_fixed}", "84550.10") == {"order.price": Decimal("84550.10")}


@pytest.mark.parametrize("form", ["contracts", "per_contract", "lot_units", "tick_units"])
def test_what_a_market_counts_says_nothing_without_it(form: str) -> None:
    assert said(f"{{order.amount|{form}}}", "12") == {}
