"""UUIDs as exchanges name orders and accounts by: one for each number, and the number back."""

from __future__ import annotations

import uuid

_SPACE = 1 << 128
_FACTOR = 0x9E3779B97F4A7C15F39CC0605CEDC835  # odd, so that it has an inverse
_INVERSE = pow(_FACTOR, -1, _SPACE)


def uuid_of(number: int) -> str:
    """In lower case; numbers that follow each other look nothing alike."""
    return str(uuid.UUID(int=number * _FACTOR % _SPACE))


def number_of(text: str) -> int | None:
    """The number that this UUID stands for, None where it is no UUID or of a number that is not used."""
    try:
        found = uuid.UUID(text).int * _INVERSE % _SPACE
    except ValueError:
        return None
    return found if found < 1 << 63 else None
