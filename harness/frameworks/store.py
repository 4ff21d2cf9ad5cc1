"""Folders that are made once and then only read, by what they were made from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

from harness import temporary
from harness.paths import locked


def digest(parts: Iterable[bytes | str]) -> str:
    """A key for something made from `parts`; their borders count."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()[:32]


def get_or_make(folder: Path, key: str, make: Callable[[Path], None]) -> Path:
    """`folder/key`, filled by `make(temporary folder)` unless it is there already.

    It appears whole or not at all. Of several processes that want the same one, one makes it and the others
    wait. What `make` raises is passed on, and nothing is left behind.
    """
    place = folder / key
    if place.exists():
        return place
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / f".{key}.lock"):
        if place.exists():
            return place
        with temporary.folder("making", folder) as unfinished:
            unfinished.chmod(0o755)
            make(unfinished)
            unfinished.replace(place)
    return place
