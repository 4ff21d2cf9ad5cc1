"""Gateway mode `live`: what a client asks goes on to the real exchange, and what comes back is handed on."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Iterable
from typing import ClassVar

import aiohttp

from harness.gateway.fault import ConnectionBrokenError
from harness.gateway.remote import Remote, RemoteSession, Tell
from harness.recordings.channels import Channels
from harness.recordings.far_end import MOST_MESSAGE, FarEnd, FarEndError
from harness.recordings.proofs import Proofs
from harness.recordings.signing_over import NotSigned
from harness.venue.described.dialect import DescribedDialect
from harness.venue.described.model import Connection
from harness.venue.dialects.base import Dialect
from harness.venue.dialects.messages import Close, Frame, Outgoing, Reply, Request
from harness.venue.dialects.routing import Found, Match, Route

Note = Callable[[str], None]
ABNORMAL = 1006
GOING_AWAY = 1001
_RESERVED = frozenset({1004, 1005, ABNORMAL, 1015})  # never sent (RFC 6455, 7.4.1)


def live_kind(spoken: type[Dialect]) -> type[Live]:
    """The class of a live exchange that is reached at that one's hosts."""
    return type(
        f"Live_{spoken.name}",
        (Live,),
        {
            "name": spoken.name, "rest_hosts": spoken.rest_hosts, "stream_hosts": spoken.stream_hosts,
            "ports": spoken.ports, "markets": spoken.markets, "__module__": __name__,
        },
    )  # fmt: skip


class Live(Remote):
    """`inner` says what a request is for; it answers none.

    Without `proofs` no private request leaves this machine; with them the reading ones that the description
    explains do. Everything that is not handed on is noted.
    """

    name: ClassVar[str] = ""

    def __init__(self, inner: Dialect, far_end: FarEnd, proofs: Proofs | None, note: Note) -> None:
        super().__init__(inner.venue)
        self._inner, self._far_end, self._proofs, self._note = inner, far_end, proofs, note

    def find(self, request: Request) -> Found | None:
        return self._inner.find(request)

    def find_stream(self, request: Request) -> Found | None:
        return self._inner.find_stream(request)

    async def ask(self, request: Request, match: Match) -> Reply:
        route = match.rest[0] if match.rest is not None else None
        what = f"{request.method} {request.host}{request.path}"
        try:
            sent = self._allowed(request, route)
            answer = await self._far_end.fetch(sent)
            if route is not None and route.private and self._proofs is not None:
                return self._proofs.reply(answer, route, sent)
        except NotSigned as error:
            self._note(f"not sent: {what}: {error}")
            return Reply(401, {}, {"error": f"not sent: {error}"})
        except FarEndError as error:
            self._note(f"no answer: {what}: {error}")
            raise ConnectionBrokenError from error
        return answer

    def _allowed(self, request: Request, route: Route | None) -> Request:
        """The request as it may be sent. Raises NotSigned."""
        if route is None and request.method != "GET":
            raise NotSigned("its route is not known, and it is no GET")
        if route is None or not route.private:
            return request
        if self._proofs is None:
            raise NotSigned("it is private, and public data alone are recorded")
        return self._proofs.request(request, route)

    async def connect(self, request: Request, match: Match) -> RemoteSession | Reply:
        where = f"{request.host}{request.path}"
        connection = self._connection(match)
        try:
            sent = request
            if self._proofs is not None and connection is not None:
                sent = self._proofs.upgrade(request, connection)
            opened = await self._far_end.connect(sent)
        except NotSigned as error:
            self._note(f"not opened: {where}: {error}")
            return Reply(401, {}, {"error": f"not sent: {error}"})
        except FarEndError as error:
            self._note(f"not opened: {where}: {error}")
            raise ConnectionBrokenError from error
        if isinstance(opened, Reply):
            self._note(f"not opened: {where}: the exchange answered {opened.status}")
            return opened
        return LiveSession(self, opened, connection, where)

    def _connection(self, match: Match) -> Connection | None:
        if match.stream is None or not isinstance(self._inner, DescribedDialect):
            return None
        return self._inner.description.connections[match.stream[0].handler]

    def channels_of(self, connection: Connection | None) -> Channels:
        """What the exchange says on such a connection."""
        spoken = self._inner
        if connection is None or not isinstance(spoken, DescribedDialect):
            return Channels(None, None)
        return Channels(spoken.description, connection)

    async def shut(self) -> None:
        await self._far_end.close()

    def outward(self, connection: Connection | None, message: str, where: str) -> str | None:
        """A client's message as the exchange gets it, None where it stays here."""
        if self._proofs is None or connection is None:
            return message
        try:
            return self._proofs.message(connection, message)
        except NotSigned as error:
            self._note(f"not sent: a message to {where}: {error}")
            return None

    def may_pack(self, connection: Connection | None, where: str) -> bool:
        """Whether a client's packed message goes on: not where it could be an order of the account's."""
        private = self._proofs is not None and connection is not None and connection.login is not None
        if private:
            self._note(f"not sent: a packed message to {where}, which may be the account's connection")
        return not private

    def inward(self, text: str, where: str) -> str | None:
        """The exchange's message as the client gets it, None where it stays here."""
        try:
            self._far_end.count(len(text))
            return text if self._proofs is None else self._proofs.blinded(text)
        except (NotSigned, FarEndError) as error:
            self._note(f"not handed on: a message from {where}: {error}")
            return None

    async def turn(self) -> None:
        await self._far_end.wait_for_turn()

    def leave(self, there: aiohttp.ClientWebSocketResponse) -> None:
        self._far_end.leave(there)

    def note(self, text: str) -> None:
        self._note(text)


class LiveSession(RemoteSession):
    """One WebSocket that goes on to the exchange."""

    def __init__(
        self, live: Live, there: aiohttp.ClientWebSocketResponse, connection: Connection | None, where: str
    ) -> None:
        self._live, self._there, self._connection, self._where = live, there, connection, where
        self._channels = live.channels_of(connection)
        self._broken = ""
        self._outward: asyncio.Queue[str | bytes] = asyncio.Queue(1000)

    def received(self, message: str | bytes) -> Iterable[Outgoing]:
        try:
            self._outward.put_nowait(message)
        except asyncio.QueueFull:
            yield Close(GOING_AWAY, "more messages than the exchange is sent")

    async def listen(self, tell: Tell) -> None:
        """Both ways at the same time, until either end closes."""
        speaking = asyncio.create_task(self._speak())
        try:
            async for message in self._there:
                for told in self._told(message):
                    tell(lambda told=told: [told])  # type: ignore[misc]
            self._tell_end(tell)
        finally:
            speaking.cancel()
            self._live.leave(self._there)

    def _told(self, message: aiohttp.WSMessage) -> Iterable[Outgoing]:
        if message.type is aiohttp.WSMsgType.TEXT:
            text = self._live.inward(message.data, self._where)
            if text is not None:
                yield Frame(self._operation(text), text)
        elif message.type is aiohttp.WSMsgType.BINARY:
            said = inflated(message.data)
            text = self._live.inward(said, self._where)
            if text == said:
                yield Frame(self._operation(text), text, message.data)
            elif text is not None:
                self._live.note(f"not handed on: a packed message from {self._where} says a real key")
        elif message.type is aiohttp.WSMsgType.ERROR:
            self._broken = f"{type(message.data).__name__}: {message.data}"

    def _operation(self, text: str) -> str:
        return self._channels.operation_of(text) or "stream:subscribe"

    def _tell_end(self, tell: Tell) -> None:
        code = self._there.close_code or ABNORMAL
        if self._broken or code == ABNORMAL:
            self._live.note(
                f"broken: the messages of {self._where}: {self._broken or 'they were cut off'}"[:300]
            )
        tell(lambda: [Close(ABNORMAL if code in _RESERVED else code)])

    async def _speak(self) -> None:
        while True:
            message = await self._outward.get()
            await self._live.turn()
            if isinstance(message, bytes):
                if self._live.may_pack(self._connection, self._where):
                    await self._there.send_bytes(message)
            elif (text := self._live.outward(self._connection, message, self._where)) is not None:
                await self._there.send_str(text)


def inflated(data: bytes) -> str:
    """What a packed message says: gzip, zlib, raw deflate, or as it is. Bounded."""
    for bits in (16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS):
        try:
            plain = zlib.decompressobj(bits).decompress(data, MOST_MESSAGE)
        except zlib.error:
            continue
        return plain.decode("utf-8", errors="backslashreplace")
    return data.decode("utf-8", errors="backslashreplace")
