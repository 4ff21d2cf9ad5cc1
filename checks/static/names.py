"""Which functions and modules a file uses, by their full names."""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.frameworks.syntax import tokens

if TYPE_CHECKING:
    from checks.static.source import Source


@dataclass(frozen=True)
class Reference:
    """A use of `name`, import or not. `call` is the call that it heads, in Python files."""

    name: str
    line: int
    call: ast.Call | None = None
    imported: bool = False


def resolve(source: Source) -> Iterator[Reference]:
    if source.parsed.tree is None:
        yield from _in_tokens(source.text)
        return
    aliases = source.aliases
    yield from _imports(source.nodes)
    heads = {id(node.func): node for node in source.nodes if isinstance(node, ast.Call)}
    inner = {id(node.value) for node in source.nodes if isinstance(node, ast.Attribute)}
    for node in source.nodes:
        if isinstance(node, ast.Name | ast.Attribute) and id(node) not in inner and _is_read(node):
            yield Reference(full_name(dotted(node), aliases), node.lineno, heads.get(id(node)))
        elif isinstance(node, ast.Call) and dotted(node.func) == "getattr" and len(node.args) > 1:
            yield Reference(_got(node, aliases), node.lineno, node)


def _got(call: ast.Call, aliases: dict[str, str]) -> str:
    """`getattr(os, "system")` is `os.system`; with a name that is worked out, `os.*`."""
    wanted = call.args[1]
    attribute = wanted.value if isinstance(wanted, ast.Constant) and isinstance(wanted.value, str) else "*"
    return f"{full_name(dotted(call.args[0]), aliases)}.{attribute}"


def module_called_for(node: ast.AST) -> str | None:
    """`os` for `importlib.import_module("os")` and `__import__("os")`, which is nothing but an import."""
    if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
        return None
    name = ast.unparse(node.func)
    called = name in ("__import__", "import_module") or name.endswith((".import_module", ".__import__"))
    return node.args[0].value if called and isinstance(node.args[0].value, str) else None


def _is_read(node: ast.Name | ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Load)


def dotted(node: ast.AST) -> str:
    """`a.b.c` for plain names; `().b` where the front is an expression, so that methods keep their name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else module_called_for(node) or "()")
    return ".".join(reversed(parts))


def full_name(name: str, aliases: dict[str, str]) -> str:
    head, _, rest = name.partition(".")
    known = aliases.get(head, head)
    full = f"{known}.{rest}" if rest else known
    return full.removeprefix("builtins.").removeprefix("__builtins__.")


def imported_as(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    for node in nodes:
        if isinstance(node, ast.Import):
            for item in node.names:
                if item.asname:
                    yield item.asname, item.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for item in node.names:
                yield item.asname or item.name, f"{node.module}.{item.name}"
        elif isinstance(node, ast.Assign) and (module := module_called_for(node.value)):
            yield from ((target.id, module) for target in node.targets if isinstance(target, ast.Name))


def _imports(nodes: Iterable[ast.AST]) -> Iterator[Reference]:
    for node in nodes:
        if isinstance(node, ast.Import):
            for item in node.names:
                yield Reference(item.name, node.lineno, imported=True)
        elif isinstance(node, ast.Call) and (called := module_called_for(node)):
            yield Reference(called, node.lineno, imported=True)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield Reference(module, node.lineno, imported=True)
            for item in node.names:
                yield Reference(f"{module}.{item.name}", node.lineno, imported=True)


def _in_tokens(text: str) -> Iterator[Reference]:
    """Dotted names in Cython, statement by statement; imports are parsed alone."""
    aliases: dict[str, str] = {}
    for statement in _statements(text):
        first = statement[0]
        if first.string in ("import", "from", "cimport"):
            for reference, known in _import_statement(statement):
                aliases.update(known)
                yield reference
            continue
        yield from _names_in(statement, aliases)


def _names_in(statement: list[tokenize.TokenInfo], aliases: dict[str, str]) -> Iterator[Reference]:
    name, after_dot = "", False
    for token in statement:
        if token.type == tokenize.NAME:
            if name and not after_dot:
                yield Reference(full_name(name, aliases), token.start[0])
            name, after_dot = (name + token.string if after_dot else token.string), False
        elif token.string == ".":
            name, after_dot = f"{name or '()'}.", True
        elif name:
            yield Reference(full_name(name, aliases), token.start[0])
            name, after_dot = "", False


def _statements(text: str) -> Iterator[list[tokenize.TokenInfo]]:
    statement: list[tokenize.TokenInfo] = []
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)
    for token in tokens(text):
        if token.type in (tokenize.NEWLINE, tokenize.ENDMARKER):
            if statement:
                yield [*statement, token]
            statement = []
        elif token.type not in skipped:
            statement.append(token)


def _import_statement(statement: list[tokenize.TokenInfo]) -> Iterator[tuple[Reference, dict[str, str]]]:
    line = statement[0].start[0]
    words = " ".join("import" if token.string == "cimport" else token.string for token in statement[:-1])
    try:
        nodes = tuple(ast.walk(ast.parse(words.replace(" . ", "."))))
    except SyntaxError:
        return
    aliases = dict(imported_as(nodes))
    for reference in _imports(nodes):
        yield Reference(reference.name, line, imported=True), aliases
