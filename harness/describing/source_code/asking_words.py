"""The words that a connector's functions put into requests, by the texts of the functions. Pure.

Where one address answers several requests (`{"type": "l2Book"}`, `method=order.place`), the function that
says a word tells what a request with it is for.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

_LOOKING = ("get", "pop", "setdefault")
_LOGGING = re.compile(r"log|debug|info|warning|error|exception|network")
_HOLDING = (ast.Dict, ast.List, ast.ListComp, ast.Name, ast.Call)
WORD = re.compile(r"[A-Za-z][\w.:/-]{0,47}")


def words_said(function: ast.AST, constants: Mapping[str, JsonValue]) -> dict[str, str]:
    """Each word that a function may send, with the key that it stands under (empty: none is known).

    A word that it only compares with, looks for or logs is none that it sends.
    """
    found: dict[str, str] = {}
    for key, node in _said(function, _unsaid(function)):
        value = _text(node, constants)
        if value is not None and WORD.fullmatch(value):
            found[value] = found.get(value) or _text(key, constants) or ""
    return found


def keys_said(function: ast.AST, constants: Mapping[str, JsonValue]) -> frozenset[str]:
    """The keys under which a function may send an object or a list: of what it writes out, or of a name."""
    pairs = (pair for node in ast.walk(function) for pair in _pairs(node))
    told = (_text(key, constants) for key, value in pairs if isinstance(value, _HOLDING))
    return frozenset(key for key in told if key is not None and WORD.fullmatch(key))


def counted_in(tree: ast.AST) -> Iterator[str]:
    """The keys of lists whose rows are counted (`enumerate(reply["universe"])`)."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Name(id="enumerate"),
                args=[
                    ast.Subscript(slice=ast.Constant(value=str(key)))
                    | ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(key)), *_]),
                    *_,
                ],
            ):
                yield key


def _said(function: ast.AST, unsaid: set[int]) -> Iterator[tuple[ast.AST | None, ast.AST]]:
    """(key, value) of what stands under a key, then all else that is no key."""
    under: set[int] = set()
    for node in ast.walk(function):
        for key, value in _pairs(node):
            for each in _either(value):
                if id(each) not in unsaid:
                    under.add(id(each))
                    yield key, each
    for node in ast.walk(function):
        if isinstance(node, ast.Constant | ast.Attribute | ast.Name) and id(node) not in unsaid | under:
            yield None, node


def _pairs(node: ast.AST) -> list[tuple[ast.AST | None, ast.AST]]:
    """(key, value) of an object's text, and of what is put under a key."""
    match node:
        case ast.Dict(keys=keys, values=values):
            return list(zip(keys, values, strict=True))
        case ast.Assign(targets=[ast.Subscript(slice=key)], value=value):
            return [(key, value)]
    return []


def _either(value: ast.AST) -> Iterator[ast.AST]:
    """A value, or both where it is one of two."""
    if isinstance(value, ast.IfExp):
        yield from (value.body, value.orelse)
    else:
        yield value


def _unsaid(function: ast.AST) -> set[int]:
    """The nodes that are keys, are compared or looked for, are logged, or are remarks."""
    found: set[int] = set()
    for node in ast.walk(function):
        silent: list[ast.AST | None] = []
        match node:
            case ast.Subscript(slice=key):
                silent = [key]
            case ast.Dict(keys=keys):
                silent = list(keys)
            case ast.Compare(left=left, comparators=others):
                silent = [left, *others]
            case ast.Call(func=ast.Attribute(attr=name), args=[first, *_]) if name in _LOOKING:
                silent = [first]
            case ast.Call(func=ast.Attribute(attr=name), args=args) if _LOGGING.fullmatch(name):
                silent = list(args)
            case ast.Raise(exc=raised):
                silent = [raised]
            case ast.Expr(value=ast.Constant() as remark):
                silent = [remark]
            case ast.JoinedStr(values=parts):
                silent = list(parts)
        found |= {id(inner) for each in silent if each is not None for inner in ast.walk(each)}
    return found


def _text(node: ast.AST | None, constants: Mapping[str, JsonValue]) -> str | None:
    value: object = None
    match node:
        case ast.Constant(value=value):
            pass
        case ast.Attribute(attr=name) | ast.Name(id=name) if name.isupper():
            value = constants.get(name)
    return value if isinstance(value, str) else None
