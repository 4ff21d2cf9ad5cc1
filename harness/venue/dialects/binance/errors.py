"""Binance's error codes. Source: `errors.md` of Binance's spot API documentation."""

from __future__ import annotations

from harness.venue.dialects.messages import Refused, Reply
from harness.venue.model import OrderType, Refusal, VenueRefusal

UNKNOWN_ORDER = (-2011, "Unknown order sent.")
NO_SUCH_ORDER = (-2013, "Order does not exist.")

_FILTER_FAILURES = {
    Refusal.PRICE_INCREMENT: "PRICE_FILTER",
    Refusal.PRICE_RANGE: "PRICE_FILTER",
    Refusal.AMOUNT_INCREMENT: "LOT_SIZE",
    Refusal.AMOUNT_TOO_SMALL: "LOT_SIZE",
    Refusal.AMOUNT_TOO_LARGE: "LOT_SIZE",
    Refusal.NOTIONAL_TOO_SMALL: "NOTIONAL",
    Refusal.NOTIONAL_TOO_LARGE: "NOTIONAL",
    Refusal.PRICE_BAND: "PERCENT_PRICE_BY_SIDE",
    Refusal.TOO_MANY_OPEN_ORDERS: "MAX_NUM_ORDERS",
}
_REJECTIONS = {
    Refusal.UNKNOWN_MARKET: (-1121, "Invalid symbol."),
    Refusal.MARKET_HALTED: (-1013, "Market is closed."),
    Refusal.BAD_COMBINATION: (-1014, "Unsupported order combination."),
    Refusal.INSUFFICIENT_BALANCE: (-2010, "Account has insufficient balance for requested action."),
    Refusal.POST_ONLY_WOULD_TAKE: (-2010, "Order would immediately match and take."),
    Refusal.DUPLICATE_CLIENT_ORDER_ID: (-2010, "Duplicate order sent."),
    Refusal.UNKNOWN_ORDER: UNKNOWN_ORDER,
    Refusal.ORDER_NOT_OPEN: UNKNOWN_ORDER,
}


def error(code: int, message: str, status: int = 400) -> Refused:
    """To be raised: a reply with Binance's error body."""
    return Refused(Reply(status, {}, {"code": code, "msg": message}))


def missing(parameter: str) -> Refused:
    return error(-1102, f"Mandatory parameter '{parameter}' was not sent, was empty/null, or malformed.")


def illegal(parameter: str, pattern: str) -> Refused:
    return error(-1100, f"Illegal characters found in parameter '{parameter}'; legal range is '{pattern}'.")


def refused(refusal: VenueRefusal) -> Refused:
    """The venue's refusal in Binance's words."""
    name = _FILTER_FAILURES.get(refusal.code)
    if name is not None:
        return error(-1013, f"Filter failure: {name}")
    return error(*_REJECTIONS[refusal.code])


def unsupported_type(type_name: str) -> Refused:
    """A type that Binance knows but no market here offers (see `orderTypes` of exchangeInfo)."""
    words = type_name.replace("_", " ").capitalize()
    return error(-2010, f"{words} orders are not supported for this symbol.")


SUPPORTED_TYPES = {"LIMIT": OrderType.LIMIT, "LIMIT_MAKER": OrderType.LIMIT, "MARKET": OrderType.MARKET}
OTHER_TYPES = frozenset({"STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"})
