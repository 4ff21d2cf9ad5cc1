"""Reading what clients send."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from pydantic import JsonValue

from harness.venue.dialects.kucoin.replies import PARAMETER, bad_parameter, refusal
from harness.venue.dialects.routing import Call
from harness.venue.dialects.wire import Json, ms
from harness.venue.market import Market
from harness.venue.model import NewOrder, OrderType, Side, TimeInForce

T = TypeVar("T")

WEEK = 7 * 86_400_000  # milliseconds: the longest span that one list may ask for
PLAIN_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
ORDER_ID = re.compile(r"[0-9a-f]{24}")


def new_order(body: JsonValue, market_named: Callable[[str], Market]) -> NewOrder:
    """The order that `POST /api/v1/orders` asks for; raises `Refused`."""
    if not isinstance(body, dict):
        raise refusal(PARAMETER, "Parameter Error: the body is not JSON", 400)
    said: Json = {name: value for name, value in body.items() if value is not None}
    client_id, kind, side = said.get("clientOid"), said.get("type", "limit"), said.get("side")
    if client_id is None:
        raise refusal(PARAMETER, "validation.createOrder.clientOidIsRequired")
    if not isinstance(client_id, str) or not CLIENT_ID.fullmatch(client_id):
        raise bad_parameter("clientOid")
    if side not in ("buy", "sell") or kind not in ("limit", "market"):
        raise bad_parameter("side or type")
    limited = kind == "limit"
    return NewOrder(
        market=market_named(str(said.get("symbol", ""))),
        side=Side(side),
        type=OrderType(kind),
        amount=_decimal(said, "size", needed=limited),
        price=_decimal(said, "price", needed=True) if limited else None,
        quote_amount=None if limited else _decimal(said, "funds"),
        time_in_force=_time_in_force(said),
        post_only=said.get("postOnly") is True,
        client_order_id=client_id,
    )


def _decimal(said: Json, name: str, *, needed: bool = False) -> Decimal | None:
    value = said.get(name)
    if value is None and not needed:
        return None
    text = str(value)
    if not PLAIN_NUMBER.fullmatch(text):
        raise bad_parameter(name)
    return Decimal(text)


def _time_in_force(said: Json) -> TimeInForce:
    try:
        return TimeInForce(str(said.get("timeInForce", "GTC")).lower())
    except ValueError:
        raise bad_parameter("timeInForce") from None


def order_id(text: str) -> int:
    if not ORDER_ID.fullmatch(text):
        raise refusal(PARAMETER, "order not exist.")
    return int(text, 16)


def integer(call: Call, name: str, default: int) -> int:
    text = call.params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise bad_parameter(name)
    return int(text)


@dataclass(frozen=True)
class Span:
    """A span of time in milliseconds, both ends included."""

    start: int
    end: int

    @classmethod
    def of(cls, call: Call, now: float) -> Span:
        """`startAt` to `endAt`; a week from the one that is given, or the last week."""
        latest = ms(now)
        if not call.params.get("startAt"):
            end = integer(call, "endAt", latest)
            return cls(end - WEEK, end)
        start = integer(call, "startAt", 0)
        return cls(start, min(integer(call, "endAt", start + WEEK), start + WEEK))

    def holds(self, at: float) -> bool:
        return self.start <= ms(at) <= self.end


def page(call: Call, items: Sequence[T], shape: Callable[[T], Json]) -> Json:
    """The part of a list that `currentPage` and `pageSize` ask for."""
    size, number = integer(call, "pageSize", 50), max(integer(call, "currentPage", 1), 1)
    if not 10 <= size <= 500:
        raise refusal(PARAMETER, "pageSize should be 10 to 500")
    kept = items[(number - 1) * size : number * size]
    return {
        "currentPage": number, "pageSize": size, "totalNum": len(items),
        "totalPage": -(-len(items) // size), "items": [shape(item) for item in kept],
    }  # fmt: skip
