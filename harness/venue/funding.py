"""Mark and index prices, and what longs and shorts pay each other."""

from __future__ import annotations

import math
from decimal import Decimal

from harness.venue.events import FundingPaid, MarkPriceChanged
from harness.venue.ledger import INSURANCE, Reason
from harness.venue.market import Market, floor_to
from harness.venue.model import Refusal, VenueRefusal
from harness.venue.order_manager import Desk
from harness.venue.positions import FundingPayment, FundingRound
from harness.venue.state import Holding, Party, Pit, next_multiple


class Funding:
    """Of every perpetual of the desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._payments = 0

    def pit(self, market: Market) -> Pit:
        pit = self._desk.pit(market)
        if not pit.perpetual:
            raise VenueRefusal(Refusal.UNKNOWN_MARKET, f"{market.name} is no perpetual")
        return pit

    def next_due(self) -> float:
        """When the next funding of any market is."""
        return min((pit.next_funding_at for pit in self._desk.perpetuals.pits), default=math.inf)

    def run_due(self, now: float) -> None:
        """Pay what is due, once a market however long ago the last one was."""
        for pit in self._desk.perpetuals.pits:
            if pit.next_funding_at <= now:
                self.pay(pit)
                pit.next_funding_at = next_multiple(now, pit.market.funding_interval)

    def set_prices(self, pit: Pit, index: Decimal, mark: Decimal) -> None:
        """Move both prices; accounts that cannot bear it are touched."""
        if not (index.is_finite() and mark.is_finite() and index > 0 and mark > 0):
            raise ValueError(f"prices of {pit.market.name} are above zero, not {index} and {mark}")
        pit.index_price, pit.basis = index, mark - index
        for party in self._desk.parties.values():
            if party.held(pit):
                self._desk.perpetuals.touched[party] = None
        if self._desk.journal.listening:
            now = self._desk.clock.now()
            self._desk.journal.events.append(MarkPriceChanged(pit.market, mark, index, now))

    def pay(self, pit: Pit) -> tuple[FundingPayment, ...]:
        """Every position pays or gets `size × mark price × rate`; the crumbs of rounding go to insurance."""
        desk, now = self._desk, self._desk.clock.now()
        pit.funding_rounds.append(FundingRound(pit.market, pit.funding_rate, pit.mark_price(), now))
        payments: list[FundingPayment] = []
        # Who pays comes first, so that the insurance is asked for crumbs only.
        owed = [(self._amount(pit, h), party, h) for party in desk.parties.values() for h in party.held(pit)]
        for amount, party, holding in sorted(owed, key=lambda one: one[0]):
            payment = self._pay_one(pit, party, holding, amount, now)
            if not party.unlimited:
                payments.append(payment)
        return tuple(payments)

    def _amount(self, pit: Pit, holding: Holding) -> Decimal:
        return floor_to(-holding.size * pit.mark_price() * pit.funding_rate, pit.market.quote_quantum)

    def _pay_one(
        self, pit: Pit, party: Party, holding: Holding, amount: Decimal, now: float
    ) -> FundingPayment:
        desk, asset = self._desk, pit.market.settle_asset
        self._payments += 1
        payment = FundingPayment(
            self._payments, party.name, pit.market, holding.side, holding.size, pit.funding_rate,
            pit.mark_price(), amount, asset, now,
        )  # fmt: skip
        desk.perpetuals.cover(party, asset, -amount)
        desk.journal.pay(asset, amount, INSURANCE, party.name, Reason.FUNDING)
        party.funding.append(payment)
        desk.perpetuals.touched[party] = None
        if desk.journal.listening and not party.unlimited:
            desk.journal.events.append(FundingPaid(payment, now))
        return payment
