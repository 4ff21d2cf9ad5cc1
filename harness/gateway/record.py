"""The record of one gateway: everything that was said and tried, in order, safe to read from any thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from pydantic import JsonValue

from harness.gateway.canaries import Canaries, Sighting
from harness.gateway.describe import describe
from harness.gateway.entries import (
    Client,
    ClosedBy,
    Entry,
    Exchange,
    Frame,
    Handshake,
    Lookup,
    RejectedConnection,
    RejectionReason,
    Socket,
    Trouble,
)
from harness.outcome import Basis, Evidence, EvidenceKind

__all__ = [
    "Client",
    "ClosedBy",
    "Entry",
    "Exchange",
    "Frame",
    "Handshake",
    "Lookup",
    "Record",
    "RejectedConnection",
    "RejectionReason",
    "Sighting",
    "Socket",
    "Trouble",
]

Kind = TypeVar("Kind", Exchange, Frame, Socket, RejectedConnection, Lookup, Handshake, Trouble)
Found = TypeVar("Found")

MOST_ENTRIES = 500_000
MOST_BYTES = 512 << 20
_LOOK_AGAIN = 0.25  # seconds: `look` may read more than this record


class Record:
    """Append-only. An exchange or a socket is written when it begins and completed when it ends.

    What comes after `most_entries` or `most_bytes` (request, reply and message bytes together) is counted in
    `overflow` and not kept: a fork that floods the gateway cannot fill this machine's memory.
    """

    def __init__(
        self,
        secrets: Mapping[str, str] | Canaries | None = None,
        *,
        most_entries: int = MOST_ENTRIES,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self.canaries = secrets if isinstance(secrets, Canaries) else Canaries(secrets)
        self.overflow = 0
        self._most_entries = most_entries
        self._bytes_left = most_bytes
        self._entries: list[Entry] = []  # an entry's number is its index
        self._revision = 0
        self._changed = threading.Condition()

    # -- writing, for the gateway

    def add(self, entry: Entry) -> int:
        """Write an entry down; returns its number, -1 when there was no room left for it."""
        size = _size(entry)
        with self._changed:
            self._revision += 1
            self._changed.notify_all()
            if len(self._entries) >= self._most_entries or size > self._bytes_left:
                self.overflow += 1
                return -1
            self._bytes_left -= size
            number = len(self._entries)
            object.__setattr__(entry, "number", number)  # nobody else has seen it yet
            self._entries.append(entry)
            return number

    def complete(self, number: int, **changes: Any) -> None:
        """Fill in what an exchange's or a socket's end brought; nothing when it was not kept."""
        if number < 0:
            return
        with self._changed:
            entry = self._entries[number]
            done = replace(entry, **changes)
            self._bytes_left -= _size(done) - _size(entry)
            self._entries[number] = done
            self._revision += 1
            self._changed.notify_all()

    # -- reading, for checks

    def mark(self) -> int:
        """A point in the record; pass it as `since` to see only what came after."""
        with self._changed:
            return len(self._entries)

    def exchanges(
        self,
        operation: str | None = None,
        *,
        client: Client | None = "connector",
        host: str | None = None,
        since: int = 0,
    ) -> tuple[Exchange, ...]:
        """HTTP exchanges. `operation` may be a pattern (`user_stream_*`); `client=None` means everybody's."""
        return tuple(
            each
            for each in self._of(Exchange, client, since)
            if _fits(each.operation, operation) and _fits(each.host, host)
        )

    def frames(
        self,
        operation: str | None = None,
        *,
        direction: str | None = None,
        client: Client | None = "connector",
        socket_id: int | None = None,
        since: int = 0,
    ) -> tuple[Frame, ...]:
        """WebSocket messages; `direction` is `sent` or `received`, seen from the client."""
        return tuple(
            each
            for each in self._of(Frame, client, since)
            if _fits(each.operation, operation)
            and direction in (None, each.direction)
            and socket_id in (None, each.socket_id)
        )

    def sockets(
        self,
        operation: str | None = None,
        *,
        client: Client | None = "connector",
        host: str | None = None,
        since: int = 0,
    ) -> tuple[Socket, ...]:
        """WebSockets opened; `operation` is that of the upgrade request."""
        return tuple(
            each
            for each in self._of(Socket, client, since)
            if _fits(each.operation, operation) and _fits(each.host, host)
        )

    def rejected(
        self, *, client: Client | None = "connector", since: int = 0
    ) -> tuple[RejectedConnection, ...]:
        return tuple(self._of(RejectedConnection, client, since))

    def lookups(self, *, since: int = 0) -> tuple[Lookup, ...]:
        return tuple(self._of(Lookup, None, since))

    def handshakes(
        self, *, host: str | None = None, client: Client | None = "connector", since: int = 0
    ) -> tuple[Handshake, ...]:
        return tuple(each for each in self._of(Handshake, client, since) if _fits(each.host, host))

    def troubles(self, *, since: int = 0) -> tuple[Trouble, ...]:
        """What went wrong on our side."""
        return tuple(self._of(Trouble, None, since))

    def entries(self, *, since: int = 0) -> tuple[Entry, ...]:
        """Everything, in the order in which it began."""
        with self._changed:
            return tuple(self._entries[since:])

    def wait_for(self, look: Callable[[], Found | None], timeout: float) -> Found | None:
        """Call `look` after each new entry, and every 0.25 s, until it returns something true.

        Returns what `look` returned last when `timeout` real seconds have passed. `look` may read the record.
        """
        end = time.monotonic() + timeout
        while True:
            with self._changed:
                seen = self._revision
            found = look()
            left = end - time.monotonic()
            if found or left <= 0:
                return found
            with self._changed:
                self._changed.wait_for(lambda: self._revision != seen, min(left, _LOOK_AGAIN))  # noqa: B023

    # -- secrets and evidence

    def know(self, secrets: Mapping[str, str]) -> None:
        """Learn `{name: secret}` to look for and to redact."""
        self.canaries.know(secrets)

    def find_secret(self, secret: str, *, client: Client | None = "connector") -> tuple[Sighting, ...]:
        """Every place where `secret` (a known name, or the secret itself) left the sandbox, redacted."""
        name = secret if self.canaries.has(secret) else self.canaries.name_of(secret)
        if name is None:
            name = "secret"
            self.canaries.know({name: secret})
        return self.find_secrets([name], client=client)

    def find_secrets(
        self, names: Collection[str], *, client: Client | None = "connector"
    ) -> tuple[Sighting, ...]:
        """Every place where a secret with one of these names left the sandbox, redacted.

        Replies and messages from the venue are not searched: the venue may say what it likes.
        """
        entries = (each for each in self.entries() if client in (None, getattr(each, "client", "connector")))
        return tuple(self.canaries.sightings(names, entries))

    def redact(self, text: str) -> str:
        return self.canaries.redact(text)

    def evidence(self, entry: Entry | Sighting) -> Evidence:
        """What a report may show of an entry: observed, redacted, cut to a readable size."""
        text, data = describe(entry)
        clean: dict[str, JsonValue] = {
            key: self.redact(value) if isinstance(value, str) else value for key, value in data.items()
        }
        return Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.WIRE, text=self.redact(text), data=clean)

    def _of(self, kind: type[Kind], client: Client | None, since: int) -> Iterator[Kind]:
        for entry in self.entries(since=since):
            if isinstance(entry, kind) and (client is None or getattr(entry, "client", None) == client):
                yield entry


def _fits(value: str | None, pattern: str | None) -> bool:
    if pattern is None or value == pattern:
        return True
    return value is not None and "*" in pattern and fnmatchcase(value, pattern)


def _size(entry: Entry) -> int:
    """About how many bytes an entry keeps alive."""
    match entry:
        case Exchange():
            return len(entry.body) + len(entry.reply) + len(entry.raw_query) + 1000
        case Frame():
            return len(entry.text) + 300
        case RejectedConnection():
            return len(entry.first_bytes) + 300
        case Handshake():
            return len(entry.hello) + 300
        case _:
            return 500
