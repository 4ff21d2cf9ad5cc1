"""Whether a signature is one of the texts that a client may have signed, scheme by scheme."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from harness.credentials.shapes import base58, unbase58
from harness.venue.described.model import Signing
from harness.venue.dialects.signing import same
from harness.venue.dialects.wallets import address_of, personal_digest, signer_of

# Schemes that no formula says: whether one of the texts, signed with the secret, gives the signature.
PLUGINS: dict[str, Callable[[str, frozenset[bytes], str], bool]] = {}
WALLETS = frozenset({"eip191", "eip712"})
HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512(),
}  # fmt: skip


def signed_right(signing: Signing, secret: str, texts: frozenset[bytes], signature: str) -> bool:
    """Whether one of the texts, signed with the secret, gives the signature."""
    match signing.scheme:
        case "unverified":
            return True
        case "token":
            return same(secret, signature)
        case "hmac":
            key = decoded(secret, signing.decode)
            return any(same(_hmac(signing, key, text), signature) for text in texts)
        case "jwt":
            return _jwt(secret, texts, signature, signing)
        case "plugin":
            return PLUGINS[signing.plugin or ""](secret, texts, signature)
    written = signing.written.lower()
    try:  # in base64 "0x" is a part of it, as of one signature in 4,096
        given = decoded(signature.removeprefix("0x") if written == "hex" else signature, written)
    except ValueError:
        return False
    return any(_verifies(signing, secret, text, given) for text in texts)


def _verifies(signing: Signing, secret: str, text: bytes, given: bytes) -> bool:
    """Whether a key pair's signature is of that text."""
    try:
        match signing.scheme:
            case "ed25519":
                ed25519_key(secret, signing.decode).public_key().verify(given, text)
            case "rsa":
                rsa_key(secret).public_key().verify(
                    given, text, padded(signing, PSS.AUTO), HASHES[signing.digest]
                )
            case _:
                digest = personal_digest(text) if signing.scheme == "eip191" else text
                return signer_of(digest, given) == address_of(secret)
    except (ValueError, InvalidSignature):
        return False
    return True


def padded(signing: Signing, salt: Any) -> AsymmetricPadding:
    """How an RSA signature is padded, with so long a salt."""
    if signing.padding == "pkcs1":
        return PKCS1v15()
    return PSS(MGF1(HASHES[signing.digest]), salt)


def signer_belongs(signing: Signing, secret: str, told: str) -> bool:
    """Whether the address or public key that a request tells is the one of the key that it is signed with."""
    if signing.scheme in WALLETS:
        return told.lower() == address_of(secret)
    public = ed25519_key(secret, signing.decode).public_key().public_bytes_raw()
    return told == in_form(public, signing.written)


def signed(signing: Signing, secret: str, text: str) -> str:
    """The HMAC of a text as a signature of that kind is written."""
    return _hmac(signing, decoded(secret, signing.decode), text.encode())


def decoded(secret: str, how: str) -> bytes:
    """The bytes of a secret or a signature as it is written. Raises ValueError."""
    match how:
        case "hex":
            return bytes.fromhex(secret)
        case "base64":
            return base64.b64decode(secret)
        case "base58":
            return unbase58(secret)
    return secret.encode()


def _hmac(signing: Signing, key: bytes, text: bytes) -> str:
    return in_form(hmac.new(key, text, signing.digest).digest(), signing.written)


def in_form(digest: bytes, written: str) -> str:
    """A digest as text."""
    match written:
        case "base64":
            return base64.b64encode(digest).decode()
        case "base58":
            return base58(digest)
    return digest.hex().upper() if written == "HEX" else digest.hex()


def ed25519_key(secret: str, how: str) -> Ed25519PrivateKey:
    """The key of a secret: a PEM document, or 32 bytes as they are written."""
    if secret.startswith("-----BEGIN"):
        key = load_pem_private_key(secret.encode(), password=None)
        if isinstance(key, Ed25519PrivateKey):
            return key
    return Ed25519PrivateKey.from_private_bytes(decoded(secret, how)[:32])


@lru_cache(maxsize=16)
def rsa_key(secret: str) -> RSAPrivateKey:
    """The key of a PEM document. Raises ValueError where it holds another."""
    key = load_pem_private_key(secret.encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("no RSA key")
    return key


def _jwt(secret: str, texts: frozenset[bytes], token: str, signing: Signing) -> bool:
    """HS256, HS384, HS512 or ES256 by the secret; where there is a `text`, it has to claim that."""
    if signing.text and claims(token).get(signing.claim, "").encode() not in texts:
        return False
    head, _, signature = token.rpartition(".")
    if signing.algorithm == "ES256":
        return _es256(secret, head.encode(), signature)
    made = hmac.new(decoded(secret, signing.decode), head.encode(), signing.digest).digest()
    return bool(head) and same(base64.urlsafe_b64encode(made).decode().rstrip("="), signature)


def _es256(secret: str, head: bytes, signature: str) -> bool:
    """Whether a P-256 key in PEM signed it; RFC 7518, 3.4: both numbers, 32 bytes each."""
    key = load_pem_private_key(secret.encode(), password=None)
    try:
        raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
        numbers = (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        if not isinstance(key, EllipticCurvePrivateKey) or len(raw) != 64:
            return False
        key.public_key().verify(encode_dss_signature(*numbers), head, ECDSA(hashes.SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return True


def claims(token: str) -> dict[str, str]:
    """What a JWT says; empty where it is none."""
    parts = token.split(".")
    try:
        said = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError):
        return {}
    return {str(key): str(value) for key, value in said.items()} if isinstance(said, dict) else {}
