"""Rows of a list that a function picks by a word in them: each gets a place of its own in the list. Pure.

`next(f for f in rules["filters"] if f["type"] == "LOT")`, the first of such a list, and
`{f["type"]: f for f in rules["filters"]}["LOT"]`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import JsonValue

from harness.describing.documents.leaves import Path
from harness.describing.source_code.source import ROW

PathOf = Callable[[ast.AST], Path | None]
ValueOf = Callable[[ast.expr], JsonValue]


@dataclass
class PickedRows:
    """`path_of` is where in the reply an expression stands, `value_of` a literal or a constant's value.

    `words` are what stands where in the rows that were picked.
    """

    path_of: PathOf
    value_of: ValueOf
    words: dict[Path, JsonValue] = field(default_factory=dict)
    _by_key: dict[str, tuple[Path, Path]] = field(default_factory=dict)
    _lists: set[tuple[Path, Path]] = field(default_factory=set)

    def learn(self, name: str, value: ast.expr) -> None:
        """A name that holds rows by a word in each."""
        match value:
            case ast.DictComp(
                key=key,
                value=ast.Name(id=row),
                generators=[ast.comprehension(target=ast.Name(id=target), iter=over, ifs=[])],
            ) if row == target:
                rows, inner = self.path_of(over), _within(key, row, self.value_of)
                if rows is not None and inner:
                    self._by_key.setdefault(name, (rows, inner))

    def path(self, node: ast.AST) -> Path | None:
        """Where the row stands that an expression picks, None where it picks none."""
        match node:
            case (
                ast.Subscript(value=ast.Name(id=name), slice=word)
                | ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="get"), args=[word, *_])
            ) if name in self._by_key:
                rows, inner = self._by_key[name]
                return self._place(rows, inner, self.value_of(word))
            case (
                ast.Call(func=ast.Name(id="next"), args=[ast.GeneratorExp() as rows, *_])
                | ast.Subscript(value=ast.ListComp() as rows, slice=ast.Constant(value=0))
            ):
                return self._first_of(rows)
        return None

    def _first_of(self, rows: ast.GeneratorExp | ast.ListComp) -> Path | None:
        """Where the first of these rows stands, where they are those that have a word."""
        match rows:
            case (
                ast.GeneratorExp(elt=ast.Name(id=row), generators=[one])
                | ast.ListComp(elt=ast.Name(id=row), generators=[one])
            ):
                match one:
                    case ast.comprehension(
                        target=ast.Name(id=target), iter=over, ifs=[ast.Compare() as test]
                    ):
                        whole = self.path_of(over) if row == target else None
                        inner, word = self._test(test, row)
                        return self._place(whole, inner, word) if whole is not None and inner else None
        return None

    def is_of_any_row(self, path: Path) -> bool:
        """Whether the words stand there by which rows are picked, or the rows do, whichever they are."""
        return any(path in ((*rows, ROW), (*rows, ROW, *inner)) for rows, inner in self._lists)

    def _test(self, test: ast.Compare, row: str) -> tuple[Path | None, JsonValue]:
        match test:
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
                for one, other in ((left, right), (right, left)):
                    if inner := _within(one, row, self.value_of):
                        return inner, self.value_of(other)
            case ast.Compare(
                left=left,
                ops=[ast.In()],
                comparators=[ast.List(elts=[first, *_]) | ast.Tuple(elts=[first, *_])],
            ):
                return _within(left, row, self.value_of), self.value_of(first)
        return None, None

    def _place(self, rows: Path, inner: Path, word: JsonValue) -> Path | None:
        if not isinstance(word, str | int) or isinstance(word, bool):
            return None
        here = [path for path in self.words if path[: len(rows)] == rows and path[len(rows) + 1 :] == inner]
        for path in here:
            if self.words[path] == word:
                return path[: len(rows) + 1]
        self.words[(*rows, len(here), *inner)] = word
        self._lists.add((rows, inner))
        return (*rows, len(here))


def _within(node: ast.expr, row: str, value_of: ValueOf) -> Path | None:
    """Where in a row an expression stands."""
    match node:
        case ast.Name(id=name):
            return () if name == row else None
        case (
            ast.Subscript(value=inner, slice=key)
            | ast.Call(func=ast.Attribute(value=inner, attr="get"), args=[key, *_])
        ):
            before, step = _within(inner, row, value_of), value_of(key)
            return (*before, step) if before is not None and isinstance(step, str) else None
    return None
