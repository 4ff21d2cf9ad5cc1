"""Reading a file that is written for a newer Python than the one that runs us, with that Python's own parser.

Only `ast.parse` runs there: nothing of the file does.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from harness.frameworks.interpreter import programs

NEWEST = 14
SECONDS = 30
# Each node as an object with its fields and place, each constant as its `repr`.
_TELL = """
import ast, json, sys
def told(value):
    if isinstance(value, ast.AST):
        places = {name: getattr(value, name) for name in value._attributes if hasattr(value, name)}
        fields = {name: told(each) for name, each in ast.iter_fields(value)}
        return {"node": type(value).__name__, "places": places, "fields": fields}
    if isinstance(value, list):
        return [told(each) for each in value]
    return {"constant": repr(value)}
sys.setrecursionlimit(3000)
json.dump(told(ast.parse(sys.stdin.buffer.read().decode())), sys.stdout)
"""
# What newer grammars call things that this one has under another name, near enough for our checks.
_OLDER_NAMES = {"TemplateStr": "JoinedStr", "Interpolation": "FormattedValue"}


class UnknownSyntaxError(ValueError):
    """A node that has no counterpart here."""


@cache
def newer_pythons() -> tuple[tuple[tuple[int, int], str], ...]:
    """(version, program) of the Pythons here that are newer than ours, oldest first."""
    found: dict[tuple[int, int], str] = {}
    for minor, program in programs(range(sys.version_info.minor + 1, NEWEST + 1)):
        version = None if (3, minor) in found else _version(program)
        if version is not None and version > sys.version_info[:2]:
            found.setdefault(version, program)
    return tuple(sorted(found.items()))


def _version(program: str) -> tuple[int, int] | None:
    ask = "import sys; print(*sys.version_info[:2])"
    try:
        said = subprocess.run(
            [program, "-I", "-S", "-c", ask], capture_output=True, timeout=SECONDS, check=True
        )
        major, minor = map(int, said.stdout.split())
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return major, minor


def parse_with_newer(text: str) -> tuple[ast.Module, tuple[int, int]] | None:
    """The tree, and the oldest Python here that can read it; None where none can."""
    for version, program in newer_pythons():
        told = _ask(program, text)
        if told is not None:
            try:
                tree = _rebuilt(json.loads(told))
            except (UnknownSyntaxError, RecursionError, ValueError):
                return None
            return (tree, version) if isinstance(tree, ast.Module) else None
    return None


@cache
def _ask(program: str, text: str) -> bytes | None:
    try:
        return subprocess.run(
            [program, "-I", "-S", "-c", _TELL],
            input=text.encode("utf-8", "surrogatepass"),
            capture_output=True,
            timeout=SECONDS,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None


def _rebuilt(told: Any) -> Any:
    if isinstance(told, list):
        return [_rebuilt(each) for each in told]
    if "constant" in told:
        text = told["constant"]
        return ... if text == "Ellipsis" else ast.literal_eval(text)
    fields = {name: _rebuilt(each) for name, each in told["fields"].items()}
    if told["node"] == "TypeAlias":  # PEP 695: `type Pair[T] = tuple[T, T]`
        values = [fields["value"], *_in_parameters(fields["type_params"])]
        value = ast.Tuple(elts=values, ctx=ast.Load(), **told["places"])
        return ast.Assign(targets=[fields["name"]], value=value, **told["places"])
    if told["node"] in ("TypeVar", "ParamSpec", "TypeVarTuple"):
        return _Parameter([fields.get("bound"), fields.get("default_value")])
    kind = getattr(ast, _OLDER_NAMES.get(told["node"], told["node"]), None)
    if not (isinstance(kind, type) and issubclass(kind, ast.AST)):
        raise UnknownSyntaxError(told["node"])
    if parameters := fields.pop("type_params", None):
        fields["decorator_list"] += _in_parameters(parameters)  # code that stands at the definition too
    known = {name: value for name, value in fields.items() if name in kind._fields}
    return kind(**known, **told["places"])


class _Parameter:
    """A type parameter: the expressions in it, which Python evaluates when asked for them."""

    def __init__(self, parts: Sequence[ast.expr | None]) -> None:
        self.parts = [part for part in parts if part is not None]


def _in_parameters(parameters: Sequence[_Parameter]) -> Iterator[ast.expr]:
    for parameter in parameters:
        yield from parameter.parts
