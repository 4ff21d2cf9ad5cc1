"""Levels of a book that the connector's source reads by name, where its tests have them as lists. Pure.

A connector may make `[price, amount]` of a reply's `{"price": …, "amount": …}` before its parser sees it, and
its tests begin with that.
"""

from __future__ import annotations

import re
from dataclasses import replace

from pydantic import JsonValue

from harness.describing.replies.deriving import Derived
from harness.describing.source_code.source import ROW, Reading
from harness.venue.described.addresses import Address

_PLACES = (
    re.compile(r"price|^px?$|^rate$", re.I),
    re.compile(r"amount|size|qty|quantity|vol|^sz?$|^q$", re.I),
)
_SIDES = ("each bid", "each ask")
Names = tuple[str, str]  # of price and amount in a level


def names_of_levels(reading: Reading | None) -> Names | None:
    """What a level's price and amount are called in the reply, None where the source reads no such names."""
    found: dict[int, set[str]] = {0: set(), 1: set()}
    for each in reading.reads if reading is not None else ():
        if len(each.path) > 1 and each.path[-2] == ROW and isinstance(name := each.path[-1], str):
            place = next((place for place, form in enumerate(_PLACES) if form.search(name)), None)
            if place is not None:
                found[place].add(name)
    return (found[0].pop(), found[1].pop()) if len(found[0]) == len(found[1]) == 1 else None


def with_names(book: JsonValue, names: Names | None) -> JsonValue:
    """A book as the exchange tells it, of one as the tests have it, or of a template of one."""
    if names is None:
        return book
    if isinstance(book, dict):
        return {
            key: _named(item, names) if key in _SIDES else with_names(item, names)
            for key, item in book.items()
        }
    if isinstance(book, list):
        rows = bool(book) and all(isinstance(row, list) for row in book)
        return [_named(row, names) if rows else with_names(row, names) for row in book]
    return book


def derived_with_names(book: Derived, names: Names | None) -> Derived:
    """The same, with its leaves where they stand then."""
    made = with_names(book.template, names)
    if made == book.template or names is None:
        return book
    fields = (replace(each, at=_moved(each.at, names)) for each in book.fields)
    kept = tuple(each for each in fields if not _is_a_place(each.at))
    return replace(book, template=made, fields=kept)


def _moved(at: Address, names: Names) -> Address:
    known = _is_a_place(at) and int(at[-1]) < len(names)
    return (*at[:-1], names[int(at[-1])]) if known else at


def _is_a_place(at: Address) -> bool:
    """Whether a leaf stands in a level that is a list."""
    return len(at) > 1 and at[-2] in _SIDES and at[-1].isdigit()


def _named(row: JsonValue, names: Names) -> JsonValue:
    """A level by its names; what it has beyond price and amount the tests alone have."""
    if not isinstance(row, list) or len(row) < len(names) or isinstance(row[0], list | dict):
        return row
    return dict(zip(names, row, strict=False))
