"""What passed through a gateway, to be read: live while it is being recorded, or from a trace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import TypeVar

from pydantic import JsonValue

from harness.gateway.canaries import Sighting
from harness.gateway.describe import describe
from harness.gateway.entries import (
    Client,
    Entry,
    Exchange,
    Frame,
    Handshake,
    Lookup,
    RejectedConnection,
    Requested,
    Socket,
    Trouble,
)
from harness.outcome import Basis, Evidence, EvidenceKind

Kind = TypeVar("Kind", Exchange, Frame, Socket, RejectedConnection, Lookup, Handshake, Trouble)


class Wire:
    """Entries in the order in which they began. `since` is a number: those before it are left out."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._kept: tuple[Entry, ...] = tuple(entries)

    def entries(self, *, since: int = 0) -> tuple[Entry, ...]:
        """Everything, in the order in which it began."""
        return tuple(each for each in self._kept if each.number >= since)

    def exchanges(
        self,
        operation: str | None = None,
        *,
        client: Client | None = "connector",
        host: str | None = None,
        since: int = 0,
    ) -> tuple[Exchange, ...]:
        """HTTP exchanges. `operation` may be a pattern (`user_stream_*`); `client=None` means everybody's."""
        asked = self.requests(operation, client=client, host=host, since=since)
        return tuple(each for each in asked if isinstance(each, Exchange))

    def requests(
        self,
        operation: str | None = None,
        *,
        client: Client | None = "connector",
        host: str | None = None,
        since: int = 0,
    ) -> tuple[Requested, ...]:
        """Requests over HTTP, upgrades with them, and over WebSockets, in the order in which they began."""
        return tuple(
            each
            for each in self.entries(since=since)
            if (isinstance(each, Exchange) or (isinstance(each, Frame) and each.asks))
            and client in (None, each.client)
            and _fits(each.operation, operation)
            and _fits(each.host, host)
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

    def redact(self, text: str) -> str:
        """A trace is redacted already."""
        return text

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
