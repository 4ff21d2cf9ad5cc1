"""How two tellings of an order book are compared."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest

from harness.scenarios.played.market_data import between_steps, side_differs
from harness.venue.market import SAMPLE_MARKETS, Market
from harness.venue.model import Level

TRUTH = [Level(Decimal("8533.13"), Decimal("0.01671"))]


@pytest.mark.parametrize(
    ("price", "amount", "same"),
    [
        ("8533.13", "0.01671", True),
        ("8533.130000000001", "0.016710000000000003", True),
        ("8533.13", "0.016711", False),
        ("8533.1301", "0.01671", False),
        ("8533.13", "NaN", False),
    ],
)
def test_what_a_float_cannot_keep_is_no_difference(price: str, amount: str, same: bool) -> None:
    assert (side_differs([(Decimal(price), Decimal(amount))], TRUTH) is None) is same


@pytest.mark.parametrize("market", SAMPLE_MARKETS, ids=lambda market: market.name)
def test_what_is_rounded_may_be_ordered(market: Market) -> None:
    chance = Random(7)  # noqa: S311 - guards nothing
    for _ in range(200):
        price, amount = between_steps(chance, market)
        assert amount > market.min_amount
        assert amount * price > market.min_notional * Decimal("1.01")
        assert amount % market.lot_size
