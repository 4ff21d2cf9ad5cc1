"""Which key-like values nobody can lose: public ones, and stand-ins for a key where nothing trades."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from checks.static.source import Source
from checks.static.sources import Sources

# Upstream tells its own scanner of secrets about a dummy with a remark that says noqa and mock.
MARK = re.compile(
    r"#\s*(noqa:\s*mock|(a )?(dummy|mock|fake|placeholder)( (key|secret|value))?)\s*(#|$)", re.IGNORECASE
)
CALLED_DUMMY = frozenset({"dummy", "mock", "fake", "placeholder", "example", "sample"})
WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
CONNECTORS = ("hummingbot/connector/exchange/", "hummingbot/connector/derivative/", "hummingbot/market/")
TRADING = "trading_required"


def why_harmless(source: Source, line: int, name: str, value: str, sources: Sources) -> str | None:
    """Why a key-like value is no secret, or None. `name` is empty for what has a provider's own form.

    In a connector's own folder a mark says nothing: it trades.
    """
    if value and not trades_with(source, value):
        return "where trading is off"
    if name and not source.path.startswith(CONNECTORS):
        if MARK.search(source.line(line)):
            return "marked as a dummy"
        if not CALLED_DUMMY.isdisjoint(word.lower() for word in WORDS.findall(name)):
            return "named as a dummy"
    if value and sources.held_before(value):
        return "in Hummingbot already"
    return None


def trades_with(source: Source, value: str) -> bool:
    """Whether any use of a constant may reach an instance that trades: one that is made without saying no."""
    uses = [node for node in source.nodes if isinstance(node, ast.Constant) and node.value == value]
    return not uses or not all(_only_without_trading(source, node) for node in uses)


def _only_without_trading(source: Source, node: ast.AST) -> bool:
    """It goes into a call with `trading_required=False`, itself or by a local name used nowhere else."""
    for outer in source.above(node):
        if isinstance(outer, ast.Call) and _says_no_trading(outer):
            return True
        if isinstance(outer, ast.Assign):
            uses = list(_local_uses(source, outer))
            return bool(uses) and all(_only_without_trading(source, use) for use in uses)
        if isinstance(outer, ast.stmt):
            return False
    return False


def _says_no_trading(call: ast.Call) -> bool:
    return any(
        item.arg == TRADING and isinstance(item.value, ast.Constant) and item.value.value is False
        for item in call.keywords
    )


def _local_uses(source: Source, assignment: ast.Assign) -> Iterator[ast.AST]:
    """Where a function reads the one plain name that it gives the value to; nothing for any other target."""
    function = source.function_around(assignment)
    target = assignment.targets[0]
    if function is None or len(assignment.targets) != 1 or not isinstance(target, ast.Name):
        return
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id == target.id and isinstance(node.ctx, ast.Load):
            yield node
