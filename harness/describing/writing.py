"""The derived file: written when something is new, never the review beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import JsonValue

from harness.errors import UserError
from harness.venue.described.addresses import leaves, written
from harness.venue.described.loading import checked, load, raw, review_of

HEAD = (
    "# Derived by `harness describe`: a new run writes it anew. Corrections belong in {review},\n"
    "# which lies over it and is never overwritten. docs/exchanges.md tells how.\n"
)
WIDTH = 110


@dataclass(frozen=True)
class Written:
    """What became of the file: `changes` are its leaves that differ from what was there before.

    Where a leaf is known from, and what it was derived from, is written as well and not told.
    """

    path: Path
    new: bool
    changes: tuple[str, ...]


def derived_from(path: Path) -> str | None:
    """What the file says it was derived from, None where there is no such file."""
    if not path.exists():
        return None
    data = raw(path)
    said = data.get("derived") if isinstance(data, dict) else None
    return said if isinstance(said, str) else None


def write(path: Path, data: dict[str, JsonValue]) -> Written:
    """Write the description, unless it is there as it is. Raises UserError when it cannot be read back.

    That its review still fits is asked last: the file is written either way.
    """
    before = raw(path) if path.exists() else None
    changes = () if before is None else tuple(_changes(before, data))
    checked(data, path)
    if before != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(data, sort_keys=False, width=WIDTH, allow_unicode=True)
        path.write_text(HEAD.format(review=review_of(path).name) + text, encoding="utf-8")
    return Written(path, before is None, changes)


def review_trouble(path: Path) -> str:
    """Why the review no longer fits the derived file, empty where it does or there is none."""
    try:
        load(path)
    except UserError as error:
        return str(error)
    return ""


def _changes(before: JsonValue, after: JsonValue) -> Iterator[str]:
    """Leaves that came, went or changed, each with its address."""
    old, new = dict(leaves(before)), dict(leaves(after))
    for address in dict.fromkeys((*old, *new)):
        if old.get(address) == new.get(address) and (address in old) == (address in new):
            continue
        if address[:1] in (("derived",), ("known",)):
            continue
        if address not in new:
            yield f"- {written(address)}: {old[address]}"
        elif address not in old:
            yield f"+ {written(address)}: {new[address]}"
        else:
            yield f"~ {written(address)}: {old[address]} → {new[address]}"
