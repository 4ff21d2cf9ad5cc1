"""The gateway: takes connections from the shim and from the oracle, and serves them as the exchange."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from harness.clock import ScaledClock
from harness.errors import OurFailure
from harness.gateway.acceptor import Acceptor
from harness.gateway.connection import Arrival, Connection
from harness.gateway.context import Context
from harness.gateway.entries import Lookup, RejectionReason
from harness.gateway.fault_plan import FaultPlan
from harness.gateway.record import Record
from harness.gateway.remote import Remote
from harness.gateway.rest import Rest
from harness.gateway.shim import Connected, Datagram, LookedUp, messages
from harness.gateway.tls import Authority
from harness.gateway.waiting import first_byte
from harness.gateway.websockets import Streams
from harness.venue.dialects.base import Dialect

SILENCE_SECONDS = 10.0  # real; how long a client may be connected before its first byte
STOP_SECONDS = 2.0  # real
BACKLOG = 512


class GatewayError(OurFailure):
    """The gateway could not be started or used."""


class Gateway:
    """One event loop's worth of gateway. `record` and `faults` may be used from any thread."""

    def __init__(
        self,
        dialects: Sequence[Dialect],
        clock: ScaledClock,
        faults: FaultPlan | None = None,
        authority: Authority | None = None,
        record: Record | None = None,
    ) -> None:
        self.clock = clock
        self.faults = faults or FaultPlan()
        self.authority = authority or Authority()
        self.record = record or Record()
        self._context = Context(dialects, clock, self.faults, self.authority, self.record)
        self.streams = Streams(self._context)
        self._listener: socket.socket | None = None
        self._server: web.Server | None = None
        self._path: Path | None = None

    async def start(self, socket_path: Path) -> None:
        """Listen on a Unix socket at `socket_path`; raises `GatewayError` when that cannot be."""
        listener = _listen_at(socket_path)
        self._listener, self._path = listener, socket_path
        self._server = web.Server(Rest(self._context, self.streams))
        self.streams.start()
        self._let_in(Acceptor(self._context, self._server))

    async def close(self) -> None:
        """Break every connection, whatever it waits for, and stop listening."""
        self.streams.stop()
        listener, self._listener = self._listener, None
        if listener is not None:
            asyncio.get_running_loop().remove_reader(listener)
        self.break_connections()
        if self._server is not None:
            await self._server.shutdown(STOP_SECONDS)
        for task in tuple(self._context.tasks):
            task.cancel()
        await asyncio.gather(*self._context.tasks, return_exceptions=True)
        for each in self._context.dialects:
            if isinstance(each, Remote):
                await each.shut()
        if listener is not None:
            listener.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def break_connections(self) -> None:
        """Break every connection, also one that a client keeps for its next request."""
        for connection in () if self._server is None else tuple(self._server.connections):
            if isinstance(connection, Connection):
                connection.reset()

    def trouble(self, where: str, error: BaseException) -> None:
        """Write down that something of ours broke."""
        self._context.trouble(where, error)

    def _let_in(self, acceptor: Acceptor) -> None:
        """Greet whoever comes. (A task in `sock_accept`, when cancelled, loses whom it has just let in.)"""
        if self._listener is not None:  # until `stop`
            asyncio.get_running_loop().add_reader(self._listener, self._accept, self._listener, acceptor)

    def _accept(self, listener: socket.socket, acceptor: Acceptor) -> None:
        try:
            connection, _ = listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:  # out of descriptors: those in use will be freed
            self._context.trouble("accept", error)
            loop = asyncio.get_running_loop()
            loop.remove_reader(listener)
            loop.call_later(0.1, self._let_in, acceptor)
            return
        connection.setblocking(False)
        self._spawn(self._greet(connection, acceptor), connection)

    def _spawn(self, work: Coroutine[Any, Any, None], connection: socket.socket) -> None:
        """Run `work`, which owns the connection, unless it is cancelled, perhaps before it began."""
        task = self._context.spawn(work, "a new connection")
        task.add_done_callback(lambda done: connection.close() if done.cancelled() else None)

    async def _greet(self, connection: socket.socket, acceptor: Acceptor) -> None:
        """`{` begins the shim's line; anything else is the oracle, who speaks for itself."""
        first = await first_byte(connection, SILENCE_SECONDS)
        if first != ord("{"):
            await acceptor.serve(connection, Arrival("oracle"), first)
            return
        with connection:
            async for message in messages(connection, SILENCE_SECONDS):
                match message:
                    case Connected(ip, port, passed):
                        arrival = Arrival("connector", ip, port)
                        self._spawn(_take_over(acceptor, passed, arrival), passed)
                    case LookedUp(name, kind):
                        self.record.add(Lookup(self._context.now(), name, kind))
                    case Datagram(ip, port):
                        acceptor.record_rejection(Arrival("connector", ip, port), RejectionReason.DATAGRAM)
                    case bytes():
                        acceptor.record_rejection(Arrival("connector"), RejectionReason.BAD_PREAMBLE, message)


def _listen_at(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        # The shim may run as another user: who may reach the folder may reach the gateway.
        path.chmod(0o666)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise GatewayError(
            f"the gateway cannot listen: {error}",
            where=str(path),
            hint="choose a writable folder with a path shorter than 100 characters",
        ) from error
    listener.setblocking(False)
    return listener


async def _take_over(acceptor: Acceptor, connection: socket.socket, arrival: Arrival) -> None:
    try:
        first = await first_byte(connection, SILENCE_SECONDS)
    except asyncio.CancelledError:
        acceptor.record_rejection(arrival, RejectionReason.SILENT)
        raise
    await acceptor.serve(connection, arrival, first)
