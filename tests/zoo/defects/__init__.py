"""Every bad specimen: realistic defects, each seen by one check at least."""

from __future__ import annotations

from tests.zoo.defect import Defect
from tests.zoo.defects import (
    balances,
    ends,
    foul,
    long_run,
    market_data,
    order_life,
    orders,
    positions,
    resilience,
    security,
    usability,
)

DEFECTS: tuple[Defect, ...] = (
    *market_data.DEFECTS,
    *orders.DEFECTS,
    *order_life.DEFECTS,
    *ends.DEFECTS,
    *balances.DEFECTS,
    *positions.DEFECTS,
    *resilience.DEFECTS,
    *long_run.DEFECTS,
    *security.DEFECTS,
    *usability.DEFECTS,
    *foul.DEFECTS,
)
