"""What can go wrong with a request, an upgrade, a message or a handshake. Times are virtual seconds.

A fault reaches the connector only, unless its rule says otherwise: the oracle must keep reading the truth.
Where several rules fit one request or message they all apply, in the order they were added, up to the first
that ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from pydantic import JsonValue

from harness.gateway.entries import Client

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


class Fault:
    """`points` says what it can happen to; `ends` whether no other fault can happen to the same traffic."""

    points: ClassVar[frozenset[Point]] = frozenset()
    ends: ClassVar[bool] = True

    def __str__(self) -> str:
        return type(self).__name__.lower()


_HTTP: frozenset[Point] = frozenset({"request", "upgrade"})
_ANY: frozenset[Point] = frozenset({"request", "upgrade", "message"})
_MESSAGE: frozenset[Point] = frozenset({"message"})


@dataclass(frozen=True)
class Refuse(Fault):
    """Answer with an error instead of asking the venue. A body that is not bytes is sent as JSON."""

    status: int
    body: JsonValue | bytes = None
    headers: Mapping[str, str] = field(default_factory=dict)
    points = _HTTP

    def __str__(self) -> str:
        return f"refuse {self.status}"


@dataclass(frozen=True)
class Maintenance(Fault):
    """Answer as the exchange does while it is being maintained, without asking the venue."""

    points = _HTTP


@dataclass(frozen=True)
class RateLimit(Fault):
    """Answer 429 (or 418) with Retry-After in whole seconds, without asking the venue.

    Without a `body` of the caller's it is the exchange's own.
    """

    retry_after: int
    status: int = 429
    body: JsonValue | bytes = None
    points = _HTTP

    def __str__(self) -> str:
        return f"rate limit {self.status}, retry after {self.retry_after} s"


@dataclass(frozen=True)
class Reset(Fault):
    """Break the connection (TCP RST) before the venue hears of it."""

    points = _ANY


@dataclass(frozen=True)
class Stall(Fault):
    """Never answer: a request hangs until the client gives up, a socket stays open, deaf and mute."""

    points = _ANY


@dataclass(frozen=True)
class Delay(Fault):
    """Wait before the venue hears of a request, or after it answered (`when="reply"`), or before a message.

    Messages behind a delayed one wait too: a stream keeps its order.
    """

    seconds: float
    when: Literal["request", "reply"] = "request"
    points = _ANY
    ends = False

    def __str__(self) -> str:
        return f"delay {self.seconds:g} s before the {self.when}"


@dataclass(frozen=True)
class LoseReply(Fault):
    """Let the venue do it, then break the connection instead of answering."""

    points = frozenset({"request"})

    def __str__(self) -> str:
        return "lose reply"


@dataclass(frozen=True)
class Trickle(Fault):
    """Send the reply a few bytes at a time: `bytes_each` of them, `seconds` apart."""

    seconds: float
    bytes_each: int = 64
    points = frozenset({"request"})

    def __str__(self) -> str:
        return f"trickle {self.bytes_each} bytes each {self.seconds:g} s"


@dataclass(frozen=True)
class CutShort(Fault):
    """Send the first half of a reply or of a message's frame, then break the connection."""

    points = frozenset({"request", "message"})

    def __str__(self) -> str:
        return "cut short"


@dataclass(frozen=True)
class DoubleReply(Fault):
    """Send the whole reply twice on the same connection: the second answers nothing."""

    points = frozenset({"request"})

    def __str__(self) -> str:
        return "double reply"


@dataclass(frozen=True)
class Rewrite(Fault):
    """Change what is said before it is sent: `change` gets the reply's body or the message and gives the new.

    `harness.gateway.rewriting` has changes that real exchanges make.
    """

    what: str
    change: Callable[[str], str]
    points = frozenset({"request", "message"})
    ends = False

    def __str__(self) -> str:
        return self.what


@dataclass(frozen=True)
class Junk(Fault):
    """Answer a request with this text, the venue unasked; or send it as an extra message before the next."""

    text: str
    status: int = 200
    points = frozenset({"request", "message"})


@dataclass(frozen=True)
class CloseSocket(Fault):
    """Close the WebSocket instead of sending the message, or right after the upgrade.

    1006 cannot be sent: it means that the connection breaks with no close frame.
    """

    code: int = 1006
    reason: str = ""
    points = frozenset({"upgrade", "message"})

    def __str__(self) -> str:
        return f"close {self.code}"


@dataclass(frozen=True)
class DropMessage(Fault):
    """The message is never sent: a skipped book difference, a lost fill."""

    points = _MESSAGE

    def __str__(self) -> str:
        return "drop"


@dataclass(frozen=True)
class DuplicateMessage(Fault):
    points = _MESSAGE

    def __str__(self) -> str:
        return "duplicate"


@dataclass(frozen=True)
class Reorder(Fault):
    """Hold the message back until the socket's next one of the same operation has been sent."""

    points = _MESSAGE


CertificateKind = Literal["unknown_authority", "wrong_name", "expired"]


@dataclass(frozen=True)
class WrongCertificate(Fault):
    """Show a certificate that a client must not accept."""

    kind: CertificateKind = "unknown_authority"
    points = frozenset({"handshake"})

    def __str__(self) -> str:
        return f"certificate: {self.kind}"


def named(faults: tuple[Fault, ...]) -> str | None:
    """How the record names what happened, None when nothing did."""
    return ", ".join(str(fault) for fault in faults) or None
