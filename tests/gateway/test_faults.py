"""Faults on requests, through the whole gateway, and the plan's own rules."""

from __future__ import annotations

import asyncio
import threading
import time

import aiohttp
import pytest

from harness.gateway.fault import Fault, Traffic
from harness.gateway.fault_plan import FaultPlan
from harness.gateway.faults import (
    Delay,
    DropMessage,
    HoldUntil,
    Junk,
    LoseReply,
    RateLimit,
    Refuse,
    Reset,
    Stall,
)
from harness.gateway.thread import GatewayThread
from tests.gateway.emulated import PATIENCE, EmulatedShim, talk
from tests.gateway.tiny import HOST, TinyDialect

Answer = tuple[int, str, str | None]


async def place(session: aiohttp.ClientSession, amount: str = "1") -> Answer:
    async with session.post(f"https://{HOST}/order", data=f"amount={amount}") as reply:
        return reply.status, await reply.text(), reply.headers.get("Retry-After")


def answer(gateway: GatewayThread, shim: EmulatedShim) -> Answer:
    return talk(gateway, shim, place)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Refuse(400, {"code": -2010}), (400, '{"code":-2010}', None)),
        (Refuse(500, b"oops"), (500, "oops", None)),
        (RateLimit(30), (429, "null", "30")),
        (RateLimit(60, status=418, body={"code": -1003}), (418, '{"code":-1003}', "60")),
        (Junk("<html>down</html>"), (200, "<html>down</html>", None)),
        (Junk("{", status=502), (502, "{", None)),
    ],
    ids=str,
)
def test_answered_instead_of_the_venue(
    gateway: GatewayThread, shim: EmulatedShim, dialect: TinyDialect, fault: Fault, expected: Answer
) -> None:
    gateway.faults.add(fault, "place_order")
    assert answer(gateway, shim) == expected
    assert dialect.placed == []
    assert answer(gateway, shim)[:2] == (200, '{"placed":1}')
    first, second = gateway.record.exchanges("place_order")
    assert (first.status, first.fault) == (expected[0], str(fault))
    assert (second.status, second.fault) == (200, None)


@pytest.mark.parametrize(("fault", "placed"), [(Reset(), []), (LoseReply(), ["amount=1"])], ids=str)
def test_the_connection_breaks(
    gateway: GatewayThread, shim: EmulatedShim, dialect: TinyDialect, fault: Fault, placed: list[str]
) -> None:
    gateway.faults.add(fault, "place_order")
    with pytest.raises(aiohttp.ClientConnectionError):
        answer(gateway, shim)
    assert dialect.placed == placed
    (exchange,) = gateway.record.exchanges("place_order")
    assert (exchange.status, exchange.fault) == (None, str(fault))


def test_a_stalled_request_is_never_answered(
    gateway: GatewayThread, shim: EmulatedShim, dialect: TinyDialect
) -> None:
    gateway.faults.add(Stall(), "place_order")

    async def work(session: aiohttp.ClientSession) -> None:
        with pytest.raises(asyncio.TimeoutError):
            async with asyncio.timeout(0.3):
                await place(session)

    talk(gateway, shim, work)
    assert dialect.placed == []
    assert [e.status for e in gateway.record.exchanges("place_order")] == [None]


def test_a_delayed_request_reaches_the_venue_though_the_client_gave_up(
    gateway: GatewayThread, shim: EmulatedShim, dialect: TinyDialect
) -> None:
    gave_up = threading.Event()
    gateway.faults.add(HoldUntil(gave_up.is_set, 600), "place_order")

    async def work(session: aiohttp.ClientSession) -> None:
        asking = asyncio.create_task(place(session))
        await asyncio.to_thread(
            gateway.record.wait_for, lambda: gateway.record.exchanges("place_order"), PATIENCE
        )
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert dialect.placed == []

    talk(gateway, shim, work)
    gave_up.set()
    assert gateway.record.wait_for(lambda: dialect.placed, PATIENCE) == ["amount=1"]


def test_a_delayed_reply_is_applied_at_once(
    gateway: GatewayThread, shim: EmulatedShim, dialect: TinyDialect
) -> None:
    gateway.faults.add(Delay(5.0, when="reply"), "place_order")
    began = time.monotonic()
    assert answer(gateway, shim)[0] == 200
    assert time.monotonic() - began >= 0.5
    (exchange,) = gateway.record.exchanges("place_order")
    assert exchange.fault == "delay 5 s before the reply"
    assert exchange.replied_at is not None
    assert exchange.replied_at - exchange.at >= 5.0


def test_faults_compose_up_to_the_first_that_ends(
    gateway: GatewayThread, shim: EmulatedShim, dialect: TinyDialect
) -> None:
    gateway.faults.add(Delay(1.0), "place_order")
    gateway.faults.add(Refuse(503), "place_order")
    later = gateway.faults.add(Refuse(500), "place_order")
    assert answer(gateway, shim)[0] == 503
    assert later.applied == 0
    assert answer(gateway, shim)[0] == 500
    assert gateway.record.exchanges()[0].fault == "delay 1 s before the request, refuse 503"


def test_the_oracle_is_spared(gateway: GatewayThread) -> None:
    async def main() -> int:
        async with aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(str(gateway.socket_path))
        ) as session:
            return (await place(session))[0]

    gateway.faults.add(Refuse(503), times=None)
    assert asyncio.run(main()) == 200


def traffic(operation: str = "place_order", *, text: str = "") -> Traffic:
    return Traffic("request", operation, HOST, "connector", text)


def test_after_and_times() -> None:
    plan = FaultPlan()
    rule = plan.add(Reset(), "place_*", after=1, times=2)
    assert [bool(plan.take(traffic())) for _ in range(5)] == [False, True, True, False, False]
    assert rule.applied == 2
    assert plan.rules() == ()


def test_match_sees_the_text() -> None:
    plan = FaultPlan()
    plan.add(Reset(), match=lambda seen: "BTC" in seen.text, times=None)
    assert plan.take(traffic(text="symbol=ETH")) == ()
    assert plan.take(traffic(text="symbol=BTC")) == (Reset(),)


def test_removed_and_ended_rules_do_nothing() -> None:
    plan = FaultPlan()
    plan.add(Reset(), times=None).remove()
    with plan.during(Refuse(500), "order_book"):
        assert plan.take(traffic("order_book"))
        assert plan.take(traffic("place_order")) == ()
    assert plan.take(traffic("order_book")) == ()


def test_a_fault_that_cannot_happen_there_is_refused() -> None:
    with pytest.raises(ValueError, match="drop cannot happen on a request"):
        FaultPlan().add(DropMessage(), "order_book", on="request")


def test_threads_share_what_is_left() -> None:
    plan = FaultPlan()
    rule = plan.add(Reset(), times=100)
    threads = [threading.Thread(target=lambda: [plan.take(traffic()) for _ in range(100)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert rule.applied == 100
