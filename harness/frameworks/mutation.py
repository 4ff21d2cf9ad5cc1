"""How good a connector's unit tests are: small defects are planted in it, and its tests should notice each.

The defects are drawn from the lines that the tests run, with a seed; a line that no test runs is counted
elsewhere. Each is tried in a process of its own in the sandbox, by the tests that run its line. What comes
back is a claim, as with everything that the tests say.
"""

from __future__ import annotations

import ast
import json
import random
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from harness import temporary
from harness.frameworks.runtime import TREE, Runtime, our_program
from harness.frameworks.unit_tests import MAX_RESULT, UnitTestResult
from harness.sandbox.protocol import Backend, Limits, Mount

PLANTED = 16
LIMITS = Limits(memory_bytes=2 << 30, cpu_seconds=300, wall_seconds=300)
ORDER = "/order.json"
SEEN = 60  # characters of a defect's two texts
Fate = Literal["noticed", "missed", "untried"]

COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Lt: ("<", ">="),
    ast.LtE: ("<=", ">"),
    ast.Gt: (">", "<="),
    ast.GtE: (">=", "<"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
}
ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
}
OPPOSITES = {
    "BUY": "SELL",
    "SELL": "BUY",
    "LONG": "SHORT",
    "SHORT": "LONG",
    "OPEN": "CLOSE",
    "CLOSE": "OPEN",
    "LIMIT": "MARKET",
    "MARKET": "LIMIT",
    "FILLED": "CANCELED",
    "CANCELED": "FILLED",
    "SNAPSHOT": "DIFF",
    "DIFF": "SNAPSHOT",
    "CONNECTED": "NOT_CONNECTED",
}
"""Members of the framework's enumerations, and what is easily written instead."""


@dataclass(frozen=True)
class Mutant:
    """One planted defect: `old`, at a place of a file (line from 1, column in UTF-8 bytes), becomes `new`."""

    path: str
    line: int
    column: int
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: `{self.old[:SEEN]}` became `{self.new[:SEEN]}`"


class MutationResult(BaseModel):
    """What became of the planted defects.

    `sound`: they were all tried; if not, `detail` says more and nothing else counts. Those whose tests fail
    with nothing planted are not among them.
    """

    model_config = ConfigDict(frozen=True)

    sound: bool
    noticed: int = 0
    missed: tuple[str, ...] = ()
    detail: str = ""

    @property
    def planted(self) -> int:
        return self.noticed + len(self.missed)


class _Said(BaseModel):
    nonce: str
    sound: bool
    fates: tuple[Fate, ...]


def grade_unit_tests(
    backend: Backend,
    runtime: Runtime,
    result: UnitTestResult,
    seed: int,
    planted: int = PLANTED,
    limits: Limits = LIMITS,
) -> MutationResult:
    """Plant so many defects in lines that the tests of `result` ran. Raises SandboxFailure only."""
    (tree,) = (mount.source for mount in runtime.mounts if mount.target == TREE)
    chosen = draw(tree, result, seed, planted)
    if not chosen:
        return MutationResult(sound=False, detail="the tests run no line in which a defect could be planted")
    nonce = secrets.token_hex(16)
    order = {
        "nonce": nonce,
        "tree": TREE,
        "mutants": [{**asdict(each), "tests": _tests_of(result, each)} for each in chosen],
    }
    with temporary.folder("mutants") as folder:
        folder.chmod(0o755)
        file = folder / "order.json"
        file.write_text(json.dumps(order), encoding="utf-8")
        job = our_program(runtime, "mutants", ORDER, limits, Mount(file, ORDER), background=True)
        done = backend.run(job)
    said = [each for line in done.stdout.splitlines() if (each := _said(line)) and each.nonce == nonce]
    if len(said) != 1 or not said[0].sound or len(said[0].fates) != len(chosen):
        return MutationResult(sound=False, detail=done.stderr.decode("utf-8", "replace")[-3000:])
    fates = list(zip(chosen, said[0].fates, strict=True))
    return MutationResult(
        sound=True,
        noticed=sum(fate == "noticed" for _, fate in fates),
        missed=tuple(str(mutant) for mutant, fate in fates if fate == "missed"),
    )


def _said(line: bytes) -> _Said | None:
    try:
        return _Said.model_validate_json(line[:MAX_RESULT])
    except ValidationError:
        return None


def draw(tree: Path, result: UnitTestResult, seed: int, count: int) -> list[Mutant]:
    """At most one defect a line, spread over kinds of defects as evenly as the lines allow."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    kinds: dict[str, list[Mutant]] = {}
    for file in sorted(result.files, key=lambda each: each.path):
        ran = {line for line in file.statements if line in file.reached_by}
        for kind, mutant in mutants(file.path, (tree / file.path).read_bytes()):
            if mutant.line in ran:
                kinds.setdefault(kind, []).append(mutant)
    for each in kinds.values():
        chance.shuffle(each)
    drawn: dict[tuple[str, int], Mutant] = {}
    while len(drawn) < count and any(kinds.values()):
        for each in [kinds[kind] for kind in sorted(kinds) if kinds[kind]]:
            mutant = each.pop()
            if len(drawn) < count:
                drawn.setdefault((mutant.path, mutant.line), mutant)
    return [drawn[place] for place in sorted(drawn)]


def _tests_of(result: UnitTestResult, mutant: Mutant) -> list[str]:
    (file,) = (each for each in result.files if each.path == mutant.path)
    return [result.tests[number] for number in file.reached_by[mutant.line]]


def mutants(path: str, source: bytes) -> Iterator[tuple[str, Mutant]]:
    """Every defect that could be planted in it, each with its kind. Nothing in what is only logged.

    None in a file that is not UTF-8 or does not parse.
    """
    lines = source.splitlines()
    try:
        nodes = list(_code(ast.parse(source.decode())))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in nodes:
        for kind, place, old, new in _changes(node, lines):
            line, column = place
            if lines[line - 1][column : column + len(old.encode())] == old.encode():
                yield kind, Mutant(path, line, column, old, new)


def _code(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but annotations, docstrings and calls of a logger."""
    for node in ast.iter_child_nodes(tree):
        logged = isinstance(node, ast.Expr) and "logger" in ast.dump(node.value)
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if logged or docstring or isinstance(node, ast.arg | ast.Import | ast.ImportFrom):
            continue
        yield node
        yield from _code(node)


Place = tuple[int, int]
Change = tuple[str, Place, str, str]


def _changes(node: ast.AST, lines: Sequence[bytes]) -> Iterator[Change]:
    yield from _operators(node, lines)
    yield from _words(node)
    match node:
        case ast.Expr(value=ast.Call() | ast.Await()) if node.lineno == node.end_lineno:
            text = lines[node.lineno - 1][node.col_offset : node.end_col_offset].decode()
            yield "call", _place(node), text, "pass"


def _operators(node: ast.AST, lines: Sequence[bytes]) -> Iterator[Change]:
    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARISONS:
            yield from _between(left, right, COMPARISONS[type(op)], "comparison", lines)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
            yield from _between(left, right, ARITHMETIC[type(op)], "arithmetic", lines)
        case ast.BoolOp(op=ast.And(), values=[left, right]):
            yield from _between(left, right, ("and", "or"), "logic", lines)
        case ast.BoolOp(op=ast.Or(), values=[left, right]):
            yield from _between(left, right, ("or", "and"), "logic", lines)
        case ast.UnaryOp(op=ast.Not()):
            yield "logic", _place(node), "not ", ""


def _words(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Constant(value=bool(value)):
            yield "constant", _place(node), str(value), str(not value)
        case ast.Constant(value=int(value)):
            yield "constant", _place(node), str(value), str(value + 1)
        case ast.Subscript(slice=ast.Constant(value=str(key)) as part):
            for quote in ("'", '"'):
                yield "field", _place(part), f"{quote}{key}{quote}", f"{quote}{key}_{quote}"
        case ast.Attribute(attr=name, end_lineno=int(line), end_col_offset=int(column)):
            if name in OPPOSITES:
                yield "opposite", (line, column - len(name)), name, OPPOSITES[name]


def _between(
    left: ast.expr, right: ast.expr, texts: tuple[str, str], kind: str, lines: Sequence[bytes]
) -> Iterator[Change]:
    """The operator, where it stands on one line with what it joins."""
    old, new = texts
    if left.end_lineno == right.lineno and left.end_col_offset is not None:
        gap = lines[right.lineno - 1][left.end_col_offset : right.col_offset]
        found = gap.find(old.encode())
        if found >= 0 and gap.strip(b" ()") == old.encode():
            yield kind, (right.lineno, left.end_col_offset + found), old, new


def _place(node: ast.expr | ast.stmt) -> Place:
    return node.lineno, node.col_offset
