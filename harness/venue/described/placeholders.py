"""The leaves of a template: text with `{object.fact|filter|filter}` in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from pydantic import JsonValue

# Forms of numbers and times, in the order in which they are applied when written, undone backwards when read.
FILTERS = {
    "number": "a JSON number instead of text",
    "text": "text, for facts that are none by themselves",
    "s": "a time in whole seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds",
    "s.ms": "seconds with three decimals", "ms.us": "milliseconds with three decimals",
    "iso": "2026-11-22T20:11:46.123Z", "uuid": "a number as a UUID",
    "datetime": "2026-11-22 20:11:46.123456", "cookie": "Sun, 22 Nov 2026 20:11:46 GMT",
    "ns.part": "the nanoseconds of a time that is told in whole seconds",
    "keccak": "Ethereum's hash of a text: 0x and 64 digits", "address": "an address that is made of a text",
    "ticks": "tenths of microseconds since the year 1",
    "negated": "the other sign",
    "percent": "times 100",
    "contracts": "in contracts instead of base",
    "per_contract": "for a contract instead of one of the base",
    "lot_units": "an amount times ten to the power of the market's `lot_decimals`, whole",
    "tick_units": "a price times ten to the power of the market's `tick_decimals`, whole",
    "tick_fixed": "a price with as many decimals as the market's tick",
    "lower": "small letters", "upper": "capital letters",
    "no_dash": "without `-`", "trimmed": "without spaces at its ends: two words of a list may read alike",
    "flag": "`true` and `false` as JSON has them",
}  # fmt: skip
_WITH_NUMBER = re.compile(r"(fixed|units|round)(\d{1,2})|(plus|minus)(\d{1,9})")
_OR = "or "
_HOLE = re.compile(r"\{([a-z_]+(?:\.[A-Za-z0-9_.-]+)?)((?:\|[^{}|]*)*)\}")


@dataclass(frozen=True)
class Hole:
    """`name` is `object.fact`, or an object alone where a list of words says what of it is meant."""

    name: str
    filters: tuple[str, ...] = ()

    @property
    def thing(self) -> str:
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class Leaf:
    """Text and holes in turn. `whole`: there is one hole and nothing else, so it may be a number."""

    parts: tuple[str | Hole, ...]

    @property
    def holes(self) -> tuple[Hole, ...]:
        return tuple(part for part in self.parts if isinstance(part, Hole))

    @property
    def whole(self) -> Hole | None:
        (first, *more) = self.parts or ("",)
        return first if isinstance(first, Hole) and not more else None


@cache
def leaf(text: str) -> Leaf:
    """What a string of a template consists of."""
    parts: list[str | Hole] = []
    position = 0
    for found in _HOLE.finditer(text):
        if found.start() > position:
            parts.append(text[position : found.start()])
        filters = tuple(part for part in found[2].split("|")[1:])
        parts.append(Hole(found[1], filters))
        position = found.end()
    if position < len(text):
        parts.append(text[position:])
    return Leaf(tuple(parts))


def known_filter(name: str, word_lists: frozenset[str]) -> bool:
    """Whether a filter is one of ours, has a number (`fixed8`), is a default (`or 0`) or a list of words."""
    return (
        name in FILTERS
        or name in word_lists
        or name.startswith(_OR)
        or _WITH_NUMBER.fullmatch(name) is not None
    )


def with_number(name: str) -> tuple[str, int] | None:
    """`fixed8` → (`fixed`, 8)."""
    found = _WITH_NUMBER.fullmatch(name)
    return None if found is None else (found[1] or found[3], int(found[2] or found[4]))


def default_of(name: str) -> str | None:
    """`or 0` → `0`."""
    return name.removeprefix(_OR) if name.startswith(_OR) else None


# Keys of a mapping that say something else than their name.
EACH = re.compile(r"each (?P<what>[a-z]+)( as (?P<key>.+))?")
LIKE, AS_JSON, IF, THEN, ELSE = "$like", "$json", "$if", "$then", "$else"
LEFT_OUT = "$absent"  # the value of a key that a shape has and this place has not


def texts(value: JsonValue) -> list[str]:
    """Every string of a template that may hold facts, keys included."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    if isinstance(value, dict):
        keys = [found["key"] for key in value if (found := EACH.fullmatch(key)) and found["key"]]
        return [*keys, *(text for item in value.values() for text in texts(item))]
    return []


def repeats(template: JsonValue, what: str) -> bool:
    """Whether a template repeats something for each of these."""
    if isinstance(template, dict):
        named = (found["what"] for key in template if (found := EACH.fullmatch(key)) is not None)
        return what in named or any(repeats(item, what) for item in template.values())
    return any(repeats(item, what) for item in template) if isinstance(template, list) else False
