"""Message authentication as exchanges use it."""

from __future__ import annotations

import base64
import hashlib
import hmac


def hmac_hex(secret: str, message: str | bytes, digest: str = "sha256") -> str:
    """HMAC in lower-case hexadecimal."""
    return _hmac(secret, message, digest).hex()


def hmac_base64(secret: str | bytes, message: str | bytes, digest: str = "sha256") -> str:
    return base64.b64encode(_hmac(secret, message, digest)).decode()


def same(ours: str, theirs: str) -> bool:
    """Equal, whatever characters `theirs` holds."""
    return hmac.compare_digest(ours.encode(), theirs.encode("utf-8", errors="replace"))


def _hmac(secret: str | bytes, message: str | bytes, digest: str) -> bytes:
    key, raw = (text.encode() if isinstance(text, str) else text for text in (secret, message))
    return hmac.new(key, raw, getattr(hashlib, digest)).digest()
