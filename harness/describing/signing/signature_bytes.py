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
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
)

from harness.describing.documents.said import Said
from harness.venue.described.schemes import HASHES as RSA_HASHES

HASHES = {16: "md5", 20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}
RSA_LENGTHS = frozenset({256, 384, 512})  # bytes of a signature by a key of 2048, 3072 or 4096 bits
_TOKEN = re.compile(r"[A-Za-z0-9+/_=-]{16,}")


@dataclass(frozen=True)
class Signature:
    place: str
    value: bytes
    encoding: str

    def is_of(self, text: bytes, key: bytes, algorithm: str) -> bool:
        if algorithm == "ed25519":
            return len(key) in (32, 64) and _verifies(key[:32], self.value, text)
        if algorithm.startswith("rsa "):
            public = _rsa_public(key)
            return public is not None and _rsa_verifies(public, self.value, text, algorithm)
        return hmac.compare_digest(hmac.new(key, text, algorithm).digest(), self.value)

    def algorithms(self, key: bytes) -> Iterator[str]:
        if len(self.value) in RSA_LENGTHS:
            public = _rsa_public(key)
            if public is not None and public.key_size == 8 * len(self.value):
                yield from (
                    f"rsa {padding} {digest}" for padding in ("pss", "pkcs1") for digest in RSA_HASHES
                )
            return
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
    if re.fullmatch(r"(0x)?([0-9a-f]{2})+|(0x)?([0-9A-F]{2})+", token) and _signs(
        len(token.removeprefix("0x")) // 2
    ):
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
    if _signs(len(raw)):
        yield ("base64url" if url or padded != token else "base64"), raw


def _signs(length: int) -> bool:
    return length in HASHES or length in RSA_LENGTHS


def forms_of(secret: str) -> dict[str, bytes]:
    """The bytes that a secret may stand for: of a PEM document an Ed25519 seed or an RSA key in DER."""
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
            elif isinstance(key, RSAPrivateKey):
                forms["pem"] = key.private_bytes(
                    Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()
                )
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


@lru_cache(maxsize=64)
def _rsa_public(key: bytes) -> RSAPublicKey | None:
    """The public half of an RSA key in DER; None of other bytes."""
    try:
        private = load_der_private_key(key, password=None)
    except (ValueError, TypeError):
        return None
    return private.public_key() if isinstance(private, RSAPrivateKey) else None


def _rsa_verifies(public: RSAPublicKey, signature: bytes, text: bytes, algorithm: str) -> bool:
    """`algorithm` is `rsa PADDING DIGEST`; the salt of a PSS signature may have any length."""
    _, padding, name = algorithm.split()
    digest = RSA_HASHES[name]
    padded = PKCS1v15() if padding == "pkcs1" else PSS(MGF1(digest), PSS.AUTO)
    try:
        public.verify(signature, text, padded, digest)
    except InvalidSignature:
        return False
    return True
