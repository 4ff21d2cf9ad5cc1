"""What a recorded message says by a template of the description, leaf by leaf. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from pydantic import JsonValue

from harness.venue.described.addresses import Address, bare
from harness.venue.described.facts import ECHO
from harness.venue.described.model import Description, Words
from harness.venue.described.placeholders import (
    AS_JSON,
    EACH,
    ELSE,
    IF,
    LEFT_OUT,
    LIKE,
    THEN,
    Hole,
    default_of,
    leaf,
    with_number,
)
from harness.venue.described.templates import ANYTHING
from harness.venue.described.units import COUNTED
from harness.venue.described.values import STEPS, Fact

REDACTED = "‹"  # begins what stands in the place of a secret
MOST_ROWS = 2000  # of one list: what the rest says is the same
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000, "s.ms": 1, "ms.us": 1_000}
_TIMES = frozenset(
    {"at", "created_at", "updated_at", "expires_at", "next_at", "since", "until", "time", "resets_at"}
)
_TEXTS = frozenset(
    {
        "symbol", "base", "quote", "settle", "asset", "name", "fee_asset", "side", "type", "status", "kind",
        "time_in_force", "position_side", "order_id", "order_ids", "client_order_id", "any_id", "trade_id",
        "buy_order_id", "sell_order_id", "payment_id", "key", "token", "signature", "passphrase", "code",
        "message", "detail", "margin_mode", "position_mode", "checksum", "number", "state", "post_only",
        "reduce_only", "halted", "open", "ended", "partly_filled", "maker", "one_way",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """One leaf of a template and what stood there. `row` is the object of a list that it belongs to.

    `said` are the facts that it tells; `wrong` why it does not fit, empty where it does. What the template
    leaves out has the address of its holder and no template.
    """

    at: Address
    row: int
    template: JsonValue
    value: JsonValue
    said: Mapping[str, Fact]
    wrong: str = ""

    @property
    def hole(self) -> Hole | None:
        return leaf(self.template).whole if isinstance(self.template, str) else None


@dataclass(frozen=True)
class Row:
    """Numbers that stand in a row and that the template does not name."""

    row: int
    numbers: tuple[Decimal, ...]


class Reader:
    """Reads by one description."""

    def __init__(self, description: Description) -> None:
        self._words, self._shapes = description.words, description.shapes
        self._rows = 0
        self.others: list[Row] = []  # of what was read last

    def read(self, template: JsonValue, data: JsonValue, at: Address) -> list[Reading]:
        """Every leaf of `template`, which lies at `at`, with what `data` has there."""
        self._rows += 1
        self.others = []
        return list(self._read(template, data, at, self._rows))

    def _read(self, template: JsonValue, data: JsonValue, at: Address, row: int) -> Iterator[Reading]:
        if isinstance(template, str):
            yield from self._leaf(template, data, at, row)
        elif isinstance(template, dict):
            yield from self._mapping(template, data, at, row)
        elif isinstance(template, list):
            yield from self._list(template, data, at, row)
        else:
            same = template is None or (
                template == data and isinstance(template, bool) == isinstance(data, bool)
            )
            yield Reading(
                at, row, template, data, {}, "" if same else f"{_cut(data)} instead of {_cut(template)}"
            )

    def _list(self, template: list[JsonValue], data: JsonValue, at: Address, row: int) -> Iterator[Reading]:
        if not isinstance(data, list):
            yield Reading(at, row, template, data, {}, f"{_cut(data)} instead of a list")
            return
        if len(template) > 1 and any(isinstance(each, dict) and _each(each) for each in template):
            return  # which row is of which kind only the exchange knows
        for place, inner in enumerate(template):
            here = (*at, str(place))
            if isinstance(inner, dict) and _each(inner) is not None and len(template) == 1:
                yield from self._mapping(inner, data, here, row)
            elif place < len(data):
                yield from self._read(inner, data[place], here, row)
            else:
                yield Reading(here, row, inner, None, {}, "the recorded list is shorter")

    def _mapping(
        self, template: dict[str, JsonValue], data: JsonValue, at: Address, row: int
    ) -> Iterator[Reading]:
        if (shape := self._whole_shape(template)) is not None:
            name, inner = shape
            yield from self._read(inner, data, ("shapes", name), row)
        elif AS_JSON in template:
            yield from self._read(template[AS_JSON], _parsed(data), (*at, AS_JSON), row)
        elif IF in template:
            yield from self._either(template, data, at, row)
        elif (key := _each(template)) is not None:
            yield from self._each(template[key], data, (*at, key), at, row)
        elif isinstance(data, dict):
            yield from self._keys(template, data, at, row)
        else:
            yield Reading(at, row, template, data, {}, f"{_cut(data)} instead of an object")

    def _whole_shape(self, template: dict[str, JsonValue]) -> tuple[str, JsonValue] | None:
        """The shape that a template names, where it is nothing else than that."""
        if len(template) != 1 or LIKE not in template:
            return None
        name = str(template[LIKE])
        return name, self._shapes[name]

    def _entries(self, template: dict[str, JsonValue], at: Address) -> list[tuple[str, JsonValue, Address]]:
        """Keys and values of an object, each with its address: of a shape that it names, the shape's."""
        own = [(key, inner, at) for key, inner in template.items() if key != LIKE]
        if LIKE not in template:
            return own
        name = str(template[LIKE])
        shape = self._shapes[name]
        base = self._entries(shape, ("shapes", name)) if isinstance(shape, dict) else []
        names = {bare(key) for key, _, _ in own}
        kept = [each for each in base if bare(each[0]) not in names]
        return [*kept, *(each for each in own if each[1] != LEFT_OUT)]

    def _either(
        self, template: dict[str, JsonValue], data: JsonValue, at: Address, row: int
    ) -> Iterator[Reading]:
        """By the branch that fits; a key that may be missing then stands for the other one."""
        tried = [
            list(self._read(template[name], data, (*at, name), row))
            for name in (THEN, ELSE)
            if name in template
        ]
        yield from min(tried, key=lambda each: sum(bool(one.wrong) for one in each), default=[])

    def _each(
        self, inner: JsonValue, data: JsonValue, at: Address, holder: Address, row: int
    ) -> Iterator[Reading]:
        if not isinstance(data, list):
            yield Reading(holder, row, None, data, {}, f"{_cut(data)} instead of a list")
            return
        for item in data[:MOST_ROWS]:
            self._rows += 1
            yield from self._read(inner, item, at, self._rows)

    def _keys(
        self, template: dict[str, JsonValue], data: dict[str, JsonValue], at: Address, row: int
    ) -> Iterator[Reading]:
        entries = self._entries(template, at)
        named = {bare(key) for key, _, _ in entries}
        others = [_number(value) for key, value in data.items() if key not in named]
        self.others.append(Row(row, tuple(each for each in others if each is not None)))
        for key, inner, holder in entries:
            found = EACH.fullmatch(key)
            if found and found["key"]:
                yield from self._named_rows(found["key"], inner, data, (*holder, key), named)
            elif leaf(key).holes:
                continue  # a key that is a fact: which one it is only the value's own meaning tells
            elif bare(key) in data:
                if data[bare(key)] is not None:
                    yield from self._read(inner, data[bare(key)], (*holder, bare(key)), row)
            elif not key.endswith("?") and not _may_be_absent(inner):
                yield Reading((*holder, bare(key)), row, inner, None, {}, "the recording has no such key")

    def _named_rows(
        self, name: str, inner: JsonValue, data: dict[str, JsonValue], at: Address, named: set[str]
    ) -> Iterator[Reading]:
        for key, item in [pair for pair in data.items() if pair[0] not in named][:MOST_ROWS]:
            self._rows += 1
            yield from self._leaf(name, key, at, self._rows)
            yield from self._read(inner, item, at, self._rows)

    def _leaf(self, text: str, data: JsonValue, at: Address, row: int) -> Iterator[Reading]:
        parts = leaf(text)
        if isinstance(data, str) and REDACTED in data:
            return
        if any(hole.thing == ECHO or hole.name == ANYTHING for hole in parts.holes):
            return
        if not parts.holes:
            wrong = "" if _text(data) == text else f"{_cut(data)} instead of {_cut(text)}"
            yield Reading(at, row, text, data, {}, wrong)
            return
        if parts.whole is not None:
            yield self._one(parts.whole, text, data, at, row)
            return
        pattern = "".join(re.escape(p) if isinstance(p, str) else "(.+?)" for p in parts.parts)
        seen = re.fullmatch(pattern, _text(data), re.DOTALL)
        if seen is None:
            yield Reading(at, row, text, data, {}, f"{_cut(data)} instead of {_cut(text)}")
            return
        said: dict[str, Fact] = {}
        for hole, value in zip(parts.holes, seen.groups(), strict=True):
            one = self._one(hole, text, value, at, row)
            if one.wrong:
                yield one
                return
            said |= one.said
        yield Reading(at, row, text, data, said)

    def _one(self, hole: Hole, text: str, value: JsonValue, at: Address, row: int) -> Reading:
        try:
            said = told(hole, value, self._words)
        except ValueError as error:
            return Reading(at, row, text, value, {}, f"{_cut(value)} is {error} ({text})")
        return Reading(at, row, text, value, said)


def told(hole: Hole, value: JsonValue, words: Mapping[str, Words]) -> dict[str, Fact]:
    """What a value says, as `object.fact`: times in Unix seconds, numbers as decimals. Raises ValueError."""
    text = _text(value)
    fact = hole.name.partition(".")[2]
    chosen = next((name for name in hole.filters if name in words), None)
    if chosen is not None:
        return _by_word(hole, text, words[chosen], chosen)
    if isinstance(value, dict | list):
        raise ValueError("no single value")
    if any(name in COUNTED or name.endswith(".part") for name in hole.filters):
        return {}  # it says nothing without what its market counts in, or the rest of the time
    if any(default_of(name) == text for name in hole.filters):
        return {}
    if "number" in hole.filters and not isinstance(value, int | float):
        raise ValueError("no JSON number")
    if fact in _TIMES or _unit(hole) is not None:
        return {hole.name: _moment(text, hole)}
    if fact in _TEXTS and hole.name != "ticker.open":
        return {hole.name: text}
    if "number" not in hole.filters and "flag" not in hole.filters and isinstance(value, int | float):
        raise ValueError("a JSON number, where the description has text")
    return {hole.name: _decimal(text, hole)}


def _by_word(hole: Hole, text: str, words: Words, name: str) -> dict[str, Fact]:
    any_case = not {"lower", "upper"}.isdisjoint(hole.filters)
    for word, said in words.words.items():
        if text == word or (any_case and text.lower() == word.lower()):
            one = {fact: each[0] if isinstance(each, list) and each else each for fact, each in said.items()}
            return {f"{hole.thing}.{fact}": each for fact, each in one.items()}  # type: ignore[misc]
    raise ValueError(f"no word of the list {name}")


def _unit(hole: Hole) -> str | None:
    return next((name for name in hole.filters if name in _PER_SECOND or name in ("iso", "datetime")), None)


def _moment(text: str, hole: Hole) -> float:
    unit = _unit(hole) or "s"
    try:
        if unit in ("iso", "datetime"):
            said = datetime.fromisoformat(text)
            return (said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp()
        return float(Decimal(text) / _PER_SECOND[unit])
    except (ValueError, InvalidOperation, OverflowError) as error:
        raise ValueError("no such time") from error


def _decimal(text: str, hole: Hole) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueError("no number") from error
    if not value.is_finite():
        raise ValueError("no number")
    for name in hole.filters:
        numbered = with_number(name)
        if numbered is not None and numbered[0] == "units":
            value = value.scaleb(-numbered[1])
        elif numbered is not None and numbered[0] in STEPS:
            value = value - STEPS[numbered[0]] * numbered[1]
        elif name == "percent":
            value = value / 100
        elif name == "negated":
            value = -value
    return value


def _each(template: dict[str, JsonValue]) -> str | None:
    """The key of a template that is `each …` and nothing else."""
    if len(template) != 1:
        return None
    found = EACH.fullmatch(next(iter(template)))
    return found[0] if found is not None and not found["key"] else None


def _may_be_absent(inner: JsonValue) -> bool:
    return isinstance(inner, dict) and IF in inner and ELSE not in inner


def _parsed(data: JsonValue) -> JsonValue:
    try:
        said: JsonValue = json.loads(data) if isinstance(data, str) else data
    except (ValueError, RecursionError):
        return None
    return said


def _number(value: JsonValue) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _text(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value)


def _cut(value: JsonValue) -> str:
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
