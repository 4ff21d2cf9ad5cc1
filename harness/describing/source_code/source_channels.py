"""What stands in messages of books and trades by which a connector tells them apart: by its text. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from harness.describing.documents.leaves import Path
from harness.describing.documents.said import TOPIC
from harness.describing.source_code.function_reading import Function

# Attributes of the framework's order book source that name the queue of each kind of message.
_QUEUES = {
    "_trade_messages_queue_key": "trade",
    "_diff_messages_queue_key": "diff",
    "_snapshot_messages_queue_key": "snapshot",
}
_SORTS = "_channel_originating_message"
_Definition = ast.FunctionDef | ast.AsyncFunctionDef


def channels_in(
    functions: Sequence[_Definition], constants: Mapping[str, JsonValue]
) -> dict[str, dict[Path, JsonValue]]:
    """What stands where in each kind of message (`diff`, `snapshot`, `trade`), as far as the method says that
    sorts them.

    What has to have a text within it is the topic that was subscribed to.
    """
    keys = dict(_queue_keys(functions, constants))
    for function in functions:
        names = [each.arg for each in function.args.args if each.arg not in ("self", "cls")]
        if function.name == _SORTS and names:
            reader = Function(function, constants, names[0])
            reader.learn()
            return _sorted_by(function, reader, keys)
    return {}


def _queue_keys(
    functions: Sequence[_Definition], constants: Mapping[str, JsonValue]
) -> Iterator[tuple[str, JsonValue]]:
    """What the attributes of `_QUEUES` are set to."""
    for function in functions:
        reader = Function(function, constants)
        for node in ast.walk(function):
            match node:
                case ast.Assign(targets=[ast.Attribute(attr=name)], value=value) if name in _QUEUES:
                    if (text := reader.value(value)) is not None:
                        yield name, text


def _sorted_by(
    function: _Definition, reader: Function, keys: Mapping[str, JsonValue]
) -> dict[str, dict[Path, JsonValue]]:
    found: dict[str, dict[Path, JsonValue]] = {}
    for node in ast.walk(function):
        if not isinstance(node, ast.If | ast.IfExp):
            continue
        said = _said(node.test, reader, keys)
        parts = (each if isinstance(each, list) else [each] for each in (node.body, node.orelse))
        body, other = map(_queues, parts)
        if said is None:
            continue
        path, word = said
        for kind in body if len(body) == 1 else ():
            found.setdefault(kind, {}).setdefault(path, word)
        if len(other) == 1:  # whatever else it says: what its own queue is called, or its topic
            (kind,) = other
            own = next((keys[name] for name, of in _QUEUES.items() if of == kind and name in keys), None)
            found.setdefault(kind, {}).setdefault(path, TOPIC if word == TOPIC or own is None else own)
    return found


def _queues(parts: Sequence[ast.AST]) -> set[str]:
    named = (each.attr for part in parts for each in ast.walk(part) if isinstance(each, ast.Attribute))
    return {_QUEUES[name] for name in named if name in _QUEUES}


def _said(test: ast.expr, reader: Function, keys: Mapping[str, JsonValue]) -> tuple[Path, JsonValue] | None:
    """Where what is compared stands, and the word for it."""

    def word_of(node: ast.expr) -> JsonValue:
        own = keys.get(node.attr) if isinstance(node, ast.Attribute) else None
        return reader.value(node) if own is None else own

    match test:
        case ast.BoolOp(op=ast.And(), values=values):
            return next((said for each in values if (said := _said(each, reader, keys)) is not None), None)
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            for one, word in ((left, right), (right, left)):
                path, value = reader.path(one), word_of(word)
                if path and isinstance(value, str | int):
                    return path, value
        case ast.Compare(left=word, ops=[ast.In()], comparators=[right]):
            path = reader.path(right)
            return (path, TOPIC) if path and isinstance(word_of(word), str) else None
        case ast.Call(func=ast.Attribute(value=inner, attr="startswith" | "endswith"), args=[word]):
            path = reader.path(inner)
            return (path, TOPIC) if path and isinstance(word_of(word), str) else None
    return None
