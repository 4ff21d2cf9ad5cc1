"""Order books and public trades: what a fork's tests show of their messages, beside what it makes of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from pydantic import JsonValue

from harness.describing.documents.fields import KIT, READS, Field
from harness.describing.documents.leaves import Leaf, Path, changed, flatten, name_of, number_of, unpacked
from harness.describing.documents.names import SIDES_OF_TRADES
from harness.describing.documents.templates import Kind, time_form
from harness.describing.fork_tests.book_notes import Made, Note
from harness.describing.replies.deriving import Derived
from harness.describing.replies.positions import named, unnamed
from harness.describing.streams.book_levels import (
    SEEN,
    LevelList,
    levels_in,
    lists_in,
    other_side,
)

# The operation that each kind of note tells of; a snapshot that comes by a stream is a book's as well.
OPERATIONS = {
    "order_book": "order_book",
    "diff": "stream:book",
    "snapshot": "stream:book",
    "trade": "stream:trades",
}
_SYMBOL = re.compile(r"^(s|sym|symbol|market|marketid|pair|instid|product_?id|instrument\w*|contract)$", re.I)
_SHORTEST_SYMBOL = 5
_KITS = frozenset({"COINALPHAHBOT", "COINALPHA-HBOT"})
_BY_BASE = re.compile(r"coin|asset|symbol|market|instrument|product|ticker|s")  # where a base names a market
_NUMBERED = re.compile(r"^(instrument|market|pair|product)_?id$|^product_?pair_?code$")
_OF_THE_BOOK = re.compile(rf"update_?id|sequence|time|date|{_NUMBERED.pattern}")
_PAIR = re.compile(r"[A-Z0-9]{2,10}([-/_])[A-Z]{2,10}")
_SOLD = 2.0  # TradeType.SELL
_MOMENT = Decimal("0.001")  # seconds


def snapshot(notes: Sequence[Note]) -> JsonValue:
    """An order book as the tests have it, with levels on both sides; None where they show none."""
    whole = (
        note.raw
        for note in notes
        for made in note.made
        if note.kind == "order_book" and made.content.get("bids") and made.content.get("asks")
    )
    return next(whole, None)


class Streamed(NamedTuple):
    """A book as a stream tells it of the market that the exchange calls `symbol`.

    Where tests show no topic beside the book, and one beside trades (`other`), it stands at `topic`.
    """

    symbol: str
    message: JsonValue
    topic: Path = ()
    other: str = ""

    def answer_to(self, said: JsonValue) -> JsonValue:
        """The book, to a message that asks for something of the market and not for its trades; else None."""
        asked = [each for each in flatten(said).values() if isinstance(each, str) and self._names(each)]
        topics = [each for each in asked if each != self.other]
        if not topics or not self.topic:
            return self.message if topics else None
        return changed(self.message, self.topic, topics[0])

    def _names(self, text: str) -> bool:
        return self.symbol.lower() in text.lower()


def streamed(notes: Sequence[Note], symbol: str, *, alone: bool) -> Streamed | None:
    """A book with levels on both sides; None where the tests show none.

    `alone`: no route is asked for books, so that what the tests have as the reply is a stream's message.
    """
    kinds = ("snapshot", "diff", "order_book") if alone else ("snapshot", "diff")
    shown = (
        note.raw
        for kind in kinds
        for note in notes
        for made in note.made
        if note.kind == kind and made.type == "SNAPSHOT" and all(map(made.content.get, ("bids", "asks")))
    )
    raw = next(shown, None)
    if raw is None or not symbol:
        return None
    message = _called(raw, symbol, spelled_in(raw) | _KITS)
    for note in notes:
        trade = _called(note.raw, symbol, spelled_in(note.raw) | _KITS) if note.kind == "trade" else None
        for path, leaf in flatten(trade).items():
            if isinstance(leaf, str) and leaf.endswith(symbol) and leaf != symbol and _lacks(message, path):
                return Streamed(symbol, message, path, leaf)
    return Streamed(symbol, message)


def _lacks(message: JsonValue, path: Path) -> bool:
    """Whether an object that the message has lacks that key of it."""
    for step in path[:-1]:
        message = message.get(str(step)) if isinstance(message, dict) else None
    return isinstance(message, dict) and path[-1] not in message


def _called(value: JsonValue, symbol: str, spelled: frozenset[str]) -> JsonValue:
    """The message with the market's name in the place of each text that spells one."""
    if isinstance(value, dict):
        return {key: _called(item, symbol, spelled) for key, item in value.items()}
    if isinstance(value, list):
        return [_called(item, symbol, spelled) for item in value]
    if not isinstance(value, str):
        return value
    names = "|".join(map(re.escape, sorted(spelled, key=len, reverse=True)))
    return re.sub(
        names, lambda found: symbol.lower() if found[0].islower() else symbol, value, count=1, flags=re.I
    )


def spelled_in(raw: JsonValue) -> frozenset[str]:
    """How a message itself spells its market: tests may have another pair than the kit's."""
    return frozenset(
        leaf
        for path, leaf in flatten(raw).items()
        if isinstance(leaf, str) and len(leaf) >= _SHORTEST_SYMBOL and _names_a_market(leaf, path)
    )


def derived(
    notes: Sequence[Note], symbol: str, positions: Sequence[Sequence[str]] = ()
) -> dict[str, Derived]:
    """A template for each kind of note that shows one, by kind; the one that explains most leaves.

    What the connector makes of a message decides, whichever method did it. `positions` are its source's names
    for the places in a row.
    """
    found: dict[str, Derived] = {}
    contract = _contract_in(notes)
    for note in (each.model_copy(update={"raw": named(unpacked(each.raw), positions)}) for each in notes):
        for made in note.made:
            kind = _kind(note, made)
            each = _derive(kind, _alone(note, made), made, symbol, contract)
            before = found.get(kind)
            if each is not None and (before is None or _worth(each) > _worth(before)):
                found[kind] = each
    return {kind: unnamed(each, positions) for kind, each in found.items()}


def levels(each: Derived) -> int:
    """How many of its leaves tell of a level."""
    return sum(field.fact.startswith("level.") for field in each.fields)


def _worth(each: Derived) -> int:
    return sum(bool(field.fact) for field in each.fields)


def _kind(note: Note, made: Made) -> str:
    if note.kind == "diff":
        return {"SNAPSHOT": "snapshot", "TRADE": "trade"}.get(made.type, note.kind)
    return note.kind


def _contract_in(notes: Sequence[Note]) -> Decimal:
    """The amount that levels count by; 1 where they tell it in the base."""
    found = (
        level.contract for note in notes for made in note.made for level in levels_in(note.raw, made.content)
    )
    return next((each for each in found if each != 1), Decimal(1))


def _derive(kind: str, raw: JsonValue, made: Made, symbol: str, contract: Decimal) -> Derived | None:
    if kind not in OPERATIONS or not made.content:
        return None
    lists = [] if kind == "trade" else list(levels_in(raw, made.content))
    if kind != "trade" and not lists:
        return None
    thing = "trade" if kind == "trade" else "book"
    builder = _Builder(made, lists, symbol, spelled_in(raw), thing, contract)
    template = builder.build(raw, (), ())
    return Derived(OPERATIONS[kind], template, tuple(builder.fields))


def _alone(note: Note, made: Made) -> JsonValue:
    """The message without the rows of which the connector made other things: trades beside a change."""
    raw, own = note.raw, set(_rows_of(note.raw, made))
    for other in note.made:
        if other.type != made.type:
            for path in set(_rows_of(note.raw, other)) - own:
                raw = _emptied(raw, path)
    return raw


def _rows_of(raw: JsonValue, made: Made) -> Iterator[Path]:
    """Where the lists stand that the connector read."""
    if made.type != "TRADE":
        yield from (level.path for level in levels_in(raw, made.content))
        return
    figures = [number_of(made.content.get(name)) for name in ("price", "amount")]
    for path, rows in lists_in(raw, ()):
        told = [number_of(each) for each in flatten(rows[0]).values()]
        if None not in figures and all(each in told for each in figures):
            yield path


def _emptied(value: JsonValue, path: Path) -> JsonValue:
    if not path:
        return []
    if isinstance(value, dict):
        return {key: _emptied(item, path[1:]) if key == path[0] else item for key, item in value.items()}
    if isinstance(value, list):
        return [_emptied(item, path[1:]) if at == path[0] else item for at, item in enumerate(value)]
    return value


class _Builder:
    """A message with its leaves replaced; `fields` gets each with its address."""

    def __init__(
        self,
        made: Made,
        lists: Sequence[LevelList],
        symbol: str,
        spelled: frozenset[str],
        thing: str,
        contract: Decimal,
    ) -> None:
        self._contract = contract
        self._content = made.content
        self._at = number_of(made.at)
        self._lists: dict[Path, list[LevelList]] = {}
        for each in lists:
            self._lists.setdefault(each.path, []).append(each)
        self._symbol = symbol
        self._base = re.split(r"[-_/]", symbol)[0] if _PAIR.fullmatch(symbol) else ""
        self._thing = thing
        self._spelled = spelled
        self.fields: list[Field] = []

    def build(self, value: JsonValue, path: Path, at: tuple[str, ...]) -> JsonValue:
        levels = self._lists.get(path, [])
        in_list = bool(path) and isinstance(path[-1], int)  # rows in a list would be its own
        if len(levels) == 1 and isinstance(value, list):
            if in_list:
                return [self._rows(value, levels[0], (*at, "0"))]
            return self._rows(value, levels[0], at)
        if levels and isinstance(value, list):
            return [self._rows(value, level, (*at, str(i))) for i, level in enumerate(levels)]
        if isinstance(value, dict):
            return {key: self.build(item, (*path, key), (*at, key)) for key, item in value.items()}
        if isinstance(value, list) and (row := self._trade_in(value)) is not None:
            here = (*at, "0", "each trade") if in_list else (*at, "each trade")
            told: JsonValue = {"each trade": self.build(value[row], (*path, row), here)}
            return [told] if in_list else told
        if isinstance(value, list):
            return [self.build(item, (*path, i), (*at, str(i))) for i, item in enumerate(value)]
        text, fact = self._leaf(value, name_of(path).lower())
        return self._note(text, fact, at)

    def _rows(self, value: list[JsonValue], level: LevelList, at: tuple[str, ...]) -> dict[str, JsonValue]:
        name = f"each {level.side}"
        return {name: self._level(value[level.index], level, (), (*at, name))}

    def _trade_in(self, value: list[JsonValue]) -> int | None:
        """Which of a list's items the connector made its trade of; None where it is no list of trades."""
        rows, price = value[:SEEN], self._content.get("price")
        alike = all(isinstance(row, dict) for row in rows) or all(isinstance(row, list) for row in rows)
        if self._thing != "trade" or price is None or not alike:
            return None
        return next(
            (
                place
                for place, row in enumerate(rows)
                if any(self._same(price, leaf) for leaf in flatten(row).values())
            ),
            None,
        )

    def _level(self, value: JsonValue, level: LevelList, path: Path, at: tuple[str, ...]) -> JsonValue:
        if level.says is not None and level.says[0] == path:
            value = level.says[1]
        if isinstance(value, dict):
            return {key: self._level(item, level, (*path, key), (*at, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self._level(item, level, (*path, i), (*at, str(i))) for i, item in enumerate(value)]
        fact = {level.price: "level.price", level.amount: "level.amount"}.get(path, "")
        form = "" if isinstance(value, str) else "|number"
        if fact == "level.amount" and self._contract != 1:
            form = f"|contracts{form}"
        name = name_of(path).lower()
        if not fact and (_OF_THE_BOOK.search(name) or _SYMBOL.search(name)):
            return self._note(*self._leaf(value, name), at)
        return self._note(f"{{{fact}{form}}}" if fact else value, fact, at)

    def _note(self, text: JsonValue, fact: str, at: tuple[str, ...]) -> JsonValue:
        if fact.startswith("trade.side "):
            words = {word: (side,) for word, side in zip(fact.split()[1:], ("buy", "sell"), strict=True)}
            form = "|flag" if isinstance(text, bool) else "|number" if isinstance(text, int) else ""
            text = f"{{trade.side{form}}}" if form else text
            self.fields.append(Field(at, text, "trade.side", Kind.WORDS, (KIT,), words=words))
            return text
        known = bool(fact) or (isinstance(text, str) and "{" in text)
        kind = (Kind.FACT if fact else Kind.TEXT) if known else Kind.CONSTANT
        self.fields.append(Field(at, text, fact, kind, (KIT, READS) if fact else (KIT,)))
        return text

    def _leaf(self, value: Leaf, name: str) -> tuple[JsonValue, str]:
        """(what a template has in its place, the fact). What is named as a time is no sequence."""
        form = "" if isinstance(value, str) else "|number"
        timed = None if name.endswith("id") else time_form(value)
        if timed and (re.search(r"time|\bts\b|date", name) or self._is_the_time(value)):
            return f"{{{self._thing}.at{timed}}}", f"{self._thing}.at"
        if _NUMBERED.search(name) and number_of(value) is not None:
            return f"{{market.number{form}}}", "market.number"
        for made, fact in self._facts():
            if self._same(self._content.get(made), value):
                return f"{{{fact}{form}}}", fact
        if self._thing == "trade" and (fact := self._counted(value)):
            return f"{{{fact}|contracts{form}}}", fact
        if self._thing == "trade" and (sides := self._sides(value, name)):
            return value, f"trade.side {sides}"
        if isinstance(value, str) and (named := self._market_in(value, name)) is not None:
            return named
        if timed:
            return f"{{{self._thing}.at{timed}}}", f"{self._thing}.at"
        return value, ""

    def _market_in(self, value: str, name: str) -> tuple[str, str] | None:
        """The same of a text that names the market, maybe by its base alone; None where it names none."""
        if value == self._base and _BY_BASE.fullmatch(name):
            return "{market.base}", "market.base"
        text = _named(value, self._symbol, self._spelled)
        return None if text == value else (text, "market.symbol" if text == "{market.symbol}" else "")

    def _counted(self, value: Leaf) -> str:
        """The fact of a trade's amount in contracts; one below nothing says that the taker sold."""
        number, amount = number_of(value), number_of(self._content.get("amount"))
        if self._contract == 1 or not number or amount is None or abs(number) * self._contract != amount:
            return ""
        sold = self._content.get("trade_type") == _SOLD
        return "trade.signed_amount" if number < 0 and sold else "trade.amount" if number > 0 else ""

    def _sides(self, value: Leaf, name: str) -> str:
        """The words for a buyer and a seller that took, where the leaf is one of them, empty where not.

        Which number is whose the connector says, who makes 1 of a buyer and 2 of a seller.
        """
        if isinstance(value, str):
            return SIDES_OF_TRADES.get(value, "")
        other, taken = other_side((name,), value), number_of(self._content.get("trade_type"))
        if other is None or taken not in (1, 2):
            return ""
        one, two = (str(each).lower() for each in (value, other))  # a flag as JSON has it
        return f"{one} {two}" if taken == 1 else f"{two} {one}"

    def _is_the_time(self, value: Leaf) -> bool:
        """Whether the connector takes it for the message's time, whatever else it makes of it."""
        number = number_of(value)
        if number is None or self._at is None:
            return False
        return any(abs(number.scaleb(-digits) - self._at) < _MOMENT for digits in (0, 3, 6, 9))

    def _facts(self) -> tuple[tuple[str, str], ...]:
        if self._thing == "trade":
            return (("trade_id", "trade.trade_id"), ("price", "trade.price"), ("amount", "trade.amount"))
        return (("first_update_id", "book.first"), ("update_id", "book.last"))

    def _same(self, made: JsonValue, leaf: Leaf) -> bool:
        one, other = number_of(made), number_of(leaf)
        if one is None or other is None:
            return made is not None and made == leaf
        return one == other and (one != Decimal(0) or made == leaf)


def _names_a_market(leaf: str, path: Path) -> bool:
    """By its key, or in a list by its form."""
    return bool(
        _SYMBOL.search(name_of(path).lower()) or (isinstance(path[-1], int) and _PAIR.fullmatch(leaf))
    )


def _named(text: str, symbol: str, spelled_so: frozenset[str]) -> str:
    """The text with the pair's name in it replaced, in whatever letters and with whatever sign between."""
    other_signs = {re.sub(r"[-_/]", sign, symbol) for sign in "-_/"}
    usual = {symbol, symbol.lower(), symbol.upper(), *_KITS, *spelled_so}
    usual |= other_signs if _PAIR.fullmatch(symbol) else set()
    spelled = [each for each in usual if each]
    for name in sorted(spelled, key=len, reverse=True):
        found = re.search(re.escape(name), text, re.I)
        if found:
            hole = "{market.symbol|lower}" if symbol and found[0].islower() else "{market.symbol}"
            sign = _PAIR.fullmatch(found[0])
            if found[0] == symbol:
                hole = "{market.symbol}"
            elif sign is not None and symbol and sign[1] not in symbol:
                hole = f"{{market.base}}{sign[1]}{{market.quote}}"
            return text[: found.start()] + hole + text[found.end() :]
    return text
