"""How an exchange refuses, told from what a fork's tests answer to a request for an unknown order. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import UnionType

from pydantic import JsonValue

from harness.describing.fork_tests.answers import REFUSALS, Answer

FIRST_ERROR = 400
# Names of what tells in a refusal why it was refused: in words for programs, and for people.
_CODE = re.compile(r"code|reason|err(or)?_?(no|id|name|type)$", re.I)
_MESSAGE = re.compile(r"mess|msg|desc|detail|text", re.I)
_ERROR = re.compile(r"^err(or)?s?$|reason", re.I)
_ANY_TEXT = re.compile(r"^(?!result|status|success|type|ok$)", re.I)


def _named_first(
    document: Mapping[str, JsonValue], patterns: Iterable[re.Pattern[str]], kind: type | UnionType
) -> str:
    """The first key with a value of that kind that the first of the patterns fits which fits any."""
    return next(
        (
            key
            for pattern in patterns
            for key, value in document.items()
            if pattern.search(key) and isinstance(value, kind) and not isinstance(value, bool)
        ),
        "",
    )


def with_holes(document: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """A refusal with holes for its status, code and message, also in the objects that stand in it."""
    made: dict[str, JsonValue] = {
        key: with_holes(value) if isinstance(value, dict) else value for key, value in document.items()
    }
    code = _named_first(document, (_CODE,), str | int)
    rest = {key: value for key, value in document.items() if key != code}
    for key, fact in ((code, "code"), ("status", "status")):
        if isinstance(document.get(key), int):
            made[key] = f"{{refusal.{fact}|number}}"
        elif key == code and code:
            made[key] = "{refusal.code}"
    if message := _named_first(rest, (_MESSAGE,), str):
        made[message] = "{refusal.message}"
    return made


def refusals(answers: Iterable[Answer]) -> dict[str, JsonValue]:
    """How the exchange refuses, by what the tests answer to a request for an unknown order.

    One that has an error's status tells more: others may be a good reply to a batch of which an item failed.
    """
    known = [each for each in answers if each.member in REFUSALS and isinstance(each.document, dict)]
    for each in sorted(known, key=lambda answer: answer.code < FIRST_ERROR):
        if not isinstance(each.document, dict):
            continue
        body: dict[str, JsonValue] = dict(each.document)
        word: dict[str, JsonValue] = {}
        if code := _named_first(each.document, (_CODE,), str | int):
            word["code"] = each.document[code]
            number = isinstance(word["code"], int)
            body[code] = "{refusal.code|number}" if number else "{refusal.code}"
        rest = {key: value for key, value in each.document.items() if key != code}
        if message := _named_first(rest, (_MESSAGE, _ERROR, _ANY_TEXT), str):
            word["message"] = rest[message]
            body[message] = "{refusal.message}"
        return {"status": each.code, "body": body, "words": {"unknown_order": word}}
    return {"status": 400, "body": {"message": "{refusal.message}", "detail?": "{refusal.detail}"}}
