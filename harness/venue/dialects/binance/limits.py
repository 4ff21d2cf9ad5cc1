"""Binance's rate limits and what each request weighs. Source: `rest-api.md` (LIMITS, each endpoint)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from harness.venue.dialects.binance.errors import error
from harness.venue.dialects.messages import Refused, Reply, Request
from harness.venue.dialects.rates import FixedWindows

INTERVALS = {"S": ("SECOND", 1), "M": ("MINUTE", 60), "D": ("DAY", 86_400)}


@dataclass(frozen=True)
class Rules:
    """`weight` a minute; `orders` and `raw` requests by interval (`10S`: ten seconds)."""

    weight: int
    orders: Mapping[str, int]
    raw: Mapping[str, int] = field(default_factory=dict)


SPOT = Rules(6000, {"10S": 100, "1D": 200_000}, {"5M": 61_000})

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
    windows: FixedWindows

    @classmethod
    def of(cls, kind: str, interval: str, most: int) -> _Limit:
        seconds = int(interval[:-1]) * INTERVALS[interval[-1]][1]
        return cls(kind, interval, FixedWindows(most, seconds))

    def words(self, what: str) -> str:
        return f"{self.windows.limit} {what} per {self.interval[:-1]} {INTERVALS[self.interval[-1]][0]}"

    def described(self) -> dict[str, JsonValue]:
        return {
            "rateLimitType": self.kind,
            "interval": INTERVALS[self.interval[-1]][0],
            "intervalNum": int(self.interval[:-1]),
            "limit": self.windows.limit,
        }


class Limits:
    """What each client used of each limit, in virtual time."""

    def __init__(self, rules: Rules) -> None:
        self._weight = _Limit.of("REQUEST_WEIGHT", "1M", rules.weight)
        self._orders = tuple(_Limit.of("ORDERS", *rule) for rule in rules.orders.items())
        self._raw = tuple(_Limit.of("RAW_REQUESTS", *rule) for rule in rules.raw.items())

    def described(self) -> list[JsonValue]:
        """`rateLimits` of exchangeInfo."""
        return [limit.described() for limit in (self._weight, *self._orders, *self._raw)]

    def used(self, client: str, now: float) -> list[JsonValue]:
        """`rateLimits` of a WebSocket API reply."""
        return [{**self._weight.described(), "count": self._weight.windows.used(client, now)}]

    def admit(self, client: str, units: int, now: float) -> None:
        """Count a request; raises Binance's 429 when it is one too many."""
        for limit, amount in ((self._weight, units), *((raw, 1) for raw in self._raw)):
            use = limit.windows.use(client, amount, now)
            if use.over:
                what = limit.words("request weight")
                message = f"Too much request weight used; current limit is {what}. Please use WebSocket Streams for live updates to avoid polling the API."  # noqa: E501 - the exchange's words
                raise too_many(-1003, message, use.retry_after)

    def admit_order(self, account: str, now: float) -> None:
        """Count a new order of the account's."""
        for limit in self._orders:
            use = limit.windows.use(account, 1, now)
            if use.over:
                message = f"Too many new orders; current limit is {limit.words('orders')}."
                raise too_many(-1015, message, use.retry_after)

    def headers(self, client: str, now: float) -> dict[str, str]:
        used = str(self._weight.windows.used(client, now))
        return {"X-MBX-USED-WEIGHT": used, "X-MBX-USED-WEIGHT-1M": used}

    def order_headers(self, account: str, now: float) -> dict[str, str]:
        return {
            f"X-MBX-ORDER-COUNT-{limit.interval}": str(limit.windows.used(account, now))
            for limit in self._orders
        }


def too_many(code: int, message: str, retry_after: float) -> Refused:
    """A 429, to be raised."""
    refused = error(code, message, 429)
    headers = {"Retry-After": str(max(int(retry_after + 0.999), 1))}
    refused.reply = Reply(429, headers, refused.reply.body)
    return refused
