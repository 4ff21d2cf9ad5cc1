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
from harness.venue.state import Holding, Party, Pit


class PerpetualCalls(Operated):
    """A part of `Venue`. Every call about a market raises UNKNOWN_MARKET unless it is a perpetual of it."""

    # -- positions

    @operation
    def positions(self, account: Account) -> tuple[Position, ...]:
        """The account's open positions."""
        party = self._party(account)
        perpetuals = self._desk.perpetuals
        return tuple(perpetuals.position(party, h) for pit in perpetuals.pits for h in party.held(pit))

    @operation
    def position(self, account: Account, market: Market, side: PositionSide = PositionSide.BOTH) -> Position:
        """The account's position in a market, of size 0 when there is none."""
        party, pit = self._party(account), self._funding.pit(market)
        holding = party.holding(pit, side) or Holding(pit, side)
        return self._desk.perpetuals.position(party, holding)

    @operation
    def margin(self, account: Account, asset: str) -> Margin:
        """What the account has and needs of a settle asset."""
        return self._desk.perpetuals.margin(self._party(account), asset)

    # -- modes

    @operation
    def position_mode(self, account: Account) -> PositionMode:
        return self._party(account).mode

    @operation
    def set_position_mode(self, account: Account, mode: PositionMode) -> None:
        """Of all perpetuals; raises POSITION_MODE_IN_USE while positions or orders are open on any."""
        party = self._party(account)
        if mode is not party.mode and any(_in_use(party, pit) for pit in self._desk.perpetuals.pits):
            raise VenueRefusal(Refusal.POSITION_MODE_IN_USE, f"{account.name} has positions or orders open")
        party.mode = mode

    @operation
    def margin_mode(self, account: Account, market: Market) -> MarginMode:
        return self._party(account).margin_modes.get(self._funding.pit(market).market, MarginMode.CROSS)

    @operation
    def set_margin_mode(self, account: Account, market: Market, mode: MarginMode) -> None:
        """Raises MARGIN_MODE_IN_USE while a position or orders are open on the market."""
        party, pit = self._party(account), self._funding.pit(market)
        if (mode is MarginMode.ISOLATED) == party.isolated(market):
            return
        if _in_use(party, pit):
            raise VenueRefusal(Refusal.MARGIN_MODE_IN_USE, f"{account.name} uses {market.name}")
        party.margin_modes[market] = mode

    @operation
    def leverage(self, account: Account, market: Market) -> Decimal:
        return self._party(account).leverage(self._funding.pit(market).market)

    @operation
    def set_leverage(self, account: Account, market: Market, leverage: Decimal) -> None:
        """Raises LEVERAGE_TOO_HIGH (also below 1), INSUFFICIENT_MARGIN when what is open would need more than
        there is, and LEVERAGE_REDUCTION for an isolated position."""
        party, pit = self._party(account), self._funding.pit(market)
        _, worst = notionals(party, pit, needs(party, pit))
        if not 1 <= leverage <= min(market.max_leverage, market.tier(worst).max_leverage):
            raise VenueRefusal(Refusal.LEVERAGE_TOO_HIGH, f"{leverage} on {market.name}")
        before = party.leverage(market)
        if leverage < before and worst:
            if party.isolated(market) and party.held(pit):
                raise VenueRefusal(Refusal.LEVERAGE_REDUCTION, f"{market.name} is open at {before}")
            more = RATIO.divide(worst, leverage) - RATIO.divide(worst, before)
            if more > self._desk.perpetuals.margin(party, market.settle_asset).available:
                raise VenueRefusal(Refusal.INSUFFICIENT_MARGIN, f"{leverage} needs {more:f} more")
        party.leverages[market] = leverage
        for holding in party.held(pit):
            self._desk.perpetuals.tell(party, holding, Reason.MARGIN, None)

    @operation
    def adjust_margin(
        self, account: Account, market: Market, amount: Decimal, side: PositionSide = PositionSide.BOTH
    ) -> None:
        """Put settle asset into an isolated position, or take some out (below zero), down to the initial
        margin; raises NO_POSITION or INSUFFICIENT_MARGIN."""
        party = self._party(account)
        holding = party.holding(self._funding.pit(market), side)
        if holding is None or not holding.size or not party.isolated(market):
            raise VenueRefusal(Refusal.NO_POSITION, f"{account.name} has none isolated on {market.name}")
        perpetuals = self._desk.perpetuals
        left = holding.margin + amount + min(holding.unrealised_pnl(), ZERO)
        short = amount < 0 and left * party.leverage(market) < holding.notional()
        if short or amount > perpetuals.spendable(party, market.settle_asset):
            raise VenueRefusal(Refusal.INSUFFICIENT_MARGIN, f"cannot move {amount} {market.settle_asset}")
        perpetuals.adjust_margin(party, holding, amount)

    # -- prices and funding

    @operation
    def mark_price(self, market: Market) -> Decimal:
        return self._funding.pit(market).mark_price()

    @operation
    def index_price(self, market: Market) -> Decimal:
        return self._funding.pit(market).index_price

    @operation
    def set_mark(self, market: Market, price: Decimal) -> None:
        """Move the mark price, and liquidate who cannot bear it; when the index moves later, it keeps its
        new distance to it."""
        pit = self._funding.pit(market)
        self._funding.set_prices(pit, pit.index_price, price)

    @operation
    def set_index(self, market: Market, price: Decimal) -> None:
        """Move the index price, and the mark price with it."""
        pit = self._funding.pit(market)
        self._funding.set_prices(pit, price, price + pit.basis)

    @operation
    def funding_rate(self, market: Market) -> Decimal:
        """The fraction of the notional that longs pay shorts at the next funding."""
        return self._funding.pit(market).funding_rate

    @operation
    def set_funding_rate(self, market: Market, rate: Decimal) -> None:
        self._funding.pit(market).funding_rate = rate

    @operation
    def next_funding_at(self, market: Market) -> float:
        """Unix seconds; a multiple of the market's interval. The venue pays by itself then."""
        return self._funding.pit(market).next_funding_at

    @operation
    def pay_funding(self, market: Market) -> tuple[FundingPayment, ...]:
        """Pay now, besides the usual times; the accounts' payments."""
        return self._funding.pay(self._funding.pit(market))

    @operation
    def funding_payments(self, account: Account, market: Market | None = None) -> tuple[FundingPayment, ...]:
        """What the account's positions paid and got, oldest first."""
        return tuple(p for p in self._party(account).funding if market in (None, p.market))

    @operation
    def funding_history(self, market: Market) -> tuple[FundingRound, ...]:
        """The market's past fundings, oldest first."""
        return tuple(self._funding.pit(market).funding_rounds)

    @operation
    def open_interest(self, market: Market) -> Decimal:
        """The sum of all long positions, in base."""
        pit = self._funding.pit(market)
        sizes = (h.size for party in self._desk.parties.values() for h in party.held(pit))
        return sum((size for size in sizes if size > 0), ZERO)


def _in_use(party: Party, pit: Pit) -> bool:
    return bool(party.held(pit) or party.open_in(pit))
