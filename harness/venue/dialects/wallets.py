"""Wallets of Ethereum: addresses, and whose signature a digest bears. Source: EIP-191 and ERC-55."""

from __future__ import annotations

from coincurve import PrivateKey, PublicKey
from Crypto.Hash import keccak as _hashing

_SIGNATURE = 65  # bytes: r, s and v


def keccak(data: bytes) -> bytes:
    """Ethereum's hash, which is no SHA-3: 32 bytes."""
    return _hashing.new(digest_bits=256, data=data).digest()


def address_of(key: str) -> str:
    """The address of a private key in hexadecimal, in lower case."""
    return _address(PrivateKey.from_hex(key.removeprefix("0x")).public_key)


def _address(key: PublicKey) -> str:
    return f"0x{keccak(key.format(compressed=False)[1:])[-20:].hex()}"


def personal_digest(text: bytes) -> bytes:
    """What a wallet signs of a text that a person is shown (EIP-191, version 0x45)."""
    return keccak(b"\x19Ethereum Signed Message:\n" + str(len(text)).encode() + text)


def signer_of(digest: bytes, signature: bytes) -> str:
    """The address that signed: 65 bytes, of which the last is 0, 1, 27 or 28. Raises ValueError."""
    if len(signature) != _SIGNATURE or signature[-1] not in (0, 1, 27, 28):
        raise ValueError("no signature")
    raw = signature[:-1] + bytes([signature[-1] % 27])
    try:
        return _address(PublicKey.from_signature_and_message(raw, digest, hasher=None))
    except Exception as error:
        # coincurve says ValueError or a bare Exception when no key could have signed so.
        raise ValueError("the signature is nobody's") from error


def sign_digest(digest: bytes, key: str) -> bytes:
    """What the wallet of a private key makes of a digest: 65 bytes, the last of them 27 or 28."""
    raw = PrivateKey.from_hex(key.removeprefix("0x")).sign_recoverable(digest, hasher=None)
    return raw[:64] + bytes([27 + raw[64]])
