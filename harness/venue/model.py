"""The venue's words: orders, fills, trades, accounts and the reasons it refuses.

Amounts and prices are exact decimals, amounts in the base asset unless the name says quote; times are
virtual Unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Context, Decimal
from enum import StrEnum
from typing import Protocol

from harness.venue.market import Market

ZERO = Decimal(0)


class Clock(Protocol):
    """Where the time comes from; `harness.clock.ScaledClock` is one."""

    def now(self) -> float:
        """Virtual Unix time in seconds."""


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def other(self) -> Side:
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(StrEnum):
    LIMIT = "limit"
    MARKET = "market"


class TimeInForce(StrEnum):
    """Good till cancelled; immediate or cancel; fill or kill."""

    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"


class OrderStatus(StrEnum):
    OPEN = "open"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"  # what an IOC, FOK or market order could not fill

    @property
    def live(self) -> bool:
        return self in (OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED)


class Refusal(StrEnum):
    """Why the venue turned a request down; each dialect has its exchange's own code for it."""

    UNKNOWN_MARKET = "unknown_market"
    MARKET_HALTED = "market_halted"
    BAD_COMBINATION = "bad_combination"  # a limit order without a price, two amounts …
    PRICE_INCREMENT = "price_increment"
    PRICE_RANGE = "price_range"
    AMOUNT_INCREMENT = "amount_increment"
    AMOUNT_TOO_SMALL = "amount_too_small"
    AMOUNT_TOO_LARGE = "amount_too_large"
    NOTIONAL_TOO_SMALL = "notional_too_small"
    INSUFFICIENT_BALANCE = "insufficient_balance"
    POST_ONLY_WOULD_TAKE = "post_only_would_take"
    DUPLICATE_CLIENT_ORDER_ID = "duplicate_client_order_id"
    UNKNOWN_ORDER = "unknown_order"
    ORDER_NOT_OPEN = "order_not_open"


class VenueRefusal(Exception):  # noqa: N818 - the exchange said no; nothing broke
    """The venue did not do it; nothing changed."""

    def __init__(self, code: Refusal, detail: str = "") -> None:
        super().__init__(f"{code.value}: {detail}" if detail else code.value)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Account:
    """Who trades. The three secrets are generated anew in every run and must never leave the connector."""

    name: str
    api_key: str
    api_secret: str = field(repr=False)
    passphrase: str = field(repr=False)


@dataclass(frozen=True)
class Balance:
    asset: str
    free: Decimal
    locked: Decimal

    @property
    def total(self) -> Decimal:
        return self.free + self.locked


@dataclass(frozen=True)
class NewOrder:
    """An order as asked for: `amount` (base), or `quote_amount` for a market order of so much quote."""

    market: Market
    side: Side
    type: OrderType = OrderType.LIMIT
    amount: Decimal | None = None
    price: Decimal | None = None
    quote_amount: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    client_order_id: str | None = None


@dataclass(frozen=True)
class Order:
    """An accepted order at one moment; later moments are new objects with the same `order_id`.

    The `amount` of an order that named a quote amount is what it could buy or sell when it came.
    """

    order_id: int
    client_order_id: str
    account: str
    market: Market
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    post_only: bool
    price: Decimal | None
    amount: Decimal
    quote_amount: Decimal | None
    created_at: float
    updated_at: float
    status: OrderStatus = OrderStatus.OPEN
    filled: Decimal = ZERO
    filled_quote: Decimal = ZERO

    @property
    def remaining(self) -> Decimal:
        return max(self.amount - self.filled, ZERO)

    @property
    def average_price(self) -> Decimal | None:
        """Of its fills, to 28 digits."""
        return Context(prec=28).divide(self.filled_quote, self.filled) if self.filled else None


@dataclass(frozen=True)
class Fill:
    """One order's half of a trade. `fee` is in `fee_asset`."""

    trade_id: int
    order_id: int
    client_order_id: str
    account: str
    market: Market
    side: Side
    price: Decimal
    amount: Decimal
    quote_amount: Decimal
    fee: Decimal
    fee_asset: str
    maker: bool
    at: float


@dataclass(frozen=True)
class Trade:
    """A public trade; `taker_side` is the side of the order that came last."""

    trade_id: int
    market: Market
    price: Decimal
    amount: Decimal
    taker_side: Side
    maker_order_id: int
    taker_order_id: int
    at: float


@dataclass(frozen=True)
class Level:
    """All that rests at one price."""

    price: Decimal
    amount: Decimal


@dataclass(frozen=True)
class BookView:
    """A market's book at one `sequence`; bids from the highest, asks from the lowest."""

    market: Market
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    sequence: int
    at: float
