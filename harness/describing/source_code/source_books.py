"""Order books and public trades as a connector's source reads them, for those that no test shows. Pure.

The function that makes an `OrderBookMessage` says what becomes its levels and its trade; what hands it a part
of a reply or a message, and maybe more beside it, says where in that it stands.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from harness.describing.documents.leaves import Path
from harness.describing.documents.said import TOPIC
from harness.describing.source_code.function_reading import Function
from harness.describing.source_code.source_channels import channels_in
from harness.describing.source_code.source_levels import levels_of, side_of, stripped
from harness.describing.source_code.source_notes import Content, ReadBook, note_of

# The framework's methods that make such messages of what they are given, or ask for (hummingbot/core/
# data_type/order_book_tracker_data_source.py), by the kind of note.
_GIVEN = {
    "_parse_order_book_diff_message": "diff",
    "_parse_order_book_snapshot_message": "snapshot",
    "_parse_trade_message": "trade",
}
_ASKS, _REQUESTS = "_order_book_snapshot", "_request_order_book_snapshot"
_MESSAGE, _TYPES = "OrderBookMessage", ("SNAPSHOT", "DIFF", "TRADE")
_SYMBOL_OF = "trading_pair_associated_to_exchange_symbol"
_DEPTH = 3  # functions that hand a part on to one another
_Definition = ast.FunctionDef | ast.AsyncFunctionDef


def books_read(functions: Sequence[_Definition], constants: Mapping[str, JsonValue]) -> Iterator[ReadBook]:
    """A note of each kind of which the source says where levels, or a trade's price and amount, stand."""
    known = _Functions({each.name: each for each in functions}, constants)
    chosen = channels_in(functions, constants)
    found: list[tuple[str, Content]] = []
    for function in functions:
        kind = _GIVEN.get(function.name, "")
        names = [each.arg for each in function.args.args if each.arg not in ("self", "cls")]
        if kind and names:
            found += [(kind, content) for content in known.contents(function, names[0])]
        elif function.name == _ASKS:
            path = known.given_back(function)
            found += [("order_book", content.within(path)) for content in known.contents(function, "")]
    seconds = not any(content.at and not content.seconds for _, content in found)
    for kind, content in found:
        yield from note_of(kind, content, chosen.get(kind, {}), seconds=seconds and content.seconds)


@dataclass(frozen=True)
class _Functions:
    """The functions of a connector, by name."""

    known: Mapping[str, _Definition]
    constants: Mapping[str, JsonValue]

    def given_back(self, function: _Definition) -> Path:
        """Where in a reply that stands what the function for it gives back to this one."""
        for node in ast.walk(function):
            match node:
                case ast.Await(value=ast.Call(func=ast.Attribute(attr=name))) if name == _REQUESTS:
                    requests = self.known.get(name)
                    path = Function(requests, self.constants).handed_back() if requests else ()
                    return path if path and all(isinstance(step, str) for step in path) else ()
        return ()

    def contents(self, function: _Definition, given: str, callers: tuple[str, ...] = ()) -> Iterator[Content]:
        """What a function, and those that it hands a part on to, make of what they are given, or await."""
        reader = Function(function, self.constants, given)
        reader.learn()
        symbol = self._symbol(function, reader)
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            name = _called(call)
            if name == _MESSAGE:
                content = self._content(call, function, reader)
                if content is not None:
                    yield replace(content, symbol=content.symbol or symbol)
            elif name in self.known and name not in callers and len(callers) < _DEPTH:
                for content in self._handed(call, self.known[name], reader, (*callers, function.name)):
                    yield replace(content, symbol=content.symbol or symbol)

    def _handed(
        self, call: ast.Call, function: _Definition, reader: Function, callers: tuple[str, ...]
    ) -> Iterator[Content]:
        """What another function makes of a part; of a mapping beside it, what stands under its keys."""
        names = [each.arg for each in function.args.args if each.arg not in ("self", "cls")]
        values = dict(zip(names, call.args, strict=False))
        values |= {each.arg: each.value for each in call.keywords if each.arg in names}
        beside: dict[str, Path | None] = {name: reader.path(stripped(each)) for name, each in values.items()}
        for value in values.values():
            beside |= {key: reader.path(stripped(item)) for key, item in _items(value)}
        for name, value in values.items():
            path = reader.path(value)
            if path is not None:
                for content in self.contents(function, name, callers):
                    yield content.within(path, beside)
                return

    def _content(self, call: ast.Call, function: _Definition, reader: Function) -> Content | None:
        given = dict(zip(("message_type", "content", "timestamp"), call.args, strict=False))
        given |= {each.arg: each.value for each in call.keywords if each.arg}
        kind = given.get("message_type")
        types = {each.attr for each in ast.walk(kind) if isinstance(each, ast.Attribute)} if kind else set()
        types &= set(_TYPES)
        if len(types) != 1 or "content" not in given:
            return None
        entries = dict(_items(_assigned(given["content"], function)))
        said = {name: _assigned(value, function) for name, value in entries.items()}
        levels = {name: levels_of(said[name], reader) for name in ("bids", "asks") if name in said}
        paths = {name: reader.path(stripped(value)) for name, value in said.items()}
        at = _Time.of(_assigned(given["timestamp"], function), function) if "timestamp" in given else None
        pair = paths.get("trading_pair") or ()
        pair = () if pair[-1:] == ("trading_pair",) else pair  # which the source itself put there
        return Content(
            types.pop(),
            {name: each for name, each in levels.items() if each is not None},
            {name: path for name, path in paths.items() if path and name not in ("bids", "asks")},
            side_of(said["trade_type"], reader) if "trade_type" in said else None,
            reader.path(at.value) or None if at is not None else None,
            at.value.id if at is not None and isinstance(at.value, ast.Name) else "",
            seconds=at is not None and not at.divided,
            symbol=(pair, "") if pair else None,
        )

    def _symbol(self, function: _Definition, reader: Function) -> tuple[Path, str] | None:
        """Where the name stands by which the pair is looked up, or the topic that it is a part of."""
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and _called(node) == _SYMBOL_OF:
                for value in (*node.args, *(each.value for each in node.keywords)):
                    value = _assigned(stripped(value), function)
                    if path := reader.path(stripped(value)):
                        return path, ""
                    if path := _split(value, function, reader):
                        return path, TOPIC
        return None


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _items(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """(key, value) of an object that is written out."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value


def _assigned(node: ast.expr, function: ast.AST) -> ast.expr:
    """What a name is given first, where the name of a value stands."""
    if not isinstance(node, ast.Name):
        return node
    for each in ast.walk(function):
        match each:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == node.id:
                return value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if name == node.id:
                return value
    return node


@dataclass(frozen=True)
class _Time:
    """What a time is made of, and whether it is told in something smaller than a second."""

    value: ast.expr
    divided: bool

    @classmethod
    def of(cls, node: ast.expr, function: ast.AST) -> _Time:
        divided = False
        match node:
            case ast.BinOp(left=left, op=ast.Mult(), right=ast.Constant(value=float() | int() as number)):
                node, divided = left, number < 1
            case ast.BinOp(left=left, op=ast.Div()):
                node, divided = left, True
        return cls(stripped(_assigned(stripped(node), function)), divided)


def _split(node: ast.expr, function: ast.AST, reader: Function) -> Path | None:
    """Where a text stands of which the expression is a part (`topic.split("@")[1]`)."""
    match node:
        case ast.Subscript(value=inner):
            match _assigned(inner, function):
                case ast.Call(func=ast.Attribute(value=whole, attr="split" | "rsplit" | "partition")):
                    return reader.path(_assigned(whole, function)) or reader.path(whole)
    return None
