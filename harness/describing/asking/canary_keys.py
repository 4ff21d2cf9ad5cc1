"""Keys of ours that a connector's own code accepts, when it is constructed and when it signs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from harness.credentials.choosing import TELLING, Attempt, Choice, choose, complained
from harness.credentials.examples import Example, examples
from harness.credentials.matching import options, wanted
from harness.credentials.meanings import Meaning, meaning_of
from harness.credentials.shapes import Shape
from harness.credentials.stated import Literal, Stated
from harness.describing.documents.sentinels import SESSION
from harness.driving.claims import ConfigField

_NUMERIC = frozenset({"int", "Decimal"})
_NUMBERED = ("_id", "_uid", "account", "number")
# Shapes that no secret has: a complaint about them is one about something else, say a reply.
_NO_SECRET = frozenset({Shape.ADDRESS, Shape.INTEGER, Shape.JSON, Shape.UUID})


def keys(
    fields: Sequence[ConfigField],
    connector: str,
    attempt: Attempt,
    tests: Sequence[str],
    stated: Mapping[str, Stated] | None = None,
) -> Choice:
    """Keys with which `attempt` constructs the connector, with the account's number where it takes that.

    `tests` are the texts of the fork's test modules, which show what shapes its keys have.
    """
    shown = examples(tests, {field.name for field in fields if field.connect_key})
    told = _numbers(fields, connector) | _choices(fields, shown)
    choice = choose(fields, connector, attempt, shown, {**told, **(stated or {})})
    if choice.failure is not None and told:
        return choose(fields, connector, attempt, shown, stated)
    return choice


def other_shapes(
    fields: Iterable[ConfigField],
    connector: str,
    given: Mapping[str, str],
    shapes: Mapping[str, Shape],
    errors: Iterable[str],
) -> dict[str, Shape]:
    """Shapes that it asks for in these errors, as when it signs, by field; empty where it has them.

    Meant is the field whose value an error shows, else its secrets. `given` has their values, of `shapes`.
    """
    asked = [field for field in fields if field.name in shapes]
    secrets = [field.name for field in asked if meaning_of(field, connector) is Meaning.SECRET]
    found: dict[str, Shape] = {}
    for error in errors:
        shown = [field.name for field in asked if _shows(error, given.get(field.name, ""))]
        for name in shown or secrets:
            wished = [shape for shape in complained(error) if shape not in _NO_SECRET]
            if wished and shapes[name] not in wished:
                found.setdefault(name, wished[0])
    return found


def _shows(error: str, value: str) -> bool:
    return len(value) >= TELLING and value in error


def _numbers(fields: Iterable[ConfigField], connector: str) -> dict[str, Stated]:
    """The fields that hold the number of an account, with that of a description's account."""
    return {
        each.name: Literal(SESSION["account.number"])
        for each in fields
        if each.connect_key and wanted(each, connector) and _is_number(each, connector)
    }


def _choices(fields: Iterable[ConfigField], shown: Iterable[Example]) -> dict[str, Stated]:
    """The fields that hold one word of several, with the one that its tests take."""
    return {
        each.name: Literal(str(word))
        for each in fields
        for word in reversed([example.values.get(each.name) for example in shown])
        if word in options(each)
    }


def _is_number(field: ConfigField, connector: str) -> bool:
    if field.kind in _NUMERIC:
        return True
    meaning, name = meaning_of(field, connector), field.name.lower()
    named = name.endswith(_NUMBERED) and "key" not in name
    return meaning is Meaning.ACCOUNT or (named and meaning in (Meaning.KEY, None))
