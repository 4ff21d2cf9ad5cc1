"""Requests counted in windows, for each route by itself or for several together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.venue.dialects.rates import FixedWindows, Use


@dataclass(frozen=True)
class RouteLimit:
    """At most `requests` in each window of `seconds` for routes of these operations (none: of any other)."""

    requests: int
    seconds: int
    operations: frozenset[str] = frozenset()
    together: bool = False
    weighed: bool = False


@dataclass(frozen=True)
class Standing:
    """How a client stands after a request, in virtual Unix seconds."""

    limit: RouteLimit
    use: Use
    resets_at: float

    @property
    def left(self) -> int:
        return max(self.limit.requests - self.use.used, 0)


class RouteLimits:
    """The limits of an exchange. A request uses up every limit that it is under."""

    def __init__(self, limits: Iterable[RouteLimit]) -> None:
        self._limits = tuple(limits)
        self._named = frozenset(name for each in self._limits for name in each.operations)
        self._windows: dict[tuple[RouteLimit, str], FixedWindows] = {}

    def use(self, client: str, route: str, operation: str, weight: int, now: float) -> Standing | None:
        """Count a request; the standing under the tightest limit, None where there is none."""
        standings = []
        for limit in self._limits:
            if operation in limit.operations or (not limit.operations and operation not in self._named):
                key = (limit, "" if limit.together else route)
                window = self._windows.setdefault(key, FixedWindows(limit.requests, limit.seconds))
                use = window.use(client, weight if limit.weighed else 1, now)
                resets = (int(now / limit.seconds) + 1) * limit.seconds
                standings.append(Standing(limit, use, resets))
        return min(standings, key=lambda each: (not each.use.over, each.left), default=None)
