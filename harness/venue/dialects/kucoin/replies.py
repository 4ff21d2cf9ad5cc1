"""KuCoin's envelope, its error codes, and what it says for each refusal of the venue.

Source: www.kucoin.com/docs, "Errors Code" (spot) and www.kucoin.com/docs-new/error-code/websocket (gateway).
Business errors come with HTTP status 200, those of the gateway (keys, limits, paths) with 4xx.
"""

from __future__ import annotations

from pydantic import JsonValue

from harness.venue.dialects.messages import Refused, Reply
from harness.venue.model import Refusal, VenueRefusal

OK = "200000"
PARAMETER = "400100"

REFUSALS: dict[Refusal, tuple[str, str]] = {
    Refusal.UNKNOWN_MARKET: ("900001", "symbol not exists"),
    Refusal.MARKET_HALTED: ("200001", "Order creation for this pair suspended"),
    Refusal.BAD_COMBINATION: (PARAMETER, "Parameter Error"),
    Refusal.PRICE_INCREMENT: (PARAMETER, "Price increment invalid."),
    Refusal.PRICE_RANGE: (PARAMETER, "The price is out of range."),
    Refusal.AMOUNT_INCREMENT: (PARAMETER, "Order size increment invalid."),
    Refusal.AMOUNT_TOO_SMALL: (PARAMETER, "Order size below the minimum requirement."),
    Refusal.AMOUNT_TOO_LARGE: (PARAMETER, "Order size above the maximum requirement."),
    Refusal.NOTIONAL_TOO_SMALL: ("600101", "The order funds is below the minimum requirement."),
    Refusal.INSUFFICIENT_BALANCE: ("200004", "Balance insufficient!"),
    Refusal.POST_ONLY_WOULD_TAKE: ("300012", "Post only order would take liquidity"),
    Refusal.DUPLICATE_CLIENT_ORDER_ID: (PARAMETER, "validation.createOrder.clientOidDuplicated"),
    Refusal.UNKNOWN_ORDER: (PARAMETER, "order not exist."),
    Refusal.PRICE_BAND: (PARAMETER, "The price is out of range."),
    Refusal.NOTIONAL_TOO_LARGE: (PARAMETER, "The order funds is above the maximum requirement."),
    Refusal.TOO_MANY_OPEN_ORDERS: (PARAMETER, "Too many active orders."),
    Refusal.EXPIRES_IN_THE_PAST: (PARAMETER, "Parameter Error: cancelAfter"),
    Refusal.ORDER_NOT_OPEN: (PARAMETER, "order_not_exist_or_not_allow_to_cancel"),
}


def success(data: JsonValue) -> Reply:
    return Reply(200, {}, {"code": OK, "data": data})


def failure(code: str, message: str, status: int = 200) -> Reply:
    return Reply(status, {}, {"code": code, "msg": message})


def refusal(code: str, message: str, status: int = 200) -> Refused:
    return Refused(failure(code, message, status))


def refused_by_venue(refused: VenueRefusal) -> Refused:
    return refusal(*REFUSALS[refused.code])


def bad_parameter(what: str) -> Refused:
    return refusal(PARAMETER, f"Parameter Error: {what}")
