"""Requests that are messages of a WebSocket: what each fault does to them, and how they are written down."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace
from typing import Literal

import aiohttp
import pytest

from harness.gateway.codec import read, written
from harness.gateway.entries import ClosedBy, Frame
from harness.gateway.fault import Fault
from harness.gateway.faults import (
    CloseSocket,
    CutShort,
    Delay,
    DoubleReply,
    DropMessage,
    HoldUntil,
    Junk,
    LoseReply,
    Maintenance,
    RateLimit,
    Refuse,
    Reset,
    Rewrite,
    Stall,
    Trickle,
)
from harness.gateway.meanwhile import Meanwhile
from harness.gateway.rewriting import truncated
from harness.gateway.thread import GatewayThread
from tests.gateway.emulated import PATIENCE, EmulatedShim, talk
from tests.gateway.test_websockets import opened
from tests.gateway.tiny import STREAMS, TinyDialect

OPEN, PLACED = '{"open":1}', '{"placed":1}'


def asked(
    gateway: GatewayThread, shim: EmulatedShim, *messages: str, replies: int
) -> tuple[list[str], int | None]:
    """What comes back, and the code with which the socket was closed, None where it stayed open."""

    async def work(session: aiohttp.ClientSession) -> tuple[list[str], int | None]:
        async with opened(session) as ws:
            for each in messages:
                await ws.send_str(each)
            came: list[str] = []
            while len(came) < replies:
                message = await ws.receive()
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return came, ws.close_code
                came.append(message.data)
            return came, None

    return talk(gateway, shim, work)


def request(gateway: GatewayThread) -> Frame:
    (found,) = gateway.record.requests("place_order")
    assert isinstance(found, Frame)
    return found


def placed(dialect: TinyDialect) -> list[str]:
    return dialect.sessions[-1].placed


def test_a_request_is_written_down_with_what_came_back(gateway: GatewayThread, shim: EmulatedShim) -> None:
    """Among the requests over HTTP; subscriptions and pings are none."""
    came, _ = asked(gateway, shim, "ping", "hello", "order 1", replies=4)
    assert came[2:] == [OPEN, PLACED]
    upgrade, order = gateway.record.requests()
    assert upgrade.operation == "stream:subscribe"
    assert isinstance(order, Frame)
    assert (order.operation, order.said, order.weight) == ("place_order", "order 1", 2)
    assert (order.status, order.reply_json(), order.fault) == (200, {"placed": 1}, None)
    assert order.replied_at is not None
    assert order.replied_at >= order.at
    assert gateway.record.requests(host=STREAMS, since=order.number) == (order,)
    assert gateway.record.requests("place_order", client="oracle") == ()


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Refuse(500, {"msg": "try later"}), 500),
        (Refuse(503, b"<html>soon</html>"), 503),
        (Junk("{", status=502), 502),
        (RateLimit(10), 429),
        (RateLimit(10, status=418), 418),
        (Maintenance(), 503),
    ],
    ids=str,
)
def test_refused_in_the_exchanges_words(
    gateway: GatewayThread, shim: EmulatedShim, dialect: TinyDialect, fault: Fault, status: int
) -> None:
    gateway.faults.add(fault, "place_order")
    (told,), _ = asked(gateway, shim, "order 1", replies=1)
    assert json.loads(told) == {"refused": "order 1", "status": status}
    assert placed(dialect) == []
    assert (request(gateway).status, request(gateway).fault) == (status, str(fault))
    (frame,) = gateway.record.frames("place_order", direction="received")
    assert (frame.text, frame.fault) == (told, str(fault))


@pytest.mark.parametrize(("status", "code"), [(500, 1011), (503, 1013), (429, 1013)])
def test_an_exchange_without_words_closes(
    gateway: GatewayThread, shim: EmulatedShim, dialect: TinyDialect, status: int, code: int
) -> None:
    gateway.faults.add(Refuse(status), "place_order")
    assert asked(gateway, shim, "order wordlessly", replies=1) == ([], code)
    assert placed(dialect) == []
    (socket,) = gateway.record.sockets()
    assert (socket.closed_by, socket.close_code) == (ClosedBy.VENUE, code)
    assert request(gateway).status is None


@pytest.mark.parametrize("fault", [Refuse(200, b"<html>"), Junk("<html>")], ids=str)
def test_a_reply_that_says_nothing_comes_as_it_is(
    gateway: GatewayThread, shim: EmulatedShim, dialect: TinyDialect, fault: Fault
) -> None:
    gateway.faults.add(fault, "place_order")
    assert asked(gateway, shim, "order 1", replies=1) == (["<html>"], None)
    assert placed(dialect) == []


@pytest.mark.parametrize(
    ("fault", "code", "done"),
    [
        (Reset(), 1006, []),
        (LoseReply(), 1006, ["order 1"]),
        (CloseSocket(1001), 1001, ["order 1"]),
        (CutShort(), 1006, ["order 1"]),
    ],
    ids=str,
)
def test_the_connection_ends_in_place_of_a_reply(
    gateway: GatewayThread,
    shim: EmulatedShim,
    dialect: TinyDialect,
    fault: Fault,
    code: int,
    done: list[str],
) -> None:
    gateway.faults.add(fault, "place_order")
    came, closed = asked(gateway, shim, "order 1", replies=2)
    assert came in ([], [OPEN])
    assert closed == code
    assert placed(dialect) == done
    (socket,) = gateway.record.sockets()
    assert (socket.closed_by, socket.close_code) == (ClosedBy.FAULT, code)
    assert request(gateway).fault == str(fault)
    assert (request(gateway).status is None) is not isinstance(fault, CutShort)
    frames = gateway.record.frames("place_order", direction="received")
    assert [each.fault for each in frames] == [str(fault)] * len(done)


def test_a_request_that_nobody_hears_is_not_done(
    gateway: GatewayThread, shim: EmulatedShim, dialect: TinyDialect
) -> None:
    """The connection stays, and later requests are answered."""
    gateway.faults.add(Stall(), "place_order")
    assert asked(gateway, shim, "order 1", "order 2", replies=2) == ([OPEN, PLACED], None)
    assert placed(dialect) == ["order 2"]
    first, second = gateway.record.requests("place_order")
    assert (first.status, first.fault, second.status) == (None, "stall", 200)


@pytest.mark.parametrize("when", ["request", "reply"])
def test_a_delayed_request_is_answered(
    gateway: GatewayThread, shim: EmulatedShim, dialect: TinyDialect, when: Literal["request", "reply"]
) -> None:
    gateway.faults.add(Delay(2, when=when), "place_order")
    assert asked(gateway, shim, "order 1", replies=2) == ([OPEN, PLACED], None)
    late = request(gateway)
    assert late.replied_at is not None
    assert late.replied_at - late.at >= 2


def test_it_is_done_though_the_client_left(
    gateway: GatewayThread, shim: EmulatedShim, dialect: TinyDialect
) -> None:
    gone = threading.Event()
    gateway.faults.add(HoldUntil(gone.is_set, 600), "place_order")

    async def work(session: aiohttp.ClientSession) -> None:
        async with opened(session) as ws:
            await ws.send_str("order 1")

    talk(gateway, shim, work)
    assert gateway.record.wait_for(
        lambda: all(not each.is_open for each in gateway.record.sockets()), PATIENCE
    )
    gone.set()
    assert gateway.record.wait_for(lambda: placed(dialect), PATIENCE) == ["order 1"]
    assert request(gateway).status is None


def test_a_reply_that_comes_twice(gateway: GatewayThread, shim: EmulatedShim, dialect: TinyDialect) -> None:
    gateway.faults.add(DoubleReply(), "place_order")
    assert asked(gateway, shim, "order 1", replies=3) == ([OPEN, PLACED, PLACED], None)
    assert placed(dialect) == ["order 1"]
    assert len(gateway.record.frames("place_order", direction="received")) == 2


def test_a_reply_that_trickles_in(gateway: GatewayThread, shim: EmulatedShim) -> None:
    """Nothing else comes into it, and the connection goes on."""
    gateway.faults.add(Trickle(0.2, bytes_each=3), "place_order")

    async def work(session: aiohttp.ClientSession) -> list[object]:
        async with opened(session) as ws:
            await ws.send_str("order 1")
            came = [await ws.receive()]
            await ws.send_str("hello")
            await ws.ping(b"there?")
            came += [await ws.receive() for _ in range(3)]
            return [each.data for each in came]

    came = talk(gateway, shim, work)
    assert came[:2] == [OPEN, PLACED]
    assert set(came[2:]) == {'{"echo":"hello"}', b"there?"}
    assert request(gateway).reply_text == PLACED


@pytest.mark.parametrize(
    ("fault", "text"),
    [(Rewrite("louder", str.upper), PLACED.upper()), (truncated(), PLACED[: len(PLACED) // 2])],
    ids=str,
)
def test_a_reply_that_is_changed(gateway: GatewayThread, shim: EmulatedShim, fault: Fault, text: str) -> None:
    gateway.faults.add(fault, "place_order")
    assert asked(gateway, shim, "order 1", replies=2) == ([OPEN, text], None)
    assert (request(gateway).reply_text, request(gateway).fault) == (text, str(fault))


def test_something_happens_around_it(
    gateway: GatewayThread, shim: EmulatedShim, dialect: TinyDialect
) -> None:
    seen: list[int] = []

    def look() -> None:
        seen.append(len(placed(dialect)))

    gateway.faults.add(Meanwhile(look, look), "place_order")
    asked(gateway, shim, "order 1", replies=2)
    assert seen == [0, 1]


@pytest.mark.parametrize("happens", [True, False])
def test_a_held_request_keeps_no_other_back(
    gateway: GatewayThread, shim: EmulatedShim, dialect: TinyDialect, happens: bool
) -> None:
    """Until another was answered, or for as long as it is held."""

    def answered() -> bool:
        return happens and any(each.replied_at for each in gateway.record.requests("place_order"))

    gateway.faults.add(HoldUntil(answered, 60 if happens else 1), "place_order")
    asked(gateway, shim, "order 1", "order 2", replies=4)
    assert sorted(placed(dialect)) == ["order 1", "order 2"]
    if happens:
        assert placed(dialect) == ["order 2", "order 1"]


def test_a_reply_is_no_message_for_faults(gateway: GatewayThread, shim: EmulatedShim) -> None:
    """What else the exchange says to a request is one."""
    dropped = gateway.faults.add(DropMessage(), "*", times=None, after=1)
    delayed = gateway.faults.add(Delay(0.1), "place_order", times=None)
    assert asked(gateway, shim, "order 1", replies=1) == ([PLACED], None)
    assert (dropped.applied, delayed.applied) == (1, 1)


def test_faults_of_requests_add_up(gateway: GatewayThread, shim: EmulatedShim, dialect: TinyDialect) -> None:
    gateway.faults.add(Delay(0.1), "place_order")
    gateway.faults.add(LoseReply(), "place_*", match=lambda traffic: traffic.text == "order 1")
    asked(gateway, shim, "order 1", replies=2)
    assert placed(dialect) == ["order 1"]
    assert request(gateway).fault == "delay 0.1 s before the request, lose reply"


def test_a_bug_of_ours_closes_with_1011(
    gateway: GatewayThread, shim: EmulatedShim, dialect: TinyDialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a fault and without, and it is not the client's."""

    def broken(message: object) -> object:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr("tests.gateway.tiny.TinySession.received", lambda _, message: broken(message))
    assert asked(gateway, shim, "order 1", replies=1) == ([], 1011)
    gateway.faults.add(Delay(0.1), "place_order")
    assert asked(gateway, shim, "order 1", replies=1) == ([], 1011)
    assert len(gateway.record.troubles()) == 2


def test_a_stalled_socket_hears_no_request(
    gateway: GatewayThread, shim: EmulatedShim, dialect: TinyDialect
) -> None:
    """It uses up no fault either."""
    gateway.faults.add(Stall(), "stream:subscribe", after=1, on="message")
    rule = gateway.faults.add(Refuse(500), "place_order")

    async def work(session: aiohttp.ClientSession) -> None:
        async with opened(session) as ws:
            await ws.send_str("hello")
            await asyncio.to_thread(
                gateway.record.wait_for, lambda: any(s.fault for s in gateway.record.sockets()), PATIENCE
            )
            await ws.send_str("order 1")
            await asyncio.to_thread(
                gateway.record.wait_for, lambda: gateway.record.requests("place_order"), PATIENCE
            )

    talk(gateway, shim, work)
    assert (placed(dialect), rule.applied, request(gateway).fault) == ([], 0, "stall")


def test_equal_when_it_is_read_again(gateway: GatewayThread, shim: EmulatedShim) -> None:
    asked(gateway, shim, "order 1", replies=2)
    entry = request(gateway)
    assert read(json.loads(json.dumps(written(entry, lambda text: text)))) == entry
    hidden = read(written(entry, lambda text: text.replace("placed", "‹secret›")))
    assert hidden == replace(
        entry, reply=entry.reply.replace(b"placed", "‹secret›".encode()), operation="place_order"
    )
