"""Mark and index prices, and what longs and shorts pay each other."""

from __future__ import annotations

import math
from decimal import Decimal

from harness.venue.events import FundingPaid, MarkPriceChanged
from harness.venue.ledger import INSURANCE, Reason
from harness.venue.market import Market, floor_to
from harness.venue.model import Refusal, VenueRefusal
from harness.venue.order_manager import OrderManager
from harness.venue.positions import FundingPayment, FundingRound
from harness.venue.state import AccountState, Holding, MarketState, next_multiple


class Funding:
    """Of every perpetual of the order manager."""

    def __init__(self, order_manager: OrderManager) -> None:
        self._order_manager = order_manager
        self._payments = 0

    def market_state(self, market: Market) -> MarketState:
        market_state = self._order_manager.market_state(market)
        if not market_state.perpetual:
            raise VenueRefusal(Refusal.UNKNOWN_MARKET, f"{market.name} is no perpetual")
        return market_state

    def next_due(self) -> float:
        """When the next funding of any market is."""
        return min(
            (market_state.next_funding_at for market_state in self._order_manager.perpetuals.market_states),
            default=math.inf,
        )

    def run_due(self, now: float) -> None:
        """Pay what is due, once a market however long ago the last one was."""
        for market_state in self._order_manager.perpetuals.market_states:
            if market_state.next_funding_at <= now:
                self.pay(market_state)
                market_state.next_funding_at = next_multiple(now, market_state.market.funding_interval)

    def set_prices(self, market_state: MarketState, index: Decimal, mark: Decimal) -> None:
        """Move both prices; accounts that cannot bear it are touched."""
        if not (index.is_finite() and mark.is_finite() and index > 0 and mark > 0):
            raise ValueError(f"prices of {market_state.market.name} are above zero, not {index} and {mark}")
        market_state.index_price, market_state.basis = index, mark - index
        for account_state in self._order_manager.account_states.values():
            if account_state.held(market_state):
                self._order_manager.perpetuals.touched[account_state] = None
        if self._order_manager.postings.listening:
            now = self._order_manager.clock.now()
            self._order_manager.postings.events.append(
                MarkPriceChanged(market_state.market, mark, index, now)
            )

    def pay(self, market_state: MarketState) -> tuple[FundingPayment, ...]:
        """Every position pays or gets `size × mark price × rate`; the crumbs of rounding go to insurance."""
        order_manager, now = self._order_manager, self._order_manager.clock.now()
        market_state.funding_rounds.append(
            FundingRound(market_state.market, market_state.funding_rate, market_state.mark_price(), now)
        )
        payments: list[FundingPayment] = []
        # Who pays comes first, so that the insurance is asked for crumbs only.
        owed = [
            (self._amount(market_state, h), account_state, h)
            for account_state in order_manager.account_states.values()
            for h in account_state.held(market_state)
        ]
        for amount, account_state, holding in sorted(owed, key=lambda one: one[0]):
            payment = self._pay_one(market_state, account_state, holding, amount, now)
            if not account_state.unlimited:
                payments.append(payment)
        return tuple(payments)

    def _amount(self, market_state: MarketState, holding: Holding) -> Decimal:
        return floor_to(
            -holding.size * market_state.mark_price() * market_state.funding_rate,
            market_state.market.quote_quantum,
        )

    def _pay_one(
        self,
        market_state: MarketState,
        account_state: AccountState,
        holding: Holding,
        amount: Decimal,
        now: float,
    ) -> FundingPayment:
        order_manager, asset = self._order_manager, market_state.market.settle_asset
        self._payments += 1
        payment = FundingPayment(
            self._payments, account_state.name, market_state.market, holding.side, holding.size,
            market_state.funding_rate, market_state.mark_price(), amount, asset, now,
        )  # fmt: skip
        order_manager.perpetuals.cover(account_state, asset, -amount)
        order_manager.postings.pay(asset, amount, INSURANCE, account_state.name, Reason.FUNDING)
        account_state.funding.append(payment)
        order_manager.perpetuals.touched[account_state] = None
        if order_manager.postings.listening and not account_state.unlimited:
            order_manager.postings.events.append(FundingPaid(payment, now))
        return payment
