"""Counting what clients use of an exchange's limits, in virtual time."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True)
class Use:
    """`used` includes this request; `retry_after` is in seconds, 0 when within the limit."""

    used: int
    over: bool
    retry_after: float


class FixedWindows:
    """At most `limit` units in each window of `seconds`, aligned to the epoch, for each client."""

    def __init__(self, limit: int, seconds: int) -> None:
        self.limit = limit
        self.seconds = seconds
        self._counts: dict[Hashable, tuple[int, int]] = {}

    def use(self, client: Hashable, units: int, now: float) -> Use:
        """Count `units` at virtual Unix time `now` and say whether that is too much."""
        window = math.floor(now / self.seconds)
        used = units + self.used(client, now)
        self._counts[client] = (window, used)
        over = used > self.limit
        return Use(used, over, (window + 1) * self.seconds - now if over else 0.0)

    def used(self, client: Hashable, now: float) -> int:
        window, used = self._counts.get(client, (0, 0))
        return used if window == math.floor(now / self.seconds) else 0


class DecayingCounters:
    """For each client a count that every request adds to and that sinks by `decay` a second.

    A request that would bring it above `limit` is over, and is not counted.
    """

    def __init__(self, limit: float, decay: float) -> None:
        self.limit = limit
        self.decay = decay
        self._counts: dict[Hashable, tuple[float, float]] = {}

    def use(self, client: Hashable, units: float, now: float) -> Use:
        """Count `units` at virtual Unix time `now` and say whether that is too much."""
        used = self.used(client, now) + units
        if used > self.limit:
            return Use(math.ceil(used), True, (used - self.limit) / self.decay)
        self._counts[client] = (used, now)
        return Use(math.ceil(used), False, 0.0)

    def used(self, client: Hashable, now: float) -> float:
        used, at = self._counts.get(client, (0.0, now))
        return max(used - (now - at) * self.decay, 0.0)
