"""All open WebSockets: what happens at the venue, in whatever thread, reaches each of them in order."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from fnmatch import fnmatchcase

from aiohttp import web

from harness.gateway.connection import Connection
from harness.gateway.context import Context
from harness.gateway.entries import Client, ClosedBy, Socket
from harness.gateway.fault import BROKEN, Fault
from harness.gateway.websocket import OpenSocket
from harness.venue.dialects.messages import Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.events import Event
from harness.venue.session import Venue

MOST_MESSAGE = 1 << 20  # bytes of a client's message; a larger one closes the socket with 1009
TICK = 0.1  # virtual seconds between looks at what is due
SHORTEST_TICK = 0.005  # real seconds


class Streams:
    """Used from the gateway's thread only."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._open: dict[OpenSocket, Venue] = {}
        self._pending: deque[tuple[Venue, Event]] = deque()
        self._woken = False
        self._unsubscribe: list[Callable[[], None]] = []

    def start(self) -> None:
        """Listen to every venue behind the dialects, and let time pass for the sessions."""
        loop = asyncio.get_running_loop()
        for venue in {id(each.venue): each.venue for each in self._context.dialects}.values():
            self._unsubscribe.append(venue.subscribe(self._listener(venue, loop)))
        self._context.spawn(self._pass_time(), "stream clock")

    def stop(self) -> None:
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        for each in tuple(self._open):
            each.close(BROKEN, "the gateway stops", ClosedBy.GATEWAY)

    async def run(
        self,
        request: web.BaseRequest,
        connection: Connection,
        wire: Request,
        operation: str | None,
        venue: Venue,
        session: StreamSession,
        faults: tuple[Fault, ...],
    ) -> web.WebSocketResponse:
        """Complete the upgrade and serve the socket until it ends."""
        ws = web.WebSocketResponse(autoping=False, autoclose=False, max_msg_size=MOST_MESSAGE)
        await ws.prepare(request)
        arrival = connection.arrival
        opened = Socket(
            opened_at=self._context.now(),
            host=wire.host,
            port=arrival.port or 443,
            tls=arrival.tls,
            client=arrival.client,
            operation=operation,
            path=wire.path,
            raw_query=wire.raw_query,
            headers=tuple(wire.headers.items()),
        )
        link = OpenSocket(self._context, connection, ws, opened, session)
        self._open[link] = venue
        for fault in faults:
            fault.on_upgraded(link.for_faults(faults))
        try:
            await link.run()
        finally:
            del self._open[link]
        return ws

    def matching(
        self,
        operation: str = "*",
        host: str = "*",
        client: Client | None = "connector",
        *,
        subscribed: bool = False,
    ) -> tuple[OpenSocket, ...]:
        """Open sockets, but those that are ending, that are subscribed to `operation` (a pattern) or, unless
        they have to be `subscribed` still, have passed a message of it."""
        return tuple(
            each
            for each in self._open
            if not each.over
            and client in (None, each.opened.client)
            and fnmatchcase(each.opened.host, host)
            and any(
                fnmatchcase(name, operation)
                for name in each.carries | (frozenset() if subscribed else each.operations)
            )
        )

    def deliver(self) -> None:
        """Tell the sessions of all that has happened at the venues so far."""
        self._woken = False
        while self._pending:
            venue, event = self._pending.popleft()
            for each, its in tuple(self._open.items()):
                if its is venue:
                    each.venue_event(event)

    def _listener(self, venue: Venue, loop: asyncio.AbstractEventLoop) -> Callable[[Event], None]:
        def hear(event: Event) -> None:
            self._pending.append((venue, event))
            if not self._woken:
                self._woken = True
                with contextlib.suppress(RuntimeError):  # the loop has just been closed
                    loop.call_soon_threadsafe(self.deliver)

        return hear

    async def _pass_time(self) -> None:
        step = max(SHORTEST_TICK, self._context.clock.real_seconds(TICK))
        while True:
            await asyncio.sleep(step)
            for each, venue in tuple(self._open.items()):
                each.tick(venue.clock.now())
