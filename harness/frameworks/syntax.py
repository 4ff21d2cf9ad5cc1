"""Reading source text without running it: Python with `ast`, Cython by its tokens."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from harness.frameworks.newer_syntax import newer_pythons, parse_with_newer

CONFLICT = re.compile(r"^(<{7}|>{7}|\|{7}) |^={7}$", re.MULTILINE)
# Levels of syntax; Hummingbot's deepest file has fewer than 82. `ast.unparse` gives up near 300.
DEEPEST = 150
# PEP 695.
TYPE_PARAMETERS = re.compile(r"\s*(type\s+\w+\s*[=\[]|(async\s+)?(def|class)\s+\w+\[)")
# Before 3.12 (PEP 701) an f-string could not hold its own kind of quote; this reads such lines all the same.
QUOTED_FIELD = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class Parsed:
    """`tree` is None for Cython and for what does not parse; then `error` and `line` say why not.

    `needs` is the oldest Python that can read the file, where that is newer than the one this runs on; beside
    an `error`, the one that could tell whether it can be read.
    """

    tree: ast.Module | None = None
    error: str | None = None
    line: int = 1
    needs: tuple[int, int] | None = None


def parse(text: str, *, cython: bool) -> Parsed:
    conflict = CONFLICT.search(text)
    if conflict and text.count("<<<<<<< ") + text.count(">>>>>>> "):
        return Parsed(error="a mark of an unfinished merge", line=text.count("\n", 0, conflict.start()) + 1)
    return _cython(text) if cython else _python(text)


def _python(text: str) -> Parsed:
    try:
        return _shallow(ast.parse(text))
    except SyntaxError as error:
        if (newer := parse_with_newer(text)) is not None:
            return _shallow(newer[0], needs=newer[1])
        if sys.version_info < (3, 12) and (tree := _with_newer_format_strings(text)) is not None:
            return _shallow(tree, needs=(3, 12))
        return Parsed(error=error.msg, line=error.lineno or 1, needs=_perhaps_needs(text, error.lineno or 0))
    except (ValueError, RecursionError, MemoryError) as error:
        return Parsed(error=str(error) or type(error).__name__)


def _perhaps_needs(text: str, line: int) -> tuple[int, int] | None:
    """What the faulty line looks like where no newer Python is here to tell."""
    lines = text.split("\n")
    looks = 0 < line <= len(lines) and TYPE_PARAMETERS.match(lines[line - 1])
    return (3, 12) if looks and not newer_pythons() and sys.version_info < (3, 12) else None


def _shallow(tree: ast.Module, needs: tuple[int, int] | None = None) -> Parsed:
    line = _too_deep(tree)
    if line is None:
        return Parsed(tree, needs=needs)
    return Parsed(error=f"an expression nested more than {DEEPEST} levels deep", line=line)


def _too_deep(tree: ast.Module) -> int | None:
    """The line of a node deeper than `ast.unparse` can follow, None where there is none."""
    waiting: list[tuple[ast.AST, int, int]] = [(tree, 0, 1)]
    while waiting:
        node, depth, line = waiting.pop()
        line = getattr(node, "lineno", line)
        if depth > DEEPEST:
            return line
        waiting.extend((child, depth + 1, line) for child in ast.iter_child_nodes(node))
    return None


def _with_newer_format_strings(text: str) -> ast.Module | None:
    """The tree of a file whose only fault is quotes inside format strings, line by faulty line."""
    lines = text.split("\n")
    for _ in range(200):
        try:
            return ast.parse("\n".join(lines))
        except (SyntaxError, ValueError) as error:
            number = getattr(error, "lineno", None) or 0
            if not 0 < number <= len(lines):
                return None
            changed = QUOTED_FIELD.sub(lambda match: match[0].replace('"', "'"), lines[number - 1])
            if changed == lines[number - 1] or 'f"' not in changed:
                return None
            lines[number - 1] = changed
    return None


def _cython(text: str) -> Parsed:
    """Without a parser: brackets, strings and indentation must add up; the build says the rest."""
    try:
        for _ in tokenize.generate_tokens(io.StringIO(text).readline):
            pass
    except tokenize.TokenError as error:
        message, position = error.args
        return Parsed(error=str(message), line=position[0])
    except SyntaxError as error:
        return Parsed(error=error.msg, line=error.lineno or 1)
    return Parsed()


def tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """The tokens up to the first fault."""
    try:
        yield from tokenize.generate_tokens(io.StringIO(text).readline)
    except (tokenize.TokenError, SyntaxError):
        return
