"""Order books as a described exchange tells them to subscribers: whole, as changes, or level by level."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from harness.venue.described.model import Book, Channel
from harness.venue.described.speaking import Opening, Speaking
from harness.venue.described.templates import Scope
from harness.venue.described.values import Fact
from harness.venue.dialects.book_feed import BookDiff, BookFeed
from harness.venue.dialects.checksums import interleaved
from harness.venue.dialects.messages import Outgoing
from harness.venue.dialects.topics import Topic
from harness.venue.events import BookChanged
from harness.venue.model import ZERO, Level, Side
from harness.venue.operations.books import BookCopy

if TYPE_CHECKING:
    from harness.venue.described.dialect import DescribedDialect


@dataclass
class _Book:
    """A subscription to a book: as it was told, and the number of its last message."""

    copy: BookCopy
    last: int
    contract: Decimal
    messages: int = 0
    told: dict[tuple[Side, Decimal], Decimal] = field(default_factory=dict)


class ToldBooks(Speaking):
    """A part of a session."""

    def __init__(self, exchange: DescribedDialect, opening: Opening) -> None:
        super().__init__(exchange, opening)
        self._feed = BookFeed()
        self._books: dict[Topic, _Book] = {}
        self._messages = 0

    def _first(self, topic: Topic) -> Iterator[Outgoing]:
        channel = self._subscriptions[topic].channel
        if channel.book is not None and topic.market is not None:
            self._feed.drop(topic)
            copy = BookCopy(self.venue.book(topic.market))
            levels = {(side, each.price): each.amount for side in Side for each in copy.best(side)}
            self._books[topic] = _Book(copy, copy.sequence, topic.market.contract_size, told=levels)
            if self._begins_whole(channel.book):
                template = channel.tells if channel.first is None else channel.first
                yield from self._tell(
                    topic, self._whole(channel, self._books[topic], copy.sequence), template
                )
        elif channel.first is not None:
            yield from self._tell(topic, self._held().within(self._everywhere()), channel.first)

    def _begins_whole(self, book: Book) -> bool:
        asked_for = book.asked_by is None or book.asked_by in dict(self._opening.request.query)
        return book.first == "whole" and asked_for

    def _numbers(self, channel: Channel, book: _Book, first: int) -> dict[str, Fact]:
        """The book's sequence numbers, as the exchange counts."""
        rules = channel.book
        told: dict[str, Fact] = {"first": first, "last": book.copy.sequence, "previous": book.last}
        if rules is not None and rules.sequence != "change":
            number = self._messages if rules.sequence == "connection" else book.messages
            told = {"first": number, "last": number, "previous": number - 1}
        book.messages += 1
        self._messages += 1
        book.last = book.copy.sequence
        told |= {"sequence": told["last"], "at": book.copy.at}
        if rules is not None and rules.checksum != "none":
            bids, asks = (
                [
                    Level(each.price, each.amount / book.contract)
                    for each in book.copy.best(side, rules.checksum_depth)
                ]
                for side in (Side.BUY, Side.SELL)
            )
            told["checksum"] = interleaved(bids, asks, rules.checksum_depth)
        return told

    def _whole(self, channel: Channel, book: _Book, first: int) -> Scope:
        depth = channel.book.depth if channel.book is not None else None
        bids, asks = (book.copy.best(side, depth) for side in (Side.BUY, Side.SELL))
        return self._exchange.venue_facts.book(self._numbers(channel, book, first), bids, asks)

    def _changes(self, channel: Channel, book: _Book, diff: BookDiff) -> Scope:
        bids, asks = (
            [Level(price, amount) for price, amount in diff.sides[side].items()]
            for side in (Side.BUY, Side.SELL)
        )
        return self._exchange.venue_facts.book(self._numbers(channel, book, diff.first), bids, asks)

    def _by_levels(self, topic: Topic, book: _Book, diff: BookDiff) -> Iterator[Outgoing]:
        """A message for each level that changed, each with a number of its own, the last with the book's.

        `level.change` is by how much its amount is another than was told last.
        """
        changed = [
            (side, Level(price, amount))
            for side in (Side.BUY, Side.SELL)
            for price, amount in diff.sides[side].items()
        ]
        for index, (side, level) in enumerate(changed):
            facts = self._numbers(self._subscriptions[topic].channel, book, 0)
            if _counts_changes(self._subscriptions[topic].channel):
                number = book.copy.sequence - len(changed) + 1 + index
                facts |= {"last": number, "sequence": number}
            before = book.told.get((side, level.price), ZERO)
            book.told[side, level.price] = level.amount
            told: dict[str, Fact] = {
                "price": level.price, "amount": level.amount, "change": level.amount - before,
                "side": side.value,
            }  # fmt: skip
            one = self._exchange.venue_facts.book(facts, (), ())
            yield from self._tell(topic, Scope({"level": lambda told=told: told}).within(one))  # type: ignore[misc]
        book.last = book.copy.sequence

    def book_changed(self, topic: Topic, event: BookChanged) -> Iterable[Outgoing]:
        book, subscription = self._books.get(topic), self._subscriptions.get(topic)
        if book is not None and subscription is not None and book.copy.add(event):
            rules = subscription.channel.book
            self._feed.add(topic, 0.1 if rules is None else rules.every, event)
        return ()

    def _books_due(self, now: float) -> Iterator[Outgoing]:
        live = set(self.topics("stream:book"))
        for topic, diff in self._feed.due(now):
            if isinstance(topic, Topic) and topic in live:
                channel, book = self._subscriptions[topic].channel, self._books[topic]
                if channel.book is not None and channel.book.style == "whole":
                    yield from self._tell(topic, self._whole(channel, book, diff.first))
                elif channel.book is not None and channel.book.style == "levels":
                    yield from self._by_levels(topic, book, diff)
                else:
                    yield from self._tell(topic, self._changes(channel, book, diff))


def _counts_changes(channel: Channel) -> bool:
    return channel.book is None or channel.book.sequence == "change"
