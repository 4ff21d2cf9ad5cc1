"""From an HTTP request to the dialect's reply, through the faults and into the record."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate
from urllib.parse import SplitResult, parse_qsl, urlsplit

from aiohttp import web

from harness.gateway.bytes_sent import http_reply
from harness.gateway.connection import Connection
from harness.gateway.context import Context
from harness.gateway.entries import Exchange, RejectionReason
from harness.gateway.fault import ConnectionBrokenError, Fault, Point, Traffic, before, named
from harness.gateway.remote import Remote
from harness.gateway.websockets import Streams
from harness.venue.dialects.base import Dialect
from harness.venue.dialects.messages import Reply, Request
from harness.venue.dialects.routing import Match
from harness.venue.dialects.stream_session import StreamSession

MOST_BODY = 1 << 20
BODY_SECONDS = 20.0  # real; how long a client may take to send a body
HTTPS = 443
MOST_KEPT = 64 << 10  # bytes of a rejected request's body
SECOND_REPLY_AFTER = 0.01  # real seconds, so that the first has left
COMPRESS_FROM = 4096  # bytes; smaller replies are sent as they are


@dataclass(frozen=True)
class Link:
    """One request's connection, as faults use it."""

    context: Context
    connection: Connection
    dialect: Dialect

    async def sleep(self, virtual_seconds: float) -> None:
        await self.context.sleep(virtual_seconds)

    async def client_gone(self) -> None:
        await self.connection.gone.wait()

    def under_maintenance(self) -> Reply:
        return self.dialect.under_maintenance()

    def too_many_requests(self, retry_after: int) -> Reply:
        return self.dialect.too_many_requests(retry_after)

    def send_raw(self, data: bytes) -> bool:
        if self.connection.gone.is_set():
            return False
        self.connection.send_raw(data)
        return True

    def as_sent(self, reply: Reply) -> bytes:
        return http_reply(reply)

    def sent(self) -> None:
        self.connection.close_after_sending()

    def break_off(self) -> None:
        self.connection.close_after_sending()

    def repeat(self, reply: Reply) -> None:
        async def again() -> None:
            await asyncio.sleep(SECOND_REPLY_AFTER)
            self.send_raw(http_reply(reply))

        self.context.spawn(again(), "a second reply")


class Rest:
    """The handler behind every connection."""

    def __init__(self, context: Context, streams: Streams) -> None:
        self._context = context
        self._streams = streams

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = request.protocol
        if not isinstance(connection, Connection):
            raise TypeError("a request that came through no connection of ours")
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _turn_away(connection, request, b"", RejectionReason.TOO_LARGE, 413)
        except (TimeoutError, web.RequestPayloadError):
            return _turn_away(connection, request, b"", RejectionReason.UNFINISHED, 408)
        wire = self._read(request, connection, body)
        port = _port(request, connection)
        connection.arrival = replace(connection.arrival, port=port)
        dialect = self._context.dialect_for(wire.host, port)
        reason = self._why_not(connection, wire.host, dialect)
        if reason is not None or dialect is None:
            return _turn_away(connection, request, body, reason or RejectionReason.UNDECLARED_HOST, 421)
        connection.served = True
        wire = replace(wire, at=dialect.venue.clock.now(), port=port)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._upgrade(request, connection, dialect, wire)
        return await self._answer(request, connection, dialect, wire)

    def _read(self, request: web.BaseRequest, connection: Connection, body: bytes) -> Request:
        """The request as it came: aiohttp's own parts would be decoded and encoded anew."""
        target = _target(request.raw_path)
        return Request(
            method=request.method,
            host=_asked_for(request, connection.arrival.name),
            path=target.path,
            query=parse_qsl(target.query, keep_blank_values=True),
            headers=request.headers,
            body=body,
            raw_query=target.query,
            client=connection.arrival.client,
        )

    def _why_not(self, connection: Connection, host: str, dialect: Dialect | None) -> RejectionReason | None:
        arrival = connection.arrival
        if arrival.client == "connector" and not arrival.tls:
            return RejectionReason.NO_TLS
        if arrival.tls and arrival.name is None:
            return RejectionReason.NO_NAME
        if arrival.name is not None and host != arrival.name:
            return RejectionReason.HOST_MISMATCH
        if dialect is None:
            known = self._context.knows_host(host)
            return RejectionReason.UNDECLARED_PORT if known else RejectionReason.UNDECLARED_HOST
        return None

    async def _upgrade(
        self, request: web.BaseRequest, connection: Connection, dialect: Dialect, wire: Request
    ) -> web.StreamResponse:
        match, faults, number = self._begin(connection, dialect, wire, "upgrade")
        try:
            reply = await before(faults, Link(self._context, connection, dialect))
            opened = await self._open(dialect, wire, match) if reply is None else reply
        except ConnectionBrokenError:
            return _broken(connection)
        if isinstance(opened, Reply):
            return self._reply(request, number, opened, dialect)
        self._complete(number, 101, {}, b"")
        return await self._streams.run(
            request, connection, wire, match.operation, dialect.venue, opened, faults
        )

    async def _answer(
        self, request: web.BaseRequest, connection: Connection, dialect: Dialect, wire: Request
    ) -> web.StreamResponse:
        match, faults, number = self._begin(connection, dialect, wire, "request")
        if not faults and not isinstance(dialect, Remote):
            return self._reply(request, number, self._ask(dialect, wire, match), dialect)
        link = Link(self._context, connection, dialect)
        work = self._faulted(faults, link, wire, match)
        # Shielded: a client that gives up does not take back what it has sent.
        reply = await asyncio.shield(self._context.spawn(work, f"{wire.method} {wire.path}"))
        if reply is None:
            return _broken(connection)
        response = self._reply(request, number, reply, dialect)
        sent = [await fault.on_sending(reply, link) for fault in faults]
        return web.Response(status=500) if any(sent) else response  # aiohttp cannot send it any more

    async def _faulted(
        self, faults: tuple[Fault, ...], link: Link, wire: Request, match: Match
    ) -> Reply | None:
        """The reply after the faults, None where the connection breaks."""
        try:
            instead = await before(faults, link)
            if instead is not None:
                return instead
            asked = replace(wire, at=link.dialect.venue.clock.now())
            if isinstance(link.dialect, Remote):
                reply = await link.dialect.ask(asked, match)
            else:
                reply = self._ask(link.dialect, asked, match)
            for fault in faults:
                reply = await fault.on_reply(reply, link)
        except ConnectionBrokenError:
            return None
        return reply

    def _ask(self, dialect: Dialect, wire: Request, match: Match) -> Reply:
        self._streams.deliver()
        return dialect.reply_to(wire, match)

    async def _open(self, dialect: Dialect, wire: Request, match: Match) -> StreamSession | Reply:
        if isinstance(dialect, Remote):
            return await dialect.connect(wire, match)
        self._streams.deliver()
        return dialect.upgrade(wire, match)

    def _begin(
        self, connection: Connection, dialect: Dialect, wire: Request, point: Point
    ) -> tuple[Match, tuple[Fault, ...], int]:
        """(what the tables say, faults, the number of the exchange in the record)."""
        arrival, match = connection.arrival, dialect.match(wire)
        text = f"{wire.method} {wire.path}?{wire.raw_query}\n{wire.text}"
        traffic = Traffic(point, match.operation or "", wire.host, arrival.client, text, self._context.now())
        faults = self._context.faults.take(traffic)
        number = self._context.record.add(
            Exchange(
                at=self._context.now(),
                host=wire.host,
                port=arrival.port or HTTPS,
                tls=arrival.tls,
                client=arrival.client,
                operation=match.operation,
                method=wire.method,
                path=wire.path,
                raw_query=wire.raw_query,
                headers=tuple(wire.headers.items()),
                body=wire.body,
                weight=match.weight,
                fault=named(faults),
            )
        )
        return match, faults, number

    def _complete(self, number: int, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self._context.record.complete(
            number,
            status=status,
            reply_headers=tuple(headers.items()),
            reply=content,
            replied_at=self._context.now(),
        )

    def _reply(self, request: web.BaseRequest, number: int, reply: Reply, dialect: Dialect) -> web.Response:
        """`Date` is the exchange's time, as clients read it that are not told the time by a route."""
        date = {"Date": formatdate(dialect.venue.clock.now(), usegmt=True)}
        headers, content = {**date, **reply.all_headers()}, reply.content()
        self._complete(number, reply.status, headers, content)
        response = web.Response(status=reply.status, headers=headers, body=content)
        if len(content) >= COMPRESS_FROM and "gzip" in request.headers.get("Accept-Encoding", ""):
            response.enable_compression(web.ContentCoding.gzip)
        return response


def _broken(connection: Connection) -> web.Response:
    """Break the connection; the response is never sent."""
    connection.reset()
    return web.Response(status=500)


def _turn_away(
    connection: Connection, request: web.BaseRequest, body: bytes, reason: RejectionReason, status: int
) -> web.Response:
    """Answer what is not served, write down what was asked, and close."""
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    said = f"{request.method} {request.raw_path} HTTP/1.1\r\n{head}\r\n".encode() + body[:MOST_KEPT]
    connection.write_down(reason, host=_asked_for(request, connection.arrival.name), first_bytes=said)
    response = web.Response(status=status, text=f"not served here: {reason.value}\n")
    response.force_close()
    return response


def _asked_for(request: web.BaseRequest, sni: str | None) -> str:
    """The host that the request names: where its parts disagree, one that is not in the TLS handshake.

    A request to a proxy names one in its target too (RFC 9112, 3.2.2 and 3.2.3).
    """
    target = request.raw_path if request.method == "CONNECT" else _target(request.raw_path).netloc
    named = [host for each in (target, request.headers.get("Host", "")) if (host := _host_of(each))]
    return next((host for host in named if host != sni), sni or "")


def _target(raw: str) -> SplitResult:
    """A path (RFC 9112, 3.2.1) names no host, though it may begin with two slashes; else a whole address."""
    if not raw.startswith("/"):
        return urlsplit(raw)
    path, _, query = raw.partition("?")
    return SplitResult("", "", path, query, "")


def _host_of(header: str) -> str:
    """The Host header without its port, in small letters."""
    name, colon, port = header.strip().lower().rpartition(":")
    return name if colon and port.isdigit() else header.strip().lower()


def _port(request: web.BaseRequest, connection: Connection) -> int:
    """Where the client wanted to go; the oracle has no address but what it writes."""
    if connection.arrival.port is not None:
        return connection.arrival.port
    _, _, port = request.headers.get("Host", "").rpartition(":")
    return int(port) if port.isdigit() and len(port) <= 5 else HTTPS
