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


@dataclass(frozen=True)
class Edit:
    """A change to one file of the connector's package."""

    file: str
    change: Callable[[str], str]

    def plant(self, package: Path) -> None:
        path = package / self.file
        changed = self.change(path.read_text(encoding="utf-8"))
        compile(changed, self.file, "exec")
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


def behaving(file: str, name: str, members: str) -> Edit:
    """Let class `name` have these `members`, which may call `super()` for what the release does."""

    def change(source: str) -> str:
        classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
        if name not in {node.name for node in classes}:
            raise AnchorMissing(f"class {name} in {file}")
        body = indent(dedent(members).strip("\n"), "    ")
        return f"{source}\n\nclass {name}({name}):\n{body}\n"

    return Edit(file, change)


def rewritten(file: str, change: Callable[[str], str]) -> Edit:
    """Any change at all, such as the demo's."""
    return Edit(file, change)


def _lines_of(source: str, function: str) -> tuple[int, int]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function:
            return node.lineno - 1, node.end_lineno or node.lineno
    raise AnchorMissing(f"function {function}")
