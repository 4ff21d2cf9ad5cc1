"""Where a transfer arrives: a repository of its own, looked over before anything joins the store."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from harness import temporary
from harness.forks import limits
from harness.forks.errors import TooLarge

# A pack's parts in the order in which they may appear: git believes a pack once its index is there.
_PARTS = (".promisor", ".rev", ".pack", ".idx")
_HEADER, _ID_BYTES = 8, 4  # of a pack index, version 2: magic and version, then 256 counts of four bytes


@contextlib.contextmanager
def quarantine(store: Path) -> Iterator[Path]:
    """An empty bare repository inside the folder `store`, that sees the store's objects; gone afterwards."""
    with temporary.folder("quarantine", within=store) as folder:
        for name in ("refs", "objects/info", "objects/pack"):
            (folder / name).mkdir(parents=True)
        (folder / "HEAD").write_text("ref: refs/heads/none\n")
        (folder / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = true\n")
        (folder / "objects/info/alternates").write_text(f"{store / 'objects'}\n")
        yield folder


def admit(folder: Path, store: Path, url: str) -> None:
    """Move what arrived in a quarantine into the store; raises TooLarge over the number of objects."""
    packs = sorted((folder / "objects/pack").glob("pack-*.idx"))
    count = sum(map(objects_in, packs))
    if count > limits.OBJECTS:
        raise TooLarge(f"what it sends, {count} objects,", f"{limits.OBJECTS}", where=url)
    place = store / "objects/pack"
    place.mkdir(exist_ok=True)
    for pack in packs:
        move_pack(pack, place)


def move_pack(index: Path, place: Path) -> Path:
    """Bring a pack into the folder `place`, on the same file system; gives back its index there."""
    for part in _PARTS:
        if index.with_suffix(part).exists():
            index.with_suffix(part).replace(place / f"{index.stem}{part}")
    return place / index.name


def objects_in(index: Path) -> int:
    """How many objects a pack holds, by the last of its index's 256 running counts."""
    with index.open("rb") as stream:
        stream.seek(_HEADER + 255 * _ID_BYTES)
        return int.from_bytes(stream.read(_ID_BYTES), "big")
