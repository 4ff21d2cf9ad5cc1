"""Binance's rate limits and what each request weighs. Source: `rest-api.md` (LIMITS, each endpoint)."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import JsonValue

from harness.venue.dialects.base import Refused, Reply, Request
from harness.venue.dialects.binance.errors import error
from harness.venue.dialects.rates import FixedWindows

WEIGHT_A_MINUTE = 6000
ORDERS_IN_10_SECONDS = 100
ORDERS_A_DAY = 200_000
RAW_IN_5_MINUTES = 61_000

ALL_SYMBOLS_WEIGHT = {
    "/api/v3/ticker/24hr": 80,
    "/api/v3/ticker/price": 4,
    "/api/v3/ticker/bookTicker": 4,
    "/api/v3/openOrders": 80,
}
_DEPTH_WEIGHTS = ((100, 5), (500, 25), (1000, 50))


def weight(request: Request, base: int) -> int:
    """The request's weight; `base` is what it weighs when it names a symbol."""
    params = dict(request.query)
    if request.path == "/api/v3/depth":
        asked = params.get("limit", "100")
        levels = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 100
        return next((w for most, w in _DEPTH_WEIGHTS if levels <= most), 250)
    if request.path == "/api/v3/myTrades" and "orderId" in params:
        return 5
    if request.method == "GET" and "symbol" not in params:
        return ALL_SYMBOLS_WEIGHT.get(request.path, base)
    return base


@dataclass(frozen=True)
class _Limit:
    kind: str
    interval: str
    number: int
    windows: FixedWindows

    def described(self) -> dict[str, JsonValue]:
        return {
            "rateLimitType": self.kind,
            "interval": self.interval,
            "intervalNum": self.number,
            "limit": self.windows.limit,
        }


class Limits:
    """What each client used of each limit, in virtual time."""

    def __init__(self) -> None:
        self._weight = _Limit("REQUEST_WEIGHT", "MINUTE", 1, FixedWindows(WEIGHT_A_MINUTE, 60))
        self._raw = _Limit("RAW_REQUESTS", "MINUTE", 5, FixedWindows(RAW_IN_5_MINUTES, 300))
        self._orders = (
            _Limit("ORDERS", "SECOND", 10, FixedWindows(ORDERS_IN_10_SECONDS, 10)),
            _Limit("ORDERS", "DAY", 1, FixedWindows(ORDERS_A_DAY, 86_400)),
        )

    def described(self) -> list[JsonValue]:
        """`rateLimits` of exchangeInfo."""
        return [limit.described() for limit in (self._weight, *self._orders, self._raw)]

    def used(self, client: str, now: float) -> list[JsonValue]:
        """`rateLimits` of a WebSocket API reply."""
        return [{**self._weight.described(), "count": self._weight.windows.used(client, now)}]

    def admit(self, client: str, units: int, now: float) -> None:
        """Count a request; raises Binance's 429 when it is one too many."""
        for limit, amount in ((self._weight, units), (self._raw, 1)):
            use = limit.windows.use(client, amount, now)
            if use.over:
                what = f"{limit.windows.limit} request weight per {limit.number} {limit.interval}"
                message = f"Too much request weight used; current limit is {what}. Please use WebSocket Streams for live updates to avoid polling the API."  # noqa: E501 - the exchange's words
                raise too_many(-1003, message, use.retry_after)

    def admit_order(self, account: str, now: float) -> None:
        """Count a new order of the account's."""
        for limit in self._orders:
            use = limit.windows.use(account, 1, now)
            if use.over:
                what = f"{limit.windows.limit} orders per {limit.number} {limit.interval}"
                raise too_many(-1015, f"Too many new orders; current limit is {what}.", use.retry_after)

    def headers(self, client: str, now: float) -> dict[str, str]:
        used = str(self._weight.windows.used(client, now))
        return {"X-MBX-USED-WEIGHT": used, "X-MBX-USED-WEIGHT-1M": used}

    def order_headers(self, account: str, now: float) -> dict[str, str]:
        short, long = (str(limit.windows.used(account, now)) for limit in self._orders)
        return {"X-MBX-ORDER-COUNT-10S": short, "X-MBX-ORDER-COUNT-1D": long}


def too_many(code: int, message: str, retry_after: float) -> Refused:
    """A 429, to be raised."""
    refused = error(code, message, 429)
    headers = {"Retry-After": str(max(int(retry_after + 0.999), 1))}
    refused.reply = Reply(429, headers, refused.reply.body)
    return refused
