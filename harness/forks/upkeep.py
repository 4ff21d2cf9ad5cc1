"""Keeping the store whole and small: what the dead left lying, and what no ref reaches any more.

Both only run for a process that has the store to itself, which `flock` tells: everyone who uses the store
holds a shared lock for as long as they live, and the kernel takes it from the dead.
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from harness import temporary
from harness.forks import limits
from harness.forks.errors import GitFailed, GitTimedOut, TooLarge
from harness.forks.hardened import run
from harness.forks.quarantine import move_pack, objects_in

UNTIDY = "untidy"
_LEFT_OVER = ("objects/pack/tmp_*", "objects/pack/.tmp-*", "objects/pack/*.keep", "objects/??/tmp_obj_*",
              "objects/tmp_objdir-*", "*.lock", "refs/**/*.lock", ".harness-*", "refs/scratch/*")  # fmt: skip


def sweep(store: Path) -> None:
    """Remove what a killed process left: locks, half-written packs and objects, quarantines."""
    for pattern in _LEFT_OVER:
        for left_over in tuple(store.glob(pattern)):
            _remove(left_over)
    for part in tuple((store / "objects/pack").glob("pack-*")):
        if not part.with_suffix(".idx").exists():
            part.unlink(missing_ok=True)


def mark_untidy(store: Path) -> None:
    """Have the next process that has the store to itself drop what no ref reaches."""
    (store / UNTIDY).touch()


def tidy(store: Path) -> bool:
    """Pack what refs reach into one pack and drop the rest, where that is worth it.

    Git's own `gc` keeps every object of a partial clone for ever, reached or not. Killed at any moment, this
    leaves every reachable object in at least one pack. Where it fails, the store stays as it was.
    """
    packs = tuple((store / "objects/pack").glob("pack-*.idx"))
    if len(packs) <= limits.PACKS and not (store / UNTIDY).exists():
        return False
    with contextlib.suppress(GitFailed, GitTimedOut, TooLarge, OSError):
        kept = _packed_anew(store)
        for old in packs:
            if old != kept:
                _drop(old)
        for folder in tuple((store / "objects").glob("[0-9a-f][0-9a-f]")):
            shutil.rmtree(folder, ignore_errors=True)
        (store / UNTIDY).unlink(missing_ok=True)
        return True
    return False


def _packed_anew(store: Path) -> Path | None:
    """The index of a pack that holds all that refs reach and the store has; None where that is nothing."""
    listing = _git(store, "rev-list", "--objects", "--all", "--missing=allow-any", "--no-object-names")
    reached = len(set(listing.split()))
    if not reached:
        return None
    with temporary.folder("packing", within=store) as scratch:
        # Deltas are taken over as they are: looking for better ones would cost minutes.
        name = _git(store, "pack-objects", "-q", "--window=0", str(scratch / "pack"), stdin=listing).decode()
        index = scratch / f"pack-{name.strip()}.idx"
        if objects_in(index) != reached:
            raise GitFailed(("pack-objects",), 0, "the new pack lacks objects")
        index.with_suffix(".promisor").touch()  # what it refers to may be missing
        return move_pack(index, store / "objects/pack")


def _drop(index: Path) -> None:
    """A pack, its index first: without it git does not know of the rest."""
    for suffix in (".idx", ".pack", ".rev", ".promisor"):
        index.with_suffix(suffix).unlink(missing_ok=True)


def _git(store: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    place = f"--git-dir={store}"
    return run((place, *arguments), cwd=store, stdin=stdin, timeout=limits.UPKEEP_SECONDS).stdout


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
