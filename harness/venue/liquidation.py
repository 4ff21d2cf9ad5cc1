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
from harness.venue.order_manager import OrderManager
from harness.venue.state import AccountState, Holding, MarketState


class Liquidations:
    """Looks at the accounts that trades, funding or a new mark price touched."""

    def __init__(self, order_manager: OrderManager) -> None:
        self._order_manager = order_manager

    def run(self) -> None:
        """Until nobody is touched any more; every liquidation leaves a position less."""
        perpetuals = self._order_manager.perpetuals
        while perpetuals.touched:
            account_state, _ = perpetuals.touched.popitem()
            if account_state.unlimited:
                continue
            for market_state in perpetuals.market_states:
                if account_state.isolated(market_state.market):
                    self._isolated(account_state, market_state)
            for asset in sorted(
                {market_state.market.settle_asset for market_state in perpetuals.market_states}
            ):
                self._cross(account_state, asset)

    def _isolated(self, account_state: AccountState, market_state: MarketState) -> None:
        for holding in account_state.held(market_state):
            least = maintenance_margin(market_state.market, holding.notional())
            if holding.margin + holding.unrealised_pnl() < least:
                self._cancel(account_state, [market_state])
                self._liquidate(account_state, holding)

    def _cross(self, account_state: AccountState, asset: str) -> None:
        market_states = [
            market_state
            for market_state in self._order_manager.perpetuals.market_states
            if market_state.market.settle_asset == asset and not account_state.isolated(market_state.market)
        ]
        while holdings := [
            holding for market_state in market_states for holding in account_state.held(market_state)
        ]:
            margin = self._order_manager.perpetuals.margin(account_state, asset)
            if margin.equity >= margin.maintenance_margin:
                return
            self._cancel(account_state, market_states)
            self._liquidate(account_state, min(holdings, key=Holding.unrealised_pnl))  # what loses most

    def _cancel(self, account_state: AccountState, market_states: list[MarketState]) -> None:
        for order in list(account_state.open.values()):
            if order.market_state in market_states:
                self._order_manager.cancel(order, why=OrderEnd.LIQUIDATION)

    def _liquidate(self, account_state: AccountState, holding: Holding) -> None:
        order_manager, market_state, size = self._order_manager, holding.market_state, holding.size
        side = Side.SELL if size > 0 else Side.BUY
        order, trade = order_manager.close_out(account_state, market_state, side, abs(size), holding.side)
        perpetuals, liquidator = order_manager.perpetuals, order_manager.account_states[LIQUIDATOR]
        mine = perpetuals.trade(account_state, market_state, holding.side, side, trade)
        theirs = perpetuals.trade(liquidator, market_state, PositionSide.BOTH, side.other, trade)
        wallet = order_manager.postings.ledger.free(account_state.name, market_state.market.settle_asset)
        fee = self._fee(market_state, abs(size), wallet + mine.released_margin + mine.realised_pnl)
        order_manager.trading.fill(
            order, trade, Charge(fee, market_state.market.settle_asset, mine.realised_pnl), maker=False
        )
        number = trade.trade_id
        perpetuals.settle_change(mine, fee, INSURANCE, Reason.LIQUIDATION, order.order_id, number)
        perpetuals.settle_change(theirs, ZERO, INSURANCE, Reason.LIQUIDATION, None, number)
        if order_manager.postings.listening:
            order_manager.postings.events.append(
                Liquidated(
                    account_state.name,
                    market_state.market,
                    holding.side,
                    size,
                    trade.price,
                    fee,
                    order.order_id,
                    number,
                    trade.at,
                )
            )

    def _fee(self, market_state: MarketState, size: Decimal, left: Decimal) -> Decimal:
        """At most what the account has left."""
        fee = floor_to(
            size * market_state.mark_price() * market_state.market.liquidation_fee,
            market_state.market.quote_quantum,
        )
        return max(min(fee, left), ZERO)
