"""The faults that there are. Each says itself what it does to a request, a reply or a message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import JsonValue

from harness.gateway.bytes_sent import text_frame
from harness.gateway.fault import BROKEN, ConnectionBrokenError, Fault, MessageLink, Point, RequestLink
from harness.venue.dialects.messages import Frame as Message
from harness.venue.dialects.messages import Reply

LOOK_EVERY = 0.1  # virtual seconds between two looks at what a request is held for
LONGEST_HOLD = 5.0  # virtual seconds that a reordered message waits for another to overtake it

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

    async def before_request(self, link: RequestLink) -> Reply:  # noqa: ARG002
        return Reply(self.status, self.headers, self.body)


@dataclass(frozen=True)
class Maintenance(Fault):
    """Answer as the exchange does while it is being maintained, without asking the venue."""

    points = _HTTP

    async def before_request(self, link: RequestLink) -> Reply:
        return link.under_maintenance()


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

    async def before_request(self, link: RequestLink) -> Reply:
        if self.body is None:
            own = link.too_many_requests(self.retry_after)
        else:
            own = Reply(self.status, {}, self.body)
        headers = {"Retry-After": str(self.retry_after), **own.headers}
        return replace(own, status=self.status, headers=headers)


@dataclass(frozen=True)
class Reset(Fault):
    """Break the connection (TCP RST) before the venue hears of it."""

    points = _ANY

    async def before_request(self, link: RequestLink) -> Reply | None:  # noqa: ARG002
        raise ConnectionBrokenError

    async def on_message(self, message: Message, link: MessageLink) -> None:
        link.drop(message)
        link.close(BROKEN)


@dataclass(frozen=True)
class Stall(Fault):
    """Never answer: a request hangs until the client gives up, a socket stays open, deaf and mute."""

    points = _ANY

    async def before_request(self, link: RequestLink) -> Reply | None:
        await link.client_gone()
        raise ConnectionBrokenError

    async def on_message(self, message: Message, link: MessageLink) -> None:
        link.mute(str(self))
        await link.send(message)


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

    async def before_request(self, link: RequestLink) -> Reply | None:
        if self.when == "request":
            await link.sleep(self.seconds)
        return None

    async def on_reply(self, reply: Reply, link: RequestLink) -> Reply:
        if self.when == "reply":
            await link.sleep(self.seconds)
        return reply

    async def on_message(self, message: Message, link: MessageLink) -> Message:
        await link.sleep(self.seconds)
        return message


@dataclass(frozen=True)
class HoldUntil(Fault):
    """Keep a request from the venue, or a message from the client, until `happened`.

    For `longest` virtual seconds at most. Messages behind one that is held wait too.
    """

    happened: Callable[[], bool]
    longest: float
    points = frozenset({"request", "message"})
    ends = False

    def __str__(self) -> str:
        return "hold back"

    async def before_request(self, link: RequestLink) -> Reply | None:
        await self._wait(link)
        return None

    async def on_message(self, message: Message, link: MessageLink) -> Message:
        await self._wait(link)
        return message

    async def _wait(self, link: RequestLink | MessageLink) -> None:
        waited = 0.0
        while waited < self.longest and not self.happened():
            await link.sleep(LOOK_EVERY)
            waited += LOOK_EVERY


@dataclass(frozen=True)
class LoseReply(Fault):
    """Let the venue do it, then break the connection instead of answering."""

    points = frozenset({"request"})

    def __str__(self) -> str:
        return "lose reply"

    async def on_reply(self, reply: Reply, link: RequestLink) -> Reply:  # noqa: ARG002
        raise ConnectionBrokenError


@dataclass(frozen=True)
class Trickle(Fault):
    """Send the reply a few bytes at a time: `bytes_each` of them, `seconds` apart."""

    seconds: float
    bytes_each: int = 64
    points = frozenset({"request"})

    def __str__(self) -> str:
        return f"trickle {self.bytes_each} bytes each {self.seconds:g} s"

    async def on_sending(self, reply: Reply, link: RequestLink) -> bool:
        whole = link.as_sent(reply)
        for start in range(0, len(whole), self.bytes_each):
            if not link.send_raw(whole[start : start + self.bytes_each]):
                break
            await link.sleep(self.seconds)
        link.sent()
        return True


@dataclass(frozen=True)
class CutShort(Fault):
    """Send the first half of a reply or of a message's frame, then break the connection."""

    points = frozenset({"request", "message"})

    def __str__(self) -> str:
        return "cut short"

    async def on_sending(self, reply: Reply, link: RequestLink) -> bool:
        whole = link.as_sent(reply)
        link.send_raw(whole[: len(whole) - (len(reply.content()) + 1) // 2])
        link.break_off()
        return True

    async def on_message(self, message: Message, link: MessageLink) -> None:
        link.drop(message)
        payload = message.text.encode()
        whole = text_frame(payload)
        link.send_raw(whole[: len(whole) - (len(payload) + 1) // 2])
        link.close(BROKEN)


@dataclass(frozen=True)
class DoubleReply(Fault):
    """Send the whole reply twice on the same connection: the second answers nothing."""

    points = frozenset({"request"})

    def __str__(self) -> str:
        return "double reply"

    async def on_sending(self, reply: Reply, link: RequestLink) -> bool:
        link.repeat(reply)
        return False


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

    async def on_reply(self, reply: Reply, link: RequestLink) -> Reply:  # noqa: ARG002
        text = reply.content().decode("utf-8", "replace")
        return replace(reply, headers=reply.all_headers(), body=self.change(text).encode())

    async def on_message(self, message: Message, link: MessageLink) -> Message:  # noqa: ARG002
        """A packed message stays as it is."""
        return message if message.binary is not None else replace(message, text=self.change(message.text))


@dataclass(frozen=True)
class Junk(Fault):
    """Answer a request with this text, the venue unasked; or send it as an extra message before the next."""

    text: str
    status: int = 200
    points = frozenset({"request", "message"})

    async def before_request(self, link: RequestLink) -> Reply:  # noqa: ARG002
        return Reply(self.status, {}, self.text.encode())

    async def on_message(self, message: Message, link: MessageLink) -> None:
        await link.send(Message(message.operation, self.text))
        await link.send(message, spoilt=False)


@dataclass(frozen=True)
class CloseSocket(Fault):
    """Close the WebSocket instead of sending the message or the reply, or right after the upgrade.

    1006 cannot be sent: it means that the connection breaks with no close frame. So does HTTP's.
    """

    code: int = BROKEN
    reason: str = ""
    points = _ANY

    def __str__(self) -> str:
        return f"close {self.code}"

    def on_upgraded(self, link: MessageLink) -> None:
        link.close(self.code, self.reason)

    async def on_reply(self, reply: Reply, link: RequestLink) -> Reply:  # noqa: ARG002
        raise ConnectionBrokenError(self.code, self.reason)

    async def on_message(self, message: Message, link: MessageLink) -> None:
        link.drop(message)
        link.close(self.code, self.reason)


@dataclass(frozen=True)
class DropMessage(Fault):
    """The message is never sent: a skipped book difference, a lost fill."""

    points = _MESSAGE

    def __str__(self) -> str:
        return "drop"

    async def on_message(self, message: Message, link: MessageLink) -> None:
        link.drop(message)


@dataclass(frozen=True)
class DuplicateMessage(Fault):
    points = _MESSAGE

    def __str__(self) -> str:
        return "duplicate"

    async def on_message(self, message: Message, link: MessageLink) -> None:
        await link.send(message)
        await link.send(message)


@dataclass(frozen=True)
class Reorder(Fault):
    """Hold the message back until the socket's next one of the same operation has been sent."""

    points = _MESSAGE

    async def on_message(self, message: Message, link: MessageLink) -> None:
        link.hold(message, LONGEST_HOLD)


CertificateKind = Literal["unknown_authority", "wrong_name", "expired"]


@dataclass(frozen=True)
class WrongCertificate(Fault):
    """Show a certificate that a client must not accept."""

    kind: CertificateKind = "unknown_authority"
    points = frozenset({"handshake"})

    def __str__(self) -> str:
        return f"certificate: {self.kind}"
