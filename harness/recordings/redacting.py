"""What of a capture is nobody's business: keys, signatures, tokens, who the account belongs to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from harness.gateway.canaries import Canaries
from harness.gateway.entries import Entry, Exchange, Frame, Headers, Socket

HIDDEN = "‹redacted›"
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

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = {text: name for name, text in secrets.items() if text}
        self._canaries = Canaries(secrets)
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
        """Without what a header's name, or its client's own signature, says. Texts are redacted when they are
        written."""
        match entry:
            case Exchange():
                return replace(
                    entry,
                    headers=_headers(entry.headers),
                    reply_headers=_headers(entry.reply_headers),
                    raw_query=self.text(entry.raw_query),
                )
            case Socket():
                return replace(entry, headers=_headers(entry.headers), raw_query=self.text(entry.raw_query))
            case Frame() | _:
                return entry


def _headers(headers: Headers) -> Headers:
    return tuple(
        (name, HIDDEN if _HEADER.fullmatch(name) and name.lower() not in _PUBLIC_HEADERS else value)
        for name, value in headers
    )
