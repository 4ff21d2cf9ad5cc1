"""One connection: aiohttp's server protocol, with what the gateway knows of who is behind it."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from harness.gateway.context import Context
from harness.gateway.entries import Client, RejectedConnection, RejectionReason

IDLE_SECONDS = 75.0  # real; a kept-alive connection with no request is closed after that
REMEMBERED = 4096  # bytes: the first ones, once a request was served the last ones

_log = logging.getLogger("harness.gateway.http")
_RST = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: close sends RST, and drops what is unsent


@dataclass(frozen=True)
class Arrival:
    """Where a connection came from and where it wanted to go; no address for the oracle's."""

    client: Client
    ip: str | None = None
    port: int | None = None
    tls: bool = False
    name: str | None = None  # by SNI

    def rejected(
        self, at: float, reason: RejectionReason, said: bytes, host: str | None = None
    ) -> RejectedConnection:
        """The entry of it where nobody was served on it; `host` where a request named another."""
        return RejectedConnection(
            at, reason, self.client, host or self.name, self.ip, self.port, self.tls, said, self.name
        )


class Connection(RequestHandler):
    """Parses HTTP for one connection. Whatever the client says, nothing is raised: it is written down."""

    def __init__(self, server: web.Server, context: Context, arrival: Arrival) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=IDLE_SECONDS,
            tcp_keepalive=False,
            lingering_time=0.5,
            logger=_log,
            access_log=_log,
        )
        self.arrival = arrival
        self.served = False
        self.gone = asyncio.Event()
        self._context = context
        self._link: asyncio.Transport | None = None
        self._said = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._link = transport
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self.served:
            self._said = (self._said + data[-REMEMBERED:])[-REMEMBERED:]
        elif len(self._said) < REMEMBERED:
            self._said = (self._said + data[:REMEMBERED])[:REMEMBERED]
        super().data_received(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._said:
            self.write_down(RejectionReason.UNFINISHED)
        elif self.arrival.tls and not self.declared:
            self.write_down(RejectionReason.UNDECLARED_HOST)
        self.gone.set()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - aiohttp's signature
    ) -> web.StreamResponse:
        """Write down what is wrong: a 400 is the client's, anything else ours."""
        if status == 400:
            self.write_down(RejectionReason.NOT_HTTP, first_bytes=self._said)
        elif exc is not None and not isinstance(exc, ConnectionError):
            self._context.trouble(f"{request.method} {request.path}", exc)
        response = web.Response(status=status)
        response.force_close()
        return response

    @property
    def declared(self) -> bool:
        """Whether a dialect serves the host and port asked for; the oracle's port is not known yet."""
        name, port = self.arrival.name or "", self.arrival.port
        return self._context.knows_host(name) if port is None else bool(self._context.dialect_for(name, port))

    def write_down(
        self, reason: RejectionReason, *, host: str | None = None, first_bytes: bytes | None = None
    ) -> None:
        """Record this connection as rejected; without `first_bytes` once, and not when it was served."""
        if self.served and first_bytes is None:
            return
        self.served = True
        said = self._said if first_bytes is None else first_bytes
        self._context.record.add(self.arrival.rejected(self._context.now(), reason, said, host))

    def send_raw(self, data: bytes) -> None:
        """Send bytes as they are, past HTTP and WebSocket."""
        if self._link is not None and not self._link.is_closing():
            self._link.write(data)

    def close_after_sending(self) -> None:
        """Send what is still to be sent, and close."""
        if self._link is not None:
            self._link.close()

    def reset(self) -> None:
        """Break the connection with a TCP RST; on a Unix socket it just ends."""
        link = self._link
        if link is None:
            return
        wire = None if link.is_closing() else link.get_extra_info("socket")
        if wire is not None:
            with suppress(OSError):
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
        link.abort()
