"""Tiers choose by marks and backend; what takes longest is begun first."""

from __future__ import annotations

from typing import Any

import pytest

from tests import tiers
from tests.sandbox.fixtures import home


class Collected:
    """A test as far as tiers look at it."""

    def __init__(self, nodeid: str, **marks: tuple[object, ...]) -> None:
        self.nodeid = nodeid
        self._marks = marks

    def get_closest_marker(self, name: str) -> Any:
        return getattr(pytest.mark, name)(*self._marks[name]).mark if name in self._marks else None


def kind(**marks: tuple[object, ...]) -> str:
    item: Any = Collected("tests/test_x.py::test_y", **marks)
    return tiers.tier_of(item)


def test_marks_put_a_test_into_a_tier() -> None:
    assert [kind(), kind(full=()), kind(whole_zoo=()), kind(full=(), whole_zoo=())] == [
        "default",
        "all",
        "zoo",
        "zoo",
    ]


@pytest.mark.parametrize("backend", ["bubblewrap", "docker"])
def test_only_one_backend_is_in_the_default_tier(backend: str, request: pytest.FixtureRequest) -> None:
    expected = "default" if backend == home() else "all"
    assert tiers.tier_of(request.node) == expected


def test_the_longest_come_first_and_groups_stay_together() -> None:
    quick, grouped, long = "a.py::test_quick", "a.py::test_grouped", "b.py::test_long"
    items: list[Any] = [
        Collected(quick),
        Collected(f"{grouped}[1]", xdist_group=("g",)),
        Collected(f"{long}[x]@b"),
        Collected(f"{grouped}[2]", xdist_group=("g",)),
    ]
    ordered = tiers.longest_first(items, {grouped: 2.0, long: 3.0})
    assert [item.nodeid for item in ordered] == [f"{grouped}[1]", f"{grouped}[2]", f"{long}[x]@b", quick]


def test_every_duration_is_of_a_file_that_is_there() -> None:
    missing = {name for name in tiers.load_durations() if not (tiers.ROOT / name.split("::")[0]).is_file()}
    assert missing == set(), "python -m pytest --store-durations brings the table up to date"
