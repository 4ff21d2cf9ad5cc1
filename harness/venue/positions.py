"""The words of perpetuals: positions, margin and funding.

Sizes are in base, signed: above zero long, below zero short. Money is in the market's settle asset.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from harness.venue.market import Market
from harness.venue.model import PositionSide


class PositionMode(StrEnum):
    """One position a market, or a long and a short one side by side."""

    ONE_WAY = "one_way"
    HEDGE = "hedge"


class MarginMode(StrEnum):
    """All of the account's settle asset backs its cross positions; an isolated one has margin of its own."""

    CROSS = "cross"
    ISOLATED = "isolated"


class Position(NamedTuple):
    """A position at one moment and one mark price; a closed one has size 0.

    `entry_price` is `cost / size` to 28 digits. `realised_pnl` sums up since the position was last
    opened from nothing, before fees and funding. `liquidation_price` is None where no price would do.
    """

    account: str
    market: Market
    side: PositionSide
    size: Decimal
    cost: Decimal
    entry_price: Decimal | None
    mark_price: Decimal
    unrealised_pnl: Decimal
    realised_pnl: Decimal
    leverage: Decimal
    margin_mode: MarginMode
    isolated_margin: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    liquidation_price: Decimal | None
    opened_at: float
    updated_at: float

    @property
    def notional(self) -> Decimal:
        """Of the size at the mark price, never negative."""
        return abs(self.size) * self.mark_price


class Margin(NamedTuple):
    """What an account has and needs of one settle asset.

    `wallet` is the ledger's balance, isolated margin included. `equity` is the wallet without isolated
    margin, plus the unrealised profit of cross positions. `available` can open new positions, buy on spot
    markets or be withdrawn; never negative.
    """

    asset: str
    wallet: Decimal
    unrealised_pnl: Decimal
    equity: Decimal
    position_margin: Decimal
    order_margin: Decimal
    isolated_margin: Decimal
    maintenance_margin: Decimal
    available: Decimal


class FundingPayment(NamedTuple):
    """What one position got (above zero) or paid (below zero) at one funding."""

    payment_id: int
    account: str
    market: Market
    side: PositionSide
    size: Decimal
    rate: Decimal
    mark_price: Decimal
    amount: Decimal
    asset: str
    at: float


class FundingRound(NamedTuple):
    """A market's past funding."""

    market: Market
    rate: Decimal
    mark_price: Decimal
    at: float
