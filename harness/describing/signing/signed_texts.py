"""The texts that exchanges sign, put together from a message. Pure.

The texts are those of exchanges that ccxt signs for; a place in the request is named as in `Said.values`.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, unquote, urlencode

from harness.describing.documents.said import Said

# `{target}` is path and query; `{sorted}` the query by name, `{encoded}` the same when it is encoded anew,
# `{named}` the parameters of query and body by name. What else stands in such brackets is found in the
# request or among the credentials.
TEXTS = (
    "{query}{body}",  # Binance's
    "{sorted}{body}",
    "{decoded}{body}",
    "{named}",
    "{time}{method}{target}{body}",  # OKX's, KuCoin's, Bitget's
    "{time}{method}{path}{query}{body}",
    "{time}{method}{path}{body}",  # Coinbase's
    "{time}{method}{path}",  # Kalshi's
    "{method}{target}{time}{body}",
    "{method}{path}{time}{body}",  # BTC Markets'
    "{path}{query}{time}{body}",  # Phemex's
    "/api{path}{nonce}{body}",  # Bitfinex's
    "{named}|{time}",  # WOO's first version
    "{method}\n{path}\n{named}&signTimestamp={time}",  # Poloniex's
    "{time}{key}{window}{query}{body}",  # Bybit's
    "{key}{time}{query}{body}",  # MEXC's futures
    "{time}{key}{query}{body}",
    "{nonce}{time}{key}{query}{body}",
    "{method}\n{path}\n{query}\n{sha512_body}\n{time}",  # Gate's
    "{method}\n{host}\n{path}\n{sorted}",  # HTX's
    "{method}\n{host}\n{path}\n{encoded}",  # HTX's where what is sent is not encoded as it was signed
    "{time}#{other}#{body}",  # BitMart's
    "{path}{sha256_nonce_body}",  # Kraken's
    "{key}{method}{host}{path}{query}{content_type}{nonce}{time}{other}{body}",  # Bitstamp's
    "{named}&timestamp={time}&window={window}",  # Backpack's, without its instruction
    "{other}",  # Gemini's payload; a passphrase that is signed alone
    "{time}",
    "{key}{time}",
    "{nonce}{other}{key}",  # AlphaPoint's
    "{time}GET/users/self/verify",  # OKX's login
    "{time}GET/user/verify",  # Bitget's login
    "GET/realtime{time}",  # Bybit's login
    "{time}websocket_login",
    "{time}#{other}#bitmart.WebSocket",
    "channel={body channel}&event={body event}&time={body time}",  # Gate's private channels
)
ATOM = re.compile(r"\{([^{}]+)\}")
_TIME = re.compile(r"(1[5-9]|2[0-9])\d{8}(\.\d+|\d{3}|\d{6}|\d{9})?\Z|20\d\d-\d\d-\d\dT[\d:.]+(Z|\+00:00)?\Z")


class SignedMessage:
    """What the texts of the menu are put together from, for one signature in one message."""

    def __init__(self, said: Said, place: str, credentials: Mapping[str, str]) -> None:
        self._said = said
        self._place = place
        signed = place.partition(" ")
        self._query = _without(said.query, signed[2]) if signed[0] == "query" else said.query
        self._body = (
            _without(said.body, signed[2]) if place == f"body {signed[2]}" and _is_form(said) else said.body
        )
        self.values = {where: value for where, value in said.values.items() if where != place}
        self.values |= {f"credential {name}": value for name, value in credentials.items()}
        self._credentials = credentials
        content = {name.lower(): value for name, value in said.headers}.get("content-type", "")
        self._fixed = {
            "method": said.method,
            "host": said.host,
            "path": said.path,
            "target": said.path + (f"?{self._query}" if self._query else ""),
            "query": self._query,
            "sorted": "&".join(sorted(self._query.split("&"))) if self._query else "",
            "encoded": urlencode(sorted(parse_qsl(self._query, keep_blank_values=True))),
            "decoded": unquote(self._query),
            "named": self._named(),
            "body": self._body,
            "content_type": content,
            "sha512_body": hashlib.sha512(self._body.encode()).hexdigest(),
        }

    def _named(self) -> str:
        pairs = dict(parse_qsl(self._query, keep_blank_values=True))
        signed = self._place.removeprefix("body ")
        pairs |= {name: value for name, value in self._said.fields.items() if name != signed}
        return "&".join(f"{name}={pairs[name]}" for name in sorted(pairs))

    def texts(self) -> Iterator[tuple[str, dict[str, str], bytes]]:
        """Each text with the template it was made by and where its parts were taken from."""
        for template in TEXTS:
            names = [name for name in dict.fromkeys(ATOM.findall(template)) if name not in self._fixed]
            roles = ["nonce" if name == "sha256_nonce_body" else name for name in names]
            for places in itertools.product(*(self._places(role) for role in roles)):
                parts = dict(zip(roles, places, strict=True))
                text = self.text(template, {role: self.values[place] for role, place in parts.items()})
                if text:
                    yield template, parts, text

    def text(self, template: str, parts: Mapping[str, str]) -> bytes | None:
        """The text of a template, None where the message lacks a part of it."""
        pieces: list[bytes] = []
        for index, piece in enumerate(ATOM.split(template)):
            if index % 2 == 0:
                pieces.append(piece.encode())
            elif piece == "sha256_nonce_body":
                pieces.append(hashlib.sha256((parts["nonce"] + self._body).encode()).digest())
            elif piece in self._fixed:
                pieces.append(self._fixed[piece].encode())
            elif piece in parts:
                pieces.append(parts[piece].encode())
            else:
                return None
        return b"".join(pieces)

    def _places(self, role: str) -> list[str]:
        """Where a part with this role may stand, the likeliest first."""
        if role.startswith("body "):
            return [role] if role in self.values else []
        if role == "time":
            return [place for place, value in self.values.items() if _TIME.match(value)]
        keys = set(self._credentials.values())
        if role == "key":
            return [
                place
                for place, value in self.values.items()
                if any(len(key) > 7 and key in value for key in keys) and len(value) < 200
            ]
        if role == "window":
            return [place for place, value in self.values.items() if value.isdigit() and len(value) <= 6]
        short = [place for place, value in self.values.items() if 0 < len(value) <= 4096]
        if role == "nonce":
            return [place for place in short if any(character.isdigit() for character in self.values[place])]
        return short


def _is_form(said: Said) -> bool:
    return "=" in said.body and not said.body.lstrip().startswith(("{", "["))


def _without(pairs: str, name: str) -> str:
    return "&".join(part for part in pairs.split("&") if part.partition("=")[0] != name)
