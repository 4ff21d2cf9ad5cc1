"""A fact as it is written on the wire, and read from it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

from pydantic import JsonValue

from harness.venue.described.model import Words
from harness.venue.described.placeholders import Hole, default_of, with_number
from harness.venue.dialects.decimals import fixed, plain
from harness.venue.dialects.wire import iso, ms, ns, us

# A fact: a decimal, a whole number, a time (float, virtual Unix seconds), text, a flag, or none at all.
Fact = Decimal | int | float | str | bool | None
TIMES = frozenset({"page.since", "page.until", "order.expires_at", "login.time"})
NUMBERS = frozenset({"order.order_id", "page.limit", "page.from_id", "page.offset", "page.number"})
DECIMALS = frozenset(
    {
        "order.price", "order.amount", "order.signed_amount", "order.quote_amount", "order.asked",
        "order.leverage", "position.leverage", "position.margin",
    }
)  # fmt: skip
FLAGS = frozenset({"order.post_only", "order.reduce_only"})
PLAIN_NUMBER = re.compile(r"[0-9]{1,24}(\.[0-9]{1,24})?")
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_UNITS: Mapping[str, Callable[[float], int]] = {"s": int, "ms": ms, "us": us, "ns": ns}


class Unreadable(ValueError):  # noqa: N818 - the client's fault, to be answered
    """What the client said is no such value."""


def plainly(value: object) -> Fact:
    """A fact without its enumeration."""
    if isinstance(value, Enum):
        return str(value.value)
    if value is None or isinstance(value, Decimal | int | float | str | bool):
        return value
    return str(value)


# -- written


def write(hole: Hole, facts: Mapping[str, Fact], words: Mapping[str, Words], contract: Decimal) -> JsonValue:
    """The value of a hole whose object has these facts. `contract` is the base amount of one contract."""
    value: Any = facts.get(hole.name.partition(".")[2]) if "." in hole.name else facts
    for name in hole.filters:
        value = _word(words[name], facts) if name in words else _filtered(value, name, contract)
    return _told(value) if not isinstance(value, dict | list) else value


def _told(value: Fact | JsonValue) -> JsonValue:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float):
        return str(int(value))
    return str(value) if isinstance(value, int) else value


def _filtered(value: Any, name: str, contract: Decimal) -> Any:
    if value is None:
        return default_of(name)
    numbered = with_number(name)
    if numbered is not None:
        return _sized(value, *numbered)
    if name == "number":
        return _Number(value)
    if name in ("lower", "upper", "no_dash"):
        text = str(_told(value))
        return {"lower": text.lower(), "upper": text.upper(), "no_dash": text.replace("-", "")}[name]
    if isinstance(value, Decimal):
        changed = {"negated": -value, "percent": value * 100, "contracts": value / contract}
        return changed.get(name, plain(value) if name == "text" else value)
    return _timed(value, name)


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
        case "uuid":
            return str(uuid.UUID(int=int(value), version=4))
        case "text":
            return ("true" if value else "false") if isinstance(value, bool) else str(_told(value))
    return value


def _sized(value: Any, name: str, places: int) -> Any:
    amount = Decimal(value)
    if name == "fixed":
        return fixed(amount, places)
    return round(amount, places) if name == "round" else int(amount.scaleb(places))


def _Number(value: Any) -> JsonValue:  # noqa: N802
    ...


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
