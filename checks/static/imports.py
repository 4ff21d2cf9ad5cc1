"""What the new code imports, what of it it can do without, and what is there without any library."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

from checks.static.names import dotted
from checks.static.source import Source
from checks.static.sources import Sources
from harness.outcome import Evidence

OWN = frozenset(
    {"hummingbot", "test", "tests", "conf", "scripts", "bin", "controllers", "__future__", "__main__"}
)
# Come with Cython's compiler: `from libc.stdint cimport int64_t`.
WITH_CYTHON = frozenset({"libc", "libcpp", "cpython", "posix", "cython", "Cython"})
TEST_TOOLS = frozenset({"pytest", "_pytest", "pytest_asyncio", "aioresponses", "aiounittest"})


def imported(source: Source) -> Iterator[tuple[str, int]]:
    """Top-level modules that the added lines import, and where."""
    for reference in source.references:
        if reference.imported and not reference.name.startswith("."):
            yield reference.name.split(".")[0], reference.line


@dataclass(frozen=True)
class Needed:
    """Where a library is imported; `instead_of` are modules that it is imported only for the lack of."""

    where: Evidence
    instead_of: frozenset[str] = frozenset()


def libraries_needed(sources: Sources) -> dict[str, Needed]:
    """Modules of neither Python's nor the framework's that the new code cannot do without.

    An import whose ImportError is caught and not raised again is no need, nor is one for type checkers alone.
    A program among the pages needs what it likes: Hummingbot does not run it.
    """
    found: dict[str, Needed] = {}
    tests = [source for source in sources.code if source.is_test]
    for source in (*sources.shipped, *tests):
        around = TEST_TOOLS if source.is_test else WITH_CYTHON if source.cython else frozenset()
        optional, instead = _spared(source)
        for module, line in imported(source):
            if module in OWN | sys.stdlib_module_names | around or line in optional:
                continue
            if _lies_beside(module, source, sources):
                continue
            before = found.get(module)
            if before is None or (before.instead_of and line not in instead):
                found[module] = Needed(source.evidence(line), instead.get(line, frozenset()))
    return found


def _lies_beside(module: str, source: Source, sources: Sources) -> bool:
    """Whether a program outside the framework, run by hand, imports a file of its own folder."""
    folder, _, _ = source.path.rpartition("/")
    beside = f"{folder}/{module}" if folder else module
    outside = not source.path.startswith("hummingbot/")
    return outside and not sources.paths.isdisjoint((f"{beside}.py", f"{beside}/__init__.py"))


CATCHING = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def _spared(source: Source) -> tuple[frozenset[int], dict[int, frozenset[str]]]:
    """Lines of imports that may fail, and of those that are tried only when others failed, with these."""
    optional: set[int] = set()
    instead: dict[int, frozenset[str]] = {}
    for node in source.nodes:
        if isinstance(node, ast.Try):
            handlers = [each for each in node.handlers if _catches(each.type)]
            if handlers and not any(_raises(each) for each in handlers):
                optional |= _import_lines(node.body)
                first = frozenset(
                    module for module, line in imported(source) if line in _import_lines(node.body)
                )
                for handler in handlers:
                    instead |= dict.fromkeys(_import_lines(handler.body), first)
        elif _is_guard(node):
            optional |= _import_lines(node.body)
    return frozenset(optional), instead


def _catches(kind: ast.expr | None) -> bool:
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(each is None or dotted(each) in CATCHING for each in kinds)


def _raises(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) for node in ast.walk(handler))


def _is_guard(node: ast.AST) -> TypeGuard[ast.With | ast.If]:
    """`with suppress(ImportError)` or `if TYPE_CHECKING`."""
    if isinstance(node, ast.With):
        return any(_suppresses(item.context_expr) for item in node.items)
    return isinstance(node, ast.If) and dotted(node.test).endswith("TYPE_CHECKING")


def _suppresses(expression: ast.expr) -> bool:
    return (
        isinstance(expression, ast.Call)
        and dotted(expression.func).endswith("suppress")
        and any(_catches(argument) for argument in expression.args)
    )


def _import_lines(body: list[ast.stmt]) -> set[int]:
    return {
        node.lineno
        for statement in body
        for node in ast.walk(statement)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
