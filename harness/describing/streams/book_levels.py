"""Where the levels of a book stand in a raw message: those that the connector read. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from pydantic import JsonValue

from harness.describing.documents.leaves import Leaf, Path, flatten, name_of, number_of
from harness.describing.documents.names import SIDES_OF_TRADES

_SIDES = (("bids", "bid"), ("asks", "ask"))
_OTHER = {"bids": "asks", "asks": "bids"}
_AMOUNT = re.compile(r"amount|size|qty|quantity|vol|^sz?$|^q$")
_FLAG = re.compile(r"buy|sell|bid|ask|maker|taker")
SEEN = 20  # levels of one list


@dataclass(frozen=True)
class LevelList:
    """A list of levels in a document: where, of which side, and where in a level its price and amount are.

    `index` is the item that was read: a list may have the levels of both sides, told apart by a word. `says`
    is that word and where it stands, where the item that was read is of the other side. `contract` is how
    much of the base levels count by.
    """

    path: Path
    side: str
    price: Path
    amount: Path
    index: int = 0
    says: tuple[Path, Leaf] | None = None
    contract: Decimal = Decimal(1)


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
        lists = sorted(lists_in(raw, ()), key=lambda each: not name_of(each[0]).lower().startswith(side[0]))
        places = [
            (path, index, item)
            for path, value in lists
            for index, item in enumerate(value[:SEEN])
            if not _holds_rows(item)
        ]
        taken = {path for path, _ in used}
        for path, index, item in sorted(places, key=lambda each: (each[0] in taken, each[1] > 0)):
            if (path, index) in used or (path in taken and not _told_apart(item)):
                continue
            leaves = flatten(item)
            prices = [at for at, leaf in leaves.items() if number_of(leaf) == price]
            prices.sort(key=lambda at: name_of(at).lower() != "price")  # and not the last trade's
            amounts = [
                at for at, leaf in leaves.items() if number_of(leaf) == amount and at not in prices[:1]
            ]
            amounts.sort(key=len)  # and no part of it
            contract = Decimal(1)
            if prices and not amounts:
                amounts, contract = _counted(leaves, prices[0], amount)
            if prices and amounts and None not in (price, amount):
                used.add((path, index))
                found = LevelList(path, side, prices[0], amounts[0], index, contract=contract)
                yield found
                if not content.get(_OTHER[key]):
                    yield from _of_the_other_side(found, leaves)
                break


def _holds_rows(item: JsonValue) -> bool:
    """Whether an item is a list of levels, and no level: both sides may stand in one list."""
    return isinstance(item, list) and bool(item) and isinstance(item[0], dict | list)


def _counted(leaves: Mapping[Path, Leaf], price: Path, amount: Decimal | None) -> tuple[list[Path], Decimal]:
    """(where the amount stands, how much of the base it counts by); nothing where it stands nowhere."""
    for at, leaf in leaves.items():
        number = number_of(leaf)
        if (
            at != price
            and number
            and amount
            and number > amount
            and _AMOUNT.search(name_of(at).lower() or "size")
        ):
            power = (amount / number).normalize()
            if power.as_tuple().digits == (1,):
                return [at], power
    return [], Decimal(1)


def _told_apart(item: JsonValue) -> bool:
    """Whether a level of a list with both sides says of which it is."""
    return any(other_side(at, leaf) is not None for at, leaf in flatten(item).items())


def other_side(at: Path, leaf: Leaf) -> Leaf:
    """What says the other side than this leaf: of its words the other, of 0 and 1 in a leaf named so.

    A flag says it where its name speaks of a side.
    """
    if isinstance(leaf, bool):
        return not leaf if _FLAG.search(name_of(at).lower()) else None
    if isinstance(leaf, str):
        both = SIDES_OF_TRADES.get(leaf, "").split()
        return next((word for word in both if word != leaf), None)
    numbered = name_of(at).lower() == "side" and leaf in (0, 1)
    return 1 - int(leaf or 0) if numbered else None


def _of_the_other_side(found: LevelList, leaves: Mapping[Path, Leaf]) -> Iterator[LevelList]:
    """The levels of the other side in the same list, of which the message has none."""
    for at, leaf in leaves.items():
        if (other := other_side(at, leaf)) is not None:
            side = "ask" if found.side == "bid" else "bid"
            yield replace(found, side=side, says=(at, other))
            return


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
