"""Plants a defect in released source. What is put in is ours; of the source only short anchors are named.

An edit whose anchor is gone raises `AnchorMissing`: a defect that silently vanished would prove nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent

from demo.edits import AnchorMissing

# The parts that a connector's classes play, by what they derive from, whatever their names.
Part = tuple[str, ...]
EXCHANGE_CLASS: Part = ("ExchangePyBase", "PerpetualDerivativePyBase")
BOOK_SOURCE_CLASS: Part = ("OrderBookTrackerDataSource", "PerpetualAPIOrderBookDataSource")
USER_SOURCE_CLASS: Part = ("UserStreamTrackerDataSource",)

# What members of any connector's class may name.
PRELUDE = """
import asyncio
from decimal import Decimal

from hummingbot.core.data_type.common import OrderType, TradeType
from hummingbot.core.data_type.in_flight_order import OrderState, OrderUpdate
"""


@dataclass(frozen=True)
class Edit:
    """A change to one file of the connector's package: the one of that name, or the one with that part."""

    file: str | Part
    change: Callable[[str], str]

    @property
    def portable(self) -> bool:
        """Whether it can be planted in any connector."""
        return not isinstance(self.file, str)

    def plant(self, package: Path) -> None:
        path = package / self.file if isinstance(self.file, str) else _module_with(package, self.file)
        changed = self.change(path.read_text(encoding="utf-8"))
        compile(changed, path.name, "exec")
        path.write_text(changed, encoding="utf-8")


def worded(file: str, function: str, *pairs: tuple[str, str]) -> Edit:
    """Inside `function`, replace each first text, which has to occur there, by the second."""

    def change(source: str) -> str:
        start, end = _lines_of(source, function)
        lines = source.splitlines(keepends=True)
        text = "".join(lines[start:end])
        for old, new in pairs:
            if old not in text:
                raise AnchorMissing(f"{old} in {function} of {file}")
            text = text.replace(old, new)
        return "".join([*lines[:start], text, *lines[end:]])

    return Edit(file, change)


def constant(file: str, old: str, new: str) -> Edit:
    """Replace a text that occurs exactly once in the module."""

    def change(source: str) -> str:
        if source.count(old) != 1:
            raise AnchorMissing(f"single {old} in {file}")
        return source.replace(old, new)

    return Edit(file, change)


def exchange(members: str) -> Edit:
    """Let any connector's exchange class have these `members`, which are the framework's base class's too."""
    return _acting(EXCHANGE_CLASS, members)


def book_source(members: str) -> Edit:
    """The same for the class that tracks order books."""
    return _acting(BOOK_SOURCE_CLASS, members)


def user_source(members: str) -> Edit:
    """The same for the class that listens to the user stream."""
    return _acting(USER_SOURCE_CLASS, members)


def _acting(part: Part, members: str) -> Edit:
    def change(source: str) -> str:
        (name,) = _playing(source, part)
        return f"{source}\n{PRELUDE}\n\nclass {name}({name}):\n{_body(members)}\n"

    return Edit(part, change)


def behaving(file: str, name: str, members: str) -> Edit:
    """Let class `name` have these `members`, which may call `super()` for what the release does."""

    def change(source: str) -> str:
        classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
        if name not in {node.name for node in classes}:
            raise AnchorMissing(f"class {name} in {file}")
        return f"{source}\n\nclass {name}({name}):\n{_body(members)}\n"

    return Edit(file, change)


def rewritten(file: str, change: Callable[[str], str]) -> Edit:
    """Any change at all, such as the demo's."""
    return Edit(file, change)


def _body(members: str) -> str:
    return indent(dedent(members).strip("\n"), "    ")


def _playing(source: str, part: Part) -> list[str]:
    """The names of the classes that derive from one of the part's."""
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    return [
        node.name
        for node in classes
        if any(isinstance(base, ast.Name) and base.id in part for base in node.bases)
    ]


def _module_with(package: Path, part: Part) -> Path:
    found = [path for path in sorted(package.glob("*.py")) if _playing(path.read_text("utf-8"), part)]
    if len(found) != 1:
        raise AnchorMissing(f"one class of {' or '.join(part)} in {package.name}")
    return found[0]


def _lines_of(source: str, function: str) -> tuple[int, int]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function:
            return node.lineno - 1, node.end_lineno or node.lineno
    raise AnchorMissing(f"function {function}")
