"""Replies and messages that arrive slowly, in part, twice or changed, and faults with a schedule."""

from __future__ import annotations

import asyncio
import json
import threading

import aiohttp
import pytest

from harness.clock import ScaledClock, SkewedClock
from harness.gateway import rewriting
from harness.gateway.fault import Traffic
from harness.gateway.fault_plan import FaultPlan
from harness.gateway.faults import (
    CutShort,
    DoubleReply,
    HoldUntil,
    Maintenance,
    RateLimit,
    Reorder,
    Reset,
    Rewrite,
    Trickle,
)
from harness.gateway.thread import GatewayThread, running_gateway
from harness.venue.market import SAMPLE_MARKETS
from harness.venue.session import Venue
from tests.gateway.emulated import EmulatedShim, talk
from tests.gateway.test_websockets import change_book, numbers, opened
from tests.gateway.tiny import HOST, TinyDialect


async def book(session: aiohttp.ClientSession) -> tuple[int, str]:
    async with session.get(f"https://{HOST}/book") as reply:
        return reply.status, await reply.text()


@pytest.mark.parametrize("let_go", [True, False])
def test_a_held_request_comes_last(gateway: GatewayThread, shim: EmulatedShim, let_go: bool) -> None:
    """Until another is answered, or until it was held for long enough."""

    def pinged() -> bool:
        return let_go and any(each.replied_at for each in gateway.record.exchanges("ping"))

    gateway.faults.add(HoldUntil(pinged, 60 if let_go else 0.3), "order_book")

    async def both(session: aiohttp.ClientSession) -> None:
        async def ping() -> None:
            async with session.get(f"https://{HOST}/ping") as reply:
                await reply.text()

        await asyncio.gather(book(session), ping())

    talk(gateway, shim, both)
    (held,) = gateway.record.exchanges("order_book")
    (other,) = gateway.record.exchanges("ping")
    assert (held.status, held.fault) == (200, "hold back")
    assert held.replied_at is not None
    assert other.replied_at is not None
    assert held.replied_at > other.replied_at


def test_held_messages_come_once_it_happened(
    gateway: GatewayThread, shim: EmulatedShim, venue: Venue
) -> None:
    """All of them, in their order."""
    over = threading.Event()
    gateway.faults.add(HoldUntil(over.is_set, 60), "stream:book", times=None)

    async def listen(session: aiohttp.ClientSession) -> list[int]:
        async with opened(session) as ws:
            change_book(venue, 2)
            with pytest.raises(asyncio.TimeoutError):
                await ws.receive(timeout=0.3)
            over.set()
            return await numbers(ws, 2)

    first, second = talk(gateway, shim, listen)
    assert second == first + 1
    assert {frame.fault for frame in gateway.record.frames("stream:book")} == {"hold back"}


def test_a_reply_that_trickles_is_whole_in_the_end(gateway: GatewayThread, shim: EmulatedShim) -> None:
    gateway.faults.add(Trickle(0.05, bytes_each=4000), "order_book")
    status, text = talk(gateway, shim, book)
    assert (status, len(json.loads(text)["levels"])) == (200, 2000)
    assert talk(gateway, shim, book)[0] == 200


def test_a_reply_that_is_cut_breaks_off(gateway: GatewayThread, shim: EmulatedShim) -> None:
    gateway.faults.add(CutShort(), "order_book")
    with pytest.raises(aiohttp.ClientPayloadError):
        talk(gateway, shim, book)


def test_a_second_reply_answers_nothing(gateway: GatewayThread, shim: EmulatedShim) -> None:
    gateway.faults.add(DoubleReply(), "ping")
    context = gateway.authority.client_context()
    with context.wrap_socket(shim.connect(), server_hostname=HOST) as wire:
        wire.sendall(f"GET /ping HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        said = b""
        while said.count(b'{"pong":""}') < 2:
            said += wire.recv(4096) or pytest.fail(f"only {said!r} came")
    assert said.count(b"HTTP/1.1 200 OK") == 2


def test_a_frame_that_is_cut_breaks_the_socket(
    gateway: GatewayThread, shim: EmulatedShim, venue: Venue
) -> None:
    gateway.faults.add(CutShort(), "stream:book", after=1)

    async def work(session: aiohttp.ClientSession) -> tuple[int, int | None]:
        async with opened(session) as ws:
            change_book(venue, 2)
            texts = [message.data async for message in ws if message.type is aiohttp.WSMsgType.TEXT]
            return len(texts), ws.close_code

    count, code = talk(gateway, shim, work)
    assert (count <= 1, code) == (True, 1006)


def test_a_message_held_back_comes_after_all(
    gateway: GatewayThread, shim: EmulatedShim, venue: Venue
) -> None:
    gateway.faults.add(Reorder(), "stream:book")

    async def work(session: aiohttp.ClientSession) -> list[int]:
        async with opened(session) as ws:
            change_book(venue, 1)
            return await numbers(ws, 1)

    assert len(talk(gateway, shim, work)) == 1


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            rewriting.unknown_fields(),
            {"pong": "", "x_new": None, "x_list": [1, "2", None], "x_object": {"deep": {}}},
        ),
        (rewriting.padded(1000), {"pong": ""}),
    ],
    ids=str,
)
def test_what_is_said_is_changed(
    gateway: GatewayThread, shim: EmulatedShim, change: Rewrite, expected: object
) -> None:
    gateway.faults.add(change, "ping")

    async def work(session: aiohttp.ClientSession) -> object:
        async with session.get(f"https://{HOST}/ping") as reply:
            return await reply.json()

    assert talk(gateway, shim, work) == expected
    (exchange,) = gateway.record.exchanges("ping")
    assert exchange.fault == str(change)


def test_changes_say_what_they_are_to_say() -> None:
    symbols = '{"symbols":[{"symbol":"A","tick":"0.00000015"},{"symbol":"B"}],"A":1}'
    assert json.loads(rewriting.without("A").change(symbols)) == {"symbols": [{"symbol": "B"}]}
    assert json.loads(rewriting.scientific_notation().change(symbols))["symbols"][0]["tick"] == "1.5E-7"
    assert rewriting.truncated().change("123456") == "123"
    hidden = json.loads(rewriting.emptied("A").change(symbols))
    assert hidden == {"symbols": [{"symbol": "A", "tick": ""}, {"symbol": "B"}], "A": 1}
    by_name = '{"A":{"filters":[{"step":"0.1"}],"kinds":["spot"],"digits":2}}'
    told = {"A": {"filters": [{"step": ""}], "kinds": ["spot"], "digits": 2}}
    assert json.loads(rewriting.emptied("A").change(by_name)) == told
    assert rewriting.unknown_fields().change("no json") == "no json"


def test_messages_are_changed_too(gateway: GatewayThread, shim: EmulatedShim, venue: Venue) -> None:
    gateway.faults.add(rewriting.unknown_fields(), "stream:book")

    async def work(session: aiohttp.ClientSession) -> list[str]:
        async with opened(session) as ws:
            change_book(venue, 1)
            return sorted(await ws.receive_json())

    assert talk(gateway, shim, work) == ["n", "x_list", "x_new", "x_object"]


@pytest.mark.parametrize(
    ("fault", "status", "retry"), [(Maintenance(), 503, None), (RateLimit(9), 429, "9")], ids=str
)
def test_the_exchange_answers_in_its_own_words(
    gateway: GatewayThread,
    shim: EmulatedShim,
    dialect: TinyDialect,
    fault: Maintenance | RateLimit,
    status: int,
    retry: str | None,
) -> None:
    gateway.faults.add(fault, "order_book")

    async def work(session: aiohttp.ClientSession) -> tuple[int, str | None, bytes]:
        async with session.get(f"https://{HOST}/book") as reply:
            return reply.status, reply.headers.get("Retry-After"), await reply.read()

    own = dialect.under_maintenance() if retry is None else dialect.too_many_requests(9)
    assert talk(gateway, shim, work) == (status, retry, own.content())


def traffic(at: float = 0.0) -> Traffic:
    return Traffic("request", "ping", HOST, "connector", at=at)


def test_a_fault_has_its_time() -> None:
    plan = FaultPlan()
    plan.add(Reset(), "ping", times=None, span=(10, 20))
    assert [bool(plan.take(traffic(at))) for at in (9.9, 10, 19.9, 20)] == [False, True, True, False]


def test_a_chance_follows_the_seed() -> None:
    def happened(seed: int) -> list[bool]:
        plan = FaultPlan(seed)
        plan.add(Reset(), "ping", times=None, chance=0.3)
        return [bool(plan.take(traffic())) for _ in range(100)]

    assert happened(1) == happened(1) != happened(2)
    assert 10 < sum(happened(1)) < 60


def test_an_exchange_may_have_another_time() -> None:
    clock = ScaledClock()
    skewed = SkewedClock(clock, 40.0)
    dialect = TinyDialect(Venue(SAMPLE_MARKETS, seed=1, clock=skewed))
    with running_gateway([dialect], clock=clock) as gateway:
        shim = EmulatedShim(gateway.socket_path)
        talk(gateway, shim, book)
        shim.close()
        (exchange,) = gateway.record.exchanges("order_book")
    assert exchange.at == pytest.approx(clock.now(), abs=30)
    assert dialect.asked_at == pytest.approx(skewed.now(), abs=30)
    assert dialect.asked_at - exchange.at == pytest.approx(40, abs=5)
