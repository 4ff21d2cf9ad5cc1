"""Takes each connection in the right way: TLS by the name asked for, plain HTTP, or not at all."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from dataclasses import replace

from aiohttp import web

from harness.gateway.connection import Arrival, Connection
from harness.gateway.context import Context
from harness.gateway.entries import Handshake, RejectionReason
from harness.gateway.fault import Traffic
from harness.gateway.faults import CertificateKind, WrongCertificate
from harness.gateway.tls import RIGHT, CertificateRefused, name_in, sni_context

HANDSHAKE_SECONDS = 10.0  # real
TLS_RECORD = 0x16  # the first byte of a TLS connection
_KEPT = 4096
_HEADER = 5  # bytes of a TLS record; the last two say how many follow


class Acceptor:
    """Takes ownership of every connection it is given. Used from the gateway's thread only."""

    def __init__(self, context: Context, server: web.Server) -> None:
        self._context = context
        self._server = server

    async def serve(self, accepted: socket.socket, arrival: Arrival, first: int | None) -> None:
        """`first` is the first byte, not yet read; None when there was none."""
        if first is None:
            self.refuse(accepted, arrival, RejectionReason.SILENT)
        elif first == TLS_RECORD:
            await self._serve_tls(accepted, replace(arrival, tls=True))
        elif chr(first).isalpha():
            connection = Connection(self._server, self._context, arrival)
            await self._connect(accepted, connection, None)
        else:
            self.refuse(accepted, arrival, RejectionReason.NOT_HTTP)

    def refuse(self, accepted: socket.socket, arrival: Arrival, reason: RejectionReason) -> None:
        """Write down what the client has said so far, and close."""
        said = b""
        with suppress(OSError):
            said = accepted.recv(_KEPT)
        accepted.close()
        self.record_rejection(arrival, reason, said)

    def record_rejection(self, arrival: Arrival, reason: RejectionReason, said: bytes = b"") -> None:
        self._context.record.add(arrival.rejected(self._context.now(), reason, said))

    async def _serve_tls(self, accepted: socket.socket, arrival: Arrival) -> None:
        connection = Connection(self._server, self._context, arrival)
        certificate: str = RIGHT
        hello = _peeked(accepted)

        def choose(name: str | None) -> ssl.SSLContext | None:
            nonlocal certificate
            if name is None:
                return None
            connection.arrival = replace(arrival, name=name.lower())
            kind = self._wrong_certificate(name.lower(), arrival)
            certificate = kind or RIGHT
            try:
                return self._context.authority.context_for(name.lower(), kind)
            except CertificateRefused:
                return None

        error: str | None = "the gateway stopped"
        try:
            error = await self._connect(accepted, connection, sni_context(choose))
        finally:
            self._shake_hands(connection, certificate, error, hello)

    def _shake_hands(self, connection: Connection, certificate: str, error: str | None, hello: bytes) -> None:
        """Write down how a handshake went."""
        if (
            connection.arrival.name is None and (name := name_in(hello)) is not None
        ):  # it ended before we read it
            connection.arrival = replace(connection.arrival, name=name.lower())
        named = connection.arrival
        self._context.record.add(
            Handshake(
                self._context.now(),
                named.name,
                named.ip,
                named.port,
                named.client,
                certificate,
                error,
                hello,
            )
        )
        if error is not None and (named.name is None or not connection.declared):
            unnamed = RejectionReason.NO_NAME if _is_whole(hello) else RejectionReason.UNFINISHED
            self.record_rejection(named, unnamed if named.name is None else RejectionReason.UNDECLARED_HOST)

    def _wrong_certificate(self, name: str, arrival: Arrival) -> CertificateKind | None:
        for fault in self._context.faults.take(Traffic("handshake", "", name, arrival.client)):
            if isinstance(fault, WrongCertificate):
                return fault.kind
        return None

    async def _connect(
        self, accepted: socket.socket, connection: Connection, context: ssl.SSLContext | None
    ) -> str | None:
        """Hand the socket to the protocol; what went wrong in the handshake, None when nothing did."""
        accepted.setblocking(False)
        patience = HANDSHAKE_SECONDS if context is not None else None
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: connection, accepted, ssl=context, ssl_handshake_timeout=patience
            )
        except OSError as error:  # ssl.SSLError and a lost connection among them
            accepted.close()
            return str(error) or type(error).__name__
        return None


def _peeked(accepted: socket.socket) -> bytes:
    """What there is to read, left unread."""
    with suppress(OSError):
        return accepted.recv(_KEPT, socket.MSG_PEEK)
    return b""


def _is_whole(hello: bytes) -> bool:
    """Whether a TLS record is there to its end: one that was cut off names nobody by accident."""
    return len(hello) >= _KEPT or len(hello) >= _HEADER + int.from_bytes(hello[3:_HEADER])
