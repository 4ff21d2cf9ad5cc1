"""What stands in a market's row if the connector may trade there: by the function that says so. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pydantic import JsonValue

from harness.describing.documents.leaves import Path
from harness.describing.source_code.function_reading import Function


def held_in(function: ast.AST, reader: Function) -> Iterator[tuple[Path, JsonValue]]:
    """(where in the row, what stands there) of flags that must be set, or not, and of lists that must have a
    word, where the function gives back whether all that is so. `reader` has learnt the function.
    """
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None:
            yield from _held(node.value, reader)


def _held(test: ast.expr, reader: Function) -> Iterator[tuple[Path, JsonValue]]:
    match test:
        case ast.BoolOp(op=ast.And(), values=values):
            for each in values:
                yield from _held(each, reader)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            yield from ((path, False) for path, value in _held(inner, reader) if value is True)
        case ast.Call(func=ast.Name(id="bool"), args=[inner]):
            yield from _held(inner, reader)
        case ast.Compare(left=word, ops=[ast.In()], comparators=[whole]):
            path, value = reader.path(whole), reader.value(word)
            if path and isinstance(value, str) and not _of_keys(whole):
                yield path, [value]
        case _:
            if path := reader.path(test):
                yield path, True


def _of_keys(whole: ast.expr) -> bool:
    """Whether what is looked into is an object, as far as its default says."""
    match whole:
        case ast.Call(
            func=ast.Attribute(attr="get"), args=[_, ast.Dict() | ast.Call(func=ast.Name(id="dict"))]
        ):
            return True
    return False
