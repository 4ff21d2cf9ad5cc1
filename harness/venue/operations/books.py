"""An order book as a connection was told it, which may be behind the venue's."""

from __future__ import annotations

from harness.venue.events import BookChanged
from harness.venue.model import BookView, Level, Side


class BookCopy:
    """At the sequence that the next message ends with: the venue's own may be ahead of the events that have
    come here, and would give another checksum."""

    def __init__(self, book: BookView) -> None:
        self.sequence = book.sequence
        self.at = book.at
        self._sides = {
            side: {level.price: level.amount for level in levels}
            for side, levels in ((Side.BUY, book.bids), (Side.SELL, book.asks))
        }

    def add(self, event: BookChanged) -> bool:
        """False when the snapshot had it already."""
        if event.sequence <= self.sequence:
            return False
        self.sequence, self.at = event.sequence, event.at
        if event.amount:
            self._sides[event.side][event.price] = event.amount
        else:
            self._sides[event.side].pop(event.price, None)
        return True

    def best(self, side: Side, depth: int | None = None) -> list[Level]:
        """The best levels of a side, best first."""
        ordered = sorted(self._sides[side].items(), reverse=side is Side.BUY)
        return [Level(price, amount) for price, amount in ordered[:depth]]
