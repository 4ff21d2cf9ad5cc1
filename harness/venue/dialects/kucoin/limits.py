"""KuCoin's request quotas.

Source: www.kucoin.com/docs-new/rate-limit: every pool of resources has a quota of weight, which is full again
30 s after the first request that drew on it; VIP level 0.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.venue.dialects.kucoin.replies import refusal
from harness.venue.dialects.routing import Route

SECONDS = 30.0
QUOTAS = {"public": 2000, "spot": 4000, "management": 2000}

# Routes whose pool is not told by whether they are signed.
POOLS = {
    "/api/v1/accounts": "management",
    "/api/v3/market/orderbook/level2": "public",
    "/api/v3/margin/symbols": "public",
    "/api/v1/isolated/symbols": "public",
}


def pool_of(route: Route) -> str:
    return POOLS.get(route.path, "spot" if route.private else "public")


@dataclass
class _Window:
    began: float
    used: int = 0


class Quotas:
    """What each client has used of each pool, in virtual time."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], _Window] = {}

    def spend(self, client: str, route: Route, now: float) -> None:
        """Count a request; raises `Refused` with 429 when its pool is used up, and then counts nothing."""
        window = self._window(client, route, now)
        if window.used + route.weight > QUOTAS[pool_of(route)]:
            raise refusal("429000", "Too many requests in a short period of time, please retry later", 429)
        window.used += route.weight

    def headers(self, client: str, route: Route, now: float) -> dict[str, str]:
        """Quota, what is left of it, and the milliseconds until it is full again."""
        window, quota = self._window(client, route, now), QUOTAS[pool_of(route)]
        return {
            "gw-ratelimit-limit": str(quota),
            "gw-ratelimit-remaining": str(quota - window.used),
            "gw-ratelimit-reset": str(max(int((window.began + SECONDS - now) * 1000), 0)),
        }

    def _window(self, client: str, route: Route, now: float) -> _Window:
        key = client, pool_of(route)
        window = self._windows.get(key)
        if window is None or now >= window.began + SECONDS:
            window = self._windows[key] = _Window(now)
        return window
