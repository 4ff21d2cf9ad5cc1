"""What Bybit's WebSockets say otherwise of perpetuals: tickers in deltas, positions.

Source: bybit-exchange.github.io/docs/v5/websocket/ (public/ticker, private/position).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar

from harness.venue.dialects.bybit.streams import PrivateSession, PublicSession
from harness.venue.dialects.messages import Outgoing
from harness.venue.dialects.topics import Topic
from harness.venue.dialects.wire import Json
from harness.venue.events import Event, PositionChanged

if TYPE_CHECKING:
    from harness.venue.dialects.bybit_perpetual.exchange import BybitPerpetual

TICKER_INTERVAL = 0.1  # seconds


class LinearPublicSession(PublicSession):
    """A ticker is told whole at first, and then what has changed of it."""

    most_topics: ClassVar[int | None] = None

    def __init__(self, exchange: BybitPerpetual) -> None:
        super().__init__(exchange)
        self._told: dict[Topic, Json] = {}
        self._tickers_at = 0.0

    def begun(self, topic: Topic) -> Iterable[Outgoing]:
        if topic.operation == "stream:ticker" and topic.market is not None:
            self._told[topic] = self.exchange.ticker(topic.market)
        return super().begun(topic)

    def otherwise(self, topic: Topic, event: Event) -> Iterable[Outgoing]:
        return ()

    def due(self, now: float) -> Iterable[Outgoing]:
        yield from super().due(now)
        if now < self._tickers_at:
            return
        self._tickers_at = (math.floor(now / TICKER_INTERVAL) + 1) * TICKER_INTERVAL
        for topic in self.topics("stream:ticker"):
            yield from self._ticker(topic)

    def _ticker(self, topic: Topic) -> Iterable[Outgoing]:
        if topic.market is None:
            return
        whole, before = self.exchange.ticker(topic.market), self._told.get(topic, {})
        changed = {name: value for name, value in whole.items() if before.get(name) != value}
        if changed:
            self._told[topic] = whole
            yield self.push(topic, "delta", {"symbol": whole["symbol"], **changed})


class LinearPrivateSession(PrivateSession):
    """Positions too, as they are after each change."""

    def __init__(self, exchange: BybitPerpetual, on_close: Callable[[PrivateSession], None]) -> None:
        super().__init__(exchange, on_close)
        self._linear = exchange

    def position_changed(self, topic: Topic, event: PositionChanged) -> Iterable[Outgoing]:
        yield self.push(topic, [self._linear.position_told(event.position)])
