"""Files that the documents for engineers name are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[1]
DOCUMENTS = (
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "README.md",
    "checks/README.md",
    "docs/descriptions.md",
    "docs/dialects.md",
    "tests/README.md",
    "tests/zoo/README.md",
)
NAMED = re.compile(r"`((?:[\w.-]+/)*(?:[\w.-]+/|[\w-]+\.(?:py|yml|md)))`")
# What the harness writes, a fork has, or whoever works with it.
OF_OTHERS = {"ballot.md", "candidates.next.yml", "descriptions/", "reports/"}


def named() -> Iterator[tuple[str, str]]:
    for document in DOCUMENTS:
        text = (TOP / document).read_text(encoding="utf-8")
        yield from (
            (document, name) for name in sorted(set(NAMED.findall(text)) - OF_OTHERS) if "NAME" not in name
        )


@pytest.fixture(scope="module")
def paths() -> frozenset[str]:
    """Each file and folder of the tree, from the top."""
    kept = ("harness", "checks", "tests", "docs", "demo", "benchmarks", "rounds", "scripts", "templates")
    inner = {path for folder in kept for path in (TOP / folder).rglob("*") if "__pycache__" not in path.parts}
    return frozenset(path.relative_to(TOP).as_posix() for path in {*inner, *TOP.iterdir()})


@pytest.mark.parametrize(("document", "name"), tuple(named()))
def test_a_file_that_a_document_names_is_there(document: str, name: str, paths: frozenset[str]) -> None:
    wanted = name.rstrip("/").removeprefix("../")
    assert any(path == wanted or path.endswith(f"/{wanted}") for path in paths), f"{document}: {name}"
