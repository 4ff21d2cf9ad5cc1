"""What the venue tells its subscribers, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from harness.venue.market import Market
from harness.venue.model import Balance, Fill, Order, PositionSide, Side, Trade
from harness.venue.positions import FundingPayment, Position


class OrderChange(StrEnum):
    NEW = "new"
    FILL = "fill"
    CANCELED = "canceled"
    EXPIRED = "expired"
    AMENDED = "amended"  # price or amount changed, or a self-trade or reduce-only rule took some off


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


@dataclass(frozen=True)
class PositionChanged:
    """`position` as it is after a trade, a settlement, a liquidation or a change of leverage or margin."""

    position: Position
    reason: str  # of the ledger's `Reason`
    trade_id: int | None
    at: float


@dataclass(frozen=True)
class FundingPaid:
    payment: FundingPayment
    at: float


@dataclass(frozen=True)
class MarkPriceChanged:
    market: Market
    mark_price: Decimal
    index_price: Decimal
    at: float


@dataclass(frozen=True)
class Liquidated:
    """The venue closed `size` (signed, in base) of a position at the mark price for a `fee` to insurance.

    The order that did it, and its fill, are among the account's.
    """

    account: str
    market: Market
    side: PositionSide
    size: Decimal
    price: Decimal
    fee: Decimal
    order_id: int
    trade_id: int
    at: float


Event = (
    BookChanged
    | TradePrinted
    | OrderChanged
    | BalanceChanged
    | PositionChanged
    | FundingPaid
    | MarkPriceChanged
    | Liquidated
)
Listener = Callable[[Event], None]
