"""Coinbase Pro's words of 2020: products, orders, fills, messages of the feed, refusals.

Source: docs.pro.coinbase.com of 2020 ("Products", "Orders", "Fills", "The full channel", "Errors"); replies
that ccxt 2.2.1 quotes in `coinbasepro.py`, and its `exceptions`, which hold the exchange's messages. A
post-only order that would take is `rejected`: github.com/coinbase/coinbase-pro-trading-toolkit/issues/149.
Fees are always taken in the quote asset. The feed calls a maker's side the side of a match.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from pydantic import JsonValue

from harness.venue.dialects.decimals import fixed, plain
from harness.venue.dialects.messages import Refused, Reply
from harness.venue.dialects.uuids import uuid_of
from harness.venue.dialects.wire import Json, iso
from harness.venue.market import Market, SelfTrade
from harness.venue.model import (
    Balance,
    BookView,
    Fill,
    NewOrder,
    Order,
    OrderStatus,
    OrderType,
    Refusal,
    Side,
    TimeInForce,
    Trade,
    VenueRefusal,
)

SELF_TRADES = MappingProxyType(
    {
        "dc": SelfTrade.DECREMENT, "co": SelfTrade.EXPIRE_MAKER, "cn": SelfTrade.EXPIRE_TAKER,
        "cb": SelfTrade.EXPIRE_BOTH,
    }
)  # fmt: skip
FORCES = MappingProxyType(
    {"GTC": TimeInForce.GTC, "GTT": TimeInForce.GTD, "IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK}
)
LIFETIMES = MappingProxyType({"min": 60.0, "hour": 3600.0, "day": 86400.0})
MESSAGES: Mapping[Refusal, str] = MappingProxyType(
    {
        Refusal.UNKNOWN_MARKET: "Product not found",
        Refusal.MARKET_HALTED: "Trading pair not available",
        Refusal.INSUFFICIENT_BALANCE: "Insufficient funds",
        Refusal.PRICE_INCREMENT: "price too precise",
        Refusal.PRICE_RANGE: "price too small",
        Refusal.AMOUNT_INCREMENT: "size is too accurate",
        Refusal.AMOUNT_TOO_SMALL: "size is too small",
        Refusal.AMOUNT_TOO_LARGE: "size is too large",
        Refusal.NOTIONAL_TOO_SMALL: "funds is too small",
        Refusal.UNKNOWN_ORDER: "order not found",
        Refusal.ORDER_NOT_OPEN: "Order already done",
    }
)
_NAMESPACE = uuid.UUID("0f3bb2b0-52c5-4f0b-9a6d-2f8a3a1f1c77")
_USER, _PROFILE = "user", "profile"


def refused(message: str, status: int = 400) -> Refused:
    return Refused(Reply(status, {}, {"message": message}))


def refused_by_venue(error: VenueRefusal) -> Refused:
    message = MESSAGES.get(error.code, error.code.value.replace("_", " "))
    return refused(message, 404 if error.code is Refusal.UNKNOWN_ORDER else 400)


def stamp(at: float) -> str:
    return iso(at, "microseconds")


def _named(name: str, kind: str) -> str:
    """The id of a user, a profile or an account."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind} {name}"))


def product(market: Market, *, halted: bool) -> Json:
    return {
        "id": market.name, "base_currency": market.base, "quote_currency": market.quote,
        "base_min_size": plain(market.min_amount), "base_max_size": plain(market.max_amount),
        "base_increment": plain(market.lot_size), "quote_increment": plain(market.tick_size),
        "display_name": f"{market.base}/{market.quote}", "min_market_funds": plain(market.min_notional),
        "max_market_funds": "1000000", "margin_enabled": False, "post_only": False, "limit_only": False,
        "cancel_only": False, "trading_disabled": halted, "status": "offline" if halted else "online",
        "status_message": "",
    }  # fmt: skip


def account_said(balance: Balance, owner: str) -> Json:
    return {
        "id": _named(f"{owner} {balance.asset}", "account"), "currency": balance.asset,
        "balance": fixed(balance.total, 16), "available": fixed(balance.free, 16),
        "hold": fixed(balance.locked, 16), "profile_id": _named(owner, _PROFILE), "trading_enabled": True,
    }  # fmt: skip


def levels(book: BookView, number: int) -> Json:
    """Levels 1 and 2: price, size and how many orders; one is told, as nobody counts them."""
    sides: dict[str, JsonValue] = {
        name: [[plain(level.price), plain(level.amount), 1] for level in side]
        for name, side in (("bids", book.bids), ("asks", book.asks))
    }
    return {**sides, "sequence": number}


def every_order(orders: tuple[Order, ...], number: int) -> Json:
    """Level 3: price, size and id of each order, the best first."""
    sides: dict[str, JsonValue] = {
        name: [_resting(order) for order in orders if order.side is side]
        for name, side in (("bids", Side.BUY), ("asks", Side.SELL))
    }
    return {**sides, "sequence": number}


def _resting(order: Order) -> list[JsonValue]:
    return [plain(order.price or Decimal(0)), plain(order.remaining), uuid_of(order.order_id)]


def public_trade(trade: Trade) -> Json:
    return {
        "time": stamp(trade.at), "trade_id": trade.trade_id, "price": plain(trade.price),
        "size": plain(trade.amount), "side": trade.taker_side.other.value,
    }  # fmt: skip


def new_order(said: Mapping[str, JsonValue], market: Market | None, now: float) -> NewOrder:
    """The order that `POST /orders` asks for; raises Refused."""
    if market is None:
        raise refused("Product not found", 404)
    kind, side, stp = said.get("type", "limit"), said.get("side"), said.get("stp", "dc")
    if kind not in ("limit", "market") or side not in ("buy", "sell") or stp not in SELF_TRADES:
        raise refused("Invalid type, side or stp")
    limit = kind == "limit"
    force = str(said.get("time_in_force") or "GTC")
    lifetime = LIFETIMES.get(str(said.get("cancel_after")))
    if force not in FORCES or (force == "GTT") != (lifetime is not None):
        raise refused("Invalid time_in_force or cancel_after")
    if not limit and ("size" in said) == ("funds" in said):
        raise refused("size or funds is required")
    return NewOrder(
        market, Side(str(side)), OrderType(str(kind)),
        amount=_decimal(said, "size") if limit or "size" in said else None,
        price=_decimal(said, "price") if limit else None,
        quote_amount=_decimal(said, "funds") if not limit and "funds" in said else None,
        time_in_force=FORCES[force] if limit else TimeInForce.IOC,
        post_only=limit and said.get("post_only") in (True, "true"),
        client_order_id=str(said["client_oid"]) if said.get("client_oid") else None,
        expires_at=None if lifetime is None else now + lifetime,
        self_trade=SELF_TRADES[str(stp)],
    )  # fmt: skip


def _decimal(said: Mapping[str, JsonValue], name: str) -> Decimal:
    try:
        value = Decimal(str(said.get(name)))
    except InvalidOperation:
        raise refused(f"Invalid {name}") from None
    if not value.is_finite() or value <= 0:
        raise refused(f"Invalid {name}")
    return value


def order_said(order: Order, fees: Decimal) -> Json:
    names = {value: name for name, value in FORCES.items()}
    told: Json = {
        "id": uuid_of(order.order_id), "product_id": order.market.name, "side": order.side.value,
        "type": order.type.value, "post_only": order.post_only, "created_at": stamp(order.created_at),
        "fill_fees": fixed(fees, 16), "filled_size": fixed(order.filled),
        "executed_value": fixed(order.filled_quote, 16), "status": "open" if order.status.live else "done",
        "settled": not order.status.live, "profile_id": _named(order.account, _PROFILE),
        "stp": next(name for name, rule in SELF_TRADES.items() if rule is order.self_trade),
    }  # fmt: skip
    if order.quote_amount is not None:
        told["funds"] = fixed(order.quote_amount, 16)
    else:
        told["size"] = fixed(order.amount)
    if order.price is not None:
        told |= {"price": fixed(order.price), "time_in_force": names[order.time_in_force]}
    if order.expires_at is not None:
        told["expire_time"] = stamp(order.expires_at)
    if not order.status.live:
        told |= {"done_at": stamp(order.updated_at), "done_reason": reason_of(order)}
    return told


def placed_said(order: Order) -> Json:
    """The answer to a new order tells of its acceptance, whatever has become of it since."""
    told = order_said(order, Decimal(0))
    for name in ("done_at", "done_reason"):
        told.pop(name, None)
    nothing = {"filled_size": fixed(Decimal(0)), "executed_value": fixed(Decimal(0), 16)}
    return {**told, **nothing, "status": "pending", "settled": False}


def rejected_said(asked: NewOrder, at: float) -> Json:
    """A post-only order that would take."""
    return {
        "id": uuid_of(int(at * 1_000_000)), "price": fixed(asked.price or Decimal(0)),
        "size": fixed(asked.amount or Decimal(0)), "product_id": asked.market.name,
        "side": asked.side.value, "type": "limit", "time_in_force": "GTC", "post_only": True,
        "created_at": stamp(at), "reject_reason": "post only", "fill_fees": fixed(Decimal(0), 16),
        "filled_size": fixed(Decimal(0)), "executed_value": fixed(Decimal(0), 16), "status": "rejected",
        "settled": True,
    }  # fmt: skip


def reason_of(order: Order) -> str:
    return "filled" if order.status is OrderStatus.FILLED else "canceled"


def fill_said(fill: Fill) -> Json:
    return {
        "trade_id": fill.trade_id, "product_id": fill.market.name, "price": fixed(fill.price),
        "size": fixed(fill.amount), "order_id": uuid_of(fill.order_id), "created_at": stamp(fill.at),
        "liquidity": "M" if fill.maker else "T", "fee": fixed(fill.fee, 16), "settled": True,
        "side": fill.side.value, "user_id": _named(fill.account, _USER),
        "profile_id": _named(fill.account, _PROFILE),
    }  # fmt: skip


def whose(account: str) -> Json:
    return {"user_id": _named(account, _USER), "profile_id": _named(account, _PROFILE)}


def role(fill: Fill) -> Json:
    """What a match says to one of the two who traded."""
    name, whom = "maker" if fill.maker else "taker", whose(fill.account)
    rate = fill.market.maker_fee if fill.maker else fill.market.taker_fee
    return {
        **whom, f"{name}_user_id": whom["user_id"], f"{name}_profile_id": whom["profile_id"],
        f"{name}_fee_rate": plain(rate),
    }  # fmt: skip


def received(order: Order, at: float) -> Json:
    told: Json = {
        "type": "received", "time": stamp(at), "order_id": uuid_of(order.order_id),
        "order_type": order.type.value, "side": order.side.value,
    }  # fmt: skip
    if order.quote_amount is not None:
        return {**told, "funds": plain(order.quote_amount)}
    told["size"] = plain(order.amount)
    return told if order.price is None else {**told, "price": plain(order.price)}


def opened(order: Order, remaining: Decimal, at: float) -> Json:
    return {
        "type": "open", "time": stamp(at), "order_id": uuid_of(order.order_id),
        "price": plain(order.price or Decimal(0)), "remaining_size": plain(remaining),
        "side": order.side.value,
    }  # fmt: skip


def matched(trade: Trade) -> Json:
    return {
        "type": "match", "trade_id": trade.trade_id, "maker_order_id": uuid_of(trade.maker_order_id),
        "taker_order_id": uuid_of(trade.taker_order_id), "time": stamp(trade.at), "size": plain(trade.amount),
        "price": plain(trade.price), "side": trade.taker_side.other.value,
    }  # fmt: skip


def done(order: Order, left: Decimal, at: float) -> Json:
    """Market orders have no price. The page says that they have no remaining size either; messages of the
    live exchange that upstream's tag v0.30.0 keeps for its own tests have one."""
    told: Json = {
        "type": "done", "time": stamp(at), "order_id": uuid_of(order.order_id), "reason": reason_of(order),
        "side": order.side.value, "remaining_size": plain(left),
    }  # fmt: skip
    return told if order.price is None else {**told, "price": plain(order.price)}


def resized(order: Order, before: Decimal, at: float) -> Json:
    return {
        "type": "change", "time": stamp(at), "order_id": uuid_of(order.order_id), "side": order.side.value,
        "price": plain(order.price or Decimal(0)), "new_size": plain(order.remaining),
        "old_size": plain(before),
    }  # fmt: skip
