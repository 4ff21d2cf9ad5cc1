"""JSON documents as their leaves: a path for each value that is neither an object nor a list."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from pydantic import JsonValue

Path: TypeAlias = tuple[str | int, ...]
Leaf: TypeAlias = str | int | float | bool | None

MOST_LEAVES = 4000
DEEPEST = 24
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)( ?[A-Za-z]+)\Z")
_PLAIN = re.compile(r"[^.\[\]'\s]+\Z")


def flatten(document: JsonValue) -> dict[Path, Leaf]:
    """The first 4,000 leaves, in order; what lies deeper than 24 levels is left out."""
    found: dict[Path, Leaf] = {}
    for path, leaf in _walk(document, ()):
        if len(found) >= MOST_LEAVES:
            break
        found[path] = leaf
    return found


def _walk(value: JsonValue, path: Path) -> Iterator[tuple[Path, Leaf]]:
    if len(path) > DEEPEST:
        return
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _walk(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, (*path, index))
    else:
        yield path, value


def changed(document: JsonValue, path: Path, leaf: JsonValue) -> JsonValue:
    """A copy of the document with another value at a path that it has."""
    if not path:
        return leaf
    whole = copy.deepcopy(document)
    place: JsonValue = whole
    for step in path[:-1]:
        place = place[step]  # type: ignore[index]
    place[path[-1]] = leaf  # type: ignore[index]
    return whole


def written(path: Path) -> str:
    """`data.orders[0].id`; a name that holds a dot, a bracket or a space is quoted: `data.['a.b']`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            name = step if _PLAIN.match(step) else f"['{step}']"
            text += f".{name}" if text else name
    return text


def parsed(text: str) -> JsonValue:
    """A JSON document; None of what is none, and of one with more than 24 levels."""
    try:
        document: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if _levels(document) <= DEEPEST else None


def _levels(document: JsonValue) -> int:
    """How deep it goes, without recursion; it stops counting where that is too deep."""
    level: list[JsonValue] = [document]
    depth = 0
    while level and depth <= DEEPEST:
        inner = [list(each.values()) if isinstance(each, dict) else each for each in level]
        level = [item for each in inner if isinstance(each, list) for item in each]
        depth += bool(level)
    return depth


def number_of(value: object) -> Decimal | None:
    """What a leaf says as a finite number, None of what says none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def amount_of(value: object) -> tuple[Decimal, str] | None:
    """The number and the unit behind it (`20.0 USD`), with the space between; None of any other text."""
    found = _AMOUNT.match(value) if isinstance(value, str) else None
    return (Decimal(found[1]), found[2]) if found else None
