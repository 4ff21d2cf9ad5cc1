"""What wire formats have in common: JSON objects, and times as exchanges write them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal

from pydantic import JsonValue

from harness.venue.model import Level

Json = dict[str, JsonValue]


def ms(at: float) -> int:
    """Virtual Unix seconds as whole milliseconds."""
    return int(at * 1000)


def us(at: float) -> int:
    return int(at * 1_000_000)


def ns(at: float) -> int:
    """Whole nanoseconds, as exact as a float of seconds is: to the microsecond."""
    return us(at) * 1000


def iso(at: float, timespec: str = "milliseconds") -> str:
    """`2026-11-22T20:11:46.123Z`; `timespec` is datetime's."""
    return datetime.fromtimestamp(at, UTC).replace(tzinfo=None).isoformat(timespec=timespec) + "Z"


def parsed(message: str | bytes) -> Json:
    """A message as a JSON object; empty when it is none."""
    try:
        said = json.loads(message)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def rows(side: Iterable[Level], write: Callable[[Decimal], str]) -> list[JsonValue]:
    """Levels as `[price, amount]`."""
    return [[write(level.price), write(level.amount)] for level in side]
