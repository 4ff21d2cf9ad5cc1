"""Which headers of a reply a connector's source reads: one may set the cookie of a session. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.describing.source_code.read_replies import fact_of

_SET_COOKIE = "Set-Cookie"
_OWN = frozenset({"request", "self"})  # whose headers are sent, not received
_COOKIE = "{name}={{session.key}}; Path=/; Expires={{session.ends_at|cookie}}"


def headers_in(function: ast.AST) -> tuple[tuple[str, str], ...]:
    """(name, template) of each header of a reply that a function reads, of those that tell of a session.

    Of a cookie its name is the one that is taken out of the jar; of others what their names say.
    """
    read = {key for place, key in _taken(function) if _is_of_a_reply(place)}
    jars = {name for name, made in _assigned(function) if "Cookie" in _called(made)}
    cookies = [
        key
        for place, key in _taken(function)
        if (isinstance(place, ast.Name) and place.id in jars)
        or (isinstance(place, ast.Attribute) and place.attr == "cookies")
    ]
    told = {name: f"{{{fact}}}" for name in sorted(read) if (fact := fact_of(name, "", only=False))}
    told.pop(_SET_COOKIE, None)
    if cookies:
        told[_SET_COOKIE] = _COOKIE.format(name=cookies[0])
    return tuple(told.items())


def _is_of_a_reply(place: ast.expr) -> bool:
    match place:
        case ast.Attribute(value=ast.Name(id=name), attr="headers"):
            return name not in _OWN
    return False


def _taken(function: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """Each text that something is asked for by, in its order, with what is asked."""
    for node in ast.walk(function):
        match node:
            case ast.Call(ast.Attribute(value=place, attr="get"), [ast.Constant(value=str() as key), *_]):
                yield place, key
            case ast.Subscript(value=place, slice=ast.Constant(value=str() as key)):
                yield place, key


def _assigned(function: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value


def _called(value: ast.expr) -> str:
    match value:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name
    return ""
