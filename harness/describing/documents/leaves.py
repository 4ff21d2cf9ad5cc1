"""JSON documents as their leaves: a path for each value that is neither an object nor a list."""

from __future__ import annotations

import ast
import copy
import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from pydantic import JsonValue

from harness.venue.described.placeholders import AS_JSON

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


def name_of(path: Path) -> str:
    """The last name on the way to a leaf, as it is written; empty where there is none."""
    return next((str(step) for step in reversed(path) if isinstance(step, str)), "")


def placed_at(path: Path, part: JsonValue) -> JsonValue:
    """A document of nothing but that part, which stands there; all steps are names."""
    for step in reversed(path):
        part = {str(step): part}
    return part


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


def unpacked(document: JsonValue) -> JsonValue:
    """The document with the objects and lists that stand in its texts as JSON below `$json`, as templates
    have them.

    Tests may write such a text as Python does (`{'id': 1}`).
    """
    if isinstance(document, dict):
        return {key: unpacked(item) for key, item in document.items()}
    if isinstance(document, list):
        return [unpacked(item) for item in document]
    held = _held(document) if isinstance(document, str) and document[:1] in ("{", "[") else None
    return {AS_JSON: held} if held else document


def _held(text: str) -> JsonValue:
    """The object or list that a text is, None where it is none."""
    found = parsed(text)
    if found is None:
        try:
            found = parsed(json.dumps(ast.literal_eval(text)))
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            return None
    return found if isinstance(found, dict | list) else None


def packed(document: JsonValue) -> JsonValue:
    """What `unpacked` was made of."""
    if isinstance(document, dict):
        if AS_JSON in document:
            return json.dumps(document[AS_JSON], separators=(",", ":"))  # as exchanges write it
        return {key: packed(item) for key, item in document.items()}
    return [packed(item) for item in document] if isinstance(document, list) else document


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
