"""Markets and assets that are named by their place in a list, as Hyperliquid's are. Pure.

Its reply about the markets lists assets, markets that name two of these by their places, and prices in the
order of the markets; its orders name a market by its own place, or by that and an offset.
"""

from __future__ import annotations

import copy
import string
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from harness.describing.documents.fields import KIT, Field
from harness.describing.documents.leaves import Leaf, Path, changed, flatten
from harness.describing.documents.names import fact_named
from harness.describing.documents.sentinels import SESSION
from harness.describing.documents.templates import Explained, Kind
from harness.describing.fork_tests.answers import Answer
from harness.venue.described.placeholders import leaf as placeholder

PLACE = "market.place"  # a fact of requests: where our market stands in what they were answered with
PADDED = 171  # rows before ours, in a list whose places are counted
_DEEPEST = 4
_INDEX = ("index", "idx", "i")
_MOST_OFFSET = 10_000_000
_ROUND = 1_000  # offsets of places are multiples of it
Row = dict[str, JsonValue]


@dataclass(frozen=True)
class MarketNotes:
    """What else is known of how markets are told: decimals that they have in the tests, as facts, and the
    keys of lists whose rows the connector counts.
    """

    decimals: Mapping[str, str] = field(default_factory=dict)
    counted: frozenset[str] = frozenset()


NO_NOTES = MarketNotes()


@dataclass(frozen=True)
class Listing:
    """The lists of a reply about markets. `rows`: what the rows of a list are, and which of them is told.

    `holds` has the text of a template by the path of a leaf, `index` is the leaf that holds our market's
    place, None where nothing but its row does.
    """

    rows: Mapping[Path, tuple[str, int]]
    holds: Mapping[Path, str] = field(default_factory=dict)
    index: Path | None = None


def listing(document: JsonValue, base: str, quote: str, counted: Collection[str]) -> Listing | None:
    """The lists of a reply whose rows are named by their places; None where there is none such.

    `counted` are the keys of lists whose rows the connector counts.
    """
    lists = dict(_lists(document, ()))
    assets = _assets(lists, base, quote)
    for path, rows in lists.items():
        if assets is not None and path == assets[0]:
            continue
        refers = _referring(rows, assets[1:]) if assets is not None else None
        if refers is not None and assets is not None:
            number, references = refers
            return _made(lists, path, number, {(*path, number, *at): text for at, text in references}, assets)
        own = next((number for number, row in enumerate(rows) if _names(row, base)), None)
        if own is not None and path and path[-1] in counted:
            return _made(lists, path, own, {}, None)
    return None


def _made(
    lists: Mapping[Path, list[Row]],
    path: Path,
    number: int,
    holds: dict[Path, str],
    assets: tuple[Path, int, int] | None,
) -> Listing:
    many = len(lists[path])
    told = {each: ("market", number) for each, rows in lists.items() if len(rows) == many}
    told[path] = ("market", number)
    index = _index(lists[path])
    if index is not None:
        holds[(*path, number, index)] = "{market.number|minus1|number}"
    if assets is not None:
        at, base, _ = assets
        told[at] = ("asset", base)
        holds |= {(*at, base, key): text for key, text in _asset_leaves(lists[at], base)}
    return Listing(told, holds, None if index is None else (*path, number, index))


def _asset_leaves(rows: Sequence[Row], own: int) -> Iterator[tuple[str, str]]:
    """(key, text of a template) of what a row about an asset says."""
    index, named = _index(rows), False
    for key, value in rows[own].items():
        if key == index:
            yield key, "{asset.number|minus1|number}"
        elif isinstance(value, int) and fact_named(key, "market") == "market.lot_decimals":
            yield key, "{market.lot_decimals|or 8|number}"
        elif isinstance(value, str) and not named and all(isinstance(each.get(key), str) for each in rows):
            named = True
            yield key, "{asset.name}"


def _lists(value: JsonValue, path: Path) -> Iterator[tuple[Path, list[Row]]]:
    """Every list of objects, with its path."""
    if len(path) > _DEEPEST:
        return
    if isinstance(value, list):
        rows = [item for item in value if isinstance(item, dict)]
        if rows and len(rows) == len(value):
            yield path, rows
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield from _lists(item, (*path, step))


def _assets(lists: Mapping[Path, list[Row]], base: str, quote: str) -> tuple[Path, int, int] | None:
    """(path, place of the base, place of the quote) of a list with a row for each asset."""
    for path, rows in lists.items():
        at = {
            name: [number for number, row in enumerate(rows) if name in row.values()]
            for name in (base, quote)
        }
        if len(at[base]) == len(at[quote]) == 1 and at[base] != at[quote]:
            return path, at[base][0], at[quote][0]
    return None


def _referring(rows: Sequence[Row], places: tuple[int, ...]) -> tuple[int, list[tuple[Path, str]]] | None:
    """(row, leaves with their texts) of the market that names its assets by these places."""
    texts = "{market.base_number|minus1|number}", "{market.quote_number|minus1|number}"
    for number, row in enumerate(rows):
        for key, value in row.items():
            if value == [*places]:
                return number, [((key, index), text) for index, text in enumerate(texts)]
        sides = {fact_named(key, "market"): key for key, value in row.items() if isinstance(value, int)}
        keys = [sides.get("market.base"), sides.get("market.quote")]
        if None not in keys and [row[str(key)] for key in keys] == [*places]:
            return number, [((str(key),), text) for key, text in zip(keys, texts, strict=True)]
    return None


def _names(row: Row, base: str) -> bool:
    return any(isinstance(value, str) and base in value for value in row.values())


def _index(rows: Sequence[Row]) -> str | None:
    """The key under which each row says its place."""
    for key in rows[0]:
        places = [row.get(key) for row in rows]
        whole = all(isinstance(each, int) and not isinstance(each, bool) for each in places)
        if whole and places == list(range(len(rows))) and (len(rows) > 1 or key in _INDEX):
            return key
    return None


def with_places(fields: Mapping[Path, Field], found: Listing | None) -> dict[Path, Field]:
    """The same leaves; those that hold places say so."""
    told = found.holds if found is not None else {}
    return {**fields, **{path: _held(text) for path, text in told.items() if path in fields}}


def _held(text: str) -> Field:
    (hole,) = placeholder(text).holes
    return Field((), text, hole.name, Kind.FACT, (KIT,))


def place_told(answers: Sequence[Answer], counted: Collection[str]) -> dict[str, str]:
    """The place that our market has in what `with_our_place` makes, as a fact; nothing where none is told."""
    found = (listing_of(each, counted) for each in answers)
    own = next((each for each in found if each is not None), None)
    if own is None:
        return {}
    return {PLACE: SESSION["market.number"] if own.index is not None else str(PADDED)}


def listing_of(answer: Answer, counted: Collection[str]) -> Listing | None:
    """The lists of a reply, by the assets of its set."""
    ours = answer.sentinels
    return listing(answer.document, ours.base, ours.quote, counted) if answer.place else None


def with_our_place(answers: Sequence[Answer], counted: Collection[str]) -> list[Answer]:
    """The same replies; where markets are named by their places, ours has one that is unmistakable."""
    return [_with_our_place(each, listing_of(each, counted)) for each in answers]


def _with_our_place(answer: Answer, found: Listing | None) -> Answer:
    if found is None:
        return answer
    if found.index is not None:
        document = changed(answer.document, found.index, int(SESSION["market.number"]))
    else:
        document = copy.deepcopy(answer.document)
        for path, (thing, number) in found.rows.items():
            rows = _at(document, path)
            if thing == "market" and isinstance(rows, list):
                own = rows[number]
                rows[:0] = [_other(own, answer.sentinels.base, each) for each in range(PADDED - number)]
    return answer.with_document(document)


def _at(document: JsonValue, path: Path) -> JsonValue:
    for step in path:
        document = document[step]  # type: ignore[index]
    return document


def _other(row: JsonValue, base: str, number: int) -> JsonValue:
    """The same about another market: its base's name has two more letters."""
    letters = string.ascii_uppercase
    name = f"{base}{letters[number // len(letters)]}{letters[number % len(letters)]}"
    made = row
    for path, leaf in flatten(row).items():
        if isinstance(leaf, str) and base in leaf:
            made = changed(made, path, leaf.replace(base, name))
    return made


def by_place(each: Explained, place: str) -> Explained:
    """A parameter that always is our market's place, or that and an offset: the market's number."""
    offset = _offset(each.seen[0], place) if each.kind is Kind.CONSTANT and place else None
    if offset is None:
        return each
    step = offset - 1  # numbers are counted from 1
    form = "" if not step else f"|plus{step}" if step > 0 else "|minus1"
    form += "" if isinstance(each.seen[0], str) else "|number"
    return replace(each, kind=Kind.FACT, fact="market.number", form=form, text=f"{{market.number{form}}}")


def _offset(leaf: Leaf, place: str) -> int | None:
    if isinstance(leaf, bool) or not str(leaf).isdigit():
        return None
    offset = int(str(leaf)) - int(place)
    fitting = offset in (0, 1) or (0 < offset < _MOST_OFFSET and offset % _ROUND == 0)
    return offset if fitting else None
