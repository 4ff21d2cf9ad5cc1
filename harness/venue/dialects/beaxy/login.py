"""Beaxy's login of 2020: a challenge signed with RSA, then a key agreed on by Diffie and Hellman.

Source: beaxyapiv2trading.docs.apiary.io (trading API v1), as the connector submitted in 2020 speaks it; the
trading server is Deltix's, whose sessions and headers are those of apidoc.ndax.group/trader.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from harness.venue.model import Account

GENERATOR = 2
# Group 14 of RFC 3526; which one Beaxy hands out is nowhere told, and a client takes what it is given.
MODULUS = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AACAA68FFFFFFFFFFFFFFFF",
    16,
)
SILENCE = 60.0  # seconds without a keep-alive after which a session ends


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def as_secret(key: rsa.RSAPrivateKey) -> str:
    """A private key as Beaxy hands it out: PKCS 8, base64 without PEM's first and last line."""
    der = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return base64.b64encode(der).decode()


def number_of(text: str) -> int:
    """A big-endian number in base64; raises ValueError."""
    try:
        return int.from_bytes(base64.b64decode(text, validate=True), "big")
    except binascii.Error as error:
        raise ValueError("no base64") from error


def bytes_of(number: int) -> bytes:
    """Big-endian with a free sign bit, as Java writes it."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def text_of(number: int) -> str:
    return base64.b64encode(bytes_of(number)).decode()


@dataclass
class Session:
    """A login. `key` signs requests, None until it was confirmed."""

    account: Account
    number: str = field(default_factory=lambda: str(uuid.uuid4()))
    challenge: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: bytes | None = None
    seen_at: float = 0.0

    def attempted(self) -> dict[str, str]:
        """What a client is told to go on with."""
        return {
            "session_id": self.number, "challenge": base64.b64encode(self.challenge).decode(),
            "dh_base": text_of(GENERATOR), "dh_modulus": text_of(MODULUS),
        }  # fmt: skip

    def confirm(self, signature: str, theirs: int, public: rsa.RSAPublicKey) -> int | None:
        """Take the client's half and give ours; None where its signature of the challenge is wrong."""
        try:
            signed = base64.b64decode(signature, validate=True)
            public.verify(signed, self.challenge, padding.PKCS1v15(), hashes.SHA256())
        except (binascii.Error, InvalidSignature):
            return None
        ours = secrets.randbits(512)
        self.key = bytes_of(pow(theirs, ours, MODULUS))
        return pow(GENERATOR, ours, MODULUS)

    def signed(self, what: str, headers: Mapping[str, str], body: str, given: str) -> bool:
        """Whether `given` signs `what` (method, path, query), these headers by name, and the body."""
        if self.key is None:
            return False
        listed = "&".join(f"{name}={value}" for name, value in sorted(headers.items()))
        digest = hmac.new(self.key, f"{what}{listed}{body}".encode(), hashlib.sha384).digest()
        return hmac.compare_digest(base64.b64encode(digest), given.encode("utf-8", "replace"))
