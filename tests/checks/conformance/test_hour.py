"""When an hour of market making is taken to be disturbed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from checks.conformance.test_resilience_hour import test_an_hour_of_market_making as judge
from harness.checking import Failed, Undetermined
from harness.checking.plan import CALM_PACE
from harness.gateway.entries import ClosedBy
from harness.scenarios.played import hour


def watched(*looks: set[int], by: ClosedBy, strict: bool) -> hour.Hour:
    """An hour in which these sockets were open at each look; what closed was closed by that."""
    left = iter(looks)

    def open_sockets(name: str = "*", *, subscribed: bool = False) -> list[Any]:
        return [] if subscribed else [SimpleNamespace(number=number) for number in next(left)]

    closed = [SimpleNamespace(number=number, closed_by=by) for number in range(9)]
    rig = SimpleNamespace(
        clock=SimpleNamespace(now=lambda: 0.0),
        gateway=SimpleNamespace(open_sockets=open_sockets),
        record=SimpleNamespace(sockets=lambda: closed),
    )
    run = hour.Hour(0)
    watch = hour._Watch(cast(Any, rig), run, 12.0, 90.0, strict=strict)
    for _ in looks:
        watch._look()
    return run


@pytest.mark.parametrize(
    ("looks", "by", "restarts"),
    [
        (({1, 2}, {3, 4}), ClosedBy.CLIENT, 1),
        (({1, 2}, set(), {3, 4}, {5, 6}), ClosedBy.LOST, 2),
        (({1, 2}, {3, 4}), ClosedBy.VENUE, 0),
        (({1, 2}, {2, 3}), ClosedBy.CLIENT, 0),
        (({1}, {2}), ClosedBy.CLIENT, 0),
    ],
)
def test_all_its_connections_broken_off_are_a_restart(
    looks: tuple[set[int], ...], by: ClosedBy, restarts: int
) -> None:
    assert watched(*looks, by=by, strict=False).restarts == restarts


@pytest.mark.parametrize(("pace", "ended"), [(CALM_PACE * 2, Undetermined), (CALM_PACE, Failed)])
def test_restarts_are_the_connectors_in_an_hour_that_was_played_calmly(
    pace: float, ended: type[Exception]
) -> None:
    """A hurried hour is played calmly then, once, and not a third time where that passes."""
    run = SimpleNamespace(
        pace=pace, restarts=1, lives=(), forgotten=(), stuck=(), seconds=60.0, began=0.0,
        part=SimpleNamespace(wire=SimpleNamespace(exchanges=lambda: ())),
    )  # fmt: skip
    with pytest.raises(ended, match="dropped all its connections 1 times"):
        judge(cast(Any, run), lambda *_: None)


def test_a_strict_hour_ends_there() -> None:
    with pytest.raises(hour._RestartedError):
        watched({1, 2}, {3, 4}, by=ClosedBy.CLIENT, strict=True)
