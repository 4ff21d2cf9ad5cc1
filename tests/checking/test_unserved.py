"""Routes that an exchange has and its simulation has not, by ccxt's tables."""

from __future__ import annotations

import pytest

from harness.checking.endings import excused
from harness.checking.policy import Ending
from harness.checking.unserved import Route, named, routes_of, unserved
from harness.gateway.entries import Exchange, Headers
from harness.outcome import Status
from harness.scenarios.trace.model import Header, Trace

UPGRADE: Headers = (("Upgrade", "websocket"),)
FAILED = Ending(Status.FAILED, "The connector lists no pairs.")


def asked(
    path: str,
    method: str = "GET",
    *,
    operation: str | None = None,
    headers: Headers = (),
    fault: str | None = None,
) -> Trace:
    """What is seen when a connector of Bitget asks for that path."""
    header = Header(scenario="trade", connector="bitget", dialect="bitget", seed=1, pace=12.0, trial="first")
    exchange = Exchange(
        at=0.0,
        host="api.bitget.com",
        port=443,
        tls=True,
        client="connector",
        operation=operation,
        method=method,
        path=path,
        headers=headers,
        status=404,
        fault=fault,
        number=1,
    )
    return Trace(header, (exchange,))


@pytest.mark.parametrize(
    ("trace", "found"),
    [
        (asked("/api/v3/market/instruments"), ("GET /api/v3/market/instruments",)),
        (asked("/api/v3/trade/place-order", "POST"), ("POST /api/v3/trade/place-order",)),
        (asked("/api/v3/market/not-in-any-table"), ("GET /api/v3/market/not-in-any-table",)),
        (asked("/api/v2/spot/market/not-in-any-table"), ()),
        (asked("/v3/ws/public", headers=UPGRADE), ("WebSocket /v3/ws/public",)),
        (asked("/api/v9/market/instruments"), ()),
        (asked("/api/v3/market/instruments", fault="answer 404"), ()),
        (asked("/api/v2/spot/public/symbols", operation="symbols"), ()),
    ],
)
def test_what_ccxt_knows_and_the_simulation_does_not(trace: Trace, found: tuple[str, ...]) -> None:
    assert unserved([trace]) == found


def test_a_derived_exchange_has_no_tables() -> None:
    trace = asked("/api/v3/market/instruments")
    header = trace.header.model_copy(update={"dialect": "an_exchange_that_was_derived"})
    assert unserved([Trace(header, trace.entries)]) == ()


def test_names_in_braces_stand_for_one_step_of_a_path() -> None:
    route = Route("GET", "/api/v1/orders/{orderId}/level{level}")
    assert route.fits("GET", "/api/v1/orders/17/level2/")
    assert not route.fits("GET", "/api/v1/orders/17/18/level2")
    assert not route.fits("DELETE", "/api/v1/orders/17/level2")


def test_an_exchange_that_ccxt_does_not_know_has_no_routes() -> None:
    assert routes_of("no_such_exchange") == frozenset()


def test_a_failure_behind_a_route_of_another_version_is_not_the_forks() -> None:
    ending = excused(FAILED, [asked("/api/v3/market/instruments")])
    assert ending.status is Status.UNDETERMINED
    assert ending.summary == (
        "Not decided: it asks for GET /api/v3/market/instruments, which the exchange has by the "
        "tables of ccxt, and the simulation has not. What was seen: The connector lists no pairs."
    )


def test_a_failure_behind_a_route_that_nobody_knows_stays_one() -> None:
    assert excused(FAILED, [asked("/api/v9/market/instruments")]) is FAILED


def test_what_passed_all_the_same_stays_passed() -> None:
    passed = Ending(Status.PASSED)
    assert excused(passed, [asked("/api/v3/market/instruments")]) is passed


def test_a_long_list_of_routes_is_cut() -> None:
    assert named(("GET /a", "GET /b", "GET /c", "GET /d")) == "GET /a, GET /b, GET /c, …"
