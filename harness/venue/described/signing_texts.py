"""The texts and the typed data that are signed, as a description's formula puts them together. Pure."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote_plus

from pydantic import JsonValue

from harness.venue.described.model import TypedData
from harness.venue.described.placeholders import Hole, leaf, with_number
from harness.venue.dialects.typed_data import domain_separator, typed_digest, word
from harness.venue.dialects.wallets import keccak

ABI = "$abi"
_HASHES = frozenset({"md5", "sha1", "sha256", "sha384", "sha512"})
Codes = Mapping[str, Mapping[str, str]]


def text_of(template: str, values: Mapping[str, str], codes: Codes | None = None) -> bytes:
    """What is signed; a digest without `hex` or `base64` is in it as raw bytes. Raises ValueError."""
    parts = leaf(template).parts
    return b"".join(
        part.encode() if isinstance(part, str) else _filled(part, values, codes or {}) for part in parts
    )


def _filled(hole: Hole, values: Mapping[str, str], codes: Codes) -> bytes:
    raw = values.get(hole.name, "").encode()
    for name in hole.filters:
        if name == "question":
            raw = b"?" + raw if raw else b""
        elif name == "ampersand":
            raw = raw + b"&" if raw else b""
        elif name in _HASHES:
            raw = hashlib.new(name, raw, usedforsecurity=False).digest()
        elif name in ("keccak", "address"):
            raw = keccak(raw)[-20 if name == "address" else 0 :]
        elif name == "url":
            raw = quote_plus(raw).encode()
        elif name in ("hex", "base64"):
            raw = base64.b64encode(raw) if name == "base64" else raw.hex().encode()
        elif name in codes:
            raw = codes[name].get(raw.decode(), "").encode()
        elif with_number(name) is not None:
            raw = _scaled(raw, name)
        else:
            raw = {"lower": raw.lower(), "upper": raw.upper()}.get(name, raw)
    return raw


def _scaled(raw: bytes, name: str) -> bytes:
    """A decimal, or none, in minor units: with `units8` times 10⁸, rounded half up. Raises ValueError."""
    _, places = with_number(name) or ("", 0)
    try:
        amount = Decimal(raw.decode() or 0).scaleb(places).quantize(Decimal(1), ROUND_HALF_UP)
    except InvalidOperation as error:
        raise ValueError(f"no number: {raw.decode()[:80]}") from error
    return str(amount).encode()


def typed_text(typed: TypedData, values: Mapping[str, str]) -> bytes:
    """The digest of typed data whose fields hold these values. Raises ValueError where they cannot."""
    own = typed.separator
    separator = domain_separator(typed.domain) if own is None else bytes.fromhex(own.removeprefix("0x"))
    message = _valued(typed.message, values, typed.codes)
    return typed_digest(separator, typed.primary, typed.types, message)


def _valued(template: JsonValue, values: Mapping[str, str], codes: Codes) -> Any:
    if isinstance(template, dict) and ABI in template:
        words = template[ABI]
        pairs = words if isinstance(words, list) else []
        return b"".join(word(str(kind), _valued(text, values, codes)) for kind, text in pairs)  # type: ignore[misc, str-unpack]
    if isinstance(template, dict):
        return {key: _valued(value, values, codes) for key, value in template.items()}
    if isinstance(template, list):
        return [_valued(item, values, codes) for item in template]
    if not isinstance(template, str):
        return template
    told = text_of(template, values, codes)
    hole = leaf(template).whole
    return told if hole is not None and hole.filters[-1:] in (("keccak",), ("address",)) else told.decode()
