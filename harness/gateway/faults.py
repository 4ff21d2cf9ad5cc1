"""Faults, declared on operations: what goes wrong, where, how often. Times are virtual seconds.

A fault reaches the connector only, unless its rule says otherwise: the oracle must keep reading the truth.
Where several rules fit one request or message they all apply, in the order they were added, up to the first
that ends it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
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
class RateLimit(Fault):
    """Answer 429 (or 418) with Retry-After in whole seconds, without asking the venue."""

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


class Rule:
    """A fault in the plan. `applied` counts how often it happened."""

    def __init__(
        self,
        plan: FaultPlan,
        fault: Fault,
        operation: str,
        *,
        times: int | None,
        after: int,
        match: Callable[[Traffic], bool] | None,
        host: str,
        client: Client | None,
        on: Point | None,
    ) -> None:
        self._plan = plan
        self.fault = fault
        self.operation = operation
        self.applied = 0
        self._left = times
        self._skip = after
        self._match = match
        self._host = host
        self._client = client
        self._points = fault.points if on is None else fault.points & {on}

    def remove(self) -> None:
        self._plan.remove(self)

    @property
    def exhausted(self) -> bool:
        return self._left == 0

    def claims(self, traffic: Traffic) -> bool:
        """Whether it happens to this traffic; counts what passes. The plan's lock is held."""
        if self.exhausted or not self._fits(traffic):
            return False
        if self._skip > 0:
            self._skip -= 1
            return False
        if self._left is not None:
            self._left -= 1
        self.applied += 1
        return True

    def _fits(self, traffic: Traffic) -> bool:
        return (
            traffic.point in self._points
            and self._client in (None, traffic.client)
            and fnmatchcase(traffic.operation, self.operation)
            and fnmatchcase(traffic.host, self._host)
            and (self._match is None or self._match(traffic))
        )


class FaultPlan:
    """The faults in force. Thread-safe: a check adds and removes while the gateway takes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: tuple[Rule, ...] = ()

    def add(
        self,
        fault: Fault,
        operation: str = "*",
        *,
        times: int | None = 1,
        after: int = 0,
        match: Callable[[Traffic], bool] | None = None,
        host: str = "*",
        client: Client | None = "connector",
        on: Point | None = None,
    ) -> Rule:
        """Let `fault` happen to `operation` (a pattern: `stream:*`) `times` times (None: until removed).

        The first `after` that fit pass unharmed. `match` sees the traffic under the plan's lock and must only
        look. `on` narrows a fault that can happen at several points to one. A handshake has no operation.
        Raises ValueError when the fault cannot happen there.
        """
        if on is not None and on not in fault.points:
            raise ValueError(f"{fault} cannot happen on a {on}")
        rule = Rule(
            self, fault, operation, times=times, after=after, match=match, host=host, client=client, on=on
        )
        with self._lock:
            self._rules = (*self._rules, rule)
        return rule

    @contextmanager
    def during(
        self, fault: Fault, operation: str = "*", *, host: str = "*", on: Point | None = None
    ) -> Iterator[Rule]:
        """The fault happens every time for as long as the block lasts."""
        rule = self.add(fault, operation, times=None, host=host, on=on)
        try:
            yield rule
        finally:
            rule.remove()

    def remove(self, rule: Rule) -> None:
        """Stop a rule; nothing when it is not in the plan."""
        with self._lock:
            self._rules = tuple(each for each in self._rules if each is not rule)

    def clear(self) -> None:
        with self._lock:
            self._rules = ()

    def rules(self) -> tuple[Rule, ...]:
        """Those that can still happen."""
        return tuple(rule for rule in self._rules if not rule.exhausted)

    @property
    def idle(self) -> bool:
        """No rule at all."""
        return not self._rules

    def take(self, traffic: Traffic) -> tuple[Fault, ...]:
        """The faults that happen to this traffic, and count as having happened."""
        if not self._rules:
            return ()
        taken: list[Fault] = []
        with self._lock:
            for rule in self._rules:
                if rule.claims(traffic):
                    taken.append(rule.fault)
                    if rule.fault.ends:
                        break
        return tuple(taken)


def named(faults: tuple[Fault, ...]) -> str | None:
    """How the record names what happened, None when nothing did."""
    return ", ".join(str(fault) for fault in faults) or None
