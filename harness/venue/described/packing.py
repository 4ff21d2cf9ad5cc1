"""Messages packed as protocol buffers, by the numbers that a description gives the fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

# A packet: for each field its number and what it holds, `1 text`, `2 number`, `3 flag` or `4 NAME`, another
# packet. What a list holds is repeated.
Packets = Mapping[str, Mapping[str, str]]
PLAIN = frozenset({"text", "number", "flag"})
_VARINT, _BYTES = 0, 2  # wire types


def packed(message: JsonValue, name: str, packets: Packets) -> bytes:
    """An object as the packet of that name; fields that the packet has not are left out."""
    fields = packets[name]
    told = message if isinstance(message, dict) else {}
    return b"".join(
        part
        for key, value in told.items()
        if key in fields
        for item in (value if isinstance(value, list) else [value])
        for part in _field(item, fields[key], packets)
    )


def _field(value: JsonValue, described: str, packets: Packets) -> Iterator[bytes]:
    number, _, kind = described.partition(" ")
    if value is None:
        return
    if kind in ("number", "flag"):
        yield _varint(int(number) << 3 | _VARINT) + _varint(int(str(int(value))))  # type: ignore[arg-type]
        return
    content = str(value).encode() if kind == "text" else packed(value, kind, packets)
    yield _varint(int(number) << 3 | _BYTES) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the highest bit says that more come."""
    number &= (1 << 64) - 1
    parts = bytearray()
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])
