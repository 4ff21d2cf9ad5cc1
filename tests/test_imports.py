"""Imports between the rooms run one way, from commands down to outcomes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import harness

HERE = Path(harness.__file__).parent
# Of each package that has rooms, from the top down: a room may import from those further down, and rooms of
# one line do not know each other.
LAYERS = {
    "harness": (
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
    ),
    "harness.describing": (
        ("describe",),
        ("questions", "tally", "writing"),
        ("missing_operations",),
        ("assembling", "review_lines"),
        ("asking",),
        ("streams",),
        ("routes",),
        ("ccxt_reading",),
        ("gathered",),
        ("replies",),
        ("signing",),
        ("fork_tests",),
        ("source_code",),
        ("documents",),
        ("__init__",),
    ),
}
ROOMS = [(package, room) for package, layers in LAYERS.items() for layer in layers for room in layer]


def folder_of(package: str) -> Path:
    return HERE.joinpath(*package.split(".")[1:])


def rooms_of(package: str) -> set[str]:
    """The modules and the packages in a package."""
    inner = folder_of(package).iterdir()
    return {path.stem for path in inner if path.suffix == ".py" or (path / "__init__.py").exists()}


def imported(file: Path, package: str) -> Iterator[str]:
    """The rooms of a package that a file imports from."""
    rooms, depth = rooms_of(package), len(package.split("."))
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{package}."):
            inner = str(node.module).split(".")[depth : depth + 1]
            for name in inner or [alias.name for alias in node.names]:
                yield name if name in rooms else "__init__"


@pytest.mark.parametrize("package", LAYERS)
def test_every_room_has_its_layer(package: str) -> None:
    assert {room for layer in LAYERS[package] for room in layer} == rooms_of(package)


@pytest.mark.parametrize(("package", "room"), ROOMS)
def test_a_room_imports_from_those_below(package: str, room: str) -> None:
    depth = {each: at for at, layer in enumerate(LAYERS[package]) for each in layer}
    folder = folder_of(package)
    files = (folder / room).rglob("*.py") if (folder / room).is_dir() else [folder / f"{room}.py"]
    upwards = {
        f"{file.relative_to(HERE)} imports {other}"
        for file in files
        for other in imported(file, package)
        if other != room and depth[other] <= depth[room]
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
