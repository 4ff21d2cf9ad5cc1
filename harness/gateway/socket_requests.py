"""Requests that are messages of a WebSocket, through the faults and into the record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.gateway.bytes_sent import text_frame
from harness.gateway.entries import ClosedBy
from harness.gateway.fault import BROKEN, ConnectionBrokenError, Fault, before, named
from harness.venue.dialects.messages import Frame as Message
from harness.venue.dialects.messages import Outgoing, Reply

if TYPE_CHECKING:
    from harness.gateway.websocket import OpenSocket

ERROR = 400  # from this status on a fault's reply says that the request is not done


@dataclass(frozen=True)
class SocketRequest:
    """A request as it came, and its connection as faults use it. `number` is its place in the record."""

    socket: OpenSocket
    operation: str
    data: str | bytes
    number: int
    faults: tuple[Fault, ...]

    @property
    def fault(self) -> str | None:
        """How the record names what happened to it."""
        return named(self.faults)

    def answered(self, said: Iterable[Outgoing]) -> Iterator[Outgoing | Answer]:
        """What the exchange says to it: the first message of its operation is the reply."""
        rest = iter(said)
        for each in rest:
            if isinstance(each, Message) and each.operation == self.operation:
                yield Answer(each, self)
                break
            yield each
        yield from rest

    async def through_faults(self) -> None:
        """Have it answered. A client that is gone does not take back what it has sent."""
        reply: Message | None = None
        try:
            instead = await before(self.faults, self)
            if instead is not None:
                self.socket.queue(self.answered(self._in_place(instead)))
                return
            said = list(self.answered(self.socket.answer_to(self.data)))
            answers = [each for each in said if isinstance(each, Answer)]
            reply = answers[0].message if answers else None
            changed = await self._changed(reply)
            self.socket.queue(
                Answer(changed, self) if isinstance(each, Answer) and changed is not None else each
                for each in said
            )
        except ConnectionBrokenError as broken:
            if reply is not None:
                self.socket.write_down("received", self.operation, reply.text, "text", self.fault)
            self.socket.close(broken.code, broken.reason, ClosedBy.FAULT)

    def _in_place(self, reply: Reply) -> Iterable[Outgoing]:
        """What is said in the venue's place: a refusal in the exchange's words, or the text as it is.

        An exchange whose requests are messages says in one that its servers failed: no page of HTML and no
        status line can come over a WebSocket that is open.
        """
        if reply.status >= ERROR:
            return self.socket.refusal_of(self.data, reply.status)
        text = reply.content().decode("utf-8", "replace")
        return [Message(self.operation, text, status=reply.status)]

    async def _changed(self, message: Message | None) -> Message | None:
        """The reply after the faults. A packed one stays as it is. Raises ConnectionBrokenError."""
        text = "" if message is None else message.text
        reply = first = Reply((message and message.status) or 200, {}, text.encode())
        for fault in self.faults:
            reply = await fault.on_reply(reply, self)
        if message is None or message.binary is not None or reply is first:
            return message
        return replace(message, text=reply.content().decode("utf-8", "replace"))

    async def sleep(self, virtual_seconds: float) -> None:
        await self.socket.context.sleep(virtual_seconds)

    async def client_gone(self) -> None:
        await self.socket.connection.gone.wait()

    def under_maintenance(self) -> Reply:
        return Reply(503)

    def too_many_requests(self, retry_after: int) -> Reply:
        return Reply(429, {"Retry-After": str(retry_after)})

    def as_sent(self, reply: Reply) -> bytes:
        return text_frame(reply.content())

    def send_raw(self, data: bytes) -> bool:
        if self.socket.connection.gone.is_set():
            return False
        self.socket.connection.send_raw(data)
        return True

    def sent(self) -> None:
        """The connection goes on."""

    def break_off(self) -> None:
        self.socket.close(BROKEN, "", ClosedBy.FAULT)

    def repeat(self, reply: Reply) -> None:
        text = reply.content().decode("utf-8", "replace")
        self.socket.queue([Answer(Message(self.operation, text), self, again=True)])


@dataclass(frozen=True)
class Answer:
    """A message that replies to a request; `again`: which had its reply before."""

    message: Message
    to: SocketRequest
    again: bool = False

    @property
    def reply(self) -> Reply:
        """As faults have it."""
        return Reply(self.message.status or 200, {}, self.message.text.encode())
