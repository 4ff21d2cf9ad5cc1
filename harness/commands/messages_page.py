"""`docs/messages.md`: every sentence that a check, an error or the help can show, read from the source.

In one place, so that wording is reviewed. What is filled in stands in braces: `{market.name}`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.requirement import RECORDS

ROOT = RECORDS.parents[1]
FINDINGS: Mapping[str, int] = {"expect": 1, "fail": 0, "undetermined": 0, "not_applicable": 0}
BASE = "HarnessError"
HEAD = """\
# Messages

Made by `harness generate` from the source; do not edit it by hand. A change of wording
shows here, to be read once more. What is filled in when it is shown stands in braces.
"""


@dataclass(frozen=True)
class Messages:
    """What the source at `path` can say, in its order, each once."""

    path: str
    texts: tuple[str, ...]


def page() -> str:
    """The page: findings of checks, errors, and the help of the command."""
    sources = {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for folder in ("checks", "harness")
        for path in sorted((ROOT / folder).rglob("*.py"))
    }
    errors = _errors(sources.values())
    sections = {
        "Findings of checks": _gathered(sources, _finding),
        "Errors": _gathered(sources, lambda node: _error(node, errors)),
        "Help of the command": _gathered(
            {path: module for path, module in sources.items() if path.startswith("harness/cli/")}, _help
        ),
    }
    return HEAD + "".join(f"\n## {title}\n{_section(found)}" for title, found in sections.items())


def _section(found: Iterable[Messages]) -> str:
    return "".join(f"\n`{each.path}`\n\n" + "".join(f"- {text}\n" for text in each.texts) for each in found)


def _gathered(
    sources: Mapping[str, ast.Module], said_by: Callable[[ast.AST], Iterable[str]]
) -> list[Messages]:
    found = []
    for path, module in sources.items():
        texts = [text for node in ast.walk(module) for text in said_by(node) if " " in text.strip()]
        if texts:
            found.append(Messages(path, tuple(dict.fromkeys(texts))))
    return found


def _finding(node: ast.AST) -> Iterator[str]:
    """What a check ends with."""
    if isinstance(node, ast.Call) and (place := FINDINGS.get(_name(node.func))) is not None:
        for argument in node.args[place : place + 1]:
            yield from _texts(argument)


def _error(node: ast.AST, errors: frozenset[str]) -> Iterator[str]:
    """What an error says and what it tells to do; its subclasses say it to `super().__init__`."""
    if isinstance(node, ast.ClassDef) and node.name in errors:
        calls = [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]
        for call in calls:
            if isinstance(call.func, ast.Attribute) and call.func.attr == "__init__":
                yield from _said(call)
    elif isinstance(node, ast.Call) and _name(node.func) in errors:
        yield from _said(node)


def _said(call: ast.Call) -> Iterator[str]:
    hints = [keyword.value for keyword in call.keywords if keyword.arg == "hint"]
    for value in (*call.args[:1], *hints):
        yield from _texts(value)


def _help(node: ast.AST) -> Iterator[str]:
    """Of a command its docstring, of an option its help."""
    if isinstance(node, ast.FunctionDef) and any(_is_command(each) for each in node.decorator_list):
        yield " ".join((ast.get_docstring(node) or "").split())
    elif isinstance(node, ast.keyword) and node.arg == "help":
        yield from _texts(node.value)


def _is_command(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and _name(decorator.func) in ("command", "callback")


def _errors(modules: Iterable[ast.Module]) -> frozenset[str]:
    """The names of all classes that derive from the harness's own error."""
    bases = {
        node.name: {_name(base) for base in node.bases}
        for module in modules
        for node in ast.walk(module)
        if isinstance(node, ast.ClassDef)
    }
    found = {BASE}
    while more := {name for name, above in bases.items() if above & found} - found:
        found |= more
    return frozenset(found)


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _texts(node: ast.expr) -> Iterator[str]:
    """The sentences that an expression can be; both of a choice."""
    match node:
        case ast.Constant(value=str(text)):
            yield _tidy(text)
        case ast.JoinedStr(values=parts):
            yield _tidy("".join(_part(part) for part in parts))
        case ast.IfExp(body=one, orelse=other):
            yield from _texts(one)
            yield from _texts(other)
        case ast.BinOp(left=left, right=right):
            halves = ["".join(_texts(half)) or f"{{{ast.unparse(half)}}}" for half in (left, right)]
            yield _tidy("".join(halves))


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.FormattedValue):
        return f"{{{ast.unparse(part.value)}}}"
    return str(part.value) if isinstance(part, ast.Constant) else ""


def _tidy(text: str) -> str:
    return " ".join(text.split())
