"""What a fork's own tests give its connector for keys, read as text: the shape is one that its code takes."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

MOST = 40  # calls that are looked at; one test file constructs the same thing again and again


@dataclass(frozen=True)
class Example:
    """One call of a test that names fields: what it gives them, None where that is no text in the file."""

    values: Mapping[str, str | None]

    @property
    def readable(self) -> bool:
        return None not in self.values.values()


def examples(sources: Iterable[str], fields: Collection[str]) -> tuple[Example, ...]:
    """Every different way in which these test modules name any of the fields; the fullest first."""
    found: dict[tuple[tuple[str, str | None], ...], Example] = {}
    for source in sources:
        try:
            module = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError):
            continue
        for example in _in_module(module, fields):
            found.setdefault(tuple(sorted(example.values.items(), key=lambda item: item[0])), example)
            if len(found) >= MOST:
                break
    return tuple(sorted(found.values(), key=lambda each: (-len(each.values), not each.readable)))


def _in_module(module: ast.Module, fields: Collection[str]) -> Iterator[Example]:
    texts = _assigned(module)
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            pairs = [(keyword.arg, keyword.value) for keyword in node.keywords]
        elif isinstance(node, ast.Dict):
            pairs = [
                (_text(key, texts) if key else None, value)
                for key, value in zip(node.keys, node.values, strict=True)
            ]
        else:
            continue
        values = {name: _text(value, texts) for name, value in pairs if name in fields}
        if values:
            yield Example({str(name): value for name, value in values.items()})


def _assigned(module: ast.Module) -> dict[str, str]:
    """Texts by the name or attribute that they are assigned to, anywhere in the module."""
    found: dict[str, str] = {}
    for node in ast.walk(module):
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        text = _text(node.value, {})
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            name = _name(target)
            if text is not None and name:
                found[name] = text
    return found


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _text(node: ast.expr, texts: Mapping[str, str]) -> str | None:
    """A literal, or the name of one; numbers as text."""
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str | int)
        and not isinstance(node.value, bool)
    ):
        return str(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return _repeated(node, texts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left, texts), _text(node.right, texts)
        return None if left is None or right is None else left + right
    return texts.get(_name(node))


def _repeated(node: ast.BinOp, texts: Mapping[str, str]) -> str | None:
    """`"ab" * 32`, within reason."""
    count = node.right.value if isinstance(node.right, ast.Constant) else None
    text = _text(node.left, texts)
    if text is None or not isinstance(count, int) or isinstance(count, bool) or len(text) * count > 4096:
        return None
    return text * count
