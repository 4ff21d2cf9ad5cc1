"""The table of attacks in `docs/security.md`, made from the marks of the tests.

`python -m tests.hostile.table` writes it; `make docs` runs that. The tests are read, not imported.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.hostile.attack import Attack, attack
from tests.made_pages import with_table

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "security.md"
BEGIN = "<!-- The attacks: made by `make docs` from tests/hostile; do not edit by hand. -->"
END = "<!-- The end of the attacks. -->"
BACKEND = "backend"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Tested:
    """An attack and its test; `on_backends` when it runs on each sandbox backend."""

    attack: Attack
    name: str
    on_backends: bool


@dataclass(frozen=True)
class Area:
    """A module of attacks; its docstring's first line is the title."""

    title: str
    path: Path
    attacks: tuple[Tested, ...]


def areas(folder: Path = HERE) -> tuple[Area, ...]:
    """Every module in `folder` that holds an attack, by name."""
    shared = _fixtures(_parsed(folder / "conftest.py")) if (folder / "conftest.py").exists() else {}
    found = (_area(path, shared) for path in sorted(folder.glob("test_*.py")))
    return tuple(area for area in found if area.attacks)


def _area(path: Path, shared: dict[str, set[str]]) -> Area:
    module = _parsed(path)
    needs = shared | _fixtures(module)
    title = (ast.get_docstring(module) or path.stem).split("\n")[0].rstrip(".")
    words = _constants(module)
    attacks = (_tested(function, needs, words) for function in _functions(module))
    return Area(title, path, tuple(one for one in attacks if one))


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _functions(module: ast.Module) -> Iterator[Function]:
    yield from (node for node in ast.walk(module) if isinstance(node, Function))


def _constants(module: ast.Module) -> dict[str, str]:
    """Texts that a module gives a name to, as several attacks may meet the same."""
    return {
        target.id: node.value.value
        for node in module.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _tested(function: Function, needs: dict[str, set[str]], constants: dict[str, str]) -> Tested | None:
    for mark in function.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == attack.__name__:
            given = (*mark.args, *(key.value for key in mark.keywords))
            words = [
                constants[one.id] if isinstance(one, ast.Name) else ast.literal_eval(one) for one in given
            ]
            return Tested(Attack(*words), function.name, _reaches_backend(_arguments(function), needs))
    return None


def _fixtures(module: ast.Module) -> dict[str, set[str]]:
    """Each fixture of a module and the fixtures it takes."""
    return {
        function.name: _arguments(function)
        for function in _functions(module)
        if any("fixture" in ast.unparse(mark) for mark in function.decorator_list)
    }


def _arguments(function: Function) -> set[str]:
    return {argument.arg for argument in function.args.args}


def _reaches_backend(names: set[str], needs: dict[str, set[str]]) -> bool:
    seen: set[str] = set()
    while new := names - seen:
        seen |= new
        names = set().union(*(needs.get(name, set()) for name in new))
    return BACKEND in seen


def table(found: tuple[Area, ...]) -> str:
    """The attacks in Markdown, a heading and a table an area."""
    count = sum(len(area.attacks) for area in found)
    twice = sum(one.on_backends for area in found for one in area.attacks)
    where = f"{twice} of them run on bubblewrap and on Docker, the rest on one of them or on none"
    head = f"{count} attacks; {where}.\n"
    return "\n".join([head, *(_section(area) for area in found)])


def _section(area: Area) -> str:
    rows = [f"### {area.title}\n", "| attack | defence | on | test |", "|---|---|---|---|"]
    for one in area.attacks:
        link = f"[`{one.name}`](../tests/hostile/{area.path.name})"
        where = "both" if one.on_backends else "–"
        rows.append(f"| {_cell(one.attack.tries)} | {_cell(one.attack.meets)} | {where} | {link} |")
    return "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(
        with_table(PAGE.read_text(encoding="utf-8"), BEGIN, table(areas()), END), encoding="utf-8"
    )
    sys.stdout.write(f"Wrote {PAGE}\n")
