"""An order book as deep as a subscription, as Kraken tells it: changes, levels coming into view, checksums.

Sources: docs.kraken.com/exchange/api-reference/spot-websocket-v1/book and
docs.kraken.com/exchange/guides/websockets/v2-checksum. Levels that fall out of the depth are not told: the
client cuts its book. Kraken may tell changes of both sides in one message; here each side has its own, and in
it a price that changed again is told again (github.com/altangent/ccxws/issues/180): the last row holds.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from harness.venue.events import BookChanged
from harness.venue.model import BookView, Level, Side

DEPTHS = (10, 25, 100, 500, 1000)
CHECKED_LEVELS = 10  # a side


@dataclass(frozen=True)
class Change:
    """`again`: the level was there before, and came into view because a better one went."""

    level: Level
    at: float
    again: bool


class Depth:
    """What a client that cuts its book at `depth` levels a side knows."""

    def __init__(self, book: BookView, depth: int) -> None:
        self._depth = depth
        self._sequence = book.sequence
        self._began = book.at
        self._sides = {Side.BUY: dict(book.bids), Side.SELL: dict(book.asks)}
        self._stamps: dict[tuple[Side, Decimal], float] = {}

    def levels(self, side: Side, depth: int | None = None) -> list[Level]:
        """The best first."""
        best = sorted(self._sides[side], reverse=side is Side.BUY)[: depth or self._depth]
        return [Level(price, self._sides[side][price]) for price in best]

    def stamp(self, side: Side, price: Decimal) -> float:
        """When the level last changed, or was first told."""
        return self._stamps.get((side, price), self._began)

    def apply(self, event: BookChanged) -> list[Change]:
        """What the client is told of it, none when it is out of its depth or knows it already."""
        if event.sequence <= self._sequence:
            return []
        self._sequence = event.sequence
        before, side = dict(self.levels(event.side)), self._sides[event.side]
        if event.amount:
            side[event.price] = event.amount
        else:
            side.pop(event.price, None)
        self._stamps[event.side, event.price] = event.at
        now = self.levels(event.side)
        gone = [Level(event.price, event.amount)] if event.price in before and not event.amount else []
        changed = [level for level in now if before.get(level.price) != level.amount]
        return [
            Change(level, self.stamp(event.side, level.price), level.price != event.price)
            for level in [*gone, *changed]
        ]

    def checksum(self, price: Callable[[Decimal], str], amount: Callable[[Decimal], str]) -> int:
        """CRC-32 of the best ten asks and bids, without points and leading zeros, as they are written."""
        texts = [
            digits(price(level.price)) + digits(amount(level.amount))
            for side in (Side.SELL, Side.BUY)
            for level in self.levels(side, CHECKED_LEVELS)
        ]
        return zlib.crc32("".join(texts).encode())


def digits(number: str) -> str:
    return number.replace(".", "").lstrip("0")
