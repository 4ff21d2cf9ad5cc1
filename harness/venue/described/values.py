"""A fact as it is written on the wire, and read from it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import formatdate
from enum import Enum
from typing import Any

from pydantic import JsonValue

from harness.venue.described.model import Words
from harness.venue.described.placeholders import Hole, default_of, with_number
from harness.venue.described.units import Units
from harness.venue.dialects.decimals import fixed, plain
from harness.venue.dialects.wallets import keccak
from harness.venue.dialects.wire import iso, ms, ns, us

# A fact: a decimal, a whole number, a time (float, virtual Unix seconds), text, a flag, or none at all.
Fact = Decimal | int | float | str | bool | None
TIMES = frozenset({"page.since", "page.until", "order.expires_at"})
NUMBERS = frozenset(
    {"market.number", "order.order_id", "page.limit", "page.from_id", "page.offset", "page.number"}
)
DECIMALS = frozenset(
    {
        "order.price", "order.amount", "order.signed_amount", "order.quote_amount", "order.asked",
        "order.leverage", "position.leverage", "position.margin",
    }
)  # fmt: skip
FLAGS = frozenset({"order.post_only", "order.reduce_only"})
STEPS = {"plus": 1, "minus": -1}  # filters of whole numbers: ids that are counted from elsewhere
PLAIN_NUMBER = re.compile(r"[0-9]{1,24}(\.[0-9]{1,24})?")
TICKS_OF_1970 = 621_355_968_000_000_000  # .NET's DateTime.UnixEpoch.Ticks
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_UNITS: Mapping[str, Callable[[float], int]] = {
    "s": int, "ms": ms, "us": us, "ns": ns, "ticks": lambda at: us(at) * 10 + TICKS_OF_1970,
}  # fmt: skip


class Unreadable(ValueError):  # noqa: N818 - the client's fault, to be answered
    """What the client said is no such value."""


def plainly(value: object) -> Fact:
    """A fact without its enumeration."""
    if isinstance(value, Enum):
        return str(value.value)
    if value is None or isinstance(value, Decimal | int | float | str | bool):
        return value
    return str(value)


def write(hole: Hole, facts: Mapping[str, Fact], words: Mapping[str, Words], units: Units) -> JsonValue:
    """The value of a hole whose object has these facts, in the units of its market."""
    value: Any = facts.get(hole.name.partition(".")[2]) if "." in hole.name else facts
    for name in hole.filters:
        value = _word(words[name], facts) if name in words else _filtered(value, name, units)
    if "flag" in hole.filters:
        return None if value is None else str(value) == "true"
    return _numeric(value) if "number" in hole.filters else _told(value)


def _told(value: Fact | JsonValue) -> JsonValue:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float):
        return str(int(value))
    return str(value) if isinstance(value, int) else value


def _filtered(value: Any, name: str, units: Units) -> Any:
    if value is None:
        return default_of(name)
    numbered = with_number(name)
    if numbered is not None:
        return _sized(value, *numbered)
    if name == "number":
        return value
    if name in ("lower", "upper", "no_dash", "trimmed", "keccak", "address"):
        text = str(_told(value))
        changed_text = {
            "lower": text.lower(), "upper": text.upper(), "no_dash": text.replace("-", ""),
            "trimmed": text.strip(), "keccak": f"0x{keccak(text.encode()).hex()}",
            "address": f"0x{keccak(text.encode())[-20:].hex()}",
        }  # fmt: skip
        return changed_text[name]
    if isinstance(value, Decimal):
        return _of_decimal(value, name, units)
    return _timed(value, name)


def _of_decimal(value: Decimal, name: str, units: Units) -> Decimal | int | str:
    match name:
        case "negated":
            return -value
        case "percent":
            return value * 100
        case "text":
            return plain(value)
    written = units.written(value, name)
    return value if written is None else written


def _timed(value: Any, name: str) -> Any:
    if name in _UNITS:
        return _UNITS[name](value)
    match name:
        case "s.ms":
            return f"{value:.3f}"
        case "ms.us":
            return f"{value * 1000:.3f}"
        case "iso":
            return iso(value)
        case "cookie":
            return formatdate(value, usegmt=True)
        case "ns.part":
            return ns(value) % 1_000_000_000
        case "datetime":
            return iso(value, "microseconds").replace("T", " ").removesuffix("Z")
        case "uuid":
            return str(uuid.UUID(int=int(value)))
        case "text":
            return ("true" if value else "false") if isinstance(value, bool) else str(_told(value))
    return value


def _sized(value: Any, name: str, places: int) -> Any:
    if name in STEPS:
        return int(value) + STEPS[name] * places
    amount = Decimal(value)
    if name == "fixed":
        return fixed(amount, places)
    return round(amount, places) if name == "round" else int(amount.scaleb(places))


def _numeric(value: Any) -> JsonValue:
    """As a JSON number, whole where it is; what is no number is not told."""
    if value is None or isinstance(value, int):
        return value
    try:
        exact = Decimal(str(value))
    except InvalidOperation:  # a client's name for its order that has letters
        return None
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _word(words: Words, facts: Mapping[str, Fact]) -> str | None:
    """The first word whose facts all fit."""
    for word, said in words.words.items():
        if all(_fits(facts.get(fact), wanted) for fact, wanted in said.items()):
            return word
    return None


def _fits(value: Fact, wanted: JsonValue) -> bool:
    if isinstance(wanted, list):
        return any(_fits(value, each) for each in wanted)
    return value == wanted if isinstance(wanted, bool) or value is None else str(_told(value)) == str(wanted)


def read(
    hole: Hole, value: JsonValue, words: Mapping[str, Words], units: Units, *, exponents: bool = True
) -> dict[str, Fact]:
    """What a value says, as `object.fact`; raises Unreadable. JSON numbers may have exponents, text only
    where `exponents`."""
    text = _text(value)
    chosen = next((name for name in hole.filters if name in words), None)
    if chosen is not None:
        return _said_by_word(hole, text, words[chosen])
    if hole.name in TIMES:
        return {hole.name: _read_time(text, hole.filters)}
    if hole.name in FLAGS:
        if text not in ("true", "false"):
            raise Unreadable(text)
        return {hole.name: text == "true"}
    if hole.name in DECIMALS:
        if isinstance(value, str) and not exponents and not PLAIN_NUMBER.fullmatch(text.lstrip("-")):
            raise Unreadable(text)
        return {hole.name: _read_decimal(text, hole.filters, units)}
    if hole.name in NUMBERS:
        return {hole.name: _read_number(text, hole.filters)}
    return {hole.name: text}


def _text(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return plain(Decimal(str(value)))
    return str(value)


def _said_by_word(hole: Hole, text: str, words: Words) -> dict[str, Fact]:
    any_case = not {"lower", "upper"}.isdisjoint(hole.filters)
    for word, said in words.words.items():
        if text == word or (any_case and text.lower() == word.lower()):
            chosen = {
                fact: each[0] if isinstance(each, list) and each else each for fact, each in said.items()
            }
            return {f"{hole.thing}.{fact}": plainly(each) for fact, each in chosen.items()}
    raise Unreadable(text)


def _read_time(text: str, filters: tuple[str, ...]) -> float:
    unit = next((name for name in filters if name in _PER_SECOND), "s")
    try:
        if "iso" in filters:
            told = datetime.fromisoformat(text)
            return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()
        return float(Decimal(text) / _PER_SECOND[unit])
    except (ValueError, InvalidOperation) as error:
        raise Unreadable(text) from error


def _read_decimal(text: str, filters: tuple[str, ...], units: Units) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise Unreadable(text) from error
    if not value.is_finite():
        raise Unreadable(text)
    for name in filters:
        numbered = with_number(name)
        if numbered is not None and numbered[0] == "units":
            value = value.scaleb(-numbered[1])
        elif name == "negated":
            value = -value
        else:
            value = units.read(value, name)
    return value


def _read_number(text: str, filters: tuple[str, ...]) -> int:
    if "uuid" in filters:
        try:
            return uuid.UUID(text).int
        except ValueError as error:
            raise Unreadable(text) from error
    if not re.fullmatch(r"[0-9]{1,19}", text):
        raise Unreadable(text)
    steps = [step for name in filters if (step := with_number(name)) is not None]
    return int(text) - sum(STEPS[name] * many for name, many in steps if name in STEPS)


def moment(text: str, unit: str) -> float | None:
    """A time of a signature in virtual Unix seconds; None where it is no such time."""
    if unit == "iso":
        try:
            return _read_time(text, ("iso",))
        except Unreadable:
            return None
    if unit == "any s":
        return float(text) if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", text) else None
    digits = {"s": 10, "ms": 13, "us": 16, "ns": 19}[unit]
    return int(text) / _PER_SECOND[unit] if re.fullmatch(rf"[0-9]{{{digits}}}", text) else None
