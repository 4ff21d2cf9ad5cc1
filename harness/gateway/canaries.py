"""Finding a secret wherever it could leave, also in disguise, and keeping it out of what we print."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from harness.gateway.entries import Client, Entry, Exchange, Frame, Handshake, Lookup, Socket, Stray, Trouble

SHORTEST = 8  # shorter strings turn up by chance
_AROUND = 24


@dataclass(frozen=True)
class Sighting:
    """One place where a secret was seen on its way out of the sandbox.

    `place` is `url`, `header NAME`, `body`, `frame`, `host name`, `look-up` or `first bytes`; `spelling` says
    how it was written (`plain`, `base64 at 0`, `hex` …); `excerpt` is what stood around it, redacted.
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
    """The run's secrets by name, each known in its usual spellings. Thread-safe."""

    def __init__(self, secrets: Mapping[str, str] | None = None) -> None:
        self._lock = threading.Lock()
        self._needles: dict[str, dict[str, str]] = {}
        self.know(secrets or {})

    def know(self, secrets: Mapping[str, str]) -> None:
        """Learn `{name: secret}`.

        Values of fewer than `SHORTEST` characters are no secrets but settings (a sub-domain, an account's
        number): they are never found and never redacted.
        """
        for name, secret in secrets.items():
            with self._lock:
                self._needles[name] = spellings(secret) if len(secret) >= SHORTEST else {}

    def redact(self, text: str) -> str:
        """`text` with every known secret, however it is spelled, replaced by `‹its name›`."""
        for name, needles in self._known().items():
            text = redact(text, name, needles)
        return text

    def sightings(self, name: str, entries: Iterator[Entry]) -> Iterator[Sighting]:
        """Where the secret of that name is seen in `entries`; raises KeyError for an unknown name."""
        needles = self._known()[name]
        for entry in entries if needles else ():
            for place, text, is_name in _places(entry):
                spelling = _spelling_in(text, needles, is_name)
                if spelling is not None:
                    yield _sighting(name, needles, entry, place, text, spelling)

    def has(self, name: str) -> bool:
        return name in self._known()

    def name_of(self, secret: str) -> str | None:
        return next((name for name, each in self._known().items() if each.get("plain") == secret), None)

    def _known(self) -> dict[str, dict[str, str]]:
        with self._lock:
            return dict(self._needles)


def spellings(secret: str) -> dict[str, str]:
    """How a secret may be written. Bases 64 and 32 have one spelling for each alignment."""
    raw = secret.encode()
    found = {
        "plain": secret,
        "url-encoded": quote(secret, safe=""),
        "json-escaped": json.dumps(secret)[1:-1],
        "reversed": secret[::-1],
        "hex": raw.hex(),
    }
    for skip in range(3):
        found[f"base64 at {skip}"] = _aligned(base64.b64encode, raw, skip, 6)
        found[f"base64url at {skip}"] = _aligned(base64.urlsafe_b64encode, raw, skip, 6)
    for skip in range(5):
        found[f"base32 at {skip}"] = _aligned(base64.b32encode, raw, skip, 5)
    return found


def redact(text: str, name: str, needles: Mapping[str, str]) -> str:
    if not needles:
        return text
    for needle in sorted({*needles.values(), needles["hex"].upper()}, key=len, reverse=True):
        text = text.replace(needle, f"‹{name}›")
    return text


def _aligned(encode: Callable[[bytes], bytes], raw: bytes, skip: int, bits: int) -> str:
    """The part of the encoded text that does not change with what stands `skip` bytes before, and after."""
    text = encode(b"\0" * skip + raw).decode()
    return text[-(-skip * 8 // bits) : (skip + len(raw)) * 8 // bits]


def _spelling_in(text: str, needles: Mapping[str, str], is_name: bool) -> str | None:
    """How the secret stands in `text`. Host names lose their case and may be cut by dots."""
    if is_name:
        text = text.replace(".", "").lower()
        return next((key for key, needle in needles.items() if needle.lower() in text), None)
    for key, needle in needles.items():
        if needle in text:
            return key
    if needles["hex"] in text.lower():
        return "hex"
    if "%" in text and needles["plain"] in unquote(text):
        return "url-encoded"
    return None


def _places(entry: Entry) -> Iterator[tuple[str, str, bool]]:
    """(place, text, whether it is a host name) for all that an entry carries out of the sandbox."""
    match entry:
        case Exchange():
            yield "host name", entry.host, True
            yield "url", f"{entry.path}?{entry.raw_query}", False
            yield from _headers(entry.headers)
            yield "body", entry.body.decode("latin-1"), False
        case Socket():
            yield "host name", entry.host, True
            yield "url", f"{entry.path}?{entry.raw_query}", False
            yield from _headers(entry.headers)
        case Frame(direction="sent"):
            yield "frame", entry.text, False
        case Stray():
            yield "host name", entry.host or "", True
            yield "first bytes", entry.first_bytes.decode("latin-1"), False
        case Lookup():
            yield "look-up", entry.name, True
        case Handshake():
            yield "host name", entry.host or "", True
        case _:
            return


def _headers(headers: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str, bool]]:
    for name, value in headers:
        yield f"header {name}", value, False
        yield "header name", name, False


def _sighting(
    name: str, needles: Mapping[str, str], entry: Entry, place: str, text: str, spelling: str
) -> Sighting:
    shown = redact(text, name, needles)
    mark = shown.find("‹")
    start = max(0, mark - _AROUND)
    excerpt = shown[start : mark + len(name) + 2 + _AROUND] if mark >= 0 else f"‹{name}› ({spelling})"
    host = entry.name if isinstance(entry, Lookup) else getattr(entry, "host", None)
    client: Client = "connector" if isinstance(entry, Trouble) else entry.client
    return Sighting(name, place, spelling, host or "", excerpt, entry.at, client, entry)
