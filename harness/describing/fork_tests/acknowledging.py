"""How an exchange answers requests that are messages of a WebSocket, by what a connector's tests have. Pure.

Tests write such answers out (`{"id": "1", "status": 200, "result": {…}}`): the texts of the test modules are
read, and not run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from pydantic import JsonValue

from harness.describing.documents.leaves import flatten
from harness.describing.source_code.operation_words import said_so
from harness.describing.source_code.source import BAD, Ack
from harness.frameworks.syntax import parse

ID = re.compile(r"^(req(uest)?_?)?id$", re.I)
_ASKS = ("method", "params", "op", "event")
_FIRST_ERROR = 400


def acks_in(tests: Iterable[str]) -> tuple[Ack, ...]:
    """The answers that test modules write out, in their order; those to nothing that has an id are none."""
    found: list[Ack] = []
    for text in tests:
        tree = parse(text, cython=False).tree
        for function in ast.walk(tree) if tree is not None else ():
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                found += _of(function)
    return tuple(found)


def best(acks: Iterable[Ack], operation: str) -> Ack | None:
    """The answer to an operation that says most, else to any; None where none is good."""
    good = [each for each in acks if not each.refuses]
    own = [each for each in good if each.operation == operation] or good
    return max(own, key=lambda each: len(flatten(each.document)), default=None)


def least(acks: Iterable[Ack]) -> Ack | None:
    """The answer that says least: what anything may be answered with; None where none is good."""
    good = (each for each in acks if not each.refuses)
    return min(good, key=lambda each: len(str(each.document)), default=None)


def refused(acks: Iterable[Ack]) -> Ack | None:
    """A refusal as the tests have it, the one that says most."""
    return max(
        (each for each in acks if each.refuses), key=lambda each: len(flatten(each.document)), default=None
    )


def _of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Ack]:
    operation = said_so(function.name.removeprefix("test_"))
    for document in _returned(function):
        keys = [key for key in document if ID.match(key)]
        if len(keys) == 1 and len(document) > 1 and not any(key in document for key in _ASKS):
            errs = any(BAD.search(key) and value is not None for key, value in document.items())
            status = document.get("status", document.get("code", 0))
            wrong = isinstance(status, int) and status >= _FIRST_ERROR
            yield Ack(operation, keys[0], document, errs or wrong)


def _returned(function: ast.AST) -> Iterator[dict[str, JsonValue]]:
    """The objects that its mocks return."""
    for node in ast.walk(function):
        if isinstance(node, ast.keyword) and node.arg == "return_value" and isinstance(node.value, ast.Dict):
            try:
                document = ast.literal_eval(node.value)
            except (ValueError, TypeError, SyntaxError, RecursionError):
                continue
            if all(isinstance(key, str) for key in document):
                yield document
