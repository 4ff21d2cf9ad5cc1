"""How a tree's modules are built, by what it declares and what its environment became."""

from __future__ import annotations

import pytest

from harness.frameworks import v2
from harness.frameworks.environment import compilation
from harness.frameworks.relaxation import Relaxation
from harness.frameworks.resolving import Lock

SETUP = 'def main():\n    compiler_directives = {"annotation_typing": False}\n'


def nothing(_path: str) -> None:
    return None


@pytest.mark.parametrize(
    ("locked", "gave_way", "by_name"),
    [
        ("cython==0.29.33", ["cython==3.0a7"], True),
        ("cython==0.29.33", [], False),
        ("cython==0.29.33", ["cython==0.29.15"], False),
        ("cython==0.29.33", ["pandas>=3"], False),
        ("cython==3.0.10", ["cython==3.0a7"], False),
    ],
)
def test_what_cython_3_does_by_default_is_asked_of_its_replacement(
    locked: str, gave_way: list[str], by_name: bool
) -> None:
    relaxations = tuple(Relaxation(declared=each, instead="cython") for each in gave_way)
    lock = Lock(python="3.8.18", packages=("numpy==1.22.0", locked), relaxations=relaxations)

    how = compilation(v2.environment_spec(), nothing, lock)

    assert how.directives.get("always_allow_keywords", False) is by_name


def test_what_a_tree_sets_itself_stands() -> None:
    lock = Lock(python="3.12.1", packages=("cython==3.0.10",))

    how = compilation(v2.environment_spec(), lambda path: SETUP if path == "setup.py" else None, lock)

    assert how.directives == {"annotation_typing": False}
