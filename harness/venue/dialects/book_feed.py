"""Order books told in diffs: what changed since the last message, in the venue's sequence numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from pydantic import JsonValue

from harness.venue.events import BookChanged
from harness.venue.market import Market
from harness.venue.model import Side


@dataclass
class BookDiff:
    """Each price that changed once, with its newest amount (0: the level is gone).

    It covers the venue's sequence numbers `first` to `last`; `at` is when the last of them happened and `due`
    when it is to be told, in virtual seconds.
    """

    market: Market
    first: int
    due: float
    last: int = 0
    at: float = 0.0
    sides: dict[Side, dict[Decimal, Decimal]] = field(default_factory=lambda: {side: {} for side in Side})

    def add(self, event: BookChanged) -> None:
        self.sides[event.side][event.price] = event.amount
        self.last, self.at = event.sequence, event.at

    def rows(self, side: Side, write: Callable[[Decimal], str]) -> list[JsonValue]:
        """The changes of a side as `[price, amount]`, in the order in which each price first changed."""
        return [[write(price), write(amount)] for price, amount in self.sides[side].items()]


class BookFeed:
    """Collects changes for each of a connection's subscriptions until its next message is due."""

    def __init__(self) -> None:
        self._diffs: dict[Hashable, BookDiff] = {}

    def add(self, key: Hashable, interval: float, event: BookChanged) -> None:
        """Note a change for the subscription `key`, told at whole multiples of `interval` virtual seconds.

        An interval of 0 is due at once: the next `due` gives it.
        """
        if key not in self._diffs:
            due = (math.floor(event.at / interval) + 1) * interval if interval else event.at
            self._diffs[key] = BookDiff(event.market, event.sequence, due)
        self._diffs[key].add(event)

    def drop(self, key: Hashable) -> None:
        """Forget what waits for a subscription, which has ended or is told a snapshot."""
        self._diffs.pop(key, None)

    def due(self, now: float) -> Iterator[tuple[Hashable, BookDiff]]:
        """What is to be told by now, taken out."""
        for key in [key for key, diff in self._diffs.items() if now >= diff.due]:
            yield key, self._diffs.pop(key)
