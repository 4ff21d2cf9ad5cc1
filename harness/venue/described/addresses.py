"""Where something stands in a description: keys from its root, so that corrections survive a new derivation.

An address is the keys joined by ` / `: `routes / GET /api/v2/spot/account/assets / reply / data / each
balance / available`. Routes, channels and fields are named by what they are, never by an index; only in a
list that does not repeat is the number of an item a key. A key is written without its `?`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

JOINT = " / "
Address = tuple[str, ...]
WEBSOCKET = (
    "WebSocket"  # what a path that a client opened one at is named with, as a route is with its method
)


def written(address: Address) -> str:
    return JOINT.join(address)


def parsed(text: str) -> Address:
    """The keys of an address as it is written; the root is empty."""
    return tuple(part.strip() for part in text.split(JOINT) if part.strip())


def bare(key: str) -> str:
    """A key without the mark of something that may be left out."""
    return key.removesuffix("?")


def leaves(data: JsonValue, at: Address = ()) -> Iterator[tuple[Address, JsonValue]]:
    """Every scalar, and every empty list and mapping, with its address."""
    if isinstance(data, dict) and data:
        for key, value in data.items():
            yield from leaves(value, (*at, bare(key)))
    elif isinstance(data, list) and data:
        for index, value in enumerate(data):
            yield from leaves(value, (*at, str(index)))
    else:
        yield at, data


def covering(address: Address, table: Mapping[Address, object]) -> Address | None:
    """The longest address of `table` that `address` lies at or under."""
    for length in range(len(address), -1, -1):
        if address[:length] in table:
            return address[:length]
    return None
