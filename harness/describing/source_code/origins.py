"""Where in a reply the values of a function's expressions come from, and what was done to times. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from pydantic import JsonValue

from harness.describing.documents.leaves import Path

SECONDS, MILLISECONDS = Decimal(1), Decimal(1000)  # what a function makes of a time
_POWERS = {0: "s", 3: "ms", 6: "us", 9: "ns"}
_SAME = ("Decimal", "str", "int", "float", "abs", "upper", "lower", "strip", "timestamp")
_OF_A_NUMBER = re.compile(r"fromtimestamp")
_ROUNDED = ("round", "floor", "ceil", "fromtimestamp", "utcfromtimestamp")  # a time stays in its unit
_ISO = re.compile(r"^(date)?parse(r|_date|time)?$|isoparse|fromisoformat|strptime|^(to_datetime|Timestamp)$")
_DEPTH = 6  # names that are given one another's values
PathOf = Callable[[ast.AST], Path | None]
ValueOf = Callable[[ast.expr], JsonValue]


class Origin(NamedTuple):
    """Where a value stands in a reply, whether its sign is turned, and by what it is multiplied.

    `path` is None where it comes from no place, or from several; `scale` None where something unknown is made
    of it; `iso`: it was read as a date.
    """

    path: Path | None
    negated: bool = False
    scale: Decimal | None = Decimal(1)
    iso: bool = False

    @property
    def reckoned(self) -> bool:
        """Whether it is known that something else is made of it."""
        return self.iso or self.scale not in (None, 1)

    def unit(self, wanted: Decimal) -> str:
        """The unit in which a time stands there that becomes one of `wanted` a second; empty: not known."""
        if self.iso:
            return "iso"
        if not self.scale:
            return ""
        return next((unit for power, unit in _POWERS.items() if self.scale * 10**power == wanted), "")


NOWHERE = Origin(None)


class Origins:
    """Of the values of one function's expressions. `path_of` is where in the reply an expression stands,
    `value_of` a literal or a constant by its name.
    """

    def __init__(self, function: ast.AST, path_of: PathOf, value_of: ValueOf) -> None:
        self._path_of = path_of
        self._value_of = value_of
        self._assigned: dict[str, list[ast.expr]] = {}
        for node in ast.walk(function):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self._assigned.setdefault(name, []).append(value)
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    self._assigned.setdefault(name, []).append(value)
                case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=value):
                    own = ast.BinOp(ast.Name(target.id, ast.Load()), op, value)
                    self._assigned.setdefault(name, []).append(own)

    def resolved(self, node: ast.expr) -> ast.expr:
        """What a name was given once, where one stands."""
        assigned = self._assigned.get(node.id, []) if isinstance(node, ast.Name) else []
        return assigned[0] if len(assigned) == 1 else node

    def of(self, node: ast.expr, *, converted: bool) -> Origin:
        """`converted`: functions may make it of what stands there, and numbers be reckoned with it (times,
        states).
        """
        return self._of(node, converted, _DEPTH, frozenset())

    def _of(self, node: ast.expr, converted: bool, depth: int, changed: frozenset[str]) -> Origin:
        """`changed` are names of which what they had before they were changed is looked for."""
        if depth == 0:
            return NOWHERE
        if converted and (origin := self._of_several(node, depth, changed)).path is not None:
            return origin
        path = self._path_of(node)
        if path is not None:
            return Origin(path)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            origin = self._of(node.operand, converted, depth - 1, changed)
            return origin._replace(negated=not origin.negated)
        if converted and (made := self._made(node, depth, changed)) is not None:
            return made
        return _only([self._of(each, converted, depth - 1, changed) for each in self._inner(node)])

    def _of_several(self, node: ast.expr, depth: int, changed: frozenset[str]) -> Origin:
        """A name that is given several values, or an expression that is one of several."""
        if isinstance(node, ast.Name) and (changes := self._changes(node, changed)):
            made = self._of(changes[0], True, depth - 1, changed | {node.id})
            return made if len(self._assigned[node.id]) == 2 else made._replace(scale=None)
        several = self._inner(node)
        alike = len(several) > 1
        return _first(self._of(each, True, depth - 1, changed) for each in several) if alike else NOWHERE

    def _made(self, node: ast.expr, depth: int, changed: frozenset[str]) -> Origin | None:
        """What a function makes of a value, or what is reckoned with it; None where it is neither."""
        match node:
            case ast.BinOp(left=left, op=op, right=right):
                return self._reckoned(left, op, right, depth, changed)
            case ast.Call(func=ast.Attribute(value=ast.Call() as date, attr="timestamp"), args=[]):
                origin = self._of(date, True, depth - 1, changed)
                return origin._replace(iso=not _OF_A_NUMBER.search(_called(date)))
            case ast.Call(args=[inner, *_]) if _called(node) not in (*_SAME, "get"):
                origin = self._of(inner, True, depth - 1, changed)
                if _ISO.search(_called(node)):
                    return origin._replace(iso=True)
                return origin if _called(node) in _ROUNDED else origin._replace(scale=None)
        return None

    def _changes(self, node: ast.Name, changed: frozenset[str]) -> Sequence[ast.expr]:
        """What a name is given that is made of what it has (`time = time / 1000`)."""
        if node.id in changed:
            return ()
        return [value for value in self._assigned.get(node.id, ()) if node.id in _names_in(value)]

    def _reckoned(
        self, left: ast.expr, op: ast.operator, right: ast.expr, depth: int, changed: frozenset[str]
    ) -> Origin:
        """What a number is reckoned with."""
        number = self._number(right)
        if number is None:
            left, right, number = right, left, self._number(left)
            if not isinstance(op, ast.Mult):
                return NOWHERE
        if number is None:
            return NOWHERE
        origin = self._of(left, True, depth - 1, changed)
        if origin.scale is None or not number:
            return origin._replace(scale=None)
        match op:
            case ast.Mult():
                return origin._replace(scale=origin.scale * number)
            case ast.Div() | ast.FloorDiv():
                return origin._replace(scale=origin.scale / number)
        return origin._replace(scale=None)

    def _number(self, node: ast.expr) -> Decimal | None:
        match node:
            case ast.BinOp(
                left=ast.Constant(value=int() as base), op=ast.Pow(), right=ast.Constant(value=power)
            ):
                return Decimal(base) ** power if isinstance(power, int) and abs(power) < 20 else None
            case ast.Call(func=ast.Name(id="Decimal" | "int" | "float"), args=[inner]):
                return self._number(inner)
        value = self._value_of(node)
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        try:
            number = Decimal(str(value))
        except ArithmeticError:
            return None
        return number if number.is_finite() else None

    def _inner(self, node: ast.expr) -> Sequence[ast.expr]:
        """The expressions one of which is the value of this one, as it is."""
        match node:
            case ast.Name(id=name):
                return [each for each in self._assigned.get(name, ()) if name not in _names_in(each)]
            case ast.IfExp(body=one, orelse=other) | ast.BoolOp(op=ast.Or(), values=[one, other]):
                return one, other
            case ast.Call(func=ast.Attribute(value=inner, attr=name), args=[]) if name in _SAME:
                return (inner,)
            case ast.Call(func=ast.Name(id=name), args=[inner]) if name in _SAME:
                return (inner,)
            case ast.Call(func=ast.Attribute(attr="get"), args=[key, *_]):  # of a table of words
                return (key,)
            case ast.Subscript(slice=key):
                return (key,)
        return ()


def _only(several: Iterable[Origin]) -> Origin:
    """The one of all that come from somewhere."""
    known = {each for each in several if each.path is not None}
    return known.pop() if len(known) == 1 else NOWHERE


def _first(several: Iterable[Origin]) -> Origin:
    """The first that comes from somewhere; its scale is unknown where another has a different one."""
    known = [each for each in several if each.path is not None]
    if not known:
        return NOWHERE
    alike = all(each == known[0] for each in known if each.path == known[0].path)
    return known[0] if alike else known[0]._replace(scale=None, iso=False)


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _names_in(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            yield each.id
