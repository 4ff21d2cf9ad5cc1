"""A market's book as Beaxy streams it: the whole first, then what changes among its best levels."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import JsonValue

from harness.venue.dialects.beaxy.codec import number
from harness.venue.dialects.wire import Json, ms
from harness.venue.model import BookView, Side

SIDES = {Side.SELL: "ASK", Side.BUY: "BID"}
Levels = dict[Side, dict[Decimal, Decimal]]


def levels_of(book: BookView) -> Levels:
    """Amount by price of each side, best first."""
    return {
        Side.SELL: {level.price: level.amount for level in book.asks},
        Side.BUY: {level.price: level.amount for level in book.bids},
    }


def snapshot(book: BookView, name: str) -> Json:
    entries: list[JsonValue] = [
        entry("INSERT", side, place, price, amount)
        for side, levels in levels_of(book).items()
        for place, (price, amount) in enumerate(levels.items())
    ]
    return _message("SNAPSHOT_FULL_REFRESH", name, book, entries)


def update(before: Levels, book: BookView, name: str) -> Json | None:
    """What changed since `before`, None where nothing did. A deleted level is told with the amount it had."""
    now = levels_of(book)
    entries = [entry for side in SIDES for entry in _changes(side, before[side], now[side])]
    if not entries:
        return None
    # The connector submitted in 2020 reads these two of each entry, the one merged in 2021 of the message.
    own: Json = {"security": name, "sequenceNumber": book.sequence}
    return _message("INCREMENTAL_UPDATE", name, book, [{**each, **own} for each in entries])


def _changes(side: Side, before: dict[Decimal, Decimal], now: dict[Decimal, Decimal]) -> Iterator[Json]:
    for place, (price, amount) in enumerate(before.items()):
        if price not in now:
            yield entry("DELETE", side, place, price, amount)
    for place, (price, amount) in enumerate(now.items()):
        if price not in before:
            yield entry("INSERT", side, place, price, amount)
        elif before[price] != amount:
            yield entry("UPDATE", side, place, price, amount)


def entry(action: str, side: Side, place: int, price: Decimal, amount: Decimal) -> Json:
    return {
        "action": action, "side": SIDES[side], "level": place, "numberOfOrders": None, "quantity":
        number(amount), "price": number(price),
    }  # fmt: skip


def _message(kind: str, name: str, book: BookView, entries: list[JsonValue]) -> Json:
    return {
        "type": kind, "security": name, "timestamp": ms(book.at), "sequenceNumber": book.sequence,
    "entries": entries }  # fmt: skip
