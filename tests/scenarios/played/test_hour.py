"""What the hour of market making does to the book."""

from __future__ import annotations

from decimal import Decimal

import pytest

from harness.scenarios.played.hour import COARSER, other_amount


@pytest.mark.parametrize("amount", ["0.001", "0.068", "0.07", "1.2345"])
@pytest.mark.parametrize("steps", [2, 10])
def test_a_level_whose_change_nobody_hears_of_fits_a_coarser_lot_size(amount: str, steps: int) -> None:
    """Binance's perpetuals wrote 0.068 as 0.06 at a lot size of 0.01, and connectors were accused."""
    lot = Decimal("0.001")
    other = other_amount(Decimal(amount), lot, steps)
    assert other > Decimal(amount)
    assert other % (lot * COARSER) == 0
