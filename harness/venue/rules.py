"""What an order must look like on a market before it may be matched."""

from __future__ import annotations

from decimal import Decimal

from harness.venue.market import Market, is_multiple
from harness.venue.model import NewOrder, OrderType, Refusal, TimeInForce, VenueRefusal


def check(order: NewOrder, going_price: Decimal) -> None:
    """Raise `VenueRefusal` when the order breaks a rule. `going_price` values a market order's amount."""
    _check_combination(order)
    market = order.market
    if order.price is not None:
        _check_price(market, order.price)
    if order.amount is not None:
        _check_amount(market, order.amount)
        _check_notional(market, order.amount * (going_price if order.price is None else order.price))
    if order.quote_amount is not None:
        _check_quote_amount(market, order.quote_amount)


def _check_combination(order: NewOrder) -> None:
    limit = order.type is OrderType.LIMIT
    if (order.amount is None) == (order.quote_amount is None):
        raise VenueRefusal(Refusal.BAD_COMBINATION, "give either an amount or a quote amount")
    if limit and (order.price is None or order.quote_amount is not None):
        raise VenueRefusal(Refusal.BAD_COMBINATION, "a limit order has a price and an amount in base")
    if not limit and (order.price is not None or order.post_only):
        raise VenueRefusal(Refusal.BAD_COMBINATION, "a market order has no price and takes")
    if order.post_only and order.time_in_force is not TimeInForce.GTC:
        raise VenueRefusal(Refusal.BAD_COMBINATION, "a post-only order rests")


def _check_price(market: Market, price: Decimal) -> None:
    if not price.is_finite() or price <= 0 or price > market.max_price:
        raise VenueRefusal(Refusal.PRICE_RANGE, f"{price} is not within 0 and {market.max_price}")
    if not is_multiple(price, market.tick_size):
        raise VenueRefusal(Refusal.PRICE_INCREMENT, f"{price} is no multiple of {market.tick_size}")


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
