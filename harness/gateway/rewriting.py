"""Changes to what an exchange says, of the kinds that exchanges make without asking: for `Rewrite` faults."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal

from pydantic import JsonValue

from harness.gateway.faults import Rewrite

_NUMBER = re.compile(r'"(-?[0-9]+\.[0-9]+)"')
_FIGURE = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def unknown_fields() -> Rewrite:
    """Every object gets fields that no documentation names yet, of types that surprise."""
    extra: dict[str, JsonValue] = {"x_new": None, "x_list": [1, "2", None], "x_object": {"deep": {}}}

    def add(value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            return {**{name: add(inner) for name, inner in value.items()}, **extra}
        return [add(inner) for inner in value] if isinstance(value, list) else value

    return Rewrite("unknown fields", _of_json(add))


def scientific_notation() -> Rewrite:
    """Decimal texts are written as `1.5E-7`: the same numbers, as some languages print them."""
    return Rewrite("scientific notation", lambda text: _NUMBER.sub(_scientific, text))


def padded(size: int) -> Rewrite:
    """White space makes the text `size` bytes longer; JSON says the same."""
    return Rewrite(f"{size} bytes of padding", lambda text: text + " " * size)


def truncated() -> Rewrite:
    """The text ends in the middle, in a reply that is complete as far as HTTP knows."""
    return Rewrite("truncated", lambda text: text[: len(text) // 2])


def without(name: str) -> Rewrite:
    """List entries and dictionary members that name `name` are gone: a delisted symbol."""

    def drop(value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            return {key: drop(inner) for key, inner in value.items() if key != name}
        if isinstance(value, list):
            return [drop(inner) for inner in value if not _names(inner, name)]
        return value

    return Rewrite(f"without {name}", _of_json(drop))


def emptied(name: str) -> Rewrite:
    """What is said of `name` is little more than that it is there: its figures are empty texts."""

    def change(value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            return {
                key: _emptied(inner) if key == name or _names(inner, name) else change(inner)
                for key, inner in value.items()
            }
        if isinstance(value, list):
            return [_emptied(inner) if _names(inner, name) else change(inner) for inner in value]
        return value

    return Rewrite(f"no figures of {name}", _of_json(change))


def _emptied(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: _emptied(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_emptied(inner) for inner in value]
    return "" if isinstance(value, str) and _FIGURE.fullmatch(value) else value


def _names(value: JsonValue, name: str) -> bool:
    return value == name or (isinstance(value, dict) and name in value.values())


def _scientific(found: re.Match[str]) -> str:
    return f'"{Decimal(found[1]):E}"'


def _of_json(change: Callable[[JsonValue], JsonValue]) -> Callable[[str], str]:
    """The change made to the text's JSON; any other text stays as it is."""

    def rewrite(text: str) -> str:
        try:
            return json.dumps(change(json.loads(text)), separators=(",", ":"))
        except ValueError:
            return text

    return rewrite
