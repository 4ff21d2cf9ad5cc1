"""The checks that pytest collected: what each verifies, whether it waits for scenarios, and its turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from typing import Any

import pytest

from harness.checking import LONG, MARK
from harness.checking.conclusions import LOADS
from harness.checking.runner import EVERY, judges_traces, parameters_of

CONFORMANCE = "conformance"


def requirements_of(item: pytest.Item) -> tuple[str, ...]:
    return tuple(slug for mark in item.iter_markers(MARK) for slug in mark.args)


def is_conformance(item: pytest.Item) -> bool:
    return CONFORMANCE in item.path.parts


def waits_for_scenarios(item: pytest.Item) -> bool:
    check = function_of(item)
    return judges_traces(check) and EVERY not in parameters_of(check)


def function_of(item: pytest.Item) -> Callable[..., object]:
    assert isinstance(item, pytest.Function)  # noqa: S101 - checks are functions
    function: Callable[..., object] = item.function
    return function


def chosen(
    items: Iterable[pytest.Item], wanted: Set[str], done: Set[tuple[str, str]]
) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Those that verify a wanted requirement of which they have not said all, and the others.

    `done` are requirements with the checks that have an outcome for them.
    """
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        slugs = set(requirements_of(item))
        finished = all((slug, item.nodeid) in done for slug in slugs)
        (kept if slugs & wanted and not finished else dropped).append(item)
    return kept, dropped


def turn_of(item: pytest.Item, connectors: Sequence[str]) -> tuple[int, ...]:
    """What needs no connector, then one connector after the other: what one needs is closed before the next
    one's is opened.

    First whether it loads; then scenarios begin, the longest first, and what needs none follows. What looks
    into every trace comes last: by then all have been played.
    """
    waits = waits_for_scenarios(item)
    takes_long = item.get_closest_marker(LONG) is not None
    watches_all = EVERY in parameters_of(function_of(item))
    loads_first = LOADS not in requirements_of(item)
    one = _connector(item, connectors)
    return (is_conformance(item), one, loads_first, watches_all, not waits, takes_long is not waits)


def _connector(item: pytest.Item, connectors: Sequence[str]) -> int:
    """Which of the candidate's it is about."""
    callspec: Any = getattr(item, "callspec", None)
    name = callspec.params.get("connector_name") if callspec is not None else None
    return connectors.index(name) if name in connectors else 0
