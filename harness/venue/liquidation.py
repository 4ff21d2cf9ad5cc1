"""Closes positions whose account cannot bear them, at the mark price, against the liquidator.

The liquidator takes the position over, the insurance gets a fee and pays what the account cannot: every unit
is accounted for, and no account ends below zero.
"""

from __future__ import annotations

from decimal import Decimal

from harness.venue.clearing import Charge
from harness.venue.events import Liquidated
from harness.venue.ledger import INSURANCE, LIQUIDATOR, Reason
from harness.venue.margin import maintenance_margin
from harness.venue.market import floor_to
from harness.venue.model import ZERO, OrderEnd, PositionSide, Side
from harness.venue.order_manager import Desk
from harness.venue.state import Holding, Party, Pit


class Liquidations:
    """Looks at the accounts that trades, funding or a new mark price touched."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def run(self) -> None:
        """Until nobody is touched any more; every liquidation leaves a position less."""
        perpetuals = self._desk.perpetuals
        while perpetuals.touched:
            party, _ = perpetuals.touched.popitem()
            if party.unlimited:
                continue
            for pit in perpetuals.pits:
                if party.isolated(pit.market):
                    self._isolated(party, pit)
            for asset in sorted({pit.market.settle_asset for pit in perpetuals.pits}):
                self._cross(party, asset)

    def _isolated(self, party: Party, pit: Pit) -> None:
        for holding in party.held(pit):
            least = maintenance_margin(pit.market, holding.notional())
            if holding.margin + holding.unrealised_pnl() < least:
                self._cancel(party, [pit])
                self._liquidate(party, holding)

    def _cross(self, party: Party, asset: str) -> None:
        pits = [
            pit
            for pit in self._desk.perpetuals.pits
            if pit.market.settle_asset == asset and not party.isolated(pit.market)
        ]
        while holdings := [holding for pit in pits for holding in party.held(pit)]:
            margin = self._desk.perpetuals.margin(party, asset)
            if margin.equity >= margin.maintenance_margin:
                return
            self._cancel(party, pits)
            self._liquidate(party, min(holdings, key=Holding.unrealised_pnl))  # what loses most

    def _cancel(self, party: Party, pits: list[Pit]) -> None:
        for order in list(party.open.values()):
            if order.pit in pits:
                self._desk.cancel(order, why=OrderEnd.LIQUIDATION)

    def _liquidate(self, party: Party, holding: Holding) -> None:
        desk, pit, size = self._desk, holding.pit, holding.size
        side = Side.SELL if size > 0 else Side.BUY
        order, trade = desk.close_out(party, pit, side, abs(size), holding.side)
        perpetuals, liquidator = desk.perpetuals, desk.parties[LIQUIDATOR]
        mine = perpetuals.trade(party, pit, holding.side, side, trade)
        theirs = perpetuals.trade(liquidator, pit, PositionSide.BOTH, side.other, trade)
        wallet = desk.journal.ledger.free(party.name, pit.market.settle_asset)
        fee = self._fee(pit, abs(size), wallet + mine.released_margin + mine.realised_pnl)
        desk.fill(order, trade, Charge(fee, pit.market.settle_asset, mine.realised_pnl), maker=False)
        number = trade.trade_id
        perpetuals.settle_change(mine, fee, INSURANCE, Reason.LIQUIDATION, order.order_id, number)
        perpetuals.settle_change(theirs, ZERO, INSURANCE, Reason.LIQUIDATION, None, number)
        if desk.journal.listening:
            desk.journal.events.append(
                Liquidated(
                    party.name,
                    pit.market,
                    holding.side,
                    size,
                    trade.price,
                    fee,
                    order.order_id,
                    number,
                    trade.at,
                )
            )

    def _fee(self, pit: Pit, size: Decimal, left: Decimal) -> Decimal:
        """At most what the account has left."""
        fee = floor_to(size * pit.mark_price() * pit.market.liquidation_fee, pit.market.quote_quantum)
        return max(min(fee, left), ZERO)
