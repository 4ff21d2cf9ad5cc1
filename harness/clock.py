"""One virtual time for the venue, the gateway and the connector in the sandbox."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import NamedTuple

LEAD = 0.1  # real seconds from the announcement of another pace to its beginning


class Stretch(NamedTuple):
    """Time with one pace: from CLOCK_MONOTONIC = `monotonic`, where virtual Unix time is `epoch`."""

    epoch: float
    monotonic: float
    scale: float

    def at(self, monotonic: float) -> float:
        return self.epoch + (monotonic - self.monotonic) * self.scale


class ScaledClock:
    """Virtual Unix time that runs `scale` times as fast as the machine's monotonic clock.

    CLOCK_MONOTONIC is the same inside and outside the sandbox, so two processes that hold the same numbers
    agree on the time without talking to each other; also across a change of pace, when it was announced.
    """

    def __init__(self, scale: float = 1.0, epoch: float | None = None) -> None:
        start = time.time() if epoch is None else epoch
        self._stretches: tuple[Stretch, ...] = (Stretch(start, time.monotonic(), scale),)
        self.fastest = scale  # of the paces so far

    @property
    def stretch(self) -> Stretch:
        """The one that lasts."""
        now = time.monotonic()
        return next(each for each in reversed(self._stretches) if each.monotonic <= now)

    @property
    def scale(self) -> float:
        return self.stretch.scale

    def change(self, scale: float) -> Stretch:
        """Go on at another pace in `LEAD` real seconds; returns what others on the same clock must know."""
        last, start = self._stretches[-1], time.monotonic() + LEAD
        coming = Stretch(last.at(start), start, scale)
        self._stretches = (*self._stretches[-1:], coming)
        self.fastest = max(self.fastest, scale)
        return coming

    def now(self) -> float:
        """Virtual Unix time in seconds."""
        return self.stretch.at(time.monotonic())

    def milliseconds(self) -> int:
        return int(self.now() * 1000)

    def real_seconds(self, virtual_seconds: float) -> float:
        """How long `virtual_seconds` last on the wall, at the pace of now."""
        return virtual_seconds / self.scale


@dataclass
class SkewedClock:
    """An exchange's clock that is `offset` virtual seconds ahead of everybody else's."""

    base: ScaledClock
    offset: float = 0.0

    @property
    def scale(self) -> float:
        return self.base.scale

    @property
    def fastest(self) -> float:
        return self.base.fastest

    def now(self) -> float:
        """The exchange's Unix time in seconds."""
        return self.base.now() + self.offset
