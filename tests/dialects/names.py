"""On which exchanges every test of a dialect is run."""

from __future__ import annotations

from harness.venue.described import shipped_dialects
from harness.venue.dialects import dialect, spoken_by
from harness.venue.market import Market

# Descriptions that take the place of a written dialect; the others are tested by `test_measured.py`.
LIKE_WRITTEN = ("bitget", "bitstamp", "gate_io")
# Whose connectors take contracts for amounts of the base: they trade where a contract is one of it.
OF_ONE_BASE = ("bitmart_perpetual",)
DESCRIBED = tuple(name for name in shipped_dialects() if name not in LIKE_WRITTEN)
NAMES = tuple(name for name in spoken_by("v2") if name not in DESCRIBED)


def market_of(name: str) -> Market | None:
    """The market on which that exchange's connector is tried; None where any will do."""
    if name not in OF_ONE_BASE:
        return None
    return next(market for market in dialect(name).markets if market.contract_size == 1)
