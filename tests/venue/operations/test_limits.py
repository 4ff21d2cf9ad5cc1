"""Requests are counted for each route, together, or by weight."""

from __future__ import annotations

from harness.venue.operations.limits import RouteLimit, RouteLimits

ORDERS = RouteLimit(2, 1, frozenset({"place_order"}))
OTHERS = RouteLimit(3, 10)
ALL = RouteLimit(5, 10, frozenset({"place_order", "balances"}), together=True, weighed=True)


def over(limits: RouteLimits, route: str, operation: str, weight: int = 1, now: float = 100.0) -> bool:
    standing = limits.use("connector", route, operation, weight, now)
    return standing is not None and standing.use.over


def test_each_route_has_a_window_of_its_own() -> None:
    limits = RouteLimits([ORDERS, OTHERS])
    assert [over(limits, "POST /a", "place_order") for _ in range(3)] == [False, False, True]
    assert not over(limits, "POST /b", "place_order")
    assert [over(limits, "GET /c", "balances") for _ in range(4)] == [False, False, False, True]
    assert not over(limits, "POST /a", "place_order", now=101.0)
    assert limits.use("oracle", "GET /c", "balances", 1, 100.0) is not None
    assert not over(limits, "GET /d", "balances")


def test_several_may_share_one_and_weigh_more() -> None:
    limits = RouteLimits([ALL])
    assert not over(limits, "POST /a", "place_order", weight=3)
    assert over(limits, "GET /c", "balances", weight=3)
    assert limits.use("connector", "GET /x", "ticker", 1, 100.0) is None


def test_the_tightest_limit_is_told() -> None:
    standing = RouteLimits([ORDERS, ALL]).use("connector", "POST /a", "place_order", 1, 105.5)
    assert standing is not None
    assert (standing.limit, standing.left, standing.resets_at) == (ORDERS, 1, 106)
