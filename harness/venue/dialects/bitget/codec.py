"""Bitget's words: error codes, statuses, how things are written, and the orders that clients ask for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal

from pydantic import JsonValue

from harness.venue.dialects.base import Call, Refused, Reply
from harness.venue.dialects.decimals import plain
from harness.venue.dialects.wire import Json, ms
from harness.venue.market import Market
from harness.venue.model import (
    ZERO,
    Balance,
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
)  # fmt: skip

PLAIN_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
CLIENT_OID = re.compile(r"[0-9A-Za-z_:#\-+.]{1,64}")

# Code and message of each refusal, as bitgetlimited.github.io/apidoc/en/spot/ (error codes) has them; 40808,
# 41103, 41114, 45110 and 45113 as ccxt's `bitget` quotes them. Neither has a code of its own for post-only
# orders that would take, so those fail as any order that cannot be placed.
REFUSALS: dict[Refusal, tuple[str, str]] = {
    Refusal.UNKNOWN_MARKET: ("40034", "Parameter symbol does not exist"),
    Refusal.MARKET_HALTED: ("41114", "The current trading pair is under maintenance"),
    Refusal.BAD_COMBINATION: ("40017", "Parameter verification failed"),
    Refusal.PRICE_INCREMENT: ("41103", "param price scale error error"),
    Refusal.PRICE_RANGE: ("43009", "The current order price exceeds the limit"),
    Refusal.PRICE_BAND: ("43009", "The current order price exceeds the limit"),
    Refusal.AMOUNT_INCREMENT: ("40808", "Parameter verification exception size checkBDScale error"),
    Refusal.AMOUNT_TOO_SMALL: ("43006", "The order quantity is less than the minimum transaction quantity"),
    Refusal.AMOUNT_TOO_LARGE: ("43007", "The order quantity exceeds the maximum transaction quantity"),
    Refusal.NOTIONAL_TOO_SMALL: ("45110", "less than the minimum amount"),
    Refusal.NOTIONAL_TOO_LARGE: ("45113", "Maximum order value limit triggered"),
    Refusal.TOO_MANY_OPEN_ORDERS: ("43005", "Exceed the maximum number of orders"),
    Refusal.INSUFFICIENT_BALANCE: ("43012", "Insufficient balance"),
    Refusal.POST_ONLY_WOULD_TAKE: ("43002", "Pending order failed"),
    Refusal.DUPLICATE_CLIENT_ORDER_ID: ("43118", "clientOrderId duplicate"),
    Refusal.UNKNOWN_ORDER: ("43001", "The order does not exist"),
    Refusal.ORDER_NOT_OPEN: ("43001", "The order does not exist"),
    Refusal.EXPIRES_IN_THE_PAST: ("40017", "Parameter verification failed"),
}
STATUS = {
    OrderStatus.OPEN: "live",
    OrderStatus.PARTIALLY_FILLED: "partially_filled",
    OrderStatus.FILLED: "filled",
    OrderStatus.CANCELED: "cancelled",
    OrderStatus.EXPIRED: "cancelled",
}


def refused(code: str, message: str, status: int = 400) -> Refused:
    return Refused(Reply(status, {}, failure(code, message)))


def failure(code: str, message: str) -> Json:
    return {"code": code, "msg": message, "data": None}


def refused_by_venue(error: VenueRefusal) -> Refused:
    return refused(*REFUSALS[error.code])


def integer(call: Call, name: str, default: int, most: int) -> int:
    """A parameter that counts, cut at the `most` that the exchange gives."""
    text = call.params.get(name, "")
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,19}", text):
        raise refused("40017", f"Parameter verification failed {name}")
    return min(int(text), most)


def new_order(body: JsonValue, market_named: Callable[[str], Market]) -> NewOrder:
    """The order that `place-order` asks for; a market buy names quote. Raises `Refused`."""
    said = body if isinstance(body, dict) else {}
    kind, side, oid = said.get("orderType"), said.get("side"), said.get("clientOid")
    if side not in ("buy", "sell") or kind not in ("limit", "market"):
        raise refused("40017", "Parameter verification failed side or orderType")
    if oid and not CLIENT_OID.fullmatch(str(oid)):
        raise refused("40017", "Parameter verification failed clientOid")
    force = "ioc" if kind == "market" else str(said.get("force") or "gtc").lower()
    if force not in ("gtc", "ioc", "fok", "post_only"):
        raise refused("40017", "Parameter verification failed force")
    size, by_value = _decimal(said, "size"), kind == "market" and side == "buy"
    return NewOrder(
        market=market_named(str(said.get("symbol", ""))),
        side=Side(side),
        type=OrderType(kind),
        amount=None if by_value else size,
        price=_decimal(said, "price") if kind == "limit" else None,
        quote_amount=size if by_value else None,
        time_in_force=TimeInForce.GTC if force == "post_only" else TimeInForce(force),
        post_only=force == "post_only",
        client_order_id=str(oid) if oid else None,
    )


def _decimal(said: Json, name: str) -> Decimal:
    value = str(said.get(name) or "")
    if not value:
        raise refused("40019", f"Parameter {name} cannot be empty")
    if not PLAIN_NUMBER.fullmatch(value):
        raise refused("40017", f"Parameter verification failed {name}")
    return Decimal(value)


def size(order: Order) -> Decimal:
    """What its client asked for: quote for a market buy, else base."""
    return order.amount if order.quote_amount is None else order.quote_amount


def force(order: Order) -> str:
    return "post_only" if order.post_only else order.time_in_force.value


def balance(held: Balance, at: float) -> Json:
    return {
        "coin": held.asset, "available": plain(held.free), "frozen": plain(held.locked), "locked": "0",
        "limitAvailable": "0", "uTime": str(ms(at)),
    }  # fmt: skip


def public_trade(trade: Trade) -> Json:
    return {
        "tradeId": str(trade.trade_id), "price": plain(trade.price), "size": plain(trade.amount),
        "side": trade.taker_side.value, "ts": str(ms(trade.at)),
    }  # fmt: skip


def fees(fills: Iterable[Fill]) -> str:
    """An order's `feeDetail`: JSON within JSON, what was paid is negative; empty before the first fill."""
    paid: dict[str, Decimal] = {}
    for fill in fills:
        paid[fill.fee_asset] = paid.get(fill.fee_asset, ZERO) - fill.fee
    if not paid:
        return ""
    total = plain(sum(paid.values(), ZERO))
    new = f'"newFees":{{"c":0,"d":0,"deduction":false,"r":{total},"t":{total},"totalDeductionFee":0}}'
    coins = [
        f'"{asset}":{{"deduction":false,"feeCoinCode":"{asset}","totalDeductionFee":0,"totalFee":{plain(fee)}}}'
        for asset, fee in paid.items()
    ]
    return "{" + ",".join([new, *coins]) + "}"


def fee_of(fill: Fill) -> Json:
    return {
        "deduction": "no", "feeCoin": fill.fee_asset, "totalDeductionFee": "0", "totalFee": plain(-fill.fee),
    }  # fmt: skip
