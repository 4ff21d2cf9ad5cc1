"""Every bad specimen: realistic defects, each seen by one check at least."""

from __future__ import annotations

from tests.zoo.defect import Defect
from tests.zoo.defects import (
    balances,
    blind,
    crowd,
    ends,
    fees,
    foul,
    hedging,
    history,
    hour,
    market_data,
    markets,
    numbers,
    order_life,
    orders,
    perpetual,
    repairs,
    replies,
    resilience,
    security,
    trading_rules,
    unheard,
    usability,
)

DEFECTS: tuple[Defect, ...] = (
    *market_data.DEFECTS,
    *trading_rules.DEFECTS,
    *markets.DEFECTS,
    *numbers.DEFECTS,
    *orders.DEFECTS,
    *order_life.DEFECTS,
    *ends.DEFECTS,
    *crowd.DEFECTS,
    *balances.DEFECTS,
    *fees.DEFECTS,
    *perpetual.DEFECTS,
    *hedging.DEFECTS,
    *resilience.DEFECTS,
    *replies.DEFECTS,
    *hour.DEFECTS,
    *security.DEFECTS,
    *usability.DEFECTS,
    *foul.DEFECTS,
    *history.DEFECTS,
    *repairs.DEFECTS,
    *blind.DEFECTS,
    *unheard.DEFECTS,
)
