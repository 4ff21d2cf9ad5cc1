"""What an order must look like on a market before it may be matched."""

from __future__ import annotations

from decimal import Decimal

from harness.venue.market import Market, is_multiple
from harness.venue.model import (
    Clock,
    NewOrder,
    OrderType,
    PositionSide,
    Refusal,
    Side,
    TimeInForce,
    VenueRefusal,
)
from harness.venue.state import MarketState

# Looking up a member of an enum takes longer than most of the checks.
LIMIT, GTD, BUY, BOTH = OrderType.LIMIT, TimeInForce.GTD, Side.BUY, PositionSide.BOTH
RESTING = (TimeInForce.GTC, TimeInForce.GTD)


def check(order: NewOrder, market_state: MarketState, clock: Clock) -> None:
    """Raise `VenueRefusal` when the order breaks a rule; the last price values a market order's amount."""
    _check_combination(order)
    if order.expires_at is not None or order.time_in_force is GTD:
        _check_expiry(order, clock.now())
    market = order.market
    price = order.price
    if price is not None:
        _check_price(market, price)
        if market.price_band is not None:
            _check_band(order.side, price, market_state)
    if order.amount is not None:
        _check_amount(market, order.amount)
        # Who closes a position may close a small rest of it, too.
        if not order.reduce_only:
            _check_notional(market, order.amount * (market_state.last_price() if price is None else price))
    if order.quote_amount is not None:
        _check_quote_amount(market, order.quote_amount)


def _check_combination(order: NewOrder) -> None:
    limit = order.type is LIMIT
    if order.close_position:
        if order.amount is not None or order.quote_amount is not None:
            raise VenueRefusal(Refusal.BAD_COMBINATION, "closing a position names no amount")
    elif (order.amount is None) == (order.quote_amount is None):
        raise VenueRefusal(Refusal.BAD_COMBINATION, "give either an amount or a quote amount")
    if limit and (order.price is None or order.quote_amount is not None):
        raise VenueRefusal(Refusal.BAD_COMBINATION, "a limit order has a price and an amount in base")
    if not limit and (order.price is not None or order.post_only):
        raise VenueRefusal(Refusal.BAD_COMBINATION, "a market order has no price and takes")
    if order.post_only and order.time_in_force not in RESTING:
        raise VenueRefusal(Refusal.BAD_COMBINATION, "a post-only order rests")
    _check_kind(order)


def _check_expiry(order: NewOrder, now: float) -> None:
    if order.time_in_force is not GTD or order.expires_at is None or order.type is not LIMIT:
        raise VenueRefusal(Refusal.BAD_COMBINATION, "a limit order good till a time names it, no other does")
    if order.expires_at <= now:
        raise VenueRefusal(Refusal.EXPIRES_IN_THE_PAST, f"{order.expires_at} is not after {now}")


def _check_kind(order: NewOrder) -> None:
    if order.market.perpetual:
        if order.fee_in is not None:
            raise VenueRefusal(Refusal.BAD_COMBINATION, "a perpetual's fee is in the settle asset")
    elif order.reduce_only or order.close_position or order.position_side is not BOTH:
        raise VenueRefusal(Refusal.BAD_COMBINATION, "a spot market has no positions")


def _check_price(market: Market, price: Decimal) -> None:
    if not price.is_finite() or price <= 0 or price > market.max_price:
        raise VenueRefusal(Refusal.PRICE_RANGE, f"{price} is not within 0 and {market.max_price}")
    if not is_multiple(price, market.tick_size):
        raise VenueRefusal(Refusal.PRICE_INCREMENT, f"{price} is no multiple of {market.tick_size}")


def _check_band(side: Side, price: Decimal, market_state: MarketState) -> None:
    band = market_state.market.price_band
    if band is None:
        return
    down, up = (band.bid_down, band.bid_up) if side is BUY else (band.ask_down, band.ask_up)
    middle = market_state.reference(band.reference)
    if not middle * down <= price <= middle * up:
        raise VenueRefusal(Refusal.PRICE_BAND, f"{price} is not within {middle * down} and {middle * up}")


def _check_amount(market: Market, amount: Decimal) -> None:
    if not amount.is_finite() or amount < market.min_amount:
        raise VenueRefusal(Refusal.AMOUNT_TOO_SMALL, f"{amount} is below {market.min_amount}")
    if amount > market.max_amount:
        raise VenueRefusal(Refusal.AMOUNT_TOO_LARGE, f"{amount} is above {market.max_amount}")
    if not is_multiple(amount, market.lot_size):
        raise VenueRefusal(Refusal.AMOUNT_INCREMENT, f"{amount} is no multiple of {market.lot_size}")


def _check_quote_amount(market: Market, amount: Decimal) -> None:
    _check_notional(market, amount)
    if amount > market.max_amount * market.max_price:
        raise VenueRefusal(Refusal.AMOUNT_TOO_LARGE, f"{amount} {market.quote} is too much")
    if not is_multiple(amount, market.quote_quantum):
        raise VenueRefusal(Refusal.AMOUNT_INCREMENT, f"{amount} is no multiple of {market.quote_quantum}")


def _check_notional(market: Market, notional: Decimal) -> None:
    if not notional.is_finite() or notional < market.min_notional:
        raise VenueRefusal(Refusal.NOTIONAL_TOO_SMALL, f"{notional} is below {market.min_notional}")
    if market.max_notional is not None and notional > market.max_notional:
        raise VenueRefusal(Refusal.NOTIONAL_TOO_LARGE, f"{notional} is above {market.max_notional}")
