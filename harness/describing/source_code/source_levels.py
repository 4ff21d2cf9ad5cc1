"""What a function makes the levels of a book, and the side of a trade, of: by its text. Pure."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from pydantic import JsonValue

from harness.describing.documents.leaves import Path
from harness.describing.documents.names import SIDES_OF_TRADES
from harness.describing.source_code.function_reading import Function

_SAME = ("Decimal", "float", "str", "int", "lower", "upper", "strip", "list", "sorted")
_PAIR = 2
_NUMBERED: dict[str | int, JsonValue] = {1: 2, 2: 1, "1": "2", "2": "1"}  # sides of trades


@dataclass(frozen=True)
class Levels:
    """A list of levels: where it stands, and where in a level its price and amount do.

    `says` is a word in each level, and where it stands there, by which those of this side are known.
    """

    path: Path
    price: Path = (0,)
    amount: Path = (1,)
    says: tuple[Path, JsonValue] | None = None


@dataclass(frozen=True)
class Side:
    """Where a trade's side stands: `word` says it of takers who buy if they `bought`, else of sellers.

    `other` says the opposite, None where that is not known.
    """

    path: Path
    word: JsonValue
    other: JsonValue
    bought: bool

    @property
    def words(self) -> dict[str, tuple[str, ...]]:
        """What each means; a flag as JSON has it."""
        one, two = ("buy", "sell") if self.bought else ("sell", "buy")
        return {_as_json(self.word): (one,), _as_json(self.other): (two,)}


def stripped(node: ast.expr) -> ast.expr:
    """A value before it was made a number or a text of, or another text's letters."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[inner]) if name in _SAME:
            return stripped(inner)
        case ast.Call(func=ast.Attribute(value=inner, attr=name), args=[]) if name in _SAME:
            return stripped(inner)
    return node


def levels_of(node: ast.expr, reader: Function) -> Levels | None:
    """The levels that a value is made of; None where it is no list that was read, or made of one."""
    node = stripped(node)
    path = reader.path(node)
    if path is not None:
        return Levels(path) if path else None
    match node:
        case ast.ListComp(
            elt=ast.Tuple(elts=[price, amount, *_]) | ast.List(elts=[price, amount, *_]),
            generators=[ast.comprehension(iter=over, target=target, ifs=tests)],
        ):
            path = reader.path(stripped(over))
            steps = [_step(stripped(each), target, reader) for each in (price, amount)]
            if path and None not in steps:
                said = [_said(test, target, reader) for test in tests]
                says = next((each for each in said if each is not None), None)
                return Levels(path, steps[0] or (), steps[1] or (), says)
    return None


def _step(node: ast.expr, row: ast.expr, reader: Function) -> Path | None:
    """Where in a row a value stands: of a row that is taken apart, its place."""
    match row, node:
        case ast.Tuple(elts=names), ast.Name(id=name):
            places = [at for at, each in enumerate(names) if isinstance(each, ast.Name) and each.id == name]
            return (places[0],) if places else None
        case ast.Name(id=name), _:
            return _within(node, name, reader)
    return None


def _within(node: ast.expr, name: str, reader: Function) -> Path | None:
    match node:
        case ast.Name(id=own):
            return () if own == name else None
        case (
            ast.Subscript(value=inner, slice=key)
            | ast.Call(func=ast.Attribute(value=inner, attr="get"), args=[key, *_])
        ):
            before, step = _within(inner, name, reader), reader.value(key)
            known = before is not None and isinstance(step, str | int) and not isinstance(step, bool)
            return (*before, step) if known and before is not None and isinstance(step, str | int) else None
    return None


def _said(test: ast.expr, row: ast.expr, reader: Function) -> tuple[Path, JsonValue] | None:
    match test:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            path, word = _step(stripped(left), row, reader), reader.value(right)
            return (path, word) if path and isinstance(word, str | int) else None
    return None


def side_of(node: ast.expr, reader: Function) -> Side | None:
    """The side of which a value is one of two; None where it is not."""
    match stripped(node):
        case ast.IfExp(test=test, body=body, orelse=orelse):
            bought, sold = _is_bought(body), _is_bought(orelse)
            known = _tested(test, reader)
            if bought is None or sold is None or bought == sold or known is None:
                return None
            path, word, equal = known
            return Side(path, word, _opposite(word), bought == equal)
    return None


def _is_bought(node: ast.expr) -> bool | None:
    """Whether a value says that the taker bought (`TradeType.BUY`, 1), None where it says neither."""
    named = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)} & {"BUY", "SELL"}
    if len(named) == 1:
        return named == {"BUY"}
    number = stripped(node)
    value = number.value if isinstance(number, ast.Constant) else None
    return {1: True, 2: False}.get(int(value)) if isinstance(value, int | float) else None


def _tested(test: ast.expr, reader: Function) -> tuple[Path, JsonValue, bool] | None:
    """Where what is tested stands, what it is compared with, and whether it passes if it is that."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            path = reader.path(inner)
            return (path, True, False) if path else None
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() | ast.Is() as kind], comparators=[right]):
            path, word = reader.path(stripped(left)), reader.value(right)
            known = path and isinstance(word, str | int)
            return (path, word, not isinstance(kind, ast.NotEq)) if path and known else None
    path = reader.path(test)
    return (path, True, True) if path else None


def _opposite(word: JsonValue) -> JsonValue:
    if isinstance(word, bool):
        return not word
    if isinstance(word, str) and word in SIDES_OF_TRADES:
        return next(each for each in SIDES_OF_TRADES[word].split() if each != word)
    return _NUMBERED.get(word) if isinstance(word, str | int) else None


def _as_json(word: JsonValue) -> str:
    return str(word).lower() if isinstance(word, bool) else str(word)
