"""Imports between the rooms run one way, from commands down to outcomes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import harness

HERE = Path(harness.__file__).parent
# A room may import from those further down. Rooms of one line do not know each other.
LAYERS = (
    ("__main__",),
    ("cli",),
    ("commands",),
    ("voting",),
    ("reporting", "serving"),
    ("screenings",),
    ("checking",),
    ("describing", "scenarios"),
    ("recordings",),
    ("driving", "oracle"),
    ("gateway",),
    ("venue",),
    ("frameworks",),
    ("forks", "sandbox"),
    ("rounds",),
    ("behaviour",),
    ("grading", "requirement"),
    ("outcome",),
    ("clock", "credentials", "paths", "temporary"),
    ("errors",),
    ("ownership", "text"),
    ("__init__",),
)
DEPTH = {room: depth for depth, layer in enumerate(LAYERS) for room in layer}
ROOMS = {path.stem if path.is_file() else path.name for path in HERE.iterdir() if path.suffix == ".py"} | {
    path.parent.name for path in HERE.glob("*/__init__.py")
}


def imported(file: Path) -> Iterator[str]:
    """The rooms of `harness` that a file imports from."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "harness":
            inner = node.module.split(".")[1:2]
            for name in inner or [alias.name for alias in node.names]:
                yield name if name in ROOMS else "__init__"


def test_every_room_has_its_layer() -> None:
    assert set(DEPTH) == ROOMS


@pytest.mark.parametrize("room", sorted(DEPTH))
def test_a_room_imports_from_those_below(room: str) -> None:
    files = (HERE / room).rglob("*.py") if (HERE / room).is_dir() else [HERE / f"{room}.py"]
    upwards = {
        f"{file.relative_to(HERE)} imports {other}"
        for file in files
        for other in imported(file)
        if other != room and DEPTH[other] <= DEPTH[room]
    }
    assert upwards == set()


def modules_at_import(file: Path) -> Iterator[str]:
    """The modules that are loaded with a file: not those that a function imports when it is called."""
    left: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"))]
    while left:
        node = left.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            left += ast.iter_child_nodes(node)


def test_ccxt_is_loaded_by_who_needs_it() -> None:
    """It takes five seconds of processor time, and every screening would wait for it."""
    files = [*HERE.rglob("*.py"), *(HERE.parent / "checks").rglob("*.py")]
    early = [str(file) for file in files for name in modules_at_import(file) if name.split(".")[0] == "ccxt"]
    assert early == []
