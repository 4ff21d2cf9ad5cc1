"""The record of one gateway: everything that was said and tried, in order, safe to read from any thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from harness.gateway.canaries import Canaries, Sighting
from harness.gateway.entries import Client, Entry, Exchange, Frame, Handshake, RejectedConnection
from harness.gateway.wire import Wire

Found = TypeVar("Found")

MOST_ENTRIES = 500_000
MOST_BYTES = 512 << 20
_LOOK_AGAIN = 0.25  # seconds: `look` may read more than this record


class Record(Wire):
    """Append-only. A request or a socket is written when it begins and completed when it ends.

    What comes after `most_entries` or `most_bytes` (request, reply and message bytes together) is counted in
    `overflow` and not kept: a fork that floods the gateway cannot fill this machine's memory. Numbers begin
    with `first`, so that several records may stand in one trace.
    """

    def __init__(
        self,
        secrets: Mapping[str, str] | Canaries | None = None,
        *,
        most_entries: int = MOST_ENTRIES,
        most_bytes: int = MOST_BYTES,
        first: int = 0,
    ) -> None:
        super().__init__()
        self.canaries = secrets if isinstance(secrets, Canaries) else Canaries(secrets)
        self.overflow = 0
        self._most_entries = most_entries
        self._bytes_left = most_bytes
        self._first = first
        self._entries: list[Entry] = []  # an entry's number is its index, counted from `first`
        self._revision = 0
        self._changed = threading.Condition()

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
            number = self._first + len(self._entries)
            object.__setattr__(entry, "number", number)  # nobody else has seen it yet
            self._entries.append(entry)
            return number

    def complete(self, number: int, **changes: Any) -> None:
        """Fill in what a request's or a socket's end brought; nothing when it was not kept."""
        if number < 0:
            return
        with self._changed:
            entry = self._entries[number - self._first]
            done = replace(entry, **changes)
            self._bytes_left -= _size(done) - _size(entry)
            self._entries[number - self._first] = done
            self._revision += 1
            self._changed.notify_all()

    def mark(self) -> int:
        """A point in the record; pass it as `since` to see only what came after."""
        with self._changed:
            return self._first + len(self._entries)

    def entries(self, *, since: int = 0) -> tuple[Entry, ...]:
        """Everything, in the order in which it began."""
        with self._changed:
            return tuple(self._entries[max(since - self._first, 0) :])

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


def _size(entry: Entry) -> int:
    """About how many bytes an entry keeps alive."""
    match entry:
        case Exchange():
            return len(entry.body) + len(entry.reply) + len(entry.raw_query) + 1000
        case Frame():
            return len(entry.text) + len(entry.reply) + 300
        case RejectedConnection():
            return len(entry.first_bytes) + 300
        case Handshake():
            return len(entry.hello) + 300
        case _:
            return 500
