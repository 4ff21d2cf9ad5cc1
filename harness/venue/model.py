"""The venue's words: orders, fills, trades, accounts and the reasons it refuses.

Amounts and prices are exact decimals, amounts in the base asset unless the name says quote; times are
virtual Unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Context, Decimal
from enum import StrEnum
from typing import NamedTuple, Protocol

from harness.venue.market import FeeIn, Market, SelfTrade

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
    """Good till cancelled; immediate or cancel; fill or kill; good till `expires_at`."""

    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    GTD = "gtd"


class PositionSide(StrEnum):
    """Which position of a perpetual an order trades: the only one, or in hedge mode one of two."""

    BOTH = "both"
    LONG = "long"
    SHORT = "short"


class OrderStatus(StrEnum):
    OPEN = "open"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"  # ended by the venue; `Order.ended` says why

    @property
    def live(self) -> bool:
        return self in (OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED)


class OrderEnd(StrEnum):
    """Why an order ended that was not filled whole."""

    ASKED = "asked"  # its account cancelled it
    COULD_NOT_REST = "could_not_rest"  # what an IOC, FOK or market order could not fill
    SELF_TRADE = "self_trade"
    POST_ONLY = "post_only"  # it would have taken
    TIME = "time"  # its `expires_at` has come
    REDUCE_ONLY = "reduce_only"  # the position that it would reduce is gone
    LIQUIDATION = "liquidation"
    BY_EXCHANGE = "by_exchange"  # for reasons of its own: maintenance, a market that is delisted


class Refusal(StrEnum):
    """Why the venue turned a request down; each dialect has its exchange's own code for it."""

    UNKNOWN_MARKET = "unknown_market"
    MARKET_HALTED = "market_halted"
    BAD_COMBINATION = "bad_combination"  # a limit order without a price, two amounts …
    PRICE_INCREMENT = "price_increment"
    PRICE_RANGE = "price_range"
    PRICE_BAND = "price_band"  # too far from the last, mark or middle price
    AMOUNT_INCREMENT = "amount_increment"
    AMOUNT_TOO_SMALL = "amount_too_small"
    AMOUNT_TOO_LARGE = "amount_too_large"
    NOTIONAL_TOO_SMALL = "notional_too_small"
    NOTIONAL_TOO_LARGE = "notional_too_large"
    TOO_MANY_OPEN_ORDERS = "too_many_open_orders"
    INSUFFICIENT_BALANCE = "insufficient_balance"
    POST_ONLY_WOULD_TAKE = "post_only_would_take"
    DUPLICATE_CLIENT_ORDER_ID = "duplicate_client_order_id"
    UNKNOWN_ORDER = "unknown_order"
    ORDER_NOT_OPEN = "order_not_open"
    EXPIRES_IN_THE_PAST = "expires_in_the_past"
    INSUFFICIENT_MARGIN = "insufficient_margin"
    LEVERAGE_TOO_HIGH = "leverage_too_high"  # above the market's, or the bracket's of so large a position
    LEVERAGE_REDUCTION = "leverage_reduction"  # of an isolated position
    REDUCE_ONLY_WOULD_INCREASE = "reduce_only_would_increase"
    POSITION_SIDE_MISMATCH = "position_side_mismatch"  # a side in one-way mode, or none in hedge mode
    POSITION_MODE_IN_USE = "position_mode_in_use"  # positions or orders are open
    MARGIN_MODE_IN_USE = "margin_mode_in_use"
    NO_POSITION = "no_position"


PERPETUAL_REFUSALS = frozenset(
    {
        Refusal.INSUFFICIENT_MARGIN,
        Refusal.LEVERAGE_TOO_HIGH,
        Refusal.LEVERAGE_REDUCTION,
        Refusal.REDUCE_ONLY_WOULD_INCREASE,
        Refusal.POSITION_SIDE_MISMATCH,
        Refusal.POSITION_MODE_IN_USE,
        Refusal.MARGIN_MODE_IN_USE,
        Refusal.NO_POSITION,
    }
)  # a dialect without perpetuals never meets these


class VenueRefusal(Exception):  # noqa: N818 - the exchange said no; nothing broke
    """The venue did not do it; nothing changed."""

    def __init__(self, code: Refusal, detail: str = "") -> None:
        super().__init__(f"{code.value}: {detail}" if detail else code.value)
        self.code = code
        self.detail = detail


KEY_LENGTHS = (64, 64, 16)  # of a key, its secret and its passphrase, where an exchange names no others


@dataclass(frozen=True)
class Account:
    """Who trades. The three secrets are generated anew in every run and must never leave the connector."""

    name: str
    api_key: str
    api_secret: str = field(repr=False)
    passphrase: str = field(repr=False)


class Balance(NamedTuple):
    """`locked` holds what open spot orders need, and the margin of isolated positions."""

    asset: str
    free: Decimal
    locked: Decimal

    @property
    def total(self) -> Decimal:
        return self.free + self.locked


@dataclass(frozen=True)
class NewOrder:
    """An order as asked for: `amount` (base), or `quote_amount` for a market order of so much quote.

    `expires_at` (Unix seconds) belongs to GTD. `name_may_repeat`: its `client_order_id` may be that of an
    order which is open; else it is refused then. `self_trade` and `fee_in` None: as the market has it.
    On a perpetual, `reduce_only` trades at most what its position still has, and `close_position` (then no
    amount) all of it; `position_side` is BOTH in one-way mode, LONG or SHORT in hedge mode, where selling
    LONG and buying SHORT reduce.
    """

    market: Market
    side: Side
    type: OrderType = OrderType.LIMIT
    amount: Decimal | None = None
    price: Decimal | None = None
    quote_amount: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    client_order_id: str | None = None
    name_may_repeat: bool = False
    expires_at: float | None = None
    self_trade: SelfTrade | None = None
    fee_in: FeeIn | None = None
    reduce_only: bool = False
    close_position: bool = False
    position_side: PositionSide = PositionSide.BOTH

    @property
    def reduces(self) -> bool:
        """Whether it may only make its position smaller."""
        if self.position_side is PositionSide.BOTH:
            return self.reduce_only or self.close_position
        return (self.position_side is PositionSide.LONG) == (self.side is Side.SELL)


def venue_name(order_id: int) -> str:
    """The client order id of an order that came without one."""
    return f"venue-{order_id}"


class Order(NamedTuple):
    """An accepted order at one moment; later moments are new objects with the same `order_id`.

    The `amount` of an order that named a quote amount is what it could buy or sell when it came; that of a
    reduce-only one is never more than the position has. `prevented` is what a decrementing self-trade rule
    took off it. `ended` is None while it lives and when it was filled whole.
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
    prevented: Decimal = ZERO
    ended: OrderEnd | None = None
    expires_at: float | None = None
    self_trade: SelfTrade = SelfTrade.NONE
    reduce_only: bool = False
    close_position: bool = False
    position_side: PositionSide = PositionSide.BOTH
    liquidation: bool = False  # the venue's own order, which closed a position

    @property
    def given_id(self) -> str:
        """Its client order id; empty where it came without one, as what its user places in the browser."""
        return "" if self.client_order_id == venue_name(self.order_id) else self.client_order_id

    @property
    def remaining(self) -> Decimal:
        return max(self.amount - self.filled - self.prevented, ZERO)

    @property
    def average_price(self) -> Decimal | None:
        """Of its fills, to 28 digits."""
        return Context(prec=28).divide(self.filled_quote, self.filled) if self.filled else None


class Fill(NamedTuple):
    """One order's half of a trade. `fee` is in `fee_asset`, negative: a rebate.

    `realised_pnl` (settle asset, before the fee) is what a perpetual's position gained by it.
    """

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
    position_side: PositionSide = PositionSide.BOTH
    realised_pnl: Decimal = ZERO

    @property
    def given_id(self) -> str:
        """The client order id that its order came with; empty for none."""
        return "" if self.client_order_id == venue_name(self.order_id) else self.client_order_id


class Trade(NamedTuple):
    """A public trade; `taker_side` is the side of the order that came last."""

    trade_id: int
    market: Market
    price: Decimal
    amount: Decimal
    taker_side: Side
    maker_order_id: int
    taker_order_id: int
    at: float


class Level(NamedTuple):
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
