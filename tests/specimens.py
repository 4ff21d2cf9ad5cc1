"""Which specimens show that a requirement's checks can fail: bad connectors, each spoilt one way on purpose.

The record of a requirement lists them by name, and `tests/checks/test_specimens.py` keeps the lists true.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

from harness.checking import slugs_of
from tests.checks.static.test_bad import ALL
from tests.zoo.asked import CHECKS, OF_A_SUBMISSION
from tests.zoo.defects import DEFECTS
from tests.zoo.real_defects import REAL_DEFECTS

TOP = Path(__file__).resolve().parents[1]
MERGED = " as merged"  # a connector that really does it wrong


def _found() -> Iterator[tuple[Callable[..., object], str]]:
    """Each check that judges specimens, with the name of one that it must find fault with."""
    for defect in DEFECTS:
        yield defect.check, defect.name
    for module in ALL:
        for bad in module.BAD:
            if bad.status == "failed":
                yield bad.check, bad.what


@cache
def by_requirement() -> Mapping[str, frozenset[str]]:
    """The names of planted defects and spoilt connectors, by the requirement that they do not meet."""
    names = defaultdict[str, set[str]](set)
    for check, name in _found():
        for slug in slugs_of(check):
            names[slug].add(name)
    return {slug: frozenset(found) for slug, found in names.items()}


def is_shown(name: str, requirement: str) -> bool:
    """Whether a specimen that is neither planted nor spoilt is there for the requirement.

    It is a merged connector that is known to do it wrong, `NAME as merged`, or a test, `PATH::NAME`, whose
    module names a check of the requirement.
    """
    if name.endswith(MERGED):
        connector = name.removesuffix(MERGED)
        return any(of == connector and requirement in slugs_of(check) for of, check in REAL_DEFECTS)
    path, _, test = name.partition("::")
    if not (TOP / path).is_file():
        return False
    module = ast.parse((TOP / path).read_text(encoding="utf-8"))
    tests = {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
    named = {node.attr for node in ast.walk(module) if isinstance(node, ast.Attribute)}
    running: list[Callable[..., object]] = [*CHECKS, *OF_A_SUBMISSION]
    checks = {check.__name__ for check in running if requirement in slugs_of(check)}
    return test in tests and bool(named & checks)
