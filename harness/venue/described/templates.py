"""Templates filled with facts when the exchange speaks, and matched when its client does."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import JsonValue

from harness.venue.described.addresses import bare
from harness.venue.described.facts import ECHO
from harness.venue.described.model import Words
from harness.venue.described.placeholders import AS_JSON, EACH, ELSE, IF, LEFT_OUT, LIKE, THEN, Hole, leaf
from harness.venue.described.units import NO_UNITS, OF_A_MARKET, Units
from harness.venue.described.values import Fact, Unreadable, read, write

Facts = Mapping[str, Fact]
One = TypeVar("One")
ABSENT = object()
MANY_IDS = "order.order_ids"  # a list; the ids are kept with commas between
ANYTHING = "any"  # a hole in a message that may hold what it likes


@dataclass
class Scope:
    """What a template can tell: objects by name, and those that come one after another. Each is made when it
    is first asked for."""

    objects: Mapping[str, Callable[[], Facts]] = field(default_factory=dict)
    rows: Mapping[str, Callable[[], Iterable[Scope]]] = field(default_factory=dict)
    said: JsonValue = None
    _made: dict[str, Facts] = field(default_factory=dict)

    def facts(self, name: str) -> Facts | None:
        if name not in self._made and name in self.objects:
            self._made[name] = self.objects[name]()
        return self._made.get(name)

    def within(self, other: Scope) -> Scope:
        """This one's things, and around them those of `other`."""
        return Scope(
            {**other.objects, **self.objects},
            {**other.rows, **self.rows},
            other.said if self.said is None else self.said,
            {
                **{name: facts for name, facts in other._made.items() if name not in self.objects},
                **self._made,
            },
        )


@dataclass(frozen=True)
class Filler:
    """Fills templates with what a scope tells."""

    words: Mapping[str, Words]
    shapes: Mapping[str, JsonValue]

    def fill(self, template: JsonValue, scope: Scope) -> JsonValue:
        told = self._fill(template, scope)
        return None if told is ABSENT else told  # type: ignore[return-value]

    def _fill(self, template: JsonValue, scope: Scope) -> object:
        if isinstance(template, str):
            return self._leaf(template, scope)
        if isinstance(template, list):
            return list(self._items(template, scope))
        if isinstance(template, dict):
            return self._mapping(template, scope)
        return template

    def _mapping(self, template: dict[str, JsonValue], scope: Scope) -> object:
        if isinstance(shape := self._shape(template), list):
            return self._fill(shape, scope)
        template = self.alike(template)
        if AS_JSON in template:
            return json.dumps(self.fill(template[AS_JSON], scope), separators=(",", ":"))
        if IF in template:
            chosen = THEN if self._truth(str(template[IF]), scope) else ELSE
            return self._fill(template[chosen], scope) if chosen in template else ABSENT
        if _repeats(template):
            ((key, inner),) = template.items()
            what = key.removeprefix("each ")
            return [self.fill(inner, each.within(scope)) for each in self._rows(what, scope)]
        return dict(self._entries(template, scope))

    def _items(self, template: list[JsonValue], scope: Scope) -> Iterator[JsonValue]:
        """A list's items; the rows of one that is `each …` stand in the list themselves."""
        for item in template:
            told = self.fill(item, scope)
            if _repeats(item) and isinstance(told, list):
                yield from told
            else:
                yield told

    def _entries(self, template: dict[str, JsonValue], scope: Scope) -> Iterator[tuple[str, JsonValue]]:
        for key, value in template.items():
            found = EACH.fullmatch(key)
            if found and found["key"]:
                for each in self._rows(found["what"], scope):
                    inner = each.within(scope)
                    yield str(self.fill(found["key"], inner)), self.fill(value, inner)
                continue
            told = self._fill(value, scope)
            if told is ABSENT or (key.endswith("?") and told in (None, [None])):
                continue
            yield self._key(bare(key), scope), told  # type: ignore[misc]

    def _key(self, key: str, scope: Scope) -> str:
        return str(self._leaf(key, scope)) if leaf(key).holes else key

    def _shape(self, template: dict[str, JsonValue]) -> JsonValue:
        return self.shapes[str(template[LIKE])] if LIKE in template else None

    def alike(self, template: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """The mapping with the shape that it names laid out."""
        if LIKE not in template:
            return template
        shape = self._shape(template)
        base = self.alike(shape) if isinstance(shape, dict) else {}
        own = {key: value for key, value in template.items() if key != LIKE}
        names = {bare(key) for key in own}
        kept = {key: value for key, value in base.items() if bare(key) not in names}
        return {**kept, **{key: value for key, value in own.items() if value != LEFT_OUT}}

    def laid_out(self, template: JsonValue) -> JsonValue:
        """The template with every shape that it names, however deep, laid out."""
        if isinstance(template, dict):
            shape = self._shape(template)
            if isinstance(shape, list):
                return self.laid_out(shape)
            return {key: self.laid_out(value) for key, value in self.alike(template).items()}
        return [self.laid_out(item) for item in template] if isinstance(template, list) else template

    def _rows(self, what: str, scope: Scope) -> Iterable[Scope]:
        make = scope.rows.get(what)
        return make() if make is not None else ()

    def _truth(self, name: str, scope: Scope) -> bool:
        """Whether there is such a fact, or such a word (`order|option`)."""
        if "|" in name:
            return any(self._hole(hole, scope) for hole in leaf(f"{{{name}}}").holes)
        thing, _, fact = name.partition(".")
        if thing == ECHO:
            return bool(found_at(scope.said, fact))
        facts = scope.facts(thing)
        return bool(facts.get(fact)) if facts is not None else False

    def _leaf(self, text: str, scope: Scope) -> JsonValue:
        parts = leaf(text)
        if parts.whole is not None:
            return self._hole(parts.whole, scope)
        return "".join(
            part if isinstance(part, str) else _as_text(self._hole(part, scope)) for part in parts.parts
        )

    def _hole(self, hole: Hole, scope: Scope) -> JsonValue:
        if hole.thing == ECHO:
            return found_at(scope.said, hole.name.partition(".")[2])
        facts = scope.facts(hole.thing)
        market = None if OF_A_MARKET.isdisjoint(hole.filters) else scope.facts("market")
        return write(hole, facts or {}, self.words, Units.told(market) if market else NO_UNITS)


def _repeats(template: JsonValue) -> bool:
    """Whether a template is `each …` and nothing else."""
    only = EACH.fullmatch(next(iter(template), "")) if isinstance(template, dict) else None
    return only is not None and not only["key"] and isinstance(template, dict) and len(template) == 1


def _as_text(value: JsonValue) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def found_at(data: JsonValue, path: str) -> JsonValue:
    """What a message has at `a.0.b`, also within text that is JSON; None where there is nothing."""
    for key in path.split(".") if path else ():
        data = unpacked(data)
        if isinstance(data, dict):
            data = data.get(key)
        elif isinstance(data, list) and key.isdigit() and int(key) < len(data):
            data = data[int(key)]
        else:
            return None
    return data


def unpacked(data: JsonValue) -> JsonValue:
    """The JSON in a text; anything else as it is."""
    if not isinstance(data, str):
        return data
    with contextlib.suppress(ValueError, RecursionError):
        document: JsonValue = json.loads(data)
        return document
    return data


class Missing(LookupError):  # noqa: N818 - the client's fault, to be answered
    """The client left something out; `name` is the key or the fact."""

    def __init__(self, name: str, hole: str = "") -> None:
        super().__init__(name)
        self.name = name
        self.hole = hole


class Unlike(ValueError):  # noqa: N818 - it is another message
    """What the client said does not fit the template."""


MISMATCH = (Missing, Unlike, Unreadable)  # what a client said that does not fit


@dataclass(frozen=True)
class Matcher:
    """Matches what a client said, and gives what it told: `object.fact` → value.

    `units` are those of the market that was named. `symbol_of` undoes the filters of a symbol. Keys that the
    template does not name are ignored.
    """

    words: Mapping[str, Words]
    shapes: Mapping[str, JsonValue]
    exponents: bool = True
    symbol_of: Callable[[str, tuple[str, ...]], str] = lambda text, _: text

    def match(self, template: JsonValue, data: JsonValue, units: Units = NO_UNITS) -> dict[str, Fact]:
        """Raises Missing, Unlike or Unreadable."""
        found: dict[str, Fact] = {}
        self._match(template, data, units, found)
        return found

    def _match(self, template: JsonValue, data: JsonValue, units: Units, found: dict[str, Fact]) -> None:
        if isinstance(template, dict) and AS_JSON in template:
            self._match(template[AS_JSON], unpacked(data), units, found)
        elif isinstance(template, dict):
            self._mapping(template, data, units, found)
        elif isinstance(template, list):
            if not isinstance(data, list):
                raise Unlike(str(template)[:80])
            for index, item in enumerate(template):
                if index >= len(data):
                    raise Missing(str(index))
                self._match(item, data[index], units, found)
        elif isinstance(template, str):
            self._leaf(template, data, units, found)
        elif template is not None and template != data:
            raise Unlike(f"{data!r} is not {template!r}"[:80])

    def _mapping(
        self, template: dict[str, JsonValue], data: JsonValue, units: Units, found: dict[str, Fact]
    ) -> None:
        if not isinstance(data, dict):
            raise Unlike(f"{data!r} is no object"[:80])
        template = Filler(self.words, self.shapes).alike(template)
        for key, inner in template.items():
            value = data.get(bare(key))
            if value is None or (value == "" and inner != "") or (value == [] and key.endswith("?")):
                if not key.endswith("?"):
                    hole = leaf(inner).whole if isinstance(inner, str) else None
                    raise Missing(bare(key), hole.name if hole else "")
                self._usual(inner, found)
                continue
            self._match(inner, value, units, found)

    def _usual(self, inner: JsonValue, found: dict[str, Fact]) -> None:
        """The word that is meant where none is said."""
        hole = leaf(inner).whole if isinstance(inner, str) else None
        for name in hole.filters if hole else ():
            words = self.words.get(name)
            if hole and words and words.usual is not None:
                found.update(read(hole, words.usual, self.words, NO_UNITS))

    def _leaf(self, text: str, data: JsonValue, units: Units, found: dict[str, Fact]) -> None:
        parts = leaf(text)
        if not parts.holes:
            if _as_text(data) != text:
                raise Unlike(f"{data!r} is not {text!r}"[:80])
            return
        if parts.whole is not None:
            if parts.whole.name == ANYTHING:
                return
            if parts.whole.name == MANY_IDS and isinstance(data, list):
                data = ",".join(map(str, data))
            if isinstance(data, dict | list):
                raise Unreadable(str(data)[:80])
            self._read(parts.whole, data, units, found)
            return
        pattern = "".join(re.escape(p) if isinstance(p, str) else "(.+?)" for p in parts.parts)
        seen = re.fullmatch(pattern, _as_text(data))
        if seen is None:
            raise Unlike(f"{data!r} is not {text!r}"[:80])
        for hole, value in zip(parts.holes, seen.groups(), strict=True):
            self._read(hole, value, units, found)

    def _read(self, hole: Hole, value: JsonValue, units: Units, found: dict[str, Fact]) -> None:
        told = read(hole, value, self.words, units, exponents=self.exponents)
        if hole.name == "market.symbol":
            told = {hole.name: self.symbol_of(str(value), hole.filters)}
        found.update(told)
