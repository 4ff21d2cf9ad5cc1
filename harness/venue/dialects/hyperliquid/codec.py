"""Hyperliquid's names for things: errors, states, numbers, and the orders that clients ask for.

Source: hyperliquid.gitbook.io/hyperliquid-docs (for-developers/api: error-responses, notation,
tick-and-lot-size, info-endpoint, exchange-endpoint).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from decimal import Decimal

from pydantic import JsonValue

from harness.venue.dialects.decimals import decimals_of, plain
from harness.venue.dialects.messages import Refused, Reply
from harness.venue.dialects.wire import Json, ms
from harness.venue.market import Market, SelfTrade
from harness.venue.model import (
    ZERO,
    Fill,
    Level,
    NewOrder,
    Order,
    OrderEnd,
    OrderStatus,
    Refusal,
    Side,
    TimeInForce,
    Trade,
    VenueRefusal,
)

CLOID = re.compile(r"0x[0-9a-f]{32}")
PLAIN_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
MISSING = "Order was never placed, already canceled, or filled."
NEWEST = 2000  # fills, orders or trades in a reply
TICK = "Price must be divisible by tick size."
REFUSALS: dict[Refusal, str] = {
    Refusal.MARKET_HALTED: "Trading is halted.",
    Refusal.BAD_COMBINATION: "Order has invalid size.",
    Refusal.PRICE_INCREMENT: TICK,
    Refusal.PRICE_RANGE: "Order has invalid price.",
    Refusal.PRICE_BAND: "Order price cannot be more than 80% away from the reference price",
    Refusal.AMOUNT_INCREMENT: "Order has invalid size.",
    Refusal.AMOUNT_TOO_SMALL: "Order has zero size.",
    Refusal.AMOUNT_TOO_LARGE: "Order has invalid size.",
    Refusal.NOTIONAL_TOO_SMALL: "Order must have minimum value of $10.",
    Refusal.INSUFFICIENT_BALANCE: "Insufficient spot balance",
    Refusal.INSUFFICIENT_MARGIN: "Insufficient margin to place order.",
    Refusal.POST_ONLY_WOULD_TAKE: "Post only order would have immediately matched, bbo was",
    Refusal.DUPLICATE_CLIENT_ORDER_ID: "Duplicate cloid.",
    Refusal.REDUCE_ONLY_WOULD_INCREASE: "Reduce only order would increase position.",
    Refusal.LEVERAGE_TOO_HIGH: "Invalid leverage value",
    Refusal.LEVERAGE_REDUCTION: "Cannot decrease leverage with open position.",
    Refusal.MARGIN_MODE_IN_USE: "Cannot switch leverage type with open position.",
    Refusal.UNKNOWN_ORDER: MISSING,
    Refusal.ORDER_NOT_OPEN: MISSING,
}
ENDS = {
    OrderEnd.SELF_TRADE: "selfTradeCanceled",
    OrderEnd.REDUCE_ONLY: "reduceOnlyCanceled",
    OrderEnd.LIQUIDATION: "liquidatedCanceled",
    OrderEnd.BY_EXCHANGE: "delistedCanceled",
}
FORCES = {"Gtc": TimeInForce.GTC, "Ioc": TimeInForce.IOC, "Alo": TimeInForce.GTC}


class Mistake(Exception):  # noqa: N818 - the exchange's word about one order of several
    """One order or cancellation of a batch is turned down with this text; the others are not."""


def err(text: str) -> Refused:
    """An action that was turned down whole: still HTTP 200."""
    return Refused(Reply(200, {}, {"status": "err", "response": text}))


def malformed() -> Refused:
    return Refused(Reply(422, {}, b"Failed to deserialize the JSON body into the target type"))


def ok(kind: str, statuses: list[JsonValue] | None = None) -> Json:
    said: Json = {"type": kind}
    if statuses is not None:
        said["data"] = {"statuses": statuses}
    return {"status": "ok", "response": said}


def refusal(error: VenueRefusal) -> str:
    return REFUSALS.get(error.code, f"Order was rejected: {error.code.value}.")


def worded(error: VenueRefusal, asset: int) -> str:
    """What the exchange says of a refusal; the asset is named behind it."""
    text = refusal(error)
    return text if text == MISSING else f"{text} asset={asset}"


def number(value: Decimal) -> str:
    """As Hyperliquid writes prices and money: never without a decimal point."""
    text = plain(value)
    return text if "." in text else f"{text}.0"


def divisible(price: Decimal, market: Market) -> bool:
    """At most five significant figures unless whole, and the decimals that sizes leave of 8 (or 6)."""
    most = (6 if market.perpetual else 8) - decimals_of(market.lot_size)
    digits = len(plain(price).replace(".", "").strip("0"))
    return decimals_of(price) <= most and (digits <= 5 or price == price.to_integral_value())


def new_order(said: JsonValue, market_at: Callable[[JsonValue], Market]) -> NewOrder:
    """The order that an element of `orders` asks for. Raises `Mistake`, and `Refused` where it is none."""
    if not isinstance(said, dict):
        raise malformed()
    kind, cloid = said.get("t"), said.get("c")
    limit = kind.get("limit") if isinstance(kind, dict) else None
    tif = limit.get("tif") if isinstance(limit, dict) else None
    texts = (str(said.get("p")), str(said.get("s")))
    good = isinstance(said.get("b"), bool) and isinstance(said.get("r"), bool)
    if not good or tif not in FORCES or not all(PLAIN_NUMBER.fullmatch(text) for text in texts):
        raise malformed()
    if cloid is not None and not (isinstance(cloid, str) and CLOID.fullmatch(cloid)):
        raise malformed()
    market = market_at(said.get("a"))
    price, amount = (Decimal(text) for text in texts)
    if not divisible(price, market):
        raise Mistake(f"{TICK} asset={said.get('a')}")
    return NewOrder(
        market=market,
        side=Side.BUY if said["b"] else Side.SELL,
        amount=amount,
        price=price,
        time_in_force=FORCES[str(tif)],
        post_only=tif == "Alo",
        client_order_id=cloid,
        self_trade=SelfTrade.EXPIRE_MAKER,
        reduce_only=said.get("r") is True and market.perpetual,
    )


def state_of(order: Order) -> str:
    if order.status.live:
        return "open"
    if order.status is OrderStatus.FILLED:
        return "filled"
    return ENDS.get(order.ended, "canceled") if order.ended else "canceled"


def cloid_of(client_order_id: str) -> str | None:
    """None for an order that was placed without one."""
    return client_order_id if CLOID.fullmatch(client_order_id) else None


def basic_order(order: Order, coin: str) -> Json:
    """As `openOrders` and the `orderUpdates` channel tell it; a `cloid` only where there is one."""
    told: Json = {
        "coin": coin, "side": side(order.side), "limitPx": number(order.price or ZERO),
        "sz": number(order.remaining), "oid": order.order_id, "timestamp": ms(order.created_at),
        "origSz": number(order.amount),
    }  # fmt: skip
    cloid = cloid_of(order.client_order_id)
    return told if cloid is None else {**told, "cloid": cloid}


def full_order(order: Order, coin: str) -> Json:
    """As `frontendOpenOrders`, `historicalOrders` and `orderStatus` tell it."""
    tif = "Alo" if order.post_only else "Ioc" if order.time_in_force is TimeInForce.IOC else "Gtc"
    return {
        **basic_order(order, coin), "triggerCondition": "N/A", "isTrigger": False, "triggerPx": "0.0",
        "children": [], "isPositionTpsl": False, "reduceOnly": order.reduce_only, "orderType": "Limit",
        "tif": tif, "cloid": cloid_of(order.client_order_id),
    }  # fmt: skip


def with_status(order: Order, told: Json) -> Json:
    return {"order": told, "status": state_of(order), "statusTimestamp": ms(order.updated_at)}


def side(of: Side) -> str:
    return "B" if of is Side.BUY else "A"


def hash_of(number: int, what: str) -> str:
    """A made-up transaction's hash, the same whenever it is told."""
    return f"0x{hashlib.sha256(f'{what} {number}'.encode()).hexdigest()}"


def public_trade(trade: Trade, coin: str) -> Json:
    return {
        "coin": coin, "side": side(trade.taker_side), "px": number(trade.price), "sz": number(trade.amount),
        "time": ms(trade.at), "hash": hash_of(trade.trade_id, "trade"), "tid": trade.trade_id,
    }  # fmt: skip


def direction(fill: Fill, before: Decimal) -> str:
    """What a fill did to the position that was `before` it."""
    if not fill.market.perpetual:
        return fill.side.value.title()
    change = fill.amount if fill.side is Side.BUY else -fill.amount
    if before * change >= 0:
        return "Open Long" if change > 0 else "Open Short"
    if abs(change) > abs(before):
        return "Long > Short" if before > 0 else "Short > Long"
    return "Close Long" if before > 0 else "Close Short"


def fill_data(fill: Fill, coin: str, before: Decimal) -> Json:
    """As `userFills` tells it; `before` is the position, or on spot the balance, that it met."""
    told: Json = {
        "coin": coin, "px": number(fill.price), "sz": number(fill.amount), "side": side(fill.side),
        "time": ms(fill.at), "startPosition": number(before), "dir": direction(fill, before),
        "closedPnl": number(fill.realised_pnl), "hash": hash_of(fill.trade_id, "trade"),
        "oid": fill.order_id, "crossed": not fill.maker, "fee": number(fill.fee), "tid": fill.trade_id,
        "feeToken": fill.fee_asset if not fill.market.perpetual else "USDC",
    }  # fmt: skip
    cloid = cloid_of(fill.client_order_id)
    return told if cloid is None else {**told, "cloid": cloid}


def levels(side_of_book: tuple[Level, ...]) -> list[JsonValue]:
    """`n`, the number of orders, is not known to the venue: one a level."""
    return [{"px": number(level.price), "sz": number(level.amount), "n": 1} for level in side_of_book]
