"""Functions that ask the exchange through another function, which gives them the reply. Pure."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence

from pydantic import JsonValue

from harness.describing.documents.leaves import Path
from harness.describing.source_code.function_reading import Function
from harness.describing.source_code.source_constants import paths_in

_Definition = ast.FunctionDef | ast.AsyncFunctionDef


class Through:
    """The functions that name one path and give back what it answers, or a part of it, but for those of the
    names in `others`.

    One may be handed over as it is, and awaited by another name (`set_fetcher(self._fetch)`).
    """

    def __init__(
        self, functions: Sequence[_Definition], constants: Mapping[str, JsonValue], others: Collection[str]
    ) -> None:
        self._asking: dict[str, set[tuple[str, Path]]] = {}
        for each in functions:
            paths = paths_in(each, constants) if each.name not in others else []
            part = Function(each, constants).handed_back() if len(paths) == 1 else None
            if part is not None:
                self._asking.setdefault(each.name, set()).add((paths[0], part))
        given = {name for each in functions for name in _handed_over(each)}
        self._handed_over = given & self._asking.keys()
        self._kept = {name for each in functions for name in _kept(each)}

    def of(self, function: _Definition) -> tuple[str, Path]:
        """The path that a function asks for so, and which part of the reply it gets; empty where it asks for
        none, or for several.
        """
        called = set(_awaited(function))
        if called & self._kept:
            called |= self._handed_over
        found = {each for name in called for each in self._asking.get(name, ())}
        return found.pop() if len(found) == 1 else ("", ())


def _awaited(function: _Definition) -> Iterator[str]:
    for node in ast.walk(function):
        match node:
            case ast.Await(value=ast.Call(func=ast.Attribute(attr=name))):
                yield name


def _handed_over(function: _Definition) -> Iterator[str]:
    """The methods that a function gives to another one."""
    for node in ast.walk(function):
        match node:
            case ast.Call(args=args, keywords=named):
                for each in (*args, *(one.value for one in named)):
                    if isinstance(each, ast.Attribute):
                        yield each.attr


def _kept(function: _Definition) -> Iterator[str]:
    """The attributes that keep what a function is given."""
    given = {each.arg for each in function.args.args}
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Attribute(attr=name)], value=ast.Name(id=value)) if value in given:
                yield name
