"""Laying a person's corrections over a description: pure, in plain data."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from pathlib import Path

from pydantic import JsonValue

from harness.errors import UserError
from harness.venue.described.addresses import Address, bare, parsed, written
from harness.venue.described.review_model import Correction


def reviewed(data: JsonValue, corrections: Iterable[Correction], path: Path) -> JsonValue:
    """`data` with the corrections, each named in `known` with its source; raises UserError.

    A confirmation of something that is not there is a mistake: the derivation has changed under it.
    """
    changed = copy.deepcopy(data)
    if not isinstance(changed, dict):
        return changed
    known = changed.setdefault("known", {})
    for each in corrections:
        address = parsed(each.at)
        if each.remove:
            _remove(changed, address, path)
            _forget(known, address)
            continue
        if "is_" in each.model_fields_set:
            _put(changed, address, each.is_, path)
            _forget(known, address)
        else:
            _holder(changed, address, path)
        if isinstance(known, dict):
            before = known.get(written(address)) if "is_" not in each.model_fields_set else None
            known[written(address)] = [*(before if isinstance(before, list) else []), each.source]
    return changed


def _forget(known: JsonValue, address: Address) -> None:
    """What was known of what has been replaced is known no longer."""
    if isinstance(known, dict):
        for text in [text for text in known if parsed(text)[: len(address)] == address]:
            del known[text]


def _key(container: JsonValue, key: str) -> str | int | None:
    """The key as it stands in the container, with its `?` or as an index."""
    if isinstance(container, dict):
        return next((each for each in container if bare(each) == bare(key)), None)
    if isinstance(container, list) and key.isdigit() and int(key) < len(container):
        return int(key)
    return None


def _holder(data: JsonValue, address: Address, path: Path) -> JsonValue:
    """What stands at the address."""
    for depth, key in enumerate(address):
        found = _key(data, key)
        if found is None:
            raise _no_such(address, depth, path)
        data = data[found]  # type: ignore[index]
    return data


def _put(data: JsonValue, address: Address, value: JsonValue, path: Path) -> None:
    *way, last = address
    for depth, key in enumerate(way):
        found = _key(data, key)
        if found is None and isinstance(data, dict):
            data = data.setdefault(key, {})
        elif found is None:
            raise _no_such(address, depth, path)
        else:
            data = data[found]  # type: ignore[index]
    known = _key(data, last)
    if isinstance(data, list) and isinstance(known, int):
        data[known] = value
    elif isinstance(data, dict):
        data[last if known is None else str(known)] = value
    else:
        raise _no_such(address, len(way), path)


def _remove(data: JsonValue, address: Address, path: Path) -> None:
    holder = _holder(data, address[:-1], path)
    found = _key(holder, address[-1])
    if found is None or not isinstance(holder, dict):
        raise _no_such(address, len(address) - 1, path)
    del holder[str(found)]


def _no_such(address: Address, depth: int, path: Path) -> UserError:
    return UserError(
        f"{written(address)}: nothing is at {written(address[: depth + 1])}",
        where=str(path),
        hint="the derived description has changed: correct or remove this line",
    )
