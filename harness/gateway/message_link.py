"""One message to a client, and its socket, as faults use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.gateway.entries import ClosedBy
from harness.venue.dialects.messages import Frame as Message

if TYPE_CHECKING:
    from harness.gateway.websocket import OpenSocket


@dataclass(frozen=True)
class Link:
    """`name` is how the record names what happened to the message."""

    socket: OpenSocket
    name: str | None

    async def sleep(self, virtual_seconds: float) -> None:
        await self.socket.context.sleep(virtual_seconds)

    async def send(self, message: Message, *, spoilt: bool = True) -> None:
        await self.socket.send(message, self.name if spoilt else None)

    def drop(self, message: Message) -> None:
        self.socket.write_down("received", message.operation, message.text, "text", self.name)

    def send_raw(self, data: bytes) -> None:
        self.socket.connection.send_raw(data)

    def close(self, code: int, reason: str = "") -> None:
        self.socket.close(code, reason, ClosedBy.FAULT)

    def mute(self, why: str) -> None:
        self.socket.mute(why)

    def hold(self, message: Message, longest: float) -> None:
        self.socket.hold(message, longest)

    def take_back(self, operation: str) -> Message | None:
        return self.socket.take_back(operation)
