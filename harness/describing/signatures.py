"""How requests are signed: a menu of texts, hashes, encodings and forms of the secret, tried in turn.

The requests were signed with canary keys that we know, so a scheme that reproduces a signature is the scheme.
The texts are those of exchanges that ccxt signs for; a place in the request is named as in `Said.values`.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from harness.describing.said import Said

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
HASHES = {16: "md5", 20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}
TRIES = 3  # messages with a signature at one place; where none is reproduced, the others are not tried
MOST_TEXTS = 20_000  # tried for one message
_ATOM = re.compile(r"\{([^{}]+)\}")
_TOKEN = re.compile(r"[A-Za-z0-9+/_=-]{16,}")
_JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+\Z")
_TIME = re.compile(r"(1[5-9]|2[0-9])\d{8}(\.\d+|\d{3}|\d{6}|\d{9})?\Z|20\d\d-\d\d-\d\dT[\d:.]+(Z|\+00:00)?\Z")


@dataclass(frozen=True)
class Scheme:
    """One way to sign. `secret` is the credential's name and `form` how its bytes are had from it.

    `text` is a template of `TEXTS`, and `parts` says where its `{time}`, `{nonce}`, `{key}` … are taken from:
    a place of the request or `credential NAME`.
    """

    place: str
    algorithm: str
    text: str
    encoding: str
    secret: str
    form: str
    parts: Mapping[str, str] = field(default_factory=dict)

    def signs(self, said: Said, credentials: Mapping[str, str]) -> bool:
        """Whether this reproduces the signature in `said`."""
        message = _Message(said, self.place, credentials)
        signature = next(
            (each for each in _signatures(said, self.place) if each.encoding == self.encoding), None
        )
        values = {name: message.values.get(place) for name, place in self.parts.items()}
        if signature is None or None in values.values():
            return False
        text = message.text(self.text, {name: value or "" for name, value in values.items()})
        key = _forms(credentials.get(self.secret, "")).get(self.form)
        return text is not None and key is not None and signature.is_of(text, key, self.algorithm)


@dataclass(frozen=True)
class Explanation:
    """The schemes that reproduce what was signed, and the messages that none reproduces.

    `tokens` are places that hold a JSON Web Token, `unexplained` those that hold something of a signature's
    length that the menu does not reproduce.
    """

    schemes: tuple[Scheme, ...]
    explained: int
    unexplained: tuple[str, ...]
    tokens: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Signature:
    place: str
    value: bytes
    encoding: str

    def is_of(self, text: bytes, key: bytes, algorithm: str) -> bool:
        if algorithm == "ed25519":
            return len(key) in (32, 64) and _verifies(key[:32], self.value, text)
        return hmac.compare_digest(hmac.new(key, text, algorithm).digest(), self.value)

    def algorithms(self, key: bytes) -> Iterator[str]:
        yield HASHES[len(self.value)]
        if len(self.value) == 64 and len(key) in (32, 64):
            yield "ed25519"


def explain(messages: Sequence[Said], credentials: Mapping[str, str]) -> Explanation:
    """Find the fewest schemes that reproduce every signature in `messages`, signed with these credentials."""
    schemes: list[Scheme] = []
    explained: set[int] = set()
    unexplained: set[str] = set()
    tokens: set[str] = set()
    tried: Counter[str] = Counter()
    for number, said in enumerate(messages):
        tokens |= set(_tokens(said))
        if any(scheme.signs(said, credentials) for scheme in schemes):
            explained.add(number)
            continue
        given_up = frozenset(place for place, tries in tried.items() if tries >= TRIES)
        fitting = list(schemes_of(said, credentials, given_up))
        if fitting:
            schemes.append(_most_telling(fitting, messages, credentials))
            explained.add(number)
        else:
            places = {each.place for each in _signatures(said)}
            tried.update(places)
            unexplained |= set(filter(_named_so, places))
    known = {scheme.place for scheme in schemes}
    return Explanation(
        tuple(schemes), len(explained), tuple(sorted(unexplained - known)), tuple(sorted(tokens))
    )


def _most_telling(fitting: list[Scheme], messages: Sequence[Said], credentials: Mapping[str, str]) -> Scheme:
    """Of schemes that fit one message, the one that fits most of all; of equals, the longest text."""

    def worth(scheme: Scheme) -> tuple[int, int, int]:
        covered = sum(scheme.signs(said, credentials) for said in messages)
        parts = len(_ATOM.findall(scheme.text.replace("{target}", "{path}{query}")))
        return covered, parts, -TEXTS.index(scheme.text)

    return max(fitting, key=worth)


def schemes_of(
    said: Said, credentials: Mapping[str, str], given_up: frozenset[str] = frozenset()
) -> Iterator[Scheme]:
    """Every scheme of the menu that reproduces a signature in this message, but at places given up."""
    for signature in _signatures(said):
        if signature.place in given_up:
            continue
        message = _Message(said, signature.place, credentials)
        texts = list(itertools.islice(message.texts(), MOST_TEXTS))
        for name, secret in credentials.items():
            for form, key in _forms(secret).items():
                for algorithm in signature.algorithms(key):
                    for template, parts, text in texts:
                        if signature.is_of(text, key, algorithm):
                            yield Scheme(
                                signature.place, algorithm, template, signature.encoding, name, form, parts
                            )


class _Message:
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
            names = [name for name in dict.fromkeys(_ATOM.findall(template)) if name not in self._fixed]
            roles = ["nonce" if name == "sha256_nonce_body" else name for name in names]
            for places in itertools.product(*(self._places(role) for role in roles)):
                parts = dict(zip(roles, places, strict=True))
                text = self.text(template, {role: self.values[place] for role, place in parts.items()})
                if text:
                    yield template, parts, text

    def text(self, template: str, parts: Mapping[str, str]) -> bytes | None:
        """The text of a template, None where the message lacks a part of it."""
        pieces: list[bytes] = []
        for index, piece in enumerate(_ATOM.split(template)):
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


def _signatures(said: Said, place: str | None = None) -> Iterator[_Signature]:
    """Everything in the message that has a signature's length; at `place` alone where that is given."""
    for where, value in said.values.items():
        if place not in (None, where) or len(value) > 4096:
            continue
        for token in {value, *_TOKEN.findall(value), *value.rsplit(".", 1)[1:]}:
            yield from (_Signature(where, raw, encoding) for encoding, raw in _decoded(token))


def _decoded(token: str) -> Iterator[tuple[str, bytes]]:
    if re.fullmatch(r"(0x)?([0-9a-f]{2})+|(0x)?([0-9A-F]{2})+", token) and len(token) // 2 in HASHES:
        yield (
            ("HEX" if token.upper() == token and not token.isdigit() else "hex"),
            bytes.fromhex(token.removeprefix("0x")),
        )
        return
    url = "-" in token or "_" in token
    padded = token + "=" * (-len(token) % 4)
    try:
        raw = base64.b64decode(padded, altchars=b"-_" if url else None, validate=True)
    except (binascii.Error, ValueError):
        return
    if len(raw) in HASHES:
        yield ("base64url" if url or padded != token else "base64"), raw


def _forms(secret: str) -> dict[str, bytes]:
    """The bytes that a secret may stand for."""
    forms = {"raw": secret.encode()}
    with contextlib.suppress(binascii.Error, ValueError):
        forms["base64"] = base64.b64decode(secret, validate=True)
    if re.fullmatch(r"([0-9a-fA-F]{2})+", secret):
        forms["hex"] = bytes.fromhex(secret)
    if secret.startswith("-----BEGIN"):
        with contextlib.suppress(ValueError):
            key = load_pem_private_key(secret.encode(), password=None)
            if isinstance(key, Ed25519PrivateKey):
                forms["pem"] = key.private_bytes_raw()
    return {name: key for name, key in forms.items() if key}


@lru_cache(maxsize=64)
def _public(seed: bytes) -> Ed25519PublicKey:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key()


def _verifies(seed: bytes, signature: bytes, text: bytes) -> bool:
    try:
        _public(seed).verify(signature, text)
    except InvalidSignature:
        return False
    return True


def _tokens(said: Said) -> Iterator[str]:
    for place, value in said.values.items():
        if value.split(" ")[-1].startswith("eyJ") and _JWT.search(value):
            yield place


def _named_so(place: str) -> bool:
    return re.search(r"sign|hmac|digest|\bsig\b|auth", place, re.IGNORECASE) is not None


def _is_form(said: Said) -> bool:
    return "=" in said.body and not said.body.lstrip().startswith(("{", "["))


def _without(pairs: str, name: str) -> str:
    return "&".join(part for part in pairs.split("&") if part.partition("=")[0] != name)
