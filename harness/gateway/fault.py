"""What can go wrong with a request, an upgrade, a message or a handshake. Times are virtual seconds.

A fault reaches the connector only, unless its rule says otherwise: the oracle must keep reading the truth.
Where several rules fit one request or message they all apply, in the order they were added, up to the first
that ends it.
"""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

from harness.gateway.entries import Client
from harness.venue.dialects.messages import Frame as Message
from harness.venue.dialects.messages import Reply

Point = Literal["request", "upgrade", "message", "handshake"]


@dataclass(frozen=True)
class Traffic:
    """What is about to pass: an HTTP request, a WebSocket upgrade, a message to the client, a TLS handshake.

    `text` is `METHOD path?query` and the body on the lines after it, or the message; "" for a handshake.
    """

    point: Point
    operation: str
    host: str
    client: Client
    text: str = ""
    at: float = 0.0  # virtual Unix seconds


class ConnectionBrokenError(Exception):
    """The connection breaks (TCP RST); nothing is answered."""


class RequestLink(Protocol):
    """The connection of one request, as a fault may use it."""

    async def sleep(self, virtual_seconds: float) -> None: ...

    async def client_gone(self) -> None:
        """Wait until the client gives up."""

    def under_maintenance(self) -> Reply: ...

    def too_many_requests(self, retry_after: int) -> Reply: ...

    def send_raw(self, data: bytes) -> bool:
        """Send bytes past HTTP. False when the client is gone."""

    def close_after_sending(self) -> None: ...

    def later(self, work: Coroutine[Any, Any, None], what: str) -> None:
        """Run it beside everything else."""


class MessageLink(Protocol):
    """The socket of one message, as a fault may use it. What is sent or dropped is recorded."""

    async def sleep(self, virtual_seconds: float) -> None: ...

    async def send(self, message: Message, *, spoilt: bool = True) -> None:
        """`spoilt`: the record names the faults that happened to it."""

    def drop(self, message: Message) -> None: ...

    def send_raw(self, data: bytes) -> None: ...

    def close(self, code: int, reason: str = "") -> None: ...

    def mute(self, why: str) -> None:
        """Make it half-open: nothing goes out any more and nothing is answered. `why` is recorded."""

    def hold(self, message: Message, longest: float) -> None:
        """Send it after the next one of its operation, or after `longest` virtual seconds."""

    def take_back(self, operation: str) -> Message | None:
        """The message of that operation that is held, which is not sent by itself any more."""


class Fault:
    """`points` says what it can happen to; `ends` whether no other fault can happen to the same traffic.

    What it does stands in its methods: `before_request` (also before an upgrade), `on_reply`, `on_sending`,
    `on_upgraded`, `on_message`. By default it does nothing.
    """

    points: ClassVar[frozenset[Point]] = frozenset()
    ends: ClassVar[bool] = True

    def __str__(self) -> str:
        return type(self).__name__.lower()

    async def before_request(self, link: RequestLink) -> Reply | None:  # noqa: ARG002 - for others
        """Before the venue hears of it: the reply in the venue's place, None to ask the venue.

        Raises ConnectionBrokenError.
        """
        return None

    async def on_reply(self, reply: Reply, link: RequestLink) -> Reply:  # noqa: ARG002 - for others
        """The venue's reply as it is sent. Raises ConnectionBrokenError."""
        return reply

    async def on_sending(self, reply: Reply, link: RequestLink) -> bool:  # noqa: ARG002 - for others
        """Whether it has sent the reply itself."""
        return False

    def on_upgraded(self, link: MessageLink) -> None:
        """A WebSocket has just been opened."""

    async def on_message(self, message: Message, link: MessageLink) -> Message | None:  # noqa: ARG002
        """The message as it is sent, None when the fault has dealt with it."""
        return message


def named(faults: tuple[Fault, ...]) -> str | None:
    """How the record names what happened, None when nothing did."""
    return ", ".join(str(fault) for fault in faults) or None
