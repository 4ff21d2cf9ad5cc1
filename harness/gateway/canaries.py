"""Finding a secret wherever it could leave, in disguise or in pieces, and keeping it out of what we print."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from harness.gateway.entries import (
    Client,
    ClosedBy,
    Entry,
    Exchange,
    Frame,
    Handshake,
    Lookup,
    RejectedConnection,
    Socket,
    Trouble,
)
from harness.gateway.secret_search import SHORTEST, Index, Trace, best, needles_of, without_overlap

TELLING = 12  # characters of a secret in a row that say it all by themselves
# Pieces shorter than that count when together they say this many characters, or half of a shorter secret.
MOSTLY, AT_LEAST = 24, 2 * SHORTEST
MOSTLY_DIGITS = 48  # where all pieces are of digits alone
_AROUND = 24


@dataclass(frozen=True)
class Sighting:
    """One place where a secret was seen on its way out of the sandbox.

    `place` is `url`, `header NAME`, `body`, `frame`, `host name`, `look-up`, `TLS hello`, `first bytes` …;
    `spelling` says how it was written, and how much of it (`plain`, `hex, 24 of 64 characters` …); `excerpt`
    is what stood around it, redacted.
    """

    secret: str
    place: str
    spelling: str
    host: str
    excerpt: str
    at: float
    client: Client
    entry: Entry


class Canaries:
    """A run's secrets, each known in its usual spellings. Several may share a name. Thread-safe."""

    def __init__(self, secrets: Mapping[str, str] | None = None) -> None:
        self._lock = threading.Lock()
        self._names: dict[str, str] = {}  # by secret
        self._index = Index()
        self.know(secrets or {})

    def know(self, secrets: Mapping[str, str]) -> None:
        """Learn `{name: secret}`.

        Values of fewer than `SHORTEST` letters and digits are no secrets but settings (a sub-domain, an
        account's number): they are never found and never redacted.
        """
        with self._lock:
            for name, secret in secrets.items():
                if secret not in self._names:
                    self._names[secret] = name
                    self._index.add(needles_of(name, secret))

    def redact(self, text: str) -> str:
        """`text` with every known secret or piece of one, however spelled, replaced by `‹its name›`.

        A few digits that stand in a secret too remain: amounts and order numbers are made of digits.
        """
        return _redacted(text, [each for each in self._index.find(text) if not each.chance])

    def find(self, text: str, names: Collection[str]) -> Trace | None:
        """The longest telling trace in `text` of a secret with one of these names."""
        return best([each for each in self._index.find(text) if each.needle.name in names and _telling(each)])

    def sightings(self, names: Collection[str], entries: Iterable[Entry]) -> Iterator[Sighting]:
        """Where secrets with these names are seen in `entries`, one sighting a secret's name and place.

        Pieces too short to tell anything count when many of them do; those come last.
        """
        pieces: defaultdict[str, list[tuple[Trace, Sighting]]] = defaultdict(list)
        for entry in entries:
            for place, text in _places(entry):
                traces = self._index.find(text)
                for name in {each.needle.name for each in traces}.intersection(names):
                    longest = best([each for each in traces if each.needle.name == name])
                    assert longest is not None  # noqa: S101 - there is at least one
                    sighting = _sighting(entry, place, text, traces, longest)
                    if _telling(longest):
                        yield sighting
                    else:
                        pieces[name] += [(e, sighting) for e in traces if e.needle.name == name]
        for found in pieces.values():
            if _say_much([trace for trace, _ in found]):
                yield from dict.fromkeys(sighting for _, sighting in found)

    def has(self, name: str) -> bool:
        return name in self._names.values()

    def name_of(self, secret: str) -> str | None:
        return self._names.get(secret)


def _telling(trace: Trace) -> bool:
    return trace.length >= TELLING or trace.whole


def _say_much(traces: list[Trace]) -> bool:
    """Whether different pieces add up, in one spelling or another."""
    size = traces[0].needle.size
    said = {place for each in traces for place in range(each.first, each.first + each.length)}
    digits = all(each.digits for each in traces)
    enough = min(MOSTLY_DIGITS, size * 2 // 3) if digits else min(MOSTLY, size // 2)
    return len(said) >= max(AT_LEAST, enough)


def _redacted(text: str, traces: list[Trace]) -> str:
    parts, done = [], 0
    for start, end, name in without_overlap(traces):
        parts += [text[done:start], f"‹{name}›"]
        done = end
    return "".join([*parts, text[done:]])


def _excerpt(text: str, traces: list[Trace], trace: Trace) -> str:
    """What stands around a trace, redacted."""
    start, end = next((a, b) for a, b, _ in without_overlap(traces) if a <= trace.start < b)
    before = _redacted(text[:start], [each for each in traces if each.end <= start])
    after = [
        replace(each, start=each.start - end, end=each.end - end) for each in traces if each.start >= end
    ]
    return f"{before[-_AROUND:]}‹{trace.needle.name}›{_redacted(text[end:], after)[:_AROUND]}"


def _places(entry: Entry) -> Iterator[tuple[str, str]]:
    """(place, text) for all that an entry carries out of the sandbox."""
    match entry:
        case Exchange():
            yield "host name", entry.host
            yield "url", f"{entry.path}?{entry.raw_query}"
            yield from _headers(entry.headers)
            yield "body", entry.body.decode("latin-1")
        case Socket():
            yield "host name", entry.host
            yield "url", f"{entry.path}?{entry.raw_query}"
            yield from _headers(entry.headers)
            if entry.closed_by is ClosedBy.CLIENT:
                yield "closing words", entry.close_reason
        case Frame(direction="sent"):
            yield "frame", entry.text
        case RejectedConnection():
            yield "host name", entry.host or ""
            yield "first bytes", entry.first_bytes.decode("latin-1")
        case Lookup():
            yield "look-up", entry.name
        case Handshake():
            yield "host name", entry.host or ""
            yield "TLS hello", entry.hello.decode("latin-1").lower().replace(entry.host or "\0", "")
        case _:
            return


def _headers(headers: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    for name, value in headers:
        yield f"header {name}", value
        yield "header name", name


def _sighting(entry: Entry, place: str, text: str, traces: list[Trace], trace: Trace) -> Sighting:
    host = entry.name if isinstance(entry, Lookup) else getattr(entry, "host", None)
    client: Client = "connector" if isinstance(entry, Trouble) else entry.client
    return Sighting(
        trace.needle.name,
        place,
        trace.spelling,
        host or "",
        _excerpt(text, traces, trace),
        entry.at,
        client,
        entry,
    )
