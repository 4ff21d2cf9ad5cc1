"""Where the levels of a book stand in a raw message: those that the connector read. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from harness.describing.leaves import Path, flatten, number_of

# Words for a taker's side, with both words of their list.
SIDES_OF_TRADES = {
    word: f"{buy} {sell}"
    for buy, sell in (
        ("buy", "sell"),
        ("BUY", "SELL"),
        ("Buy", "Sell"),
        ("B", "S"),
        ("bid", "ask"),
        ("Bid", "Ask"),
    )
    for word in (buy, sell)
}
_SIDES = (("bids", "bid"), ("asks", "ask"))
SEEN = 20  # levels of one list


@dataclass(frozen=True)
class LevelList:
    """A list of levels in a document: where, of which side, and where in a level its price and amount are.

    `index` is the item that was read: a list may have the levels of both sides, told apart by a word.
    """

    path: Path
    side: str
    price: Path
    amount: Path
    index: int = 0


def levels_in(raw: JsonValue, content: Mapping[str, JsonValue]) -> Iterator[LevelList]:
    """Where the levels that the connector read stand in the message."""
    used: set[tuple[Path, int]] = set()
    for key, side in _SIDES:
        levels = content.get(key)
        first = levels[0] if isinstance(levels, list) and levels else None
        if not isinstance(first, list) or len(first) < 2:
            continue
        price, amount = number_of(first[0]), number_of(first[1])
        # Tests may have the same level on both sides: the list's name decides, and one of its own.
        lists = sorted(lists_in(raw, ()), key=lambda each: not name_of(each[0]).startswith(side[0]))
        places = [(path, index, item) for path, value in lists for index, item in enumerate(value[:SEEN])]
        taken = {path for path, _ in used}
        for path, index, item in sorted(places, key=lambda each: (each[0] in taken, each[1] > 0)):
            if (path, index) in used or (path in taken and not _told_apart(item)):
                continue
            leaves = flatten(item)
            prices = [at for at, leaf in leaves.items() if number_of(leaf) == price]
            amounts = [
                at for at, leaf in leaves.items() if number_of(leaf) == amount and at not in prices[:1]
            ]
            if prices and amounts and None not in (price, amount):
                used.add((path, index))
                yield LevelList(path, side, prices[0], amounts[0], index)
                break


def _told_apart(item: JsonValue) -> bool:
    """Whether a level of a list with both sides says of which it is."""
    return any(leaf in SIDES_OF_TRADES for leaf in flatten(item).values() if isinstance(leaf, str))


def name_of(path: Path) -> str:
    """The last name on the way to a leaf, in small letters."""
    return next((str(step).lower() for step in reversed(path) if isinstance(step, str)), "")


def lists_in(value: JsonValue, path: Path) -> Iterator[tuple[Path, list[JsonValue]]]:
    """Lists of lists or objects."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from lists_in(item, (*path, key))
    elif isinstance(value, list):
        if value and isinstance(value[0], list | dict):
            yield path, value
        for index, item in enumerate(value[:3]):
            yield from lists_in(item, (*path, index))
