"""What of a capture is nobody's business: keys, signatures, tokens, who the account belongs to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pydantic import JsonValue

from harness.gateway.canaries import Canaries
from harness.gateway.entries import Entry, Exchange, Frame, Headers, Socket
from harness.recordings.groups import request_of
from harness.recordings.signing_over import placed, put
from harness.venue.described.model import Description, Signing
from harness.venue.described.said_topics import heard, plain
from harness.venue.described.templates import MISMATCH, Filler, Matcher

HIDDEN = "‹redacted›"
_PROOFS = ("key", "signature", "passphrase")
LONG = 16  # characters; a shorter `token` may be the name of a coin
_ALWAYS = (
    r"api[-_]?key|access[-_]?key|api[-_]?secret|secret[-_]?key|passphrase|password|signature|signed|"
    r"listen[-_]?key|access[-_]?token|refresh[-_]?token|jwt|authorization|cookie|set-cookie|session[-_]?id|"
    r"e-?mail|user[-_]?id|user[-_]?name|uid|account[-_]?id|phone|mobile"
)
_WHERE_LONG = r"sign|sig|token|auth|key|secret|session|nonce[-_]?sign"
_IN_JSON = re.compile(
    rf'("(?:{_ALWAYS})"\s*:\s*)("(?:[^"\\]|\\.)*"|-?\d+)|("(?:{_WHERE_LONG})"\s*:\s*)"(?:[^"\\]|\\.){{{LONG},}}"',
    re.IGNORECASE,
)
_ACCOUNT = re.compile(r'"(?:uid|user[-_]?id|account[-_]?id)"\s*:\s*"?(\d{5,})"?', re.IGNORECASE)
_IN_QUERY = re.compile(rf"((?:^|[?&])(?:{_ALWAYS}|{_WHERE_LONG})=)[^&\s\"]+", re.IGNORECASE)
_HEADER = re.compile(
    rf"(?:.*[-_])?(?:{_ALWAYS}|sign|sig|token|auth|key|secret|pass\w*)(?:[-_].*)?", re.IGNORECASE
)
_PUBLIC_HEADERS = frozenset({"sec-websocket-key", "sec-websocket-accept"})
_TOKEN = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


class Redactor:
    """Knows the secrets of a recording, and by their places what else has to go. Thread-safe."""

    def __init__(self, secrets: Mapping[str, str], description: Description | None = None) -> None:
        self._secrets = {text: name for name, text in secrets.items() if text}
        self._canaries = Canaries(secrets)
        self._signings = () if description is None else tuple(_signings(description))
        self._logins = () if description is None else tuple(_logins(description))
        self._accounts: set[str] = set()  # numbers of accounts, which names of topics may hold

    def know(self, secrets: Mapping[str, str]) -> None:
        """Learn `{name: secret}`."""
        self._secrets |= {text: name for name, text in secrets.items() if text}
        self._canaries.know(secrets)

    def text(self, text: str) -> str:
        """Without known secrets, however they are spelled, and without what JSON or a query calls one."""
        for secret, name in tuple(self._secrets.items()):
            text = text.replace(secret, f"‹{name}›")
        self._accounts |= {each[1] for each in _ACCOUNT.finditer(text)}
        for number in tuple(self._accounts):
            text = re.sub(rf"(?<![\d.]){number}(?![\d.])", HIDDEN, text)
        text = _IN_JSON.sub(lambda each: f'{each[1] or each[3]}"{HIDDEN}"', text)
        text = _MAIL.sub(HIDDEN, _TOKEN.sub(HIDDEN, _IN_QUERY.sub(rf"\g<1>{HIDDEN}", text)))
        return self._canaries.redact(text)

    def entry(self, entry: Entry) -> Entry:
        """Without what a header's name says, or the proofs that the description names, blind ones too. Texts
        are redacted when they are written."""
        match entry:
            case Exchange():
                entry = self._unproved(entry)
                return replace(
                    entry,
                    headers=_headers(entry.headers),
                    reply_headers=_headers(entry.reply_headers),
                    raw_query=self.text(entry.raw_query),
                )
            case Socket():
                return replace(entry, headers=_headers(entry.headers), raw_query=self.text(entry.raw_query))
            case Frame(direction="sent"):
                return replace(entry, text=self._logged_out(entry.text))
        return entry

    def _unproved(self, entry: Exchange) -> Exchange:
        """Without the key, the signature and the pass phrase, where the description says that they stand."""
        if not self._signings:
            return entry
        request = request_of(entry)
        for signing in self._signings:
            for part in _PROOFS:
                request = put(signing, request, part, HIDDEN)
        headers = tuple((name, request.headers[name]) for name, _ in entry.headers)
        return replace(entry, headers=headers, raw_query=request.raw_query, body=request.body)

    def _logged_out(self, text: str) -> str:
        """A client's message without what it logs in with."""
        said, names = heard(text), frozenset(f"login.{part}" for part in (*_PROOFS, "token"))
        for template, matcher in self._logins:
            try:
                found = {name: plain(value) for name, value in matcher.match(template, said).items()}
            except MISMATCH:
                continue
            hidden = {**found, **dict.fromkeys(names, HIDDEN)}
            return json.dumps(placed(template, said, hidden, names), ensure_ascii=False)
        return text


def _headers(headers: Headers) -> Headers:
    return tuple(
        (name, HIDDEN if _HEADER.fullmatch(name) and name.lower() not in _PUBLIC_HEADERS else value)
        for name, value in headers
    )


def _signings(description: Description) -> Iterator[Signing]:
    found = (description.signing, *(route.signing for route in description.routes.values()))
    yield from (each for each in found if each is not None)


def _logins(description: Description) -> Iterator[tuple[JsonValue, Matcher]]:
    filler, matcher = (
        Filler(description.words, description.shapes),
        Matcher(description.words, description.shapes),
    )
    for connection in description.connections.values():
        if connection.login is not None and connection.login.said is not None:
            yield filler.laid_out(connection.login.said), matcher
