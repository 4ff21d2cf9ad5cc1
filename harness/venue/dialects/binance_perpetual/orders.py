"""Reading a new order as strictly as Binance's futures do. Source: the documentation of its New Order."""

from __future__ import annotations

from harness.venue.dialects.binance.errors import error, missing
from harness.venue.dialects.binance.parameters import Params, client_order_id, number, required
from harness.venue.dialects.decimals import decimals_of
from harness.venue.market import Market
from harness.venue.model import NewOrder, OrderType, PositionSide, Side, TimeInForce
from harness.venue.positions import PositionMode

FORCES = {"GTC": TimeInForce.GTC, "IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK, "GTX": TimeInForce.GTC}
CONDITIONAL = frozenset({"STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"})
TRUTH = {"true": True, "false": False}


def new_order(params: Params, market: Market, mode: PositionMode) -> NewOrder:
    """The order that is asked for, of an account in that position mode."""
    side, kind = required(params, "side"), required(params, "type")
    if side not in ("BUY", "SELL"):
        raise error(-1117, "Invalid side.")
    if kind in CONDITIONAL:
        raise error(-4120, "Order type not supported for this endpoint. Please use the Algo Order API.")
    if kind not in ("LIMIT", "MARKET"):
        raise error(-1116, "Invalid orderType.")
    for name in ("timeInForce", "quantity", "price") if kind == "LIMIT" else ("quantity",):
        required(params, name)
    force = params.get("timeInForce", "GTC")
    if force not in FORCES:
        raise error(-1115, "Invalid timeInForce.")
    if kind == "MARKET" and "price" in params:
        raise error(-1106, "Parameter 'price' sent when not required.")
    return NewOrder(
        market,
        Side[side],
        OrderType[kind],
        amount=number(params, "quantity", decimals_of(market.lot_size)),
        price=number(params, "price", decimals_of(market.tick_size)),
        time_in_force=FORCES[force],
        post_only=force == "GTX",
        client_order_id=client_order_id(params, "newClientOrderId"),
        reduce_only=_reduce_only(params, mode),
        position_side=_position_side(params),
    )


def _reduce_only(params: Params, mode: PositionMode) -> bool:
    value = params.get("reduceOnly")
    if value is None:
        return False
    if mode is PositionMode.HEDGE:
        raise error(-1106, "Parameter 'reduceonly' sent when not required.")
    if value.lower() not in TRUTH:
        raise missing("reduceOnly")
    return TRUTH[value.lower()]


def _position_side(params: Params) -> PositionSide:
    value = params.get("positionSide", "BOTH")
    if value not in PositionSide.__members__:
        raise error(-4060, "Invalid position side.")
    return PositionSide[value]
