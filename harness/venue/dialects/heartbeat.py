"""Ping frames of an exchange, and the end of a connection on which they are not answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.venue.dialects.messages import Close, Outgoing, Ping
from harness.venue.dialects.wire import ms

POLICY_VIOLATION = 1008


@dataclass
class Heartbeat:
    """A ping every `every` virtual seconds, and a pong with a copy of its payload within `patience`.

    Pongs with another payload are allowed and count for nothing.
    """

    every: float
    patience: float
    _due_at: float | None = None
    _unanswered: dict[bytes, float] = field(default_factory=dict)  # when each was sent, by its payload

    def tick(self, now: float, slack: float = 0.0) -> Iterator[Outgoing]:
        """What is to be sent at `now` (Unix seconds); `slack` is added to the patience."""
        if self._due_at is None:
            self._due_at = now + self.every
        if now - min(self._unanswered.values(), default=now) > self.patience + slack:
            yield Close(POLICY_VIOLATION, "Pong timeout")
        elif now >= self._due_at:
            self._due_at = now + self.every
            payload = str(ms(now)).encode()
            self._unanswered[payload] = now
            yield Ping(payload)

    def ponged(self, payload: bytes) -> None:
        if payload in self._unanswered:
            self._unanswered.clear()
