"""Gate's names for things: errors, states, numbers, and the orders that clients ask for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from decimal import Decimal

from pydantic import JsonValue

from harness.venue.dialects.base import (
    Call,
    Refused,
    Reply,
)  # fmt: skip
from harness.venue.dialects.wire import Json
from harness.venue.market import Market
from harness.venue.model import (
    Account,
    NewOrder,
    OrderStatus,
    OrderType,
    Refusal,
    Side,
    TimeInForce,
    VenueRefusal,
)  # fmt: skip

PLAIN_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
TEXT = re.compile(r"t-[0-9A-Za-z_.-]{1,28}")

# Label and message of each refusal, as the label list has them.
REFUSALS: dict[Refusal, tuple[str, str]] = {
    Refusal.UNKNOWN_MARKET: ("INVALID_CURRENCY_PAIR", "invalid currency pair"),
    Refusal.MARKET_HALTED: ("TRADE_RESTRICTED", "this currency pair cannot be traded now"),
    Refusal.BAD_COMBINATION: ("INVALID_PARAM_VALUE", "invalid argument"),
    Refusal.PRICE_INCREMENT: ("INVALID_PRECISION", "price has too many decimals"),
    Refusal.PRICE_RANGE: ("INVALID_PARAM_VALUE", "price is out of range"),
    Refusal.AMOUNT_INCREMENT: ("INVALID_PRECISION", "amount has too many decimals"),
    Refusal.AMOUNT_TOO_SMALL: ("INVALID_PARAM_VALUE", "your order size is too small"),
    Refusal.AMOUNT_TOO_LARGE: ("INVALID_PARAM_VALUE", "your order size is too large"),
    Refusal.NOTIONAL_TOO_SMALL: ("INVALID_PARAM_VALUE", "your order value is too small"),
    Refusal.INSUFFICIENT_BALANCE: ("BALANCE_NOT_ENOUGH", "Not enough balance"),
    Refusal.POST_ONLY_WOULD_TAKE: ("POC_FILL_IMMEDIATELY", "Order would match and take immediately"),
    Refusal.DUPLICATE_CLIENT_ORDER_ID: ("INVALID_PARAM_VALUE", "text is in use by an open order"),
    Refusal.PRICE_BAND: ("INVALID_PARAM_VALUE", "price deviates too much from the market's"),
    Refusal.NOTIONAL_TOO_LARGE: ("INVALID_PARAM_VALUE", "your order value is too large"),
    Refusal.TOO_MANY_OPEN_ORDERS: ("TOO_MANY_ORDERS", "too many open orders"),
    Refusal.EXPIRES_IN_THE_PAST: ("INVALID_PARAM_VALUE", "invalid argument"),
    Refusal.UNKNOWN_ORDER: ("ORDER_NOT_FOUND", "Order not found"),
    Refusal.ORDER_NOT_OPEN: ("ORDER_CLOSED", "Order has been closed"),
}
NOT_FOUND = (Refusal.UNKNOWN_ORDER,)


def refused(label: str, message: str, status: int = 400) -> Refused:
    return Refused(Reply(status, {}, {"label": label, "message": message}))


def refused_by_venue(error: VenueRefusal) -> Refused:
    return refused(*REFUSALS[error.code], status=404 if error.code in NOT_FOUND else 400)


STATUS = {
    OrderStatus.OPEN: "open",
    OrderStatus.PARTIALLY_FILLED: "open",
    OrderStatus.FILLED: "closed",
    OrderStatus.CANCELED: "cancelled",
    OrderStatus.EXPIRED: "cancelled",
}
FINISHED = {
    OrderStatus.OPEN: "open",
    OrderStatus.PARTIALLY_FILLED: "open",
    OrderStatus.FILLED: "filled",
    OrderStatus.CANCELED: "cancelled",
    OrderStatus.EXPIRED: "ioc",
}


def user_id_of(account: str) -> int:
    return int.from_bytes(hashlib.sha256(account.encode()).digest()[:3], "big") + 1_000_000


def user_id(account: Account) -> int:
    return user_id_of(account.name)


def integer(call: Call, name: str, default: int) -> int:
    text = call.params.get(name, "")
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise refused("INVALID_PARAM_VALUE", f"invalid {name}")
    return int(text)


def new_order(body: JsonValue, market_named: Callable[[str], Market]) -> NewOrder:
    """The order that `POST /spot/orders` asks for; a market buy names quote. Raises `Refused`."""
    said = body if isinstance(body, dict) else {}
    kind, side, text = said.get("type", "limit"), said.get("side"), said.get("text")
    if side not in ("buy", "sell") or kind not in ("limit", "market"):
        raise refused("INVALID_PARAM_VALUE", "invalid side or type")
    if text is not None and not TEXT.fullmatch(str(text)):
        raise refused("INVALID_PARAM_VALUE", "text must begin with t- and hold at most 28 more characters")
    force = str(said.get("time_in_force", "gtc"))
    if force not in ("gtc", "ioc", "poc", "fok"):
        raise refused("INVALID_PARAM_VALUE", "invalid time_in_force")
    amount = _decimal(said, "amount")
    by_value = kind == "market" and side == "buy"
    return NewOrder(
        market=market_named(str(said.get("currency_pair", ""))),
        side=Side(side),
        type=OrderType(kind),
        amount=None if by_value else amount,
        price=_decimal(said, "price") if kind == "limit" else None,
        quote_amount=amount if by_value else None,
        time_in_force=TimeInForce.GTC if force == "poc" else TimeInForce(force),
        post_only=force == "poc",
        client_order_id=None if text is None else str(text),
    )


def _decimal(said: Json, name: str) -> Decimal:
    value = str(said.get(name, ""))
    if not PLAIN_NUMBER.fullmatch(value):
        raise refused("INVALID_PARAM_VALUE", f"invalid {name}")
    return Decimal(value)
