"""Reading request parameters as strictly as Binance does.

Source: Binance's `rest-api.md` (parameter rules, `POST /api/v3/order`) and `filters.md`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal

from harness.venue.dialects.binance.errors import (
    OTHER_TYPES,
    SUPPORTED_TYPES,
    error,
    illegal,
    missing,
    unsupported_type,
)
from harness.venue.dialects.decimals import decimals_of
from harness.venue.dialects.messages import Request
from harness.venue.market import Market
from harness.venue.model import NewOrder, OrderType, Side, TimeInForce

DECIMAL = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
INTEGER = r"^[0-9]{1,20}$"
CLIENT_ORDER_ID = r"^[\.A-Z\:/a-z0-9_-]{1,36}$"
MAX_RECV_WINDOW = 60_000

_ALWAYS_READ = frozenset({"timestamp", "signature", "recvWindow", "apiKey"})
_ORDER_PARAMETERS = _ALWAYS_READ | frozenset(
    {
        "symbol", "side", "type", "timeInForce", "quantity", "quoteOrderQty", "price", "newClientOrderId",
        "strategyId", "strategyType", "stopPrice", "trailingDelta", "icebergQty", "newOrderRespType",
        "selfTradePreventionMode", "pegPriceType", "pegOffsetValue", "pegOffsetType",
    }
)  # fmt: skip

Params = Mapping[str, str]


def check_duplicates(request: Request) -> None:
    """A parameter may be sent once, in the query or in the body."""
    names = [name for name, _ in (*request.query, *request.form)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise error(-1101, f"Duplicate values for parameter '{twice}' detected.")


def required(params: Params, name: str) -> str:
    value = params.get(name)
    if not value:
        raise missing(name)
    return value


def integer(params: Params, name: str) -> int | None:
    """None when it was not sent."""
    value = params.get(name)
    if value is None:
        return None
    if not re.fullmatch(INTEGER, value, re.ASCII):
        raise illegal(name, INTEGER)
    return int(value)


def limit(params: Params, default: int, most: int) -> int:
    """Binance cuts a limit that is too large, and refuses zero."""
    value = integer(params, "limit")
    if value == 0:
        raise error(-1100, "Illegal characters found in parameter 'limit'; legal range is '[1-9][0-9]*'.")
    return min(default if value is None else value, most)


def number(params: Params, name: str, precision: int) -> Decimal | None:
    """A plain decimal; scientific notation, signs and too many decimals are refused."""
    value = params.get(name)
    if value is None:
        return None
    if not re.fullmatch(DECIMAL, value, re.ASCII):
        raise illegal(name, DECIMAL)
    result = Decimal(value)
    if decimals_of(result) > precision:
        raise error(-1111, f"Parameter '{name}' has too much precision.")
    return result


def client_order_id(params: Params, name: str) -> str | None:
    value = params.get(name)
    if value is not None and not re.fullmatch(CLIENT_ORDER_ID, value, re.ASCII):
        raise illegal(name, CLIENT_ORDER_ID)
    return value


def new_order(params: Params, market: Market) -> NewOrder:
    """The order that `POST /api/v3/order` asks for."""
    unread = [name for name in params if name not in _ORDER_PARAMETERS]
    if unread:
        read, sent = len(params) - len(unread), len(params)
        raise error(
            -1104, f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{sent}'."
        )
    side = required(params, "side")
    if side not in ("BUY", "SELL"):
        raise error(-1117, "Invalid side.")
    type_name = _type(params)
    price = number(params, "price", market.quote_precision)
    return NewOrder(
        market,
        Side[side],
        SUPPORTED_TYPES[type_name],
        amount=number(params, "quantity", market.base_precision),
        price=price,
        quote_amount=number(params, "quoteOrderQty", market.quote_precision),
        time_in_force=_time_in_force(params, type_name),
        post_only=type_name == "LIMIT_MAKER",
        client_order_id=client_order_id(params, "newClientOrderId"),
    )


def _type(params: Params) -> str:
    name = required(params, "type")
    if name in OTHER_TYPES:
        raise unsupported_type(name)
    if name not in SUPPORTED_TYPES:
        raise error(-1116, "Invalid orderType.")
    if SUPPORTED_TYPES[name] is OrderType.LIMIT:
        needed = ("timeInForce", "quantity", "price") if name == "LIMIT" else ("quantity", "price")
        for parameter in needed:
            required(params, parameter)
        unwanted = ("quoteOrderQty",)
    else:
        if not params.get("quantity") and not params.get("quoteOrderQty"):
            raise error(-1102, "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!")
        unwanted = ("price",)
    for parameter in ("stopPrice", "trailingDelta", "icebergQty", *unwanted):
        if parameter in params:
            raise error(-1106, f"Parameter '{parameter}' sent when not required.")
    return name


def _time_in_force(params: Params, type_name: str) -> TimeInForce:
    value = params.get("timeInForce")
    if value is None:
        return TimeInForce.GTC
    if type_name != "LIMIT":
        raise error(-1106, "Parameter 'timeInForce' sent when not required.")
    if value not in ("GTC", "IOC", "FOK"):
        raise error(-1115, "Invalid timeInForce.")
    return TimeInForce[value]


def names(text: str) -> list[str]:
    """The JSON list of the `symbols` parameter."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise illegal("symbols", r'^\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}\]$')
    return value
