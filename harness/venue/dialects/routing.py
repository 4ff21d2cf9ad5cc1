"""Routes and WebSocket paths of a dialect, each declared under a standard operation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from harness.venue.dialects.messages import Request
from harness.venue.model import Account

OPERATIONS = frozenset(
    {
        "ping", "server_time", "symbols", "ticker", "tickers", "order_book", "trades", "candles",
        "accounts", "balances", "fees", "place_order", "amend_order", "cancel_order",
        "cancel_all", "order_status",
        "open_orders", "order_trades", "positions", "set_leverage", "margin_mode", "position_mode",
        "mark_price", "funding_rate", "funding_payments", "user_stream_open", "user_stream_renew",
        "user_stream_close", "stream_token", "stream:subscribe", "stream:login", "stream:book",
        "stream:trades", "stream:ticker", "stream:mark_price", "stream:orders", "stream:fills",
        "stream:balances", "stream:positions", "stream:ping",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Route:
    """A REST route or a stream path. `weight` counts against rate limits.

    `path` may hold `{name}` parts, which are without a stroke, and `{name:path}` parts, which may have some.
    """

    method: str
    path: str
    operation: str
    weight: int
    private: bool
    handler: str

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+(?::path)?)\}", self.path)
        text = "".join(_named(part) if i % 2 else re.escape(part) for i, part in enumerate(parts))
        return re.compile(text + r"\Z")

    def match(self, method: str, path: str) -> dict[str, str] | None:
        if method != self.method:
            return None
        found = self.pattern.match(path)
        return None if found is None else found.groupdict()


def _named(part: str) -> str:
    name, _, kind = part.partition(":")
    return f"(?P<{name}>.+)" if kind else f"(?P<{name}>[^/]+)"


Found = tuple[Route, dict[str, str]]  # with the path's `{name}` parts


@dataclass(frozen=True)
class Match:
    """What a dialect's tables say of a request, looked up once.

    `operation` is the standard operation, None where nobody declared it; `weight` what the request costs
    against the exchange's main limit.
    """

    operation: str | None
    weight: int
    rest: Found | None
    stream: Found | None


@dataclass(frozen=True)
class Call:
    """What a handler gets. `path` holds the `{name}` parts; `signer` is who signed, None on public routes."""

    request: Request
    route: Route
    path: dict[str, str]
    signer: Account | None

    @property
    def account(self) -> Account:
        """Who signed; only private routes may ask."""
        if self.signer is None:
            raise LookupError(f"{self.route.operation} is public: nobody signed it")
        return self.signer

    @cached_property
    def params(self) -> dict[str, str]:
        """Query parameters, then those of a form body; the last of a name wins."""
        return dict([*self.request.query, *self.request.form])


Handler = TypeVar("Handler", bound=Callable[..., Any])


def rest(
    method: str, path: str, *, operation: str, weight: int = 1, private: bool = False
) -> Callable[[Handler], Handler]:
    """Declare `handler(self, call: Call) -> Reply | JSON` as a route; may be repeated for several paths."""
    return _declare("_routes", method, path, operation, weight, private)


def stream(
    path: str, *, operation: str = "stream:subscribe", weight: int = 0
) -> Callable[[Handler], Handler]:
    """Declare `handler(self, call: Call) -> StreamSession | Reply` as a WebSocket path."""
    return _declare("_streams", "GET", path, operation, weight, False)


def _declare(
    where: str, method: str, path: str, operation: str, weight: int, private: bool
) -> Callable[[Handler], Handler]:
    if operation not in OPERATIONS:
        raise ValueError(f"{operation!r} is no standard operation")

    def mark(handler: Handler) -> Handler:
        route = Route(method, path, operation, weight, private, handler.__name__)
        handler.__dict__.setdefault(where, []).insert(0, route)
        return handler

    return mark


def first(table: Iterable[Route], request: Request) -> Found | None:
    for route in table:
        parts = route.match(request.method, request.path)
        if parts is not None:
            return route, parts
    return None
