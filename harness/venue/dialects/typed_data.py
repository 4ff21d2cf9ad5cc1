"""Typed structured data as wallets sign it. Source: EIP-712 (eips.ethereum.org/EIPS/eip-712)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.venue.dialects.wallets import keccak

# A type's name → its fields in order, each with its type.
Types = Mapping[str, Mapping[str, str]]
_DOMAIN = {
    "name": "string", "version": "string", "chainId": "uint256", "verifyingContract": "address",
    "salt": "bytes32",
}  # fmt: skip
_WORD = 32  # bytes
_NUMBER = re.compile(r"(u?)int(\d*)")
_BYTES = re.compile(r"bytes(\d+)")


def typed_digest(separator: bytes, primary: str, types: Types, message: Mapping[str, Any]) -> bytes:
    """What a wallet signs of a message of type `primary`. Raises ValueError where the types do not fit."""
    return keccak(b"\x19\x01" + separator + struct_hash(primary, types, message))


def domain_separator(domain: Mapping[str, Any]) -> bytes:
    """The hash of a domain with those of the five fields that it has."""
    fields = {name: kind for name, kind in _DOMAIN.items() if name in domain}
    return struct_hash("EIP712Domain", {"EIP712Domain": fields}, domain)


def struct_hash(name: str, types: Types, message: Mapping[str, Any]) -> bytes:
    """The hash of a struct: its type's, then its fields'."""
    missing = types[name].keys() - message.keys()
    if missing:
        raise ValueError(f"{name} without {', '.join(sorted(missing))}")
    encoded = b"".join(_encoded(kind, message[field], types) for field, kind in types[name].items())
    return keccak(keccak(_spelt(name, types).encode()) + encoded)


def _spelt(name: str, types: Types) -> str:
    """A type and then those that it refers to, by name."""
    others = sorted(set(_referred(name, types)) - {name})
    return "".join(
        f"{each}({','.join(f'{kind} {field}' for field, kind in types[each].items())})"
        for each in (name, *others)
    )


def _referred(name: str, types: Types) -> Iterator[str]:
    yield name
    for kind in types[name].values():
        bare = kind.removesuffix("[]")
        if bare in types:
            yield from _referred(bare, types)


def _encoded(kind: str, value: Any, types: Types) -> bytes:
    """A field as 32 bytes."""
    if kind.endswith("[]"):
        if not isinstance(value, list):
            raise ValueError(f"no {kind}: {value!r}"[:80])
        return keccak(b"".join(_encoded(kind.removesuffix("[]"), each, types) for each in value))
    if kind in types:
        if not isinstance(value, Mapping):
            raise ValueError(f"no {kind}: {value!r}"[:80])
        return struct_hash(kind, types, value)
    if kind == "string":
        return keccak(str(value).encode())
    if kind == "bytes":
        return keccak(_raw(value))
    return word(kind, value)


def word(kind: str, value: Any) -> bytes:
    """A value of a type of fixed size as the 32 bytes that contracts read. Raises ValueError."""
    text = str(value)
    number, sized = _NUMBER.fullmatch(kind), _BYTES.fullmatch(kind)
    if kind == "bool":
        if text.lower() not in ("true", "false"):
            raise ValueError(f"no flag: {text[:80]}")
        return int(text.lower() == "true").to_bytes(_WORD, "big")
    if kind == "address":
        raw = _raw(value)
        if len(raw) != 20:
            raise ValueError(f"no address: {text[:80]}")
        return raw.rjust(_WORD, b"\0")
    if sized is not None:
        return _raw(value)[: int(sized[1])].ljust(_WORD, b"\0")
    if number is not None and isinstance(value, bytes):
        return value.rjust(_WORD, b"\0")
    if number is not None:
        return _number(text, signed=not number[1], bits=int(number[2] or 256))
    raise ValueError(f"the type {kind!r} is not known")


def _number(text: str, *, signed: bool, bits: int) -> bytes:
    whole = int(text, 16) if text.startswith("0x") else int(text)
    lowest, above = (-(1 << bits - 1), 1 << bits - 1) if signed else (0, 1 << bits)
    if not lowest <= whole < above:
        raise ValueError(f"{text[:80]} has more than {bits} bits")
    return whole.to_bytes(_WORD, "big", signed=signed)


def _raw(value: Any) -> bytes:
    return value if isinstance(value, bytes) else bytes.fromhex(str(value).removeprefix("0x"))
