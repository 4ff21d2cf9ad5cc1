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
from pydantic import JsonValue

from harness.venue.dialects.typed_data import domain_separator, typed_digest
from harness.venue.dialects.wallets import keccak, sign_digest, signer_of

ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_WORD = re.compile(r"0x[0-9a-fA-F]{1,64}")
NONCES_KEPT = 100  # the highest of each signer
DAY = 86_400_000
_DOMAIN = domain_separator(
    {"name": "Exchange", "version": "1", "chainId": 1337, "verifyingContract": f"0x{0:040x}"}
)
_AGENT = {"Agent": {"source": "string", "connectionId": "bytes32"}}


def private_key(secret: str) -> str:
    """A wallet's key made of an account's random secret: 32 bytes in hexadecimal."""
    return f"0x{hashlib.sha256(secret.encode()).hexdigest()}"


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
    return signer_of(digest, b"".join(int(part, 16).to_bytes(32, "big") for part in (r, s)) + bytes([v]))


def sign(action: JsonValue, nonce: int, key: str, vault: str | None = None) -> dict[str, JsonValue]:
    """What a client with that key sends as `signature`."""
    digest = _digest(action, nonce, vault, None)
    raw = sign_digest(digest, key)
    return {"r": f"0x{raw[:32].hex()}", "s": f"0x{raw[32:64].hex()}", "v": raw[64]}


def _digest(action: JsonValue, nonce: int, vault: str | None, expires: int | None) -> bytes:
    if not 0 <= nonce < 2**63 or (expires is not None and not 0 <= expires < 2**63):
        raise ValueError("no time")
    packed: bytes = msgpack.packb(action) + nonce.to_bytes(8, "big")
    packed += b"\0" if vault is None else b"\1" + bytes.fromhex(vault.removeprefix("0x"))
    if expires is not None:
        packed += b"\0" + expires.to_bytes(8, "big")
    return typed_digest(_DOMAIN, "Agent", _AGENT, {"source": "a", "connectionId": keccak(packed)})


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
