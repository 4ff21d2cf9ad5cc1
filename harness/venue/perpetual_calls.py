"""The venue's calls about perpetuals: positions, leverage, margin, mark price and funding."""

from __future__ import annotations

from decimal import Decimal

from harness.venue.ledger import Reason
from harness.venue.margin import RATIO, needs, notionals
from harness.venue.market import Market
from harness.venue.model import ZERO, Account, PositionSide, Refusal, VenueRefusal
from harness.venue.operation import Operated, operation
from harness.venue.positions import (
    FundingPayment,
    FundingRound,
    Margin,
    MarginMode,
    Position,
    PositionMode,
)
from harness.venue.state import AccountState, Holding, MarketState


class PerpetualCalls(Operated):
    """A part of `Venue`. Every call about a market raises UNKNOWN_MARKET unless it is a perpetual of it."""

    @operation
    def positions(self, account: Account) -> tuple[Position, ...]:
        """The account's open positions."""
        account_state = self._account_state(account)
        perpetuals = self._order_manager.perpetuals
        return tuple(
            perpetuals.position(account_state, h)
            for market_state in perpetuals.market_states
            for h in account_state.held(market_state)
        )

    @operation
    def position(self, account: Account, market: Market, side: PositionSide = PositionSide.BOTH) -> Position:
        """The account's position in a market, of size 0 when there is none."""
        account_state, market_state = self._account_state(account), self._funding.market_state(market)
        holding = account_state.holding(market_state, side) or Holding(market_state, side)
        return self._order_manager.perpetuals.position(account_state, holding)

    @operation
    def margin(self, account: Account, asset: str) -> Margin:
        """What the account has and needs of a settle asset."""
        return self._order_manager.perpetuals.margin(self._account_state(account), asset)

    @operation
    def position_mode(self, account: Account) -> PositionMode:
        return self._account_state(account).mode

    @operation
    def set_position_mode(self, account: Account, mode: PositionMode) -> None:
        """Of all perpetuals; raises POSITION_MODE_IN_USE while positions or orders are open on any."""
        account_state = self._account_state(account)
        if mode is not account_state.mode and any(
            _in_use(account_state, market_state)
            for market_state in self._order_manager.perpetuals.market_states
        ):
            raise VenueRefusal(Refusal.POSITION_MODE_IN_USE, f"{account.name} has positions or orders open")
        account_state.mode = mode

    @operation
    def margin_mode(self, account: Account, market: Market) -> MarginMode:
        return self._account_state(account).margin_modes.get(
            self._funding.market_state(market).market, MarginMode.CROSS
        )

    @operation
    def set_margin_mode(self, account: Account, market: Market, mode: MarginMode) -> None:
        """Raises MARGIN_MODE_IN_USE while a position or orders are open on the market."""
        account_state, market_state = self._account_state(account), self._funding.market_state(market)
        if (mode is MarginMode.ISOLATED) == account_state.isolated(market):
            return
        if _in_use(account_state, market_state):
            raise VenueRefusal(Refusal.MARGIN_MODE_IN_USE, f"{account.name} uses {market.name}")
        account_state.margin_modes[market] = mode

    @operation
    def leverage(self, account: Account, market: Market) -> Decimal:
        return self._account_state(account).leverage(self._funding.market_state(market).market)

    @operation
    def set_leverage(self, account: Account, market: Market, leverage: Decimal) -> None:
        """Raises LEVERAGE_TOO_HIGH (also below 1), INSUFFICIENT_MARGIN when what is open would need more than
        there is, and LEVERAGE_REDUCTION for an isolated position."""
        account_state, market_state = self._account_state(account), self._funding.market_state(market)
        _, worst = notionals(account_state, market_state, needs(account_state, market_state))
        if not 1 <= leverage <= min(market.max_leverage, market.tier(worst).max_leverage):
            raise VenueRefusal(Refusal.LEVERAGE_TOO_HIGH, f"{leverage} on {market.name}")
        before = account_state.leverage(market)
        if leverage < before and worst:
            if account_state.isolated(market) and account_state.held(market_state):
                raise VenueRefusal(Refusal.LEVERAGE_REDUCTION, f"{market.name} is open at {before}")
            more = RATIO.divide(worst, leverage) - RATIO.divide(worst, before)
            if more > self._order_manager.perpetuals.margin(account_state, market.settle_asset).available:
                raise VenueRefusal(Refusal.INSUFFICIENT_MARGIN, f"{leverage} needs {more:f} more")
        account_state.leverages[market] = leverage
        for holding in account_state.held(market_state):
            self._order_manager.perpetuals.tell(account_state, holding, Reason.MARGIN, None)

    @operation
    def adjust_margin(
        self, account: Account, market: Market, amount: Decimal, side: PositionSide = PositionSide.BOTH
    ) -> None:
        """Put settle asset into an isolated position, or take some out (below zero), down to the initial
        margin; raises NO_POSITION or INSUFFICIENT_MARGIN."""
        account_state = self._account_state(account)
        holding = account_state.holding(self._funding.market_state(market), side)
        if holding is None or not holding.size or not account_state.isolated(market):
            raise VenueRefusal(Refusal.NO_POSITION, f"{account.name} has none isolated on {market.name}")
        perpetuals = self._order_manager.perpetuals
        left = holding.margin + amount + min(holding.unrealised_pnl(), ZERO)
        short = amount < 0 and left * account_state.leverage(market) < holding.notional()
        if short or amount > perpetuals.spendable(account_state, market.settle_asset):
            raise VenueRefusal(Refusal.INSUFFICIENT_MARGIN, f"cannot move {amount} {market.settle_asset}")
        perpetuals.adjust_margin(account_state, holding, amount)

    @operation
    def mark_price(self, market: Market) -> Decimal:
        return self._funding.market_state(market).mark_price()

    @operation
    def index_price(self, market: Market) -> Decimal:
        return self._funding.market_state(market).index_price

    @operation
    def set_mark(self, market: Market, price: Decimal) -> None:
        """Move the mark price, and liquidate who cannot bear it; when the index moves later, it keeps its
        new distance to it."""
        market_state = self._funding.market_state(market)
        self._funding.set_prices(market_state, market_state.index_price, price)

    @operation
    def set_index(self, market: Market, price: Decimal) -> None:
        """Move the index price, and the mark price with it."""
        market_state = self._funding.market_state(market)
        self._funding.set_prices(market_state, price, price + market_state.basis)

    @operation
    def funding_rate(self, market: Market) -> Decimal:
        """The fraction of the notional that longs pay shorts at the next funding."""
        return self._funding.market_state(market).funding_rate

    @operation
    def set_funding_rate(self, market: Market, rate: Decimal) -> None:
        self._funding.market_state(market).funding_rate = rate

    @operation
    def next_funding_at(self, market: Market) -> float:
        """Unix seconds; a multiple of the market's interval. The venue pays by itself then."""
        return self._funding.market_state(market).next_funding_at

    @operation
    def pay_funding(self, market: Market) -> tuple[FundingPayment, ...]:
        """Pay now, besides the usual times; the accounts' payments."""
        return self._funding.pay(self._funding.market_state(market))

    @operation
    def funding_payments(self, account: Account, market: Market | None = None) -> tuple[FundingPayment, ...]:
        """What the account's positions paid and got, oldest first."""
        return tuple(p for p in self._account_state(account).funding if market in (None, p.market))

    @operation
    def funding_history(self, market: Market) -> tuple[FundingRound, ...]:
        """The market's past fundings, oldest first."""
        return tuple(self._funding.market_state(market).funding_rounds)

    @operation
    def open_interest(self, market: Market) -> Decimal:
        """The sum of all long positions, in base."""
        market_state = self._funding.market_state(market)
        sizes = (
            h.size
            for account_state in self._order_manager.account_states.values()
            for h in account_state.held(market_state)
        )
        return sum((size for size in sizes if size > 0), ZERO)


def _in_use(account_state: AccountState, market_state: MarketState) -> bool:
    return bool(account_state.held(market_state) or account_state.open_in(market_state))
