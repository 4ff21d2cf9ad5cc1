"""Hosts that are filled in, and whether this computer is meant by them where the user names no other.

Some exchanges are spoken to through a program that the user runs beside Hummingbot, such as a signer.
"""

from __future__ import annotations

import ast
import string
from collections.abc import Iterable, Iterator

from checks.static.names import dotted
from checks.static.source import Source


def stays_here(source: Source, line: int, package: Iterable[Source], local: frozenset[str]) -> bool:
    """Whether every host that an address on this line is filled in with is written out, and one of `local`.

    Values are looked for by name in the connector's files: what is assigned, given on, or a default.
    """
    known = tuple(package)
    hosts = list(_filled_in(source, line))
    return bool(hosts) and all(_all_local(host, known, local) for host in hosts)


def _filled_in(source: Source, line: int) -> Iterator[ast.expr]:
    for node in source.nodes:
        if isinstance(node, ast.JoinedStr) and node.lineno == line:
            scheme, host = (*node.values, None, None)[:2]
            if isinstance(scheme, ast.Constant) and str(scheme.value).endswith("://"):
                yield host.value if isinstance(host, ast.FormattedValue) else ast.Name("")
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"
        ):
            text = node.func.value
            if isinstance(text, ast.Constant) and isinstance(text.value, str) and text.lineno == line:
                yield _first_field(text.value, node)


def _first_field(text: str, call: ast.Call) -> ast.expr:
    name = next((field for _, field, _, _ in string.Formatter().parse(text) if field is not None), "")
    given = {item.arg: item.value for item in call.keywords}
    if name.isdigit() or not name:
        place = int(name or 0)
        return call.args[place] if place < len(call.args) else ast.Name("")
    return given.get(name, ast.Name(""))


def _all_local(host: ast.expr, package: tuple[Source, ...], local: frozenset[str]) -> bool:
    waiting: list[ast.expr] = [host]
    followed: set[str] = set()
    while waiting:
        each = waiting.pop()
        if isinstance(each, ast.Call):
            each = _default_of(each) or each
        if isinstance(each, ast.Constant):
            if each.value not in local:
                return False
            continue
        name = _last_word(each)
        if name not in followed:
            followed.add(name)
            values = list(_values(name, package)) if name else []
            if not values:
                return False
            waiting += values
    return True


def _last_word(node: ast.AST) -> str:
    """`host` of `self._host`; empty for what is no name."""
    return dotted(node).rpartition(".")[2].strip("_()") if isinstance(node, ast.Name | ast.Attribute) else ""


def _default_of(call: ast.Call) -> ast.expr | None:
    """Of a field of a config map."""
    if dotted(call.func).rpartition(".")[2] != "Field":
        return None
    return next((item.value for item in call.keywords if item.arg == "default"), None)


def _values(name: str, package: tuple[Source, ...]) -> Iterator[ast.expr]:
    for source in package:
        for node in source.nodes:
            yield from _bound(name, node)


def _bound(name: str, node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Assign):
        targets: list[ast.expr] = node.targets
        value: ast.expr | None = node.value
    elif isinstance(node, ast.AnnAssign):
        targets, value = [node.target], node.value
    else:
        targets, value = [], None
    if value is not None and any(_last_word(target) == name for target in targets):
        yield value
    if isinstance(node, ast.arguments):
        positional = [*node.posonlyargs, *node.args]
        pairs = [*zip(reversed(positional), reversed(node.defaults), strict=False),
                 *zip(node.kwonlyargs, node.kw_defaults, strict=True)]  # fmt: skip
        yield from (default for each, default in pairs if each.arg.strip("_") == name and default is not None)
