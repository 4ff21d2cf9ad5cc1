"""A recording held against a description, leaf by leaf: what it confirms, and what it contradicts. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pydantic import JsonValue

from harness.recordings.groups import Group, Groups
from harness.recordings.reading import Reading
from harness.recordings.recording import Recording
from harness.recordings.self_telling import Names
from harness.recordings.told_apart import AMOUNTS, Market, Object, broken, doubt
from harness.venue.described.addresses import Address, written
from harness.venue.described.dialect import DescribedDialect
from harness.venue.described.placeholders import leaf

LONG_AGO, AHEAD = 20 * 365 * 86400.0, 400 * 86400.0  # seconds that a time may be off: a listing, a delivery
SOON = 600.0  # of a time that is told as now
_NOWS = frozenset({"now.at", "book.at", "change.at"})
ROUNDED = Decimal("0.0001")  # of a number that is told twice
MOST_WRONG = 3  # readings of one leaf that do not fit
MOST_SEEN = 2000  # prices of a market
MOST_OBJECTS = 500  # of one leaf


@dataclass
class Leaf:
    """What a recording says of one leaf: how often it fitted, what did not, and why it is not confirmed."""

    template: JsonValue
    fitted: int = 0
    wrong: list[str] = field(default_factory=list)
    doubt: str = ""

    @property
    def confirmed(self) -> bool:
        return self.fitted > 0 and not self.wrong and not self.doubt

    def contradict(self, why: str) -> None:
        if why not in self.wrong and len(self.wrong) < MOST_WRONG:
            self.wrong.append(why)


@dataclass(frozen=True)
class Found:
    """By address, what each leaf came to. `signed`: the exchange took a signature made as described."""

    leaves: Mapping[Address, Leaf]
    signed: bool = False

    @property
    def confirmed(self) -> dict[str, JsonValue]:
        return {written(at): each.template for at, each in self.leaves.items() if each.confirmed}

    @property
    def contradicted(self) -> dict[str, Leaf]:
        return {written(at): each for at, each in self.leaves.items() if each.wrong}

    @property
    def seen(self) -> dict[str, Leaf]:
        """Leaves that fit, where something else would fit as well."""
        fitting = {at: each for at, each in self.leaves.items() if each.fitted and not each.wrong}
        return {written(at): each for at, each in fitting.items() if each.doubt}


def confirm(kind: type[DescribedDialect], recording: Recording) -> Found:
    """What `recording` says of the description of `kind`."""
    reading = Groups(kind)
    groups = tuple(reading.of(recording))
    names = Names(reading.spoken, recording)
    held = _Holding(kind, recording, names, groups)
    for each in groups:
        held.judge(each)
    held.compare_sides()
    held.tell_apart()
    return Found(held.leaves, any(each.private for each in groups) and recording.header.private)


class _Holding:
    def __init__(
        self, kind: type[DescribedDialect], recording: Recording, names: Names, groups: Sequence[Group]
    ) -> None:
        self.leaves: dict[Address, Leaf] = {}
        self._words = kind.description.words
        self._recording, self._names = recording, names
        self._objects: dict[tuple[Address, str], list[Object]] = defaultdict(list)
        self._sides: dict[str, dict[str, list[tuple[Decimal, Address]]]] = defaultdict(
            lambda: {"bid": [], "ask": []}
        )
        self._sideless: list[Leaf] = []
        self._seen = _seen(groups)

    def judge(self, group: Group) -> None:
        rows: dict[int, dict[str, tuple[Decimal, Address]]] = defaultdict(dict)
        symbols: dict[int, str] = {}
        for each in group.readings:
            found = self.leaves.setdefault(each.at, Leaf(each.template))
            if wrong := each.wrong or self._untimely(each) or self._names.wrong(each):
                found.contradict(wrong)
                continue
            if each.hole is not None and not each.said:
                continue  # it is not read what it says: a default, contracts
            found.fitted += 1
            found.doubt = self._names.doubt(each) or found.doubt
            self._note_words(each)
            for name, value in each.said.items():
                if isinstance(value, Decimal):
                    self._told_once(name, value, each.at, rows[each.row].setdefault(name, (value, each.at)))
                    self._note_side(group.part, name, value, each.at)
                elif name == "market.symbol":
                    symbols[each.row] = str(value)
        for row, told in rows.items():
            market = self._market(group.part, group.symbol or symbols.get(row))
            self._keep(told, group.beside.get(row, ()), market)

    def _market(self, part: str, symbol: str | None) -> Market:
        """What prices and amounts of that market are like by other replies and messages than this one."""
        held = [each for (name, where), each in self._seen.items() if where == symbol and name != part]
        return Market(
            tuple(price for each in held for price in each.prices[:MOST_SEEN]),
            tuple(amount for each in held for amount in each.amounts[:MOST_SEEN]),
        )

    def _keep(
        self, told: Mapping[str, tuple[Decimal, Address]], others: tuple[Decimal, ...], market: Market
    ) -> None:
        """Remember an object, and name what breaks a rule of markets."""
        one = Object({name: value for name, (value, _) in told.items()}, others, market)
        why = broken(one)
        for name, (_, at) in told.items():
            if why is not None and name in why:
                self.leaves[at].contradict(why)
            if len(self._objects[at, name]) < MOST_OBJECTS:
                self._objects[at, name].append(one)

    def _told_once(self, name: str, value: Decimal, at: Address, first: tuple[Decimal, Address]) -> None:
        """One object cannot tell a fact twice with different values."""
        other, place = first
        if not told_alike(value, other):
            for here, there in ((at, place), (place, at)):
                self.leaves[here].contradict(f"{name} is another number here than at {written(there)}")

    def _untimely(self, each: Reading) -> str:
        """What is wrong with a time: one of another unit is years off."""
        for name, value in each.said.items():
            if isinstance(value, float):
                ahead = value - self._recording.until
                behind = self._recording.header.began - value
                most = (SOON, SOON) if name in _NOWS else (AHEAD, LONG_AGO)
                if ahead > most[0] or behind > most[1]:
                    return f"{name} would be {max(ahead, behind):.0f} s off"
        return ""

    def _note_words(self, each: Reading) -> None:
        """A word of a list is confirmed where it says itself what it means."""
        hole = each.hole
        name = next((name for name in (hole.filters if hole else ()) if name in self._words), None)
        if name is None:
            return
        word = next((key for key in self._words[name].words if key.lower() == str(each.value).lower()), None)
        for fact, value in self._words[name].words.get(word or "", {}).items():
            found = self.leaves.setdefault(("words", name, "words", word or "", fact), Leaf(value))
            found.fitted += 1
            if self._words[name].of == "trade" or not self._names.says(str(each.value), value):
                found.doubt = "nobody tells what this word means"

    def _note_side(self, part: str, name: str, value: Decimal, at: Address) -> None:
        if name == "level.price":
            side = next((key for key in ("bid", "ask") if f"each {key}" in at), None)
            if side is not None:
                self._sides[part][side].append((value, at))

    def compare_sides(self) -> None:
        """Bids lie below asks: else the description has them the wrong way round."""
        for sides in self._sides.values():
            bids, asks = (sorted(value for value, _ in sides[name]) for name in ("bid", "ask"))
            rows = {_row_of(at) for held in sides.values() for _, at in held}
            for leaf_ in (each for at, each in self.leaves.items() if _row_of(at) in rows):
                if not bids or not asks:
                    self._sideless.append(leaf_)
                elif bids[len(bids) // 2] >= asks[len(asks) // 2]:
                    leaf_.contradict("bids lie above asks")

    def tell_apart(self) -> None:
        for each in self._sideless:
            each.doubt = "the other side of the book would fit as well"
        for (at, name), held in self._objects.items():
            called = self._names.number(name, at[-1])
            if called not in (None, name):
                self.leaves[at].contradict(f"the exchange itself calls it {at[-1]!r}, which is {called}")
            elif called is None and (other := doubt(held, name)) is not None:
                self.leaves[at].doubt = f"{other} would fit as well"


@dataclass
class _Seen:
    prices: list[Decimal] = field(default_factory=list)
    amounts: list[Decimal] = field(default_factory=list)


def _seen(groups: Sequence[Group]) -> dict[tuple[str, str | None], _Seen]:
    """Prices and amounts, by where they are told and of which market."""
    found: dict[tuple[str, str | None], _Seen] = defaultdict(_Seen)
    for group in groups:
        if group.symbol is None:
            continue
        held = found[group.part, group.symbol]
        for each in group.readings:
            for name, value in each.said.items():
                if isinstance(value, Decimal) and value > 0:
                    if name in ("level.price", "trade.price"):
                        held.prices.append(value)
                    elif name in AMOUNTS:
                        held.amounts.append(value)
    return found


def _row_of(at: Address) -> Address | None:
    """The address of the level that a leaf is of, None where it is of none."""
    found = next((place for place, key in enumerate(at) if key in ("each bid", "each ask")), None)
    return None if found is None else at[: found + 1]


def told_alike(one: Decimal, other: Decimal) -> bool:
    """Whether two numbers may be one, rounded in one place."""
    return abs(one - other) <= ROUNDED * max(abs(one), abs(other))


def lines_of(found: Found) -> Iterator[str]:
    """Each contradiction with both readings."""
    for at, each in found.contradicted.items():
        yield f"{at}: the description says {leaf_text(each.template)}, the recording: {'; '.join(each.wrong)}"


def leaf_text(template: JsonValue) -> str:
    return template if isinstance(template, str) and leaf(template).holes else repr(template)
