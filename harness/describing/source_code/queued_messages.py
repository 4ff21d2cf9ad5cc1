"""Which messages of an account's stream get into the connector's queue, and which part of them. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from harness.describing.documents.leaves import Path
from harness.describing.source_code.function_reading import Function

_PROCESSES = "_process_event_message"
_PUTS = ("put", "put_nowait")
_Definition = ast.FunctionDef | ast.AsyncFunctionDef


def _processing(
    functions: Sequence[_Definition], constants: Mapping[str, JsonValue]
) -> Iterator[tuple[_Definition, Function]]:
    """The framework's method for a message, and what reads it."""
    for function in functions:
        names = [each.arg for each in function.args.args if each.arg != "self"]
        if function.name == _PROCESSES and names:
            yield function, Function(function, constants, given=names[0])


def queued_in(functions: Sequence[_Definition], constants: Mapping[str, JsonValue]) -> Path:
    """Where in a message of the account's stream that stands what is put into the connector's queue."""
    for _, reader in _processing(functions, constants):
        for name, _, path in reader.handed_on():
            if name in _PUTS:
                return path if all(isinstance(step, str) for step in path) else ()
    return ()


def demanded_in(functions: Sequence[_Definition], constants: Mapping[str, JsonValue]) -> frozenset[str]:
    """The keys without which a message is not put into the queue."""
    found: set[str] = set()
    for function, reader in _processing(functions, constants):
        reader.learn()
        for node in ast.walk(function):
            if isinstance(node, ast.If) and _puts(node.body):
                found |= set(_keys(node.test, reader))
    return frozenset(found)


def _puts(body: Sequence[ast.stmt]) -> bool:
    named = (each.attr for part in body for each in ast.walk(part) if isinstance(each, ast.Attribute))
    return any(name in _PUTS for name in named)


def _keys(test: ast.expr, reader: Function) -> Iterator[str]:
    match test:
        case ast.BoolOp(op=ast.And(), values=values):
            for each in values:
                yield from _keys(each, reader)
        case ast.Compare(left=ast.Constant(value=str() as key), ops=[ast.In()], comparators=[whole]):
            if reader.path(whole) == ():
                yield key
