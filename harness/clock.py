"""One virtual time for the venue, the gateway and the connector in the sandbox."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ScaledClock:
    """Virtual Unix time that runs `scale` times as fast as the machine's monotonic clock.

    CLOCK_MONOTONIC is the same inside and outside the sandbox, so two processes that hold the same three
    numbers agree on the time without talking to each other.
    """

    scale: float = 1.0
    epoch: float = field(default_factory=time.time)
    monotonic: float = field(default_factory=time.monotonic)

    def now(self) -> float:
        """Virtual Unix time in seconds."""
        return self.epoch + (time.monotonic() - self.monotonic) * self.scale

    def milliseconds(self) -> int:
        return int(self.now() * 1000)

    def real_seconds(self, virtual_seconds: float) -> float:
        """How long `virtual_seconds` last on the wall."""
        return virtual_seconds / self.scale


@dataclass
class SkewedClock:
    """An exchange's clock that is `offset` virtual seconds ahead of everybody else's."""

    base: ScaledClock
    offset: float = 0.0

    @property
    def scale(self) -> float:
        return self.base.scale

    def now(self) -> float:
        """The exchange's Unix time in seconds."""
        return self.base.now() + self.offset
