"""Which files a submission changes, from trees and blobs alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from harness.forks import limits
from harness.forks.errors import GitFailed
from harness.forks.object_store import ObjectStore
from harness.forks.submission import Change
from harness.forks.tree import SUBMODULE, display, looks_binary

STATUS: dict[str, Literal["added", "modified", "deleted", "renamed"]] = {
    "A": "added",
    "M": "modified",
    "T": "modified",
    "D": "deleted",
    "R": "renamed",
}

Row = tuple[str, int, str, str, str | None]


def changes(store: ObjectStore, base: str, commit: str) -> tuple[Change, ...]:
    """What turns the tree of `base` into that of `commit`, in git's order, renames found by content.

    Blobs over the limit are not looked into; they count as binary.
    """
    rows = tuple(_rows(_raw_diff(store, base, commit)))
    sizes = store.sizes(oid for _, mode, oid, _, _ in rows if mode != SUBMODULE)
    small = tuple(oid for oid, size in sizes.items() if size <= limits.LOOK_BYTES)
    text = {oid for oid, content in store.blobs(small) if not looks_binary(content)}
    return tuple(
        Change(
            status=STATUS[letter],
            path=path,
            old_path=old_path,
            mode=mode,
            size=sizes.get(oid, -1),
            oid=oid,
            binary=mode != SUBMODULE and oid in sizes and oid not in text,
        )
        for letter, mode, oid, path, old_path in rows
    )


def _raw_diff(store: ObjectStore, base: str, commit: str) -> bytes:
    options = ("diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-ext-diff", "--no-textconv")
    try:
        return store.git(*options, "--find-renames", base, commit).stdout
    except GitFailed:  # a blob that this copy of the history lacks: without renames git needs none
        return store.git(*options, "--no-renames", base, commit).stdout


def _rows(raw: bytes) -> Iterator[Row]:
    """(letter, mode, object id, path, old path) from git-diff-tree(1)'s raw format with -z."""
    fields = iter(raw.split(b"\0"))
    for meta in fields:
        if not meta:
            continue
        old_mode, new_mode, old_oid, new_oid, status = meta.decode().lstrip(":").split(" ")
        letter = status[0]
        first = display(next(fields))
        second = display(next(fields)) if letter == "R" else None
        if letter == "D":
            yield letter, int(old_mode, 8), old_oid, first, None
        else:
            yield letter, int(new_mode, 8), new_oid, second or first, first if second else None


def line_counts(store: ObjectStore, base: str, commit: str) -> dict[str, tuple[int, int]]:
    """Path → lines added and removed, text files only; empty where this copy of the history lacks a blob."""
    options = ("diff-tree", "-r", "-z", "--numstat", "--no-ext-diff", "--no-textconv", "--no-renames")
    try:
        listing = store.git(*options, base, commit).stdout
    except GitFailed:
        return {}
    found = {}
    for row in listing.split(b"\0"):
        added, _, rest = row.partition(b"\t")
        removed, _, path = rest.partition(b"\t")
        if added.isdigit() and removed.isdigit():
            found[display(path)] = (int(added), int(removed))
    return found
