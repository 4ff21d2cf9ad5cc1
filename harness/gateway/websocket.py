"""One open WebSocket: a queue out, with faults on each message, and the client's messages in."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Callable, Iterable
from typing import Literal

import aiohttp
from aiohttp import web

from harness.gateway.connection import Connection
from harness.gateway.context import Context
from harness.gateway.entries import ClosedBy, Frame, Socket, is_request
from harness.gateway.fault import BROKEN, Fault, Traffic, named
from harness.gateway.message_link import Link
from harness.gateway.remote import RemoteSession
from harness.gateway.socket_requests import Answer, SocketRequest
from harness.venue.dialects.messages import Close, Outgoing, Ping
from harness.venue.dialects.messages import Frame as Message
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.events import Event

MOST_WAITING = 50_000  # messages for a client that does not read
NO_CODE = 1005  # never sent: a close frame without a code
OUR_FAULT = 1011
LONGEST_REASON = 123  # bytes
CLOSE_SECONDS = 2.0  # real; how long a client may take to answer a close frame

Opcode = Literal["text", "binary", "ping", "pong"]


class OpenSocket:
    """Used from the gateway's thread only. `opened` is its entry in the record."""

    def __init__(
        self,
        context: Context,
        connection: Connection,
        ws: web.WebSocketResponse,
        opened: Socket,
        session: StreamSession,
    ) -> None:
        self.opened = opened
        self.operations = {opened.operation or ""}
        self.next_tick = 0.0
        self.context = context
        self.connection = connection
        self._ws = ws
        self._session = session
        self._number = context.record.add(opened)
        self._outbox: asyncio.Queue[Outgoing | Answer] = asyncio.Queue()
        self._line = asyncio.Lock()  # held while a message is sent, so that none comes into another
        self._held: dict[str, Message] = {}
        self._mute: str | None = None  # the fault that made it half-open
        self._closing: asyncio.Task[object] | None = None
        self._heard_last = asyncio.Event()
        self._over = False

    @property
    def carries(self) -> frozenset[str]:
        """The standard operations of what the client is subscribed to."""
        return self._session.carries()

    @property
    def over(self) -> bool:
        """Whether its end has begun."""
        return self._over

    async def run(self) -> None:
        """Serve it until it ends, whoever ends it; raises nothing."""
        at_work = [self.context.spawn(self._write(), f"messages to {self.opened.url}")]
        self.tell(self._session.opened)
        if isinstance(self._session, RemoteSession):
            listening = self._session.listen(self.tell)
            at_work.append(self.context.spawn(listening, f"messages from {self.opened.url}"))
        try:
            await self._listen()
        finally:
            self._heard_last.set()
            for each in at_work:
                each.cancel()
            self._ended(ClosedBy.LOST, BROKEN, "")
            self._tell_end()
        if self._closing is not None:
            await asyncio.wait({self._closing})

    def tell(self, make: Callable[[], Iterable[Outgoing]]) -> None:
        """Queue what the session makes."""
        if not self._over:
            self.queue(self._made(make))

    def answer_to(self, message: str | bytes) -> Iterable[Outgoing]:
        """What the exchange does and says when it hears this, whether or not the client is still there."""
        return self._made(lambda: self._session.received(message))

    def refusal_of(self, message: str | bytes, status: int) -> Iterable[Outgoing]:
        """What the exchange says to a request that it does not do."""
        return self._made(lambda: self._session.refused(message, status))

    def _made(self, make: Callable[[], Iterable[Outgoing]]) -> Iterable[Outgoing]:
        """What the session makes; an error in the dialect is ours and closes the socket with 1011."""
        try:
            yield from make()
        except Exception as error:
            self.context.trouble(f"the dialect's stream {self.opened.url}", error)
            self.close(OUR_FAULT, "", ClosedBy.GATEWAY)

    def queue(self, messages: Iterable[Outgoing | Answer]) -> None:
        """Send them after what waits already."""
        for each in messages:
            self._outbox.put_nowait(each)
        if self._outbox.qsize() > MOST_WAITING:
            self.close(BROKEN, "the client does not read", ClosedBy.GATEWAY)

    def venue_event(self, event: Event) -> None:
        self.tell(lambda: self._session.venue_event(event))

    def tick(self, now: float) -> None:
        """Let the session do what is due; called more often than it needs."""
        if now >= self.next_tick:
            self.next_tick = now + self._session.tick_interval
            self.tell(lambda: self._session.tick(now))

    def for_faults(self, faults: tuple[Fault, ...]) -> Link:
        return Link(self, named(faults))

    def mute(self, why: str) -> None:
        """Make it half-open: nothing goes out and nothing is answered, not even a ping or a close."""
        self._mute = why
        self.context.record.complete(self._number, fault=why)

    def close(self, code: int, reason: str, by: ClosedBy) -> None:
        """End it, once; 1006 breaks the connection without a close frame."""
        if self._over:
            return
        self._ended(by, code, reason)
        if code == BROKEN:
            self.connection.reset()
        else:
            self._closing = self.context.spawn(self._part(code, reason), f"closing {self.opened.url}")

    async def _part(self, code: int, reason: str) -> None:
        """Say goodbye, give the client a moment to answer, hang up.

        `WebSocketResponse.close` would hang up at once while a message is awaited, and the client's answer
        would then meet a closed port: some clients report that as 1006.
        """
        goodbye = b"" if code == NO_CODE else struct.pack(">H", code) + reason.encode()[:LONGEST_REASON]
        with contextlib.suppress(ConnectionError, TimeoutError):
            await self._ws.send_frame(goodbye, aiohttp.WSMsgType.CLOSE)
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._heard_last.wait()
        self.connection.close_after_sending()

    async def _write(self) -> None:
        while True:
            item = await self._outbox.get()
            try:
                if isinstance(item, Close):
                    if self._mute is None:
                        self.close(item.code, item.reason, ClosedBy.VENUE)
                elif isinstance(item, Ping):
                    await self._ping(item)
                elif isinstance(item, Answer):
                    await self._reply(item)
                else:
                    await self._pass(item)
            except ConnectionError:
                return  # the reader notices too

    async def _reply(self, answer: Answer) -> None:
        """Send a reply, unless a fault has sent it itself."""
        request, message = answer.to, answer.message
        if self._mute is not None or self._over or answer.again:
            return await self.send(message, request.fault)
        self.context.record.complete(
            request.number, status=message.status, reply=message.text.encode(), replied_at=self.context.now()
        )
        async with self._line:
            sent = [await fault.on_sending(answer.reply, request) for fault in request.faults]
        if not any(sent):
            return await self.send(message, request.fault)
        self.write_down("received", message.operation, message.text, "text", request.fault)
        return None

    async def _pass(self, message: Message) -> None:
        """Send a message, after the faults have had their way with it."""
        self.operations.add(message.operation)
        plan, opened = self.context.faults, self.opened
        if plan.idle and not self._held:
            return await self.send(message)
        faults = plan.take(
            Traffic(
                "message", message.operation, opened.host, opened.client, message.text, self.context.now()
            )
        )
        if faults and not self._mute:
            await self._faulted(message, faults)
        else:
            await self.send(message)
        if message.operation in self._held and self._held[message.operation] is not message:
            await self.send(self._held.pop(message.operation), "reorder")
        return None

    async def _faulted(self, message: Message, faults: tuple[Fault, ...]) -> None:
        link, left = self.for_faults(faults), message
        for fault in faults:
            changed = await fault.on_message(left, link)
            if changed is None:
                return
            left = changed
        await link.send(left)

    def hold(self, message: Message, longest: float) -> None:
        """Send it after the next one of its operation, or after `longest` virtual seconds."""
        self._held[message.operation] = message
        self.context.spawn(self._release(message, longest), "a message held back")

    def take_back(self, operation: str) -> Message | None:
        return self._held.pop(operation, None)

    async def _release(self, message: Message, longest: float) -> None:
        """Nothing followed that could overtake it: send it after all."""
        await self.context.sleep(longest)
        if self._held.get(message.operation) is message:
            del self._held[message.operation]
            with contextlib.suppress(ConnectionError):
                await self.send(message, "reorder")

    async def send(self, message: Message, fault: str | None = None) -> None:
        opcode: Opcode = "text" if message.binary is None else "binary"
        self.write_down("received", message.operation, message.text, opcode, self._mute or fault)
        if self._mute is not None or self._over:
            return
        async with self._line:
            if message.binary is None:
                await self._ws.send_str(message.text)
            else:
                await self._ws.send_bytes(message.binary)

    async def _ping(self, ping: Ping) -> None:
        self.write_down("received", "stream:ping", _text(ping.payload), "ping", self._mute)
        if self._mute is None and not self._over:
            async with self._line:
                await self._ws.ping(ping.payload)

    async def _listen(self) -> None:
        while True:
            message = await self._ws.receive()
            match message.type:
                case aiohttp.WSMsgType.TEXT | aiohttp.WSMsgType.BINARY:
                    self._hear(message.data)
                case aiohttp.WSMsgType.PING:
                    await self._pong(message.data)
                case aiohttp.WSMsgType.PONG:
                    self.write_down("sent", "stream:ping", _text(message.data), "pong", self._mute)
                    if self._mute is None:
                        self._session.ponged(bytes(message.data))
                case aiohttp.WSMsgType.CLOSE if self._mute is None:
                    return self.close(message.data or NO_CODE, message.extra or "", ClosedBy.CLIENT)
                case aiohttp.WSMsgType.CLOSE:
                    self._ended(ClosedBy.CLIENT, message.data or NO_CODE, message.extra or "")
                    await self.connection.gone.wait()
                    return None
                case aiohttp.WSMsgType.ERROR:
                    # aiohttp has already closed it, with 1009 or what else is wrong with the message.
                    code = getattr(message.data, "code", BROKEN)
                    self._ended(ClosedBy.GATEWAY, code, str(message.data))
                    return None
                case _:
                    return None

    def _hear(self, data: str | bytes) -> None:
        try:
            operation = self._session.operation_of(data)
        except Exception as error:
            self.context.trouble(f"the dialect's stream {self.opened.url}", error)
            operation = self.opened.operation or ""
        self.operations.add(operation)
        if self._mute is None and is_request(operation):
            self._take(operation, data)
            return
        opcode: Opcode = "text" if isinstance(data, str) else "binary"
        self.write_down("sent", operation, _text(data), opcode, self._mute)
        if self._mute is None:
            self.tell(lambda: self._session.received(data))

    def _take(self, operation: str, data: str | bytes) -> None:
        """Have a request answered, at once where nothing happens to it."""
        opened, text = self.opened, _text(data)
        faults = self.context.faults.take(
            Traffic("request", operation, opened.host, opened.client, text, self.context.now())
        )
        opcode: Opcode = "text" if isinstance(data, str) else "binary"
        number = self.write_down(
            "sent", operation, text, opcode, named(faults), weight=self._session.weight_of(data)
        )
        request = SocketRequest(self, operation, data, number, faults)
        if faults:
            self.context.spawn(request.through_faults(), f"{operation} over {opened.url}")
        elif not self._over:
            self.queue(request.answered(self.answer_to(data)))

    async def _pong(self, data: bytes) -> None:
        self.write_down("sent", "stream:ping", _text(data), "ping", self._mute)
        if self._mute is None:
            with contextlib.suppress(ConnectionError):
                async with self._line:
                    await self._ws.pong(data)

    def write_down(
        self,
        direction: Literal["sent", "received"],
        operation: str,
        text: str,
        opcode: Opcode,
        fault: str | None = None,
        weight: int = 0,
    ) -> int:
        """Its number in the record."""
        opened = self.opened
        return self.context.record.add(
            Frame(
                self.context.now(),
                opened.host,
                self._number,
                opened.client,
                direction,
                operation,
                text,
                opcode,
                weight=weight,
                fault=fault,
            )
        )

    def _ended(self, by: ClosedBy, code: int, reason: str) -> None:
        """Write down the end, once: what ended it first counts."""
        if not self._over:
            self._over = True
            self.context.record.complete(
                self._number,
                closed_at=self.context.now(),
                close_code=code,
                close_reason=reason,
                closed_by=by,
            )

    def _tell_end(self) -> None:
        try:
            self._session.closed()
        except Exception as error:
            self.context.trouble(f"the dialect's stream {self.opened.url}", error)


def _text(data: str | bytes) -> str:
    return data if isinstance(data, str) else data.decode("utf-8", errors="backslashreplace")
