"""Pydantic's complaints about a round file in plain words: where, what is wrong, what to write instead."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from harness.requirement import Requirement
from harness.rounds.fields import shown
from harness.rounds.located_yaml import Located, Location, Mistake, dotted

# Which model's fields stand at a place of the file.
ModelAt = Callable[[Location, Located], type[BaseModel] | None]


def explained(detail: ErrorDetails, located: Located, model_at: ModelAt) -> Mistake:
    location = (*_plain(detail["loc"]), *detail.get("ctx", {}).get("at", ()))
    what, fix = _words(detail, location, located, model_at)
    return Mistake(located.line(location), dotted(location), what, fix)


def without_echoes(details: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """All but those that a list is too short because an item of it is wrong."""
    for detail in details:
        inside = (other["loc"][: len(detail["loc"])] for other in details if other is not detail)
        if detail["type"] != "too_short" or detail["loc"] not in inside:
            yield detail


def _plain(location: Location) -> Location:
    """Without the mark that pydantic puts behind `upstream` for the kind it took."""
    return (location[0], *location[2:]) if location[:1] == ("upstream",) and len(location) > 1 else location


_SHORT = {
    "too_short": "empty",
    "string_too_short": "empty",
    "tuple_type": "not a list",
    "string_type": "not text",
}


def _words(detail: ErrorDetails, location: Location, located: Located, model_at: ModelAt) -> tuple[str, str]:
    context = detail.get("ctx", {})
    name = str(location[-1]) if location else "the file"
    example = _example(location, located, model_at)
    match detail["type"]:
        case "round":
            return str(context["what"]), str(context["fix"])
        case "missing":
            return "missing", f"add `{name}: {example}`"
        case "extra_forbidden":
            return "unknown field", did_you_mean(
                name, _fields_at(model_at(location[:-1], located))
            ) or "remove it"
        case "literal_error":
            allowed = re.findall(r"'([^']+)'", str(context.get("expected", "")))
            fix = did_you_mean(str(detail["input"]), allowed) or f"use one of {', '.join(allowed)}"
            return f"{shown(detail['input'])} is not allowed", fix
        case "string_pattern_mismatch":
            return f"{shown(detail['input'])} has characters that are not allowed", f"like {example}"
        case "string_too_long":
            what = f"longer than {context['max_length']} characters"
            return what, "shorten it, or look for a closing quote that is missing"
        case "model_type" | "model_attributes_type" | "dict_type":
            return "not a group of fields", "indent its fields below it"
        case type_ if type_ in _SHORT:
            return "empty" if detail["input"] is None else _SHORT[type_], f"like {example}"
        case _:
            return detail["msg"][:1].lower() + detail["msg"][1:], f"like {example}"


def _fields_at(model: type[BaseModel] | None) -> tuple[str, ...]:
    return tuple(model.model_fields) if model else ()


def _example(location: Location, located: Located, model_at: ModelAt) -> str:
    while location and isinstance(location[-1], int):
        location = location[:-1]
    model = model_at(location[:-1], located) if location else None
    field = model.model_fields.get(str(location[-1])) if model else None
    examples = field.examples if field and field.examples else None
    return _inline(examples[0]) if examples else "…"


def _inline(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) and value.startswith("#") else str(value)


def did_you_mean(word: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else ""


def mistaken_waivers(located: Located, requirements: Mapping[str, Requirement]) -> Iterator[Mistake]:
    """Waivers of what is no requirement, or of one that nobody can set aside."""
    for at, value in _named(located, "waivers"):
        if value not in requirements:
            yield _unknown(located, at, value, requirements)
        elif not requirements[value].waivable:
            what = f"{shown(value)} cannot be waived: users' money or the result depends on it"
            yield Mistake(located.line(at), dotted(at), what, "remove the waiver")


def mistaken_reviews(located: Located, requirements: Mapping[str, Requirement]) -> Iterator[Mistake]:
    """Reviews of what is no requirement, or of one that a program decides."""
    people = {name: item for name, item in requirements.items() if not item.automated}
    for at, value in _named(located, "reviewed"):
        if value not in requirements:
            yield _unknown(located, at, value, people)
        elif value not in people:
            what = f"{shown(value)} is decided by a program; a review cannot overrule it"
            fix = f"remove the review; people decide {', '.join(people)}"
            yield Mistake(located.line(at), dotted(at), what, fix)


def mistaken_names(
    located: Located, field: str, kind: str, known: Callable[[], Collection[str]]
) -> Iterator[Mistake]:
    """`dialect` or `ccxt` of rows that name what there is not.

    What an earlier release of ccxt has (`NAME@RELEASE`) is seen when it is asked.
    """
    for at in located.lines:
        if len(at) == 4 and (at[0], at[2], at[3]) == ("candidates", "exchange", field):
            value = _value(located, at)
            if isinstance(value, str) and "@" not in value and value not in known():
                fix = did_you_mean(value, known()) or "write null if there is none"
                yield Mistake(located.line(at), dotted(at), f"there is no {kind} {shown(value)}", fix)


def _named(located: Located, field: str) -> Iterator[tuple[Location, str]]:
    """(place, id) of each requirement that an item of `field` names in a candidate's row."""
    for location in located.lines:
        if len(location) != 5 or location[2] != field or location[4] != "requirement":
            continue
        value = _value(located, location)
        if isinstance(value, str):
            yield location, value


def _value(located: Located, at: Location) -> object:
    value: Any = located.data
    for part in at:
        value = value[part]
    return value


def _unknown(located: Located, at: Location, value: str, known: Collection[str]) -> Mistake:
    fix = did_you_mean(value, known) or "`harness requirements` lists them"
    return Mistake(located.line(at), dotted(at), f"no requirement {shown(value)}", fix)
