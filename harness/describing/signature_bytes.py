"""What in a message has the length of a signature, and whether a key makes it of a text. Pure."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from harness.describing.said import Said

HASHES = {16: "md5", 20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}
_TOKEN = re.compile(r"[A-Za-z0-9+/_=-]{16,}")


@dataclass(frozen=True)
class Signature:
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


def signatures_in(said: Said, place: str | None = None) -> Iterator[Signature]:
    """Everything in the message that has a signature's length; at `place` alone where that is given."""
    for where, value in said.values.items():
        if place not in (None, where) or len(value) > 4096:
            continue
        for token in {value, *_TOKEN.findall(value), *value.rsplit(".", 1)[1:]}:
            yield from (Signature(where, raw, encoding) for encoding, raw in _decoded(token))


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


def forms_of(secret: str) -> dict[str, bytes]:
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
