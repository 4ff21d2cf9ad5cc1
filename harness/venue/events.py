"""What the venue tells its subscribers, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from harness.venue.market import Market
from harness.venue.model import Balance, Fill, Order, Side, Trade


class OrderChange(StrEnum):
    NEW = "new"
    FILL = "fill"
    CANCELED = "canceled"
    EXPIRED = "expired"


@dataclass(frozen=True)
class BookChanged:
    """The amount that now rests at `price` (0: the level is gone).

    `sequence` goes up by exactly one from one change of a market's book to the next.
    """

    market: Market
    side: Side
    price: Decimal
    amount: Decimal
    sequence: int
    at: float


@dataclass(frozen=True)
class TradePrinted:
    trade: Trade
    sequence: int  # of the book just after the trade
    at: float


@dataclass(frozen=True)
class OrderChanged:
    """`order` as it is after the change. `request_id` is the caller's own id of a cancel request."""

    order: Order
    change: OrderChange
    fill: Fill | None
    at: float
    request_id: str | None = None


@dataclass(frozen=True)
class BalanceChanged:
    """The new balances of the assets that one ledger transaction moved for one account."""

    account: str
    balances: tuple[Balance, ...]
    reason: str
    order_id: int | None
    trade_id: int | None
    at: float


Event = BookChanged | TradePrinted | OrderChanged | BalanceChanged
Listener = Callable[[Event], None]
