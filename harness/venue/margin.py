"""What an account's positions and orders need, at the mark price. Pure reckoning.

Initial margin is the notional over the leverage, of a position together with the orders that could make it
larger: the worse of all bids filling and all asks filling (Binance's and Bybit's one-way rule). An order that
only reduces needs none.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal
from typing import NamedTuple

from harness.venue.ledger import Ledger
from harness.venue.market import Market
from harness.venue.model import ZERO, PositionSide, Side
from harness.venue.positions import Margin, MarginMode, Position
from harness.venue.state import AccountState, Holding, LiveOrder, MarketState

RATIO = Context(prec=60)  # for quotients, which are then cut to what the exchange keeps
PRICE = Context(prec=28)
BUY, BOTH = Side.BUY, PositionSide.BOTH


class Need(NamedTuple):
    """What an open order that may enlarge a position is worth."""

    position_side: PositionSide
    side: Side
    notional: Decimal


def needs(
    account_state: AccountState, market_state: MarketState, without: LiveOrder | None = None
) -> list[Need]:
    """Of the account's open orders in a market."""
    return [
        Need(order.asked.position_side, order.side, order.price * order.remaining)
        for order in account_state.open.values()
        if order.market_state is market_state
        and order is not without
        and order.price is not None
        and not order.asked.reduces
    ]


def notionals(
    account_state: AccountState, market_state: MarketState, orders: Iterable[Need]
) -> tuple[Decimal, Decimal]:
    """Of the positions alone, and the worst of positions and orders together."""
    mark = market_state.mark_price()
    bids = asks = opening = ZERO
    for order in orders:
        if order.position_side is not BOTH:
            opening += order.notional
        elif order.side is BUY:
            bids += order.notional
        else:
            asks += order.notional
    net = legs = ZERO
    for holding in account_state.holdings.get(market_state, ()):
        if holding.side is BOTH:
            net = holding.size * mark
        else:
            legs += abs(holding.size) * mark
    return abs(net) + legs, max(abs(net + bids), abs(net - asks)) + legs + opening


def maintenance_margin(market: Market, notional: Decimal) -> Decimal:
    """Bracket by bracket, as an income tax is."""
    if not market.margin_tiers:
        return notional * market.maintenance_margin
    total, above = ZERO, notional
    for tier in reversed(market.margin_tiers):
        if above > tier.above:
            total += (above - tier.above) * tier.maintenance_margin
            above = tier.above
    return total


def account_margin(
    account_state: AccountState, asset: str, market_states: Iterable[MarketState], ledger: Ledger
) -> Margin:
    """All that the account has and needs of one settle asset."""
    balance = ledger.balance(account_state.name, asset)
    unrealised = position_margin = order_margin = maintenance = isolated = ZERO
    for market_state in market_states:
        if not market_state.perpetual or market_state.market.settle_asset != asset:
            continue
        position, worst = notionals(account_state, market_state, needs(account_state, market_state))
        leverage = account_state.leverage(market_state.market)
        order_margin += RATIO.divide(worst - position, leverage)
        for holding in account_state.held(market_state):
            if account_state.isolated(market_state.market):
                isolated += holding.margin
                continue
            unrealised += holding.unrealised_pnl()
            maintenance += maintenance_margin(market_state.market, holding.notional())
        if not account_state.isolated(market_state.market):
            position_margin += RATIO.divide(position, leverage)
    equity = balance.free + unrealised
    available = max(equity - position_margin - order_margin, ZERO)
    return Margin(
        asset, balance.free + isolated, unrealised, equity, position_margin, order_margin, isolated,
        maintenance, available,
    )  # fmt: skip


def position(account_state: AccountState, holding: Holding, equity_elsewhere: Decimal) -> Position:
    """What callers see of a holding. `equity_elsewhere`: what a cross position can lose besides its own."""
    market, mark = holding.market_state.market, holding.market_state.mark_price()
    isolated = account_state.isolated(market)
    return Position(
        account=account_state.name,
        market=market,
        side=holding.side,
        size=holding.size,
        cost=holding.cost,
        entry_price=PRICE.divide(holding.cost, holding.size) if holding.size else None,
        mark_price=mark,
        unrealised_pnl=holding.unrealised_pnl(),
        realised_pnl=holding.realised_pnl,
        leverage=account_state.leverage(market),
        margin_mode=MarginMode.ISOLATED if isolated else MarginMode.CROSS,
        isolated_margin=holding.margin,
        initial_margin=RATIO.divide(holding.notional(), account_state.leverage(market)),
        maintenance_margin=maintenance_margin(market, holding.notional()),
        liquidation_price=liquidation_price(holding, holding.margin if isolated else equity_elsewhere),
        opened_at=holding.opened_at,
        updated_at=holding.updated_at,
    )


def liquidation_price(holding: Holding, backing: Decimal) -> Decimal | None:
    """The mark price at which backing and profit are worth the maintenance margin, at today's bracket."""
    size, market = holding.size, holding.market_state.market
    if not size:
        return None
    rate = market.tier(holding.notional()).maintenance_margin
    deducted = rate * holding.notional() - maintenance_margin(market, holding.notional())
    slope = size - rate * abs(size)
    if not slope:
        return None
    price = PRICE.divide(holding.cost - backing - deducted, slope)
    return price if price > 0 else None
