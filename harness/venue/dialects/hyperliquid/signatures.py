"""Who signed an L1 action: EIP-712 over a phantom agent that stands for the action's hash.

Source: hyperliquid.gitbook.io/hyperliquid-docs (for-developers/api: signing,
nonces-and-api-wallets) and EIP-712.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Mapping

import msgpack
from coincurve import PrivateKey, PublicKey
from Crypto.Hash import keccak
from pydantic import JsonValue

ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_WORD = re.compile(r"0x[0-9a-fA-F]{1,64}")
NONCES_KEPT = 100  # the highest of each signer
DAY = 86_400_000


def _keccak(data: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=data).digest()


_DOMAIN = _keccak(
    _keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
    + _keccak(b"Exchange")
    + _keccak(b"1")
    + (1337).to_bytes(32, "big")
    + bytes(32)
)
_AGENT = _keccak(b"Agent(string source,bytes32 connectionId)")
_MAINNET = _keccak(b"a")


def private_key(secret: str) -> str:
    """A wallet's key made of an account's random secret: 32 bytes in hexadecimal."""
    return f"0x{hashlib.sha256(secret.encode()).hexdigest()}"


def address_of(key: str) -> str:
    """The address of a private key, in lower case."""
    return _address(PrivateKey.from_hex(key.removeprefix("0x")).public_key)


def _address(key: PublicKey) -> str:
    return f"0x{_keccak(key.format(compressed=False)[1:])[-20:].hex()}"


def signer(action: JsonValue, nonce: int, vault: str | None, expires: int | None, sign: JsonValue) -> str:
    """The address that signed; another one's for every change of the action.

    The action is packed in the order in which it was sent. Raises `ValueError` where the signature, the vault
    or a number has no such shape.
    """
    digest = _digest(action, nonce, vault, expires)
    said = sign if isinstance(sign, Mapping) else {}
    r, s, v = str(said.get("r")), str(said.get("s")), said.get("v")
    if not (_WORD.fullmatch(r) and _WORD.fullmatch(s)) or not isinstance(v, int) or v not in (27, 28):
        raise ValueError("no signature")
    packed = b"".join(int(part, 16).to_bytes(32, "big") for part in (r, s)) + bytes([v - 27])
    try:
        return _address(PublicKey.from_signature_and_message(packed, digest, hasher=None))
    except Exception as error:
        # coincurve says ValueError or a bare Exception when no key could have signed so.
        raise ValueError("the signature is nobody's") from error


def sign(action: JsonValue, nonce: int, key: str, vault: str | None = None) -> dict[str, JsonValue]:
    """What a client with that key sends as `signature`."""
    digest = _digest(action, nonce, vault, None)
    raw = PrivateKey.from_hex(key.removeprefix("0x")).sign_recoverable(digest, hasher=None)
    return {"r": f"0x{raw[:32].hex()}", "s": f"0x{raw[32:64].hex()}", "v": 27 + raw[64]}


def _digest(action: JsonValue, nonce: int, vault: str | None, expires: int | None) -> bytes:
    if not 0 <= nonce < 2**63 or (expires is not None and not 0 <= expires < 2**63):
        raise ValueError("no time")
    packed: bytes = msgpack.packb(action) + nonce.to_bytes(8, "big")
    packed += b"\0" if vault is None else b"\1" + bytes.fromhex(vault.removeprefix("0x"))
    if expires is not None:
        packed += b"\0" + expires.to_bytes(8, "big")
    agent = _keccak(_AGENT + _MAINNET + _keccak(packed))
    return _keccak(b"\x19\x01" + _DOMAIN + agent)


class Nonces:
    """Times in milliseconds, each used once: the newest hundred of a signer are kept, older ones are too low.

    A nonce must lie between two days ago and a day from now. May be used from any thread.
    """

    def __init__(self) -> None:
        self._kept: dict[str, set[int]] = {}
        self._lock = threading.Lock()

    def fault(self, address: str, nonce: int, now: int) -> str | None:
        """Take it, or say what is wrong with it."""
        if not now - 2 * DAY < nonce < now + DAY:
            return f"Invalid nonce: nonce {nonce} is not within range of {now}"
        with self._lock:
            kept = self._kept.setdefault(address, set())
            if nonce in kept:
                return f"Invalid nonce: duplicate nonce {nonce}"
            if len(kept) >= NONCES_KEPT:
                if nonce < min(kept):
                    return f"Invalid nonce: nonce too low {nonce}"
                kept.remove(min(kept))
            kept.add(nonce)
        return None
