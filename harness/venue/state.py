"""What the order manager keeps of each order, account and market: mutable, and never shown to a caller.

Callers get `Order`s, `Position`s and events, which never change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from harness.venue.engine import Book
from harness.venue.market import FeeIn, Market, PriceReference, SelfTrade
from harness.venue.model import ZERO, Fill, NewOrder, Order, OrderEnd, OrderStatus, PositionSide, Side, Trade
from harness.venue.positions import FundingPayment, FundingRound, MarginMode, PositionMode

if TYPE_CHECKING:
    from harness.venue.clearing import Clearing


class MarketState:
    """A market's book, trades and prices."""

    __slots__ = (
        "basis", "book", "clearing", "funding_rate", "funding_rounds", "halted", "index_price", "market",
        "next_funding_at", "perpetual", "sequence", "trades",
    )  # fmt: skip

    clearing: Clearing  # set by the order manager, which makes both kinds

    def __init__(self, market: Market, now: float) -> None:
        self.market = market
        self.perpetual = market.perpetual
        self.book = Book(market)
        self.sequence = 0
        self.trades: list[Trade] = []
        self.halted = False
        self.index_price = market.reference_price
        self.basis = ZERO  # mark price less index price
        self.funding_rate = market.funding_rate
        self.next_funding_at = next_multiple(now, market.funding_interval)
        self.funding_rounds: list[FundingRound] = []

    def last_price(self) -> Decimal:
        """Of the last trade, or where the other traders start."""
        return self.trades[-1].price if self.trades else self.market.reference_price

    def middle(self) -> Decimal:
        """Between best bid and ask, else the mark price."""
        bid, ask = self.book.best(Side.BUY), self.book.best(Side.SELL)
        if bid is None or ask is None:
            return self.mark_price()
        return (bid + ask) / 2

    def mark_price(self) -> Decimal:
        """Of a spot market the last price."""
        return self.index_price + self.basis if self.perpetual else self.last_price()

    def reference(self, which: PriceReference) -> Decimal:
        if which is PriceReference.MID:
            return self.middle()
        return self.mark_price() if which is PriceReference.MARK else self.last_price()


@dataclass(slots=True)
class Holding:
    """A position. `cost` is what the size was bought for, signed like it: exact, as an entry price is not."""

    market_state: MarketState
    side: PositionSide
    size: Decimal = ZERO
    cost: Decimal = ZERO
    margin: Decimal = ZERO  # if isolated
    realised_pnl: Decimal = ZERO
    opened_at: float = 0.0
    updated_at: float = 0.0

    def unrealised_pnl(self) -> Decimal:
        return self.size * self.market_state.mark_price() - self.cost

    def notional(self) -> Decimal:
        return abs(self.size) * self.market_state.mark_price()


@dataclass(slots=True, eq=False)
class AccountState:
    """An account, or the other traders."""

    name: str
    unlimited: bool = False  # the venue's own: never short of margin, never liquidated
    orders: list[LiveOrder] = field(default_factory=list)  # oldest first
    open: dict[int, LiveOrder] = field(default_factory=dict)
    by_client_id: dict[str, LiveOrder] = field(default_factory=dict)  # the newest of each
    fills: list[Fill] = field(default_factory=list)
    fee_asset: str | None = None  # pays spot fees while there is enough of it
    fee_discount: Decimal = ZERO
    self_trade: SelfTrade | None = None  # None: as the market has it
    mode: PositionMode = PositionMode.ONE_WAY
    holdings: dict[MarketState, list[Holding]] = field(default_factory=dict)
    leverages: dict[Market, Decimal] = field(default_factory=dict)
    margin_modes: dict[Market, MarginMode] = field(default_factory=dict)
    funding: list[FundingPayment] = field(default_factory=list)

    def leverage(self, market: Market) -> Decimal:
        return self.leverages.get(market, min(market.default_leverage, market.max_leverage))

    def isolated(self, market: Market) -> bool:
        return self.margin_modes.get(market) is MarginMode.ISOLATED

    def holding(self, market_state: MarketState, side: PositionSide) -> Holding | None:
        for holding in self.holdings.get(market_state, ()):
            if holding.side is side:
                return holding
        return None

    def held(self, market_state: MarketState) -> list[Holding]:
        """The open positions in a market."""
        return [holding for holding in self.holdings.get(market_state, ()) if holding.size]

    def open_in(self, market_state: MarketState) -> list[LiveOrder]:
        return [order for order in self.open.values() if order.market_state is market_state]


@dataclass(slots=True, eq=False)
class LiveOrder:
    """An order of now; `view` is what callers see."""

    order_id: int
    client_order_id: str
    account_state: AccountState
    market_state: MarketState
    asked: NewOrder
    side: Side
    price: Decimal | None
    amount: Decimal
    created_at: float
    updated_at: float
    self_trade: SelfTrade
    fee_in: FeeIn
    held: Decimal = ZERO  # still locked for it, in the asset it pays
    remaining: Decimal = field(init=False)  # amount less filled and prevented
    status: OrderStatus = OrderStatus.OPEN
    filled: Decimal = ZERO
    filled_quote: Decimal = ZERO
    prevented: Decimal = ZERO
    ended: OrderEnd | None = None
    liquidation: bool = False
    _view: Order | None = None

    def __post_init__(self) -> None:
        self.remaining = self.amount

    @property
    def resting(self) -> bool:
        return self.order_id in self.account_state.open

    def changed(self, at: float) -> None:
        self.updated_at = at
        self._view = None

    def view(self) -> Order:
        if self._view is None:
            asked = self.asked
            self._view = Order(
                self.order_id, self.client_order_id, self.account_state.name, asked.market, self.side,
                asked.type, asked.time_in_force, asked.post_only, self.price, self.amount, asked.quote_amount,
                self.created_at, self.updated_at, self.status, self.filled, self.filled_quote, self.prevented,
                self.ended, asked.expires_at, self.self_trade, asked.reduce_only or asked.close_position,
                asked.close_position, asked.position_side, self.liquidation,
            )  # fmt: skip
        return self._view


def next_multiple(now: float, interval: float) -> float:
    """The first multiple of `interval` after `now`."""
    return (now // interval + 1) * interval
