"""Messages of our own in the form in which a connector's source reads books and trades. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from harness.describing.documents.leaves import Path, name_of
from harness.describing.source_code.source_levels import Levels, Side

MARKET = "COINALPHAHBOT"
SIDE = "\u21c5"  # no text that a message of our own has otherwise
_TIMED = re.compile(r"time|^ts$|_ts$|date", re.I)
_AT = 1764000000
_LAST, _FIRST, _TRADE_ID = 90071, 90061, 70031
_BIDS = (("1617.5", "2.25"), ("1616.5", "3.25"))
_ASKS = (("1618.5", "4.25"), ("1619.5", "5.25"))
_TRADED = ("1618.25", "6.25")


@dataclass(frozen=True)
class Content:
    """An `OrderBookMessage`, and where in what is read that stands which it is made of.

    `symbol` is where the market's name stands, and what stands there where that is something else; `at` the
    time, which may be an argument of this name (`at_given`). `seconds`: it is taken for seconds as it is.
    """

    type: str
    levels: Mapping[str, Levels] = field(default_factory=dict)
    paths: Mapping[str, Path] = field(default_factory=dict)
    side: Side | None = None
    at: Path | None = None
    at_given: str = ""
    seconds: bool = False
    symbol: tuple[Path, str] | None = None

    def within(self, path: Path, beside: Mapping[str, Path | None] | None = None) -> Content:
        """The same of the whole of which that was a part; what stands beside the part is elsewhere."""
        given = beside or {}

        def whole(own: Path) -> Path:
            first = own[0] if own else ""
            if isinstance(first, str) and first in given:
                return (*(given[first] or ()), *own[1:]) if given[first] else ()
            return (*path, *own)

        levels = {name: replace(each, path=whole(each.path)) for name, each in self.levels.items()}
        paths = {name: whole(each) for name, each in self.paths.items()}
        at = whole(self.at) if self.at is not None else given.get(self.at_given)
        side = replace(self.side, path=whole(self.side.path)) if self.side is not None else None
        symbol = (whole(self.symbol[0]), self.symbol[1]) if self.symbol is not None else None
        return replace(
            self,
            levels={name: each for name, each in levels.items() if each.path},
            paths={name: each for name, each in paths.items() if each},
            side=side if side is not None and side.path else None,
            at=at or None,
            symbol=symbol if symbol is not None and symbol[0] else None,
        )


@dataclass(frozen=True)
class ReadBook:
    """A message of our own (`raw`), and the `OrderBookMessage` that it becomes: its type, time and content.

    `kind` is what a note of the tests would have. In a trade `SIDE` stands where `side` says which words do.
    """

    kind: str
    raw: JsonValue
    type: str
    at: float
    content: Mapping[str, JsonValue]
    side: Side | None = None


def note_of(
    kind: str, content: Content, chosen: Mapping[Path, JsonValue], *, seconds: bool
) -> Iterator[ReadBook]:
    """A message with that content, where enough of it is known; `chosen` is what else stands in it."""
    raw: JsonValue = {}
    for path, value in chosen.items():
        raw = _put(raw, path, value)
    at = _AT if seconds else _AT * 1000 + 123
    if content.symbol is not None:
        raw = _put(raw, content.symbol[0], content.symbol[1] or MARKET)
    if content.at is not None:
        raw = _put(raw, content.at, at)
    raw, told = _with_numbers(raw, content, at)
    whole = _with_trade(raw, content) if content.type == "TRADE" else _with_levels(raw, content)
    if whole is not None:
        raw, more = whole
        time = _AT if seconds else at / 1000
        yield ReadBook(kind, raw, content.type, time, {**told, **more}, content.side)


_Told = dict[str, JsonValue]


def _with_numbers(raw: JsonValue, content: Content, at: int) -> tuple[JsonValue, _Told]:
    """The message with what counts it; a time may be that."""
    told: _Told = {}
    known = {"update_id": _LAST, "first_update_id": _FIRST, "trade_id": _TRADE_ID}
    for name, number in known.items():
        path = content.paths.get(name)
        if path is not None:
            timed = path == content.at or (name != "trade_id" and _TIMED.search(name_of(path)))
            told[name] = at if timed else number
            raw = _put(raw, path, told[name])
    return raw, told


def _with_trade(raw: JsonValue, content: Content) -> tuple[JsonValue, _Told] | None:
    if not {"price", "amount"} <= content.paths.keys():
        return None
    figures = dict(zip(("price", "amount"), _TRADED, strict=True))
    for name, figure in figures.items():
        raw = _put(raw, content.paths[name], figure)
    if content.side is not None:
        word = SIDE if content.side.other is not None else content.side.word
        raw = _put(raw, content.side.path, word)
    return raw, {**figures}


def _with_levels(raw: JsonValue, content: Content) -> tuple[JsonValue, _Told] | None:
    sides = _sides(content.levels)
    if sides is None:
        return None
    for levels, rows in zip(sides, (_BIDS, _ASKS), strict=True):
        raw = _with_rows(raw, levels, rows, content.symbol)
    return raw, {name: [list(row) for row in rows] for name, rows in (("bids", _BIDS), ("asks", _ASKS))}


def _sides(levels: Mapping[str, Levels]) -> tuple[Levels, Levels] | None:
    """(bids, asks): as the lists are named, where the source takes the one for the other."""
    bids, asks = levels.get("bids"), levels.get("asks")
    if bids is None or asks is None or (bids.path == asks.path and bids.says == asks.says):
        return None
    names = [name_of(each.path).lower() for each in (bids, asks)]
    swapped = re.match(r"asks?$", names[0]) and re.match(r"bids?$", names[1])
    return (asks, bids) if swapped else (bids, asks)


def _with_rows(
    raw: JsonValue, levels: Levels, rows: Sequence[tuple[str, str]], symbol: tuple[Path, str] | None
) -> JsonValue:
    """The message with these levels, behind those that stand in the same list; each has the market's name
    where one of them is asked for it.
    """
    here = _at(raw, levels.path)
    known = here if isinstance(here, list) else []
    start = sum(_at(each, levels.price) is not None for each in known)
    at, named = symbol if symbol is not None else ((), "")
    inner = at[len(levels.path) + 1 :] if at[: len(levels.path)] == levels.path else ()
    for number, (price, amount) in enumerate(rows, start):
        row = (*levels.path, number)
        if inner:
            raw = _put(raw, (*row, *inner), named or MARKET)
        raw = _put(raw, (*row, *levels.price), price)
        raw = _put(raw, (*row, *levels.amount), amount)
        if levels.says is not None:
            raw = _put(raw, (*row, *levels.says[0]), levels.says[1])
    return raw


def _at(value: JsonValue, path: Path) -> JsonValue:
    for step in path:
        if isinstance(value, dict):
            value = value.get(str(step))
        elif isinstance(value, list) and isinstance(step, int) and max(step, 0) < len(value):
            value = value[max(step, 0)]
        else:
            return None
    return value


def _put(made: JsonValue, path: Path, value: JsonValue) -> JsonValue:
    """The document with a value there, objects and lists made on the way; of a list's rows in the first."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        place = max(step, 0)
        items = list(made) if isinstance(made, list) else []
        items += [None] * (place + 1 - len(items))
        items[place] = _put(items[place], rest, value)
        return items
    base = dict(made) if isinstance(made, dict) else {}
    base[step] = _put(base.get(step), rest, value)
    return base
