"""Where a transfer arrives: a repository of its own, looked over before anything joins the store."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from harness import temporary
from harness.forks import limits
from harness.forks.errors import RefusedObjects, TooLarge

# A pack's parts in the order in which they may appear: git believes a pack once its index is there.
_PARTS = (".promisor", ".rev", ".pack", ".idx")
_HEADER, _ID_BYTES = 8, 4  # of a pack index, version 2: magic and version, then 256 counts of four bytes


@contextlib.contextmanager
def quarantine(store: Path) -> Iterator[Path]:
    """An empty bare repository inside the folder `store`, that sees the store's objects; gone afterwards."""
    with temporary.folder("quarantine", within=store) as folder:
        bare_repository(folder)
        (folder / "objects/info/alternates").write_text(f"{store / 'objects'}\n")
        yield folder


def bare_repository(folder: Path) -> None:
    """Make `folder` an empty repository, whatever templates and settings git has."""
    for name in ("refs", "objects/info", "objects/pack"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = true\n")
    (folder / "HEAD").write_text("ref: refs/heads/none\n")


def admit(folder: Path, store: Path, url: str) -> None:
    """Move what arrived in a quarantine into the store.

    Raises TooLarge over the number of objects, RefusedObjects for what git has not looked at: what comes by
    its own protocol comes in one pack that it marks; a web server's files it takes unseen.
    """
    packs = sorted((folder / "objects/pack").glob("pack-*.idx"))
    loose = any((folder / "objects").glob("[0-9a-f][0-9a-f]"))
    if loose or not all(pack.with_suffix(".promisor").exists() for pack in packs):
        raise RefusedObjects(url, "they came as files of a web server, past its checks")
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
