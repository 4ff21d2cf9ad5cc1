"""HTTP and TLS through the whole gateway, with real sockets."""

from __future__ import annotations

import asyncio
import gc
import gzip
import io
import socket
import ssl
import time
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import aiohttp
import pytest

from harness.clock import ScaledClock, SkewedClock
from harness.gateway.acceptor import Acceptor
from harness.gateway.entries import RejectionReason
from harness.gateway.faults import Stall, WrongCertificate
from harness.gateway.server import GatewayError
from harness.gateway.thread import GatewayThread, running_gateway
from harness.gateway.tls import name_in
from harness.venue.market import SAMPLE_MARKETS
from harness.venue.session import Venue
from tests.gateway.emulated import PATIENCE, EmulatedShim, get, talk
from tests.gateway.tiny import HOST, STREAMS, TinyDialect


def test_a_verifying_client_gets_the_dialects_reply(gateway: GatewayThread, shim: EmulatedShim) -> None:
    status, text = talk(gateway, shim, lambda s: get(s, f"https://{HOST}/ping?n=a%2Fb&empty="))
    assert (status, text) == (200, '{"pong":"a/b"}')
    (exchange,) = gateway.record.exchanges("ping")
    assert (exchange.client, exchange.host, exchange.port, exchange.tls) == ("connector", HOST, 443, True)
    assert (exchange.raw_query, exchange.query) == ("n=a%2Fb&empty=", (("n", "a/b"), ("empty", "")))
    assert (exchange.status, exchange.reply_json()) == (200, {"pong": "a/b"})
    (handshake,) = gateway.record.handshakes()
    assert (handshake.host, handshake.error, handshake.certificate) == (HOST, None, "right")
    assert gateway.record.rejected() == ()
    assert gateway.record.troubles() == ()


def test_a_reply_has_the_exchanges_own_date(clock: ScaledClock) -> None:
    """Clients that no route tells the time read it there; the exchange is an hour ahead here."""

    async def date(session: aiohttp.ClientSession) -> str:
        async with session.get(f"https://{HOST}/ping") as response:
            return response.headers["Date"]

    ahead = TinyDialect(Venue(SAMPLE_MARKETS, seed=1, clock=SkewedClock(clock, 3600)))
    with running_gateway([ahead], clock=clock) as gateway:
        shim = EmulatedShim(gateway.socket_path)
        told = parsedate_to_datetime(talk(gateway, shim, date)).timestamp()
        shim.close()
        (exchange,) = gateway.record.exchanges("ping")
    assert 0 <= ahead.venue.clock.now() - told < 600
    assert dict(exchange.reply_headers)["Date"].endswith("GMT")


def test_one_connection_serves_many_requests(gateway: GatewayThread, shim: EmulatedShim) -> None:
    async def work(session: aiohttp.ClientSession) -> None:
        for _ in range(5):
            await get(session, f"https://{HOST}/ping")

    talk(gateway, shim, work)
    assert len(gateway.record.exchanges("ping")) == 5
    assert len(gateway.record.handshakes()) == 1


def test_a_broken_connection_serves_no_more(gateway: GatewayThread, shim: EmulatedShim) -> None:
    async def work(session: aiohttp.ClientSession) -> None:
        for _ in range(2):
            await get(session, f"https://{HOST}/ping")
            await asyncio.to_thread(gateway.break_connections)
            await asyncio.sleep(0)

    talk(gateway, shim, work)
    assert len(gateway.record.exchanges("ping")) == len(gateway.record.handshakes()) == 2


def test_compressed_and_chunked_bodies(
    gateway: GatewayThread, shim: EmulatedShim, dialect: TinyDialect
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for part in (b"amount=", b"1"):
            yield part

    async def work(session: aiohttp.ClientSession) -> str | None:
        url = f"https://{HOST}/order"
        async with session.post(url, data=chunks()):
            pass
        packed = gzip.compress(b"amount=2")
        async with session.post(url, data=packed, headers={"Content-Encoding": "gzip"}):
            pass
        async with session.get(f"https://{HOST}/book") as reply:
            assert len((await reply.json())["levels"]) == 2000
            return reply.headers.get("Content-Encoding")

    assert talk(gateway, shim, work) == "gzip"
    assert dialect.placed == ["amount=1", "amount=2"]


def test_many_clients_at_once(gateway: GatewayThread, shim: EmulatedShim) -> None:
    async def work(session: aiohttp.ClientSession) -> list[tuple[int, str]]:
        return await asyncio.gather(*(get(session, f"https://{HOST}/ping?n={n}") for n in range(60)))

    answers = talk(gateway, shim, work)
    assert answers == [(200, f'{{"pong":"{n}"}}') for n in range(60)]
    assert sorted(e.params["n"] for e in gateway.record.exchanges()) == sorted(map(str, range(60)))


@pytest.mark.parametrize("kind", ["unknown_authority", "wrong_name", "expired"])
def test_a_verifying_client_refuses_a_wrong_certificate(
    gateway: GatewayThread, shim: EmulatedShim, kind: str
) -> None:
    gateway.faults.add(WrongCertificate(kind), host=HOST)  # type: ignore[arg-type]
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        talk(gateway, shim, lambda s: get(s, f"https://{HOST}/ping"))
    seen = gateway.record.wait_for(gateway.record.handshakes, PATIENCE)
    assert seen
    assert seen[0].certificate == kind
    assert seen[0].error is not None
    assert gateway.record.exchanges() == ()
    assert talk(gateway, shim, lambda s: get(s, f"https://{HOST}/ping"))[0] == 200


def test_a_client_that_does_not_verify_is_seen(gateway: GatewayThread, shim: EmulatedShim) -> None:
    gateway.faults.add(WrongCertificate(), host=HOST)
    talk(gateway, shim, lambda s: get(s, f"https://{HOST}/ping"), verify=False)
    (handshake,) = gateway.record.handshakes()
    assert (handshake.certificate, handshake.error) == ("unknown_authority", None)
    assert len(gateway.record.exchanges()) == 1


def test_a_wrong_certificate_is_for_its_host_only(gateway: GatewayThread, shim: EmulatedShim) -> None:
    gateway.faults.add(WrongCertificate(), host=STREAMS, times=None)
    assert talk(gateway, shim, lambda s: get(s, f"https://{HOST}/ping"))[0] == 200


def test_an_undeclared_host_is_answered_421_and_written_down(
    gateway: GatewayThread, shim: EmulatedShim
) -> None:
    url = "https://telemetry.test/collect?key=abc"
    assert talk(gateway, shim, lambda s: get(s, url))[0] == 421
    (rejected,) = gateway.record.rejected()
    assert (rejected.reason, rejected.host, rejected.port) == (
        RejectionReason.UNDECLARED_HOST,
        "telemetry.test",
        443,
    )
    assert b"GET /collect?key=abc HTTP/1.1" in rejected.first_bytes
    assert gateway.record.exchanges() == ()


def test_an_undeclared_port_is_written_down(gateway: GatewayThread) -> None:
    shim = EmulatedShim(gateway.socket_path, ip="203.0.113.9", port=8443)
    try:
        assert talk(gateway, shim, lambda s: get(s, f"https://{HOST}/ping"))[0] == 421
    finally:
        shim.close()
    (rejected,) = gateway.record.rejected()
    assert (rejected.reason, rejected.ip, rejected.port) == (
        RejectionReason.UNDECLARED_PORT,
        "203.0.113.9",
        8443,
    )


def test_plain_http_is_not_served(gateway: GatewayThread, shim: EmulatedShim) -> None:
    assert talk(gateway, shim, lambda s: get(s, f"http://{HOST}/ping"))[0] == 421
    (rejected,) = gateway.record.rejected()
    assert (rejected.reason, rejected.host, rejected.tls) == (RejectionReason.NO_TLS, HOST, False)


def test_another_name_in_the_host_header_is_not_served(gateway: GatewayThread, shim: EmulatedShim) -> None:
    answer = talk(gateway, shim, lambda s: get(s, f"https://{HOST}/ping", headers={"Host": STREAMS}))
    assert answer[0] == 421
    (rejected,) = gateway.record.rejected()
    assert (rejected.reason, rejected.host) == (RejectionReason.HOST_MISMATCH, STREAMS)


def test_tls_without_a_name_is_refused(gateway: GatewayThread, shim: EmulatedShim) -> None:
    context = gateway.authority.client_context()
    context.check_hostname = False
    with shim.connect() as raw, pytest.raises(OSError):  # noqa: PT011 - which alert is the library's choice
        context.wrap_socket(raw)
    (rejected,) = gateway.record.wait_for(gateway.record.rejected, PATIENCE) or ()
    assert (rejected.reason, rejected.host) == (RejectionReason.NO_NAME, None)


def hello(name: str | None) -> bytes:
    """What a client says first."""
    context = ssl.create_default_context()
    context.check_hostname = False
    said = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), said, server_hostname=name).do_handshake()
    return said.read()


def test_the_name_is_read_from_the_hello() -> None:
    assert name_in(hello(HOST)) == HOST
    for said in (hello(None), hello(HOST)[:-1], b"\x16\x03\x01garbage" * 20, b""):
        assert name_in(said) is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [(HOST, None), ("pinned.test", RejectionReason.UNDECLARED_HOST), (None, RejectionReason.NO_NAME)],
)
def test_a_handshake_that_ended_before_it_was_read_is_judged_by_its_hello(
    gateway: GatewayThread,
    shim: EmulatedShim,
    monkeypatch: pytest.MonkeyPatch,
    name: str | None,
    reason: RejectionReason | None,
) -> None:
    async def reset(_: Acceptor, connection: socket.socket, *__: object) -> str:
        connection.close()
        return "connection reset by peer"

    monkeypatch.setattr(Acceptor, "_connect", reset)
    with shim.connect() as raw:
        raw.sendall(hello(name))
        _read(raw)
    (handshake,) = gateway.record.wait_for(gateway.record.handshakes, PATIENCE) or ()
    assert (handshake.host, handshake.error) == (name, "connection reset by peer")
    rejected = [(each.reason, each.host) for each in gateway.record.rejected()]
    assert rejected == ([] if reason is None else [(reason, name)])


def test_an_undeclared_name_whose_certificate_is_refused_is_still_rejected(
    gateway: GatewayThread, shim: EmulatedShim
) -> None:
    async def work(session: aiohttp.ClientSession) -> None:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await get(session, "https://pinned.test/", ssl=ssl.create_default_context())

    talk(gateway, shim, work)
    (rejected,) = gateway.record.wait_for(gateway.record.rejected, PATIENCE) or ()
    assert (rejected.reason, rejected.host) == (RejectionReason.UNDECLARED_HOST, "pinned.test")


@pytest.mark.parametrize(
    "said",
    [b"\x00\x01\x02garbage\r\n\r\n", b"EHLO mail.test\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01garbage" * 20],
    ids=["binary", "smtp", "no path", "broken hello"],
)
def test_garbage_is_written_down_and_closed(gateway: GatewayThread, shim: EmulatedShim, said: bytes) -> None:
    with shim.connect() as raw:
        raw.sendall(said)
        while _read(raw):
            pass
    assert gateway.record.wait_for(gateway.record.rejected, PATIENCE)
    assert gateway.record.troubles() == ()
    assert talk(gateway, shim, lambda s: get(s, f"https://{HOST}/ping"))[0] == 200


def test_half_a_request_is_written_down(gateway: GatewayThread, shim: EmulatedShim) -> None:
    context = gateway.authority.client_context()
    with context.wrap_socket(shim.connect(), server_hostname=HOST) as secured:
        secured.sendall(b"POST /order HTTP/1.1\r\nHost: " + HOST.encode())
    (rejected,) = gateway.record.wait_for(gateway.record.rejected, PATIENCE) or ()
    assert (rejected.reason, rejected.host) == (RejectionReason.UNFINISHED, HOST)
    assert rejected.first_bytes.startswith(b"POST /order")


def test_half_a_body_is_written_down(gateway: GatewayThread, shim: EmulatedShim) -> None:
    context = gateway.authority.client_context()
    with context.wrap_socket(shim.connect(), server_hostname=HOST) as secured:
        secured.sendall(f"POST /order HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 50\r\n\r\nhalf".encode())
    (rejected,) = gateway.record.wait_for(gateway.record.rejected, PATIENCE) or ()
    assert rejected.reason is RejectionReason.UNFINISHED
    assert gateway.record.troubles() == ()


def test_huge_headers_and_bodies_are_refused(
    gateway: GatewayThread, shim: EmulatedShim, dialect: TinyDialect
) -> None:
    async def work(session: aiohttp.ClientSession) -> None:
        status, _ = await get(session, f"https://{HOST}/ping", headers={"X-Big": "x" * 100_000})
        assert status == 400
        async with session.post(f"https://{HOST}/order", data=io.BytesIO(b"x" * (2 << 20))) as reply:
            assert reply.status == 413

    talk(gateway, shim, work)
    assert [s.reason for s in gateway.record.rejected()] == [
        RejectionReason.NOT_HTTP,
        RejectionReason.TOO_LARGE,
    ]
    assert dialect.placed == []


def test_a_bad_preamble_and_a_look_up(gateway: GatewayThread, shim: EmulatedShim) -> None:
    shim.say(b'{"kind":"dns","name":"api.tiny.test","type":"A"}\n')
    shim.say(b'{"kind":"tcp","ip":"127.0.0.1","port":443}\n')  # no connection came with it
    shim.say(b"{not json}\n")
    assert gateway.record.wait_for(lambda: gateway.record.rejected()[1:], PATIENCE)
    (rejected, other) = gateway.record.rejected()
    assert {rejected.reason, other.reason} == {RejectionReason.BAD_PREAMBLE}
    lookups = gateway.record.wait_for(gateway.record.lookups, PATIENCE)
    assert lookups
    assert (lookups[0].name, lookups[0].kind) == ("api.tiny.test", "A")
    assert talk(gateway, shim, lambda s: get(s, f"https://{HOST}/ping"))[0] == 200


def test_a_datagram_is_written_down(gateway: GatewayThread, shim: EmulatedShim) -> None:
    shim.say(b'{"kind":"udp","ip":"203.0.113.9","port":53535}\n')
    (rejected,) = gateway.record.wait_for(gateway.record.rejected, PATIENCE) or ()
    assert (rejected.reason, rejected.ip, rejected.port) == (RejectionReason.DATAGRAM, "203.0.113.9", 53535)


def test_the_oracle_speaks_plain_http_on_the_same_socket(gateway: GatewayThread) -> None:
    async def main() -> tuple[int, str]:
        connector = aiohttp.UnixConnector(str(gateway.socket_path))
        async with aiohttp.ClientSession(connector=connector) as session:
            return await get(session, f"https://{HOST}/ping")

    assert asyncio.run(main()) == (200, '{"pong":""}')
    assert gateway.record.exchanges("ping") == ()
    (exchange,) = gateway.record.exchanges("ping", client="oracle")
    assert (exchange.client, exchange.tls) == ("oracle", False)


def test_a_bug_in_a_dialect_is_ours(gateway: GatewayThread, shim: EmulatedShim) -> None:
    assert talk(gateway, shim, lambda s: get(s, f"https://{HOST}/broken"))[0] == 500
    (trouble,) = gateway.record.troubles()
    assert "a bug of ours" in trouble.detail
    assert talk(gateway, shim, lambda s: get(s, f"https://{HOST}/ping"))[0] == 200


def test_the_end_is_quick_and_leaves_nothing_open(dialect: TinyDialect, clock: ScaledClock) -> None:
    gc.collect()
    before = open_files()
    with running_gateway([dialect], clock=clock) as gateway:
        shim = EmulatedShim(gateway.socket_path)
        gateway.faults.add(Stall(), "place_order", times=None)
        trusted = gateway.authority.client_context()
        clients = [trusted.wrap_socket(shim.connect(), server_hostname=HOST) for _ in range(20)]
        for client in clients[:10]:
            client.sendall(f"POST /order HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 0\r\n\r\n".encode())
        idle = [shim.connect() for _ in range(20)]
        assert gateway.record.wait_for(lambda: len(gateway.record.exchanges()) == 10, PATIENCE)
        socket_path, record, began = gateway.socket_path, gateway.record, time.monotonic()
    assert time.monotonic() - began < 1.5
    for each in (*clients, *idle):
        each.close()
    shim.close()
    assert open_files() <= before
    assert not socket_path.exists()
    assert record.troubles() == ()


def test_a_gateway_that_cannot_listen_says_where(dialect: TinyDialect, tmp_path: Path) -> None:
    place = tmp_path / ("x" * 200)
    with pytest.raises(GatewayError) as raised, running_gateway([dialect], socket_path=place):
        pass
    assert str(place) in str(raised.value)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _read(raw: socket.socket) -> bytes:
    try:
        return raw.recv(4096)
    except ConnectionError:
        return b""


def test_a_path_with_two_slashes_names_no_host(gateway: GatewayThread, shim: EmulatedShim) -> None:
    status, _ = talk(gateway, shim, lambda s: get(s, f"https://{HOST}//ping/book?n=1"))
    assert status == 404
    assert gateway.record.rejected() == ()
