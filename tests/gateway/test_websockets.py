"""WebSockets through the whole gateway, and the faults that happen to their messages."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from decimal import Decimal

import aiohttp
import pytest

from harness.gateway.entries import ClosedBy
from harness.gateway.fault import Fault
from harness.gateway.faults import (
    CloseSocket,
    Delay,
    DropMessage,
    DuplicateMessage,
    Junk,
    RateLimit,
    Refuse,
    Reorder,
    Reset,
    Stall,
)
from harness.gateway.thread import GatewayThread
from harness.venue.model import Side
from harness.venue.session import Venue
from tests.gateway.emulated import PATIENCE, EmulatedShim, talk
from tests.gateway.tiny import STREAMS, TinyDialect, number_of

URL = f"wss://{STREAMS}/ws"
HELLO = '{"hello":"tiny"}'


@asynccontextmanager
async def opened(session: aiohttp.ClientSession) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with session.ws_connect(URL, autoping=False) as ws:
        assert await ws.receive_str() == HELLO
        yield ws


def change_book(venue: Venue, times: int) -> None:
    """Exactly `times` book changes, each with its own sequence."""
    market = venue.markets[0]
    for step in range(times):
        venue.set_level(market, Side.BUY, Decimal(100 + step), Decimal(1))


async def numbers(ws: aiohttp.ClientWebSocketResponse, count: int) -> list[int]:
    return [number_of(await ws.receive_str()) for _ in range(count)]


def test_messages_go_both_ways_and_are_written_down(gateway: GatewayThread, shim: EmulatedShim) -> None:
    async def work(session: aiohttp.ClientSession) -> None:
        async with opened(session) as ws:
            await ws.send_str("subscribe")
            assert await ws.receive_json() == {"echo": "subscribe"}
            await ws.ping(b"alive")
            pong = await ws.receive()
            assert (pong.type, pong.data) == (aiohttp.WSMsgType.PONG, b"alive")

    talk(gateway, shim, work)
    (socket,) = (
        gateway.record.wait_for(lambda: tuple(s for s in gateway.record.sockets() if not s.is_open), PATIENCE)
        or ()
    )
    assert (socket.host, socket.path, socket.tls) == (STREAMS, "/ws", True)
    assert (socket.closed_by, socket.close_code) == (ClosedBy.CLIENT, 1000)
    assert [(f.direction, f.text) for f in gateway.record.frames(socket_id=socket.number)] == [
        ("received", HELLO),
        ("sent", "subscribe"),
        ("received", '{"echo":"subscribe"}'),
        ("sent", "alive"),
    ]
    (upgrade,) = gateway.record.exchanges("stream:subscribe")
    assert upgrade.status == 101
    assert gateway.record.troubles() == ()


def test_packed_messages_and_pings_of_the_exchange(
    gateway: GatewayThread, shim: EmulatedShim, dialect: TinyDialect
) -> None:
    async def work(session: aiohttp.ClientSession) -> None:
        async with opened(session) as ws:
            await ws.send_str("pack")
            assert gzip.decompress(await ws.receive_bytes()) == b'{"n":1}'
            ping = await ws.receive()
            assert (ping.type, ping.data) == (aiohttp.WSMsgType.PING, b"there?")
            await ws.pong(ping.data)
            await ws.send_str("and on")
            assert await ws.receive_json() == {"echo": "and on"}

    talk(gateway, shim, work)
    assert [tiny.pongs for tiny in dialect.sessions] == [[b"there?"]]
    assert {type(pong) for tiny in dialect.sessions for pong in tiny.pongs} == {bytes}
    assert [(f.opcode, f.text) for f in gateway.record.frames() if f.opcode != "text"] == [
        ("binary", '{"n":1}'),
        ("ping", "there?"),
        ("pong", "there?"),
    ]


def test_venue_events_of_any_thread_arrive_in_order(
    gateway: GatewayThread, shim: EmulatedShim, venue: Venue
) -> None:
    async def work(session: aiohttp.ClientSession) -> tuple[list[int], list[int]]:
        async with opened(session) as one, opened(session) as two:
            threads = [threading.Thread(target=change_book, args=(venue, 100)) for _ in range(3)]
            for thread in threads:
                thread.start()
            seen = await asyncio.gather(numbers(one, 100), numbers(two, 100))
            for thread in threads:
                thread.join(PATIENCE)
            return seen

    one, two = talk(gateway, shim, work)
    assert one == two == list(range(one[0], one[0] + 100))


def test_what_has_passed_is_told_from_what_is_subscribed_to(
    gateway: GatewayThread, shim: EmulatedShim, venue: Venue
) -> None:
    """The tiny exchange sends its book to everybody: nobody is subscribed to anything."""

    async def work(session: aiohttp.ClientSession) -> tuple[int, int]:
        async with opened(session) as ws:
            change_book(venue, 1)
            await numbers(ws, 1)
            passed = await asyncio.to_thread(gateway.open_sockets, "stream:book")
            still = await asyncio.to_thread(gateway.open_sockets, "stream:book", subscribed=True)
            return len(passed), len(still)

    assert talk(gateway, shim, work) == (1, 0)


def test_the_venue_closes_with_its_own_code(gateway: GatewayThread, shim: EmulatedShim) -> None:
    async def work(session: aiohttp.ClientSession) -> tuple[int | None, str | None]:
        async with opened(session) as ws:
            await ws.send_str("close")
            message = await ws.receive()
            return ws.close_code, message.extra

    assert talk(gateway, shim, work) == (4001, "as you wish")
    (socket,) = gateway.record.sockets()
    assert (socket.closed_by, socket.close_code) == (ClosedBy.VENUE, 4001)


def test_a_client_that_vanishes_is_lost(gateway: GatewayThread, shim: EmulatedShim) -> None:
    async def work(session: aiohttp.ClientSession) -> None:
        async with opened(session) as ws:
            response = ws._response
            assert response.connection is not None
            assert response.connection.transport is not None
            response.connection.transport.abort()

    talk(gateway, shim, work)
    (socket,) = (
        gateway.record.wait_for(lambda: tuple(s for s in gateway.record.sockets() if not s.is_open), PATIENCE)
        or ()
    )
    assert (socket.closed_by, socket.close_code) == (ClosedBy.LOST, 1006)
    assert gateway.open_sockets() == ()


def test_a_bug_in_a_dialects_stream_is_ours(gateway: GatewayThread, shim: EmulatedShim) -> None:
    async def work(session: aiohttp.ClientSession) -> int | None:
        async with opened(session) as ws:
            await ws.send_str("break")
            await ws.receive()
            return ws.close_code

    assert talk(gateway, shim, work) == 1011
    assert "a bug of ours" in gateway.record.troubles()[0].detail


def test_a_message_over_the_limit_closes_with_1009(gateway: GatewayThread, shim: EmulatedShim) -> None:
    async def work(session: aiohttp.ClientSession) -> None:
        async with opened(session) as ws:
            with suppress(ConnectionError):  # the gateway hangs up before it has read it all
                await ws.send_str("x" * (2 << 20))
            await ws.receive()

    talk(gateway, shim, work)
    (socket,) = (
        gateway.record.wait_for(lambda: tuple(s for s in gateway.record.sockets() if not s.is_open), PATIENCE)
        or ()
    )
    assert (socket.closed_by, socket.close_code) == (ClosedBy.GATEWAY, 1009)
    assert gateway.record.troubles() == ()


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (DropMessage(), ["1", "3", "4"]),
        (DuplicateMessage(), ["1", "2", "2", "3", "4"]),
        (Reorder(), ["1", "3", "2", "4"]),
        (Junk("<html>"), ["1", "<html>", "2", "3", "4"]),
        (Delay(1.0), ["1", "2", "3", "4"]),
    ],
    ids=str,
)
def test_a_fault_on_the_second_message(
    gateway: GatewayThread, shim: EmulatedShim, venue: Venue, fault: Fault, seen: list[str]
) -> None:
    rule = gateway.faults.add(fault, "stream:book", after=1)

    async def work(session: aiohttp.ClientSession) -> list[str]:
        async with opened(session) as ws:
            change_book(venue, 4)
            return [await ws.receive_str() for _ in seen]

    texts = talk(gateway, shim, work)
    first = number_of(texts[0])
    assert [text if text == "<html>" else str(number_of(text) - first + 1) for text in texts] == seen
    assert rule.applied == 1
    faulted = [f for f in gateway.record.frames("stream:book") if f.fault]
    assert {f.fault for f in faulted} == {str(fault)}
    assert len(gateway.record.frames("stream:book")) == (4 if len(seen) < 4 else len(seen))


@pytest.mark.parametrize(
    ("fault", "code"), [(CloseSocket(1001), 1001), (CloseSocket(1006), 1006), (Reset(), 1006)], ids=str
)
def test_a_fault_that_ends_the_socket(
    gateway: GatewayThread, shim: EmulatedShim, venue: Venue, fault: Fault, code: int
) -> None:
    gateway.faults.add(fault, "stream:book", after=1)

    async def work(session: aiohttp.ClientSession) -> tuple[int, int | None]:
        async with opened(session) as ws:
            change_book(venue, 3)
            texts = [message.data async for message in ws]
            return len(texts), ws.close_code

    count, close_code = talk(gateway, shim, work)
    assert count <= 1 if code == 1006 else count == 1  # a reset may overtake what was sent before it
    assert close_code == code
    (socket,) = gateway.record.sockets()
    assert (socket.closed_by, socket.close_code) == (ClosedBy.FAULT, code)


def test_a_stalled_socket_is_open_deaf_and_mute(
    gateway: GatewayThread, dialect: TinyDialect, shim: EmulatedShim, venue: Venue
) -> None:
    gateway.faults.add(Stall(), "stream:book")
    record = gateway.record

    async def work(session: aiohttp.ClientSession) -> None:
        async with opened(session) as ws:
            change_book(venue, 2)
            await asyncio.to_thread(record.wait_for, lambda: record.frames("stream:book"), PATIENCE)
            await ws.send_str("are you there")
            await ws.ping()
            dialect.sessions[-1].leaves = True
            with pytest.raises(asyncio.TimeoutError):
                await ws.receive(timeout=0.5)
            assert len(gateway.open_sockets()) == 1
            response = ws._response
            assert response.connection is not None
            assert response.connection.transport is not None
            response.connection.transport.abort()

    talk(gateway, shim, work)
    stalled = [(f.direction, f.operation) for f in gateway.record.frames() if f.fault == "stall"]
    assert stalled == [
        ("received", "stream:book"),
        ("received", "stream:book"),
        ("sent", "stream:subscribe"),
        ("sent", "stream:ping"),
    ]
    assert gateway.record.sockets()[0].fault == "stall"


@pytest.mark.parametrize(
    ("fault", "status", "headers"),
    [(Refuse(503), 503, {}), (RateLimit(7), 429, {"Retry-After": "7"})],
    ids=str,
)
def test_an_upgrade_is_refused(
    gateway: GatewayThread, shim: EmulatedShim, fault: Fault, status: int, headers: dict[str, str]
) -> None:
    gateway.faults.add(fault, "stream:*")

    async def work(session: aiohttp.ClientSession) -> None:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(URL)
        assert refused.value.status == status
        assert headers.items() <= dict(refused.value.headers or {}).items()
        async with opened(session):
            pass

    talk(gateway, shim, work)
    assert [e.status for e in gateway.record.exchanges("stream:subscribe")] == [status, 101]
    assert len(gateway.record.sockets()) == 1


def test_a_socket_is_closed_as_soon_as_it_opens(gateway: GatewayThread, shim: EmulatedShim) -> None:
    async def work(session: aiohttp.ClientSession) -> list[int | None]:
        codes = []
        with gateway.faults.during(CloseSocket(1013), "stream:*", on="upgrade"):
            for _ in range(3):
                async with session.ws_connect(URL) as ws:
                    await ws.receive()
                    codes.append(ws.close_code)
        async with opened(session):
            return codes

    assert talk(gateway, shim, work) == [1013] * 3
    assert [s.closed_by for s in gateway.record.sockets()][:3] == [ClosedBy.FAULT] * 3


@pytest.mark.parametrize("code", [1000, 1006, 4008])
def test_all_sockets_are_closed_at_once(gateway: GatewayThread, shim: EmulatedShim, code: int) -> None:
    async def work(session: aiohttp.ClientSession) -> list[int | None]:
        async with opened(session) as one, opened(session) as two:
            assert await asyncio.to_thread(gateway.close_sockets, code) == 2
            await asyncio.gather(one.receive(), two.receive())
            return [one.close_code, two.close_code]

    assert talk(gateway, shim, work) == [code, code]
    assert {s.closed_by for s in gateway.record.sockets()} == {ClosedBy.FAULT}


def test_only_sockets_that_carried_an_operation_are_closed_or_frozen(
    gateway: GatewayThread, shim: EmulatedShim, venue: Venue
) -> None:
    async def work(session: aiohttp.ClientSession) -> None:
        async with opened(session) as one:
            change_book(venue, 1)
            await one.receive()
            async with opened(session) as two:
                assert await asyncio.to_thread(gateway.close_sockets, 1000, "stream:orders") == 0
                assert await asyncio.to_thread(gateway.freeze_sockets, "stream:book") == 1
                change_book(venue, 1)
                assert json.loads(await two.receive_str())["n"]
                with pytest.raises(asyncio.TimeoutError):
                    await one.receive(timeout=0.3)
                assert await asyncio.to_thread(gateway.close_sockets) == 2

    talk(gateway, shim, work)
