"""What can go wrong with a request, an upgrade, a message or a handshake. Times are virtual seconds.

A fault reaches the connector only, unless its rule says otherwise: the oracle must keep reading the truth.
Where several rules fit one request or message they all apply, in the order they were added, up to the first
that ends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

from harness.gateway.entries import Client
from harness.venue.dialects.messages import Frame as Message
from harness.venue.dialects.messages import Reply

BROKEN = 1006  # never sent: what both ends say of a connection that ended with no close frame
Point = Literal["request", "upgrade", "message", "handshake"]


@dataclass(frozen=True)
class Traffic:
    """What is about to pass: a request, a WebSocket upgrade, a message to the client, a TLS handshake.

    A request comes over HTTP or is a message of the client's (an order placed over a WebSocket); what answers
    it is its reply, and no message. `text` is `METHOD path?query` and the body on the lines after it, or the
    message; "" for a handshake.
    """

    point: Point
    operation: str
    host: str
    client: Client
    text: str = ""
    at: float = 0.0  # virtual Unix seconds


class ConnectionBrokenError(Exception):
    """The connection breaks; nothing is answered.

    With a TCP RST, or a WebSocket with this close code, 1006 standing for none.
    """

    def __init__(self, code: int = BROKEN, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class RequestLink(Protocol):
    """The connection of one request, as a fault may use it.

    Over a WebSocket a reply is the message that answers: of its status and headers nothing is sent, and where
    a fault answers in the venue's place with a status of 400 and more, the exchange says so in its own words.
    """

    async def sleep(self, virtual_seconds: float) -> None: ...

    async def client_gone(self) -> None:
        """Wait until the client gives up."""

    def under_maintenance(self) -> Reply: ...

    def too_many_requests(self, retry_after: int) -> Reply: ...

    def as_sent(self, reply: Reply) -> bytes:
        """The bytes that carry a reply on this connection."""

    def send_raw(self, data: bytes) -> bool:
        """Send such bytes, or a part of them. False when the client is gone."""

    def sent(self) -> None:
        """All of a reply has been sent as bytes: HTTP cannot go on with the connection."""

    def break_off(self) -> None:
        """End the connection after what was sent."""

    def repeat(self, reply: Reply) -> None:
        """Send the whole reply again, once it has been sent."""


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


async def before(faults: tuple[Fault, ...], link: RequestLink) -> Reply | None:
    """What is answered in the venue's place, None where the venue is asked. Raises ConnectionBrokenError."""
    for fault in faults:
        reply = await fault.before_request(link)
        if reply is not None:
            return reply
    return None


def named(faults: tuple[Fault, ...]) -> str | None:
    """How the record names what happened, None when nothing did."""
    return ", ".join(str(fault) for fault in faults) or None
