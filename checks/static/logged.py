"""Which log calls show a secret of the user's."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from checks.static.names import dotted
from checks.static.source import Source

LOG_METHODS = frozenset(
    {
        "debug",
        "info",
        "warning",
        "warn",
        "error",
        "exception",
        "critical",
        "fatal",
        "network",
        "log",
        "notify",
    }
)
LOGGERS = ("logger()", "logger", "_logger", "log", "logging", "_log")
# What has no keys in it, all that it has may be shown.
NO_KEYS = re.compile(r"(order|trade|fill|position|message|event|response|rule)$")
SECRETS = frozenset({"secret", "passphrase", "password", "mnemonic", "jwt", "bearer", "privkey"})
SECRET_PAIRS = (
    ("private", "key"), ("secret", "key"), ("secret", "phrase"), ("seed", "phrase"), ("api", "key"),
    ("access", "token"),
)  # fmt: skip
CARRIERS = (ast.JoinedStr, ast.FormattedValue, ast.BinOp, ast.Tuple, ast.List, ast.Dict, ast.BoolOp)
# Modules of the tree itself: their constants may be settings, which hold what the user gave.
OWN = frozenset({"hummingbot", "controllers", "scripts", "test", "tests", "conf", "bin"})


def logged_secrets(source: Source) -> Iterator[int]:
    for item in source.definitions:
        if item.is_class or item.node is None:
            continue
        names = _names(item.node, source)
        for node in ast.walk(item.node):
            if isinstance(node, ast.Call) and _is_log(node) and node.lineno in source.added:
                arguments = [
                    *node.args,
                    *(keyword.value for keyword in node.keywords if keyword.arg != "exc_info"),
                ]
                if any(_carries(argument, names) for argument in arguments):
                    yield node.lineno
    if source.parsed.tree is None:
        yield from _logged_in_cython(source)


def _logged_in_cython(source: Source) -> Iterator[int]:
    """Log calls of one line, and the lines they go on over."""
    depth, since = 0, 0
    for number, line in enumerate(source.lines, 1):
        if re.search(r"logger\(\)\.\w+\(|\bprint\(", line):
            depth, since = 0, number
        if since:
            depth += line.count("(") - line.count(")")
            named = re.findall(r"\{([^{}]*)\}|[(,]\s*(self\.[\w.]+)", line)
            if number in source.added and any(
                _is_secret(part) for pair in named for part in re.split(r"\W", "".join(pair))
            ):
                yield number
            if depth <= 0:
                since = 0


def _is_log(node: ast.Call) -> bool:
    if isinstance(node.func, ast.Name):
        return node.func.id in ("print", "pprint")
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in LOG_METHODS:
        return False
    return ast.unparse(node.func.value).endswith(LOGGERS)


def _is_secret(name: str) -> bool:
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
    if words and words[-1] in (
        "name",
        "id",
        "length",
        "type",
        "path",
        "url",
        "field",
        "error",
        "valid",
        "present",
        "hash",
    ):
        return False
    return bool(SECRETS.intersection(words)) or any(
        pair == tuple(words[at : at + 2]) for pair in SECRET_PAIRS for at in range(len(words))
    )


@dataclass(frozen=True)
class _Names:
    """Local names: `tainted` were put together from a secret, `published` are constants of libraries."""

    tainted: frozenset[str]
    published: frozenset[str]


def _names(function: ast.AST, source: Source) -> _Names:
    values: dict[str, list[ast.expr]] = {}
    bound: Counter[str] = Counter()
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound[node.id] += 1
        elif isinstance(node, ast.arg):
            bound[node.arg] += 1
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    values.setdefault(target.id, []).append(node.value)
    published = frozenset(
        name
        for name, given in values.items()
        if len(given) == bound[name] and all(_is_published(value, source) for value in given)
    )
    names = _Names(frozenset(), published)
    for _ in range(2):
        tainted = (name for name, given in values.items() if any(_carries(value, names) for value in given))
        names = _Names(frozenset(tainted), published)
    return names


def _is_published(value: ast.expr, source: Source) -> bool:
    """A constant that is imported from a library, whose attributes this file leaves as they are."""
    if isinstance(value, ast.IfExp):
        return _is_published(value.body, source) and _is_published(value.orelse, source)
    if not isinstance(value, ast.Name) or value.id not in source.aliases:
        return False
    module, _, name = source.aliases[value.id].rpartition(".")
    changed = any(
        isinstance(node, ast.Attribute)
        and not isinstance(node.ctx, ast.Load)
        and dotted(node.value) == value.id
        for node in source.nodes
    )
    return bool(module) and module.split(".")[0] not in OWN and name.isupper() and not changed


def _carries(node: ast.AST, names: _Names) -> bool:
    """Whether the value of `node` would show a secret: not what is signed with it, or how long it is."""
    if isinstance(node, ast.Name):
        return node.id in names.tainted or _is_secret(node.id)
    if isinstance(node, ast.Attribute):
        if isinstance(node.value, ast.Name) and node.value.id in names.published:
            return False
        return _is_secret(node.attr) or (
            node.attr == "__dict__" and NO_KEYS.search(ast.unparse(node.value)) is None
        )
    if isinstance(node, ast.Subscript):
        key = node.slice
        named = isinstance(key, ast.Constant) and isinstance(key.value, str) and _is_secret(key.value)
        return named or _carries(node.value, names)
    if isinstance(node, ast.Call):
        return _call_shows(node, names)
    if isinstance(node, ast.IfExp):
        return _carries(node.body, names) or _carries(node.orelse, names)
    if isinstance(node, CARRIERS):
        return any(_carries(child, names) for child in ast.iter_child_nodes(node))
    return False


def _call_shows(node: ast.Call, names: _Names) -> bool:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name == "vars":
        return True
    shows = name in (
        "str",
        "repr",
        "format",
        "decode",
        "encode",
        "dumps",
        "get_secret_value",
        "strip",
        "upper",
        "lower",
        "join",
    )
    inside = [*node.args, *(item.value for item in node.keywords)]
    if isinstance(node.func, ast.Attribute):
        inside.append(node.func.value)
    return shows and any(_carries(item, names) for item in inside)
