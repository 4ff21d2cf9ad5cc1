"""Rows that are lists, with the names that a connector's source gives to the places in them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pydantic import JsonValue

from harness.describing.replies.deriving import Derived

Names = Sequence[Sequence[str]]


def named(value: JsonValue, positions: Names) -> JsonValue:
    """The document with each row of a list of lists as an object, where the source names as many places."""
    if isinstance(value, dict):
        return {key: named(item, positions) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    return [
        dict(zip(names, item, strict=True))
        if isinstance(item, list) and (names := _names_of(len(item), positions))
        else named(item, positions)
        for item in value
    ]


def unnamed(derived: Derived, positions: Names) -> Derived:
    """The same with lists again: the template, and the addresses of its leaves."""
    fields = [replace(each, at=_places(derived.template, each.at, positions)) for each in derived.fields]
    return replace(derived, template=_listed(derived.template, positions), fields=tuple(fields))


def _names_of(length: int, positions: Names) -> tuple[str, ...]:
    """The names of the places in a row of this length; none where the source has several lists of names."""
    fitting = {tuple(each) for each in positions if len(each) == length}
    return fitting.pop() if len(fitting) == 1 else ()


def _listed(template: JsonValue, positions: Names) -> JsonValue:
    if isinstance(template, dict):
        made = {key: _listed(item, positions) for key, item in template.items()}
        return list(made.values()) if _is_row(made, positions) else made
    return [_listed(item, positions) for item in template] if isinstance(template, list) else template


def _is_row(value: JsonValue, positions: Names) -> bool:
    return isinstance(value, dict) and tuple(value) == _names_of(len(value), positions) != ()


def _places(template: JsonValue, at: tuple[str, ...], positions: Names) -> tuple[str, ...]:
    """The address in the listed template of what stands at `at` in the named one."""
    made: list[str] = []
    for step in at:
        made.append(
            str(list(template).index(step))
            if _is_row(template, positions) and isinstance(template, dict)
            else step
        )
        template = template[int(step)] if isinstance(template, list) else template[step]  # type: ignore[index]
    return tuple(made)
