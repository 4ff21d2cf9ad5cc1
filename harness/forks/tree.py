"""One commit's files, read straight from git objects: no checkout, no filter, no symlink followed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from harness import temporary
from harness.forks import limits
from harness.forks.errors import ContentMissing, FileMissing, TooLarge
from harness.forks.hardened import Finished
from harness.forks.object_store import ObjectStore
from harness.forks.submission import Submission

# As Windows and macOS read it: in any case, with dots or spaces behind, as a short name, or as a stream.
_GIT_FOLDER = re.compile(r"(?:\.git|git~\d)[. ]*(?::.*)?", re.IGNORECASE)
REGULAR = (0o100644, 0o100755, 0o100664)
SYMLINK = 0o120000
SUBMODULE = 0o160000
EXPORT_TIME = 1_000_000_000  # seconds since 1970: every exported file has this mtime


@dataclass(frozen=True)
class Entry:
    """A file of a tree. `size` in bytes, -1 where this copy of the history lacks the blob."""

    path: str
    mode: int
    size: int
    oid: str

    @property
    def regular(self) -> bool:
        return self.mode in REGULAR


class Skipped(NamedTuple):
    """Something of the tree that an export left out, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Export:
    """What `Tree.export` wrote: files, their bytes, and what it left out."""

    destination: Path
    files: int
    size: int
    skipped: tuple[Skipped, ...]


class Tree:
    """A read-only view of the files of `commit`.

    Paths are text: bytes that are not UTF-8 show as `\\xNN`, and two names that then look alike are told
    apart by a number, so that nothing hides behind another's name.
    """

    def __init__(self, store: ObjectStore, commit: str) -> None:
        self.store = store
        self.commit = commit

    @classmethod
    def of(cls, store: ObjectStore, submission: Submission) -> Tree:
        return cls(store, submission.commit)

    @cached_property
    def _entries(self) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for raw, mode, oid in self.store.list_tree(self.commit):
            path = unique(display(raw), found)
            found[path] = Entry(path, mode, -1, oid)
        sizes = self.store.sizes(entry.oid for entry in found.values() if entry.mode != SUBMODULE)
        return {
            path: Entry(path, entry.mode, sizes.get(entry.oid, -1), entry.oid)
            for path, entry in found.items()
        }

    def entries(self) -> tuple[Entry, ...]:
        """Everything, symlinks and submodules included, in git's order."""
        return tuple(self._entries.values())

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        return tuple(path for path, entry in self._entries.items() if entry.regular)

    def paths(self) -> tuple[str, ...]:
        """The regular files."""
        return self._paths

    @cached_property
    def lacking(self) -> tuple[str, ...]:
        """The regular files whose content this copy of the history lacks."""
        return tuple(path for path in self._paths if self._entries[path].size < 0)

    def under(self, prefix: str) -> tuple[str, ...]:
        """The regular files below the folder `prefix`."""
        start = prefix.rstrip("/") + "/"
        return tuple(path for path in self._paths if path.startswith(start))

    def entry(self, path: str) -> Entry | None:
        return self._entries.get(path)

    def __contains__(self, path: object) -> bool:
        return path in self._entries

    def read(self, path: str, limit: int = limits.TEXT_BYTES) -> bytes:
        """A regular file's bytes; raises FileMissing, ContentMissing, or TooLarge over `limit` bytes."""
        entry = self._entries.get(path)
        if entry is None:
            raise FileMissing(path)
        if not entry.regular:
            raise FileMissing(path, "not a regular file")
        if entry.size < 0:
            raise ContentMissing(path)
        if entry.size > limit:
            raise TooLarge(f"a file of {entry.size} bytes", f"{limit} bytes", where=path)
        return self.store.blob(entry.oid)

    def text(self, path: str, limit: int = limits.TEXT_BYTES) -> str:
        """As UTF-8; what is not UTF-8 becomes U+FFFD."""
        return self.read(path, limit).decode("utf-8", "replace")

    def holds(self, text: str) -> bool:
        """Whether a line of any file holds `text`; files that this copy of the history lacks do not."""
        return self._grep("-q", "-e", text, self.commit).code == 0

    def holding(self, text: str, folder: str) -> frozenset[str]:
        """The regular files below `folder` with a line that holds `text`, but for those that are lacking."""
        found = self._grep("-l", "-z", "-e", text, self.commit, "--", folder).stdout.split(b"\0")
        start = f"{self.commit}:"
        return frozenset(display(name).removeprefix(start) for name in found) & frozenset(self.under(folder))

    def _grep(self, *arguments: str) -> Finished:
        return self.store.git(
            "grep", "-I", "-F", "--no-textconv", "--full-name", *arguments, codes=(0, 1, 128)
        )

    def link_target(self, path: str) -> str | None:
        """Where a symlink points, as its text; None for anything else."""
        entry = self._entries.get(path)
        if entry is None or entry.mode != SYMLINK or not 0 <= entry.size <= 4096:
            return None
        return display(self.store.blob(entry.oid))

    def export(self, destination: Path, prefixes: Sequence[str] | None = None) -> Export:
        """Write the regular files under `prefixes` (default all) to `destination`, which must not exist yet.

        It appears whole or not at all. Symlinks, submodules and unsafe or too large names are left out and
        listed; modes become 0644 or 0755, every mtime is the same. Raises TooLarge over their sum.
        """
        destination.parent.mkdir(parents=True, exist_ok=True)
        with temporary.folder("export", destination.parent) as workplace:
            wanted, skipped = self._exportable(prefixes)
            total = sum(entry.size for entry in wanted)
            if total > limits.TOTAL_BYTES:
                limit = f"{limits.TOTAL_BYTES // limits.MIB} MiB"
                raise TooLarge(f"an export of {total // limits.MIB} MiB", limit)
            collisions = tuple(self._write(workplace, wanted))
            workplace.chmod(0o755)
            workplace.rename(destination)
        return Export(destination, len(wanted) - len(collisions), total, (*skipped, *collisions))

    def _exportable(self, prefixes: Sequence[str] | None) -> tuple[list[Entry], list[Skipped]]:
        wanted: list[Entry] = []
        skipped: list[Skipped] = []
        for entry in self._entries.values():
            if prefixes is not None and not any(is_under(entry.path, prefix) for prefix in prefixes):
                continue
            reason = why_not_exported(entry)
            if reason:
                skipped.append(Skipped(entry.path, reason))
            else:
                wanted.append(entry)
        return wanted, skipped

    def _write(self, workplace: Path, wanted: Sequence[Entry]) -> Iterator[Skipped]:
        contents = self.store.blobs(tuple({entry.oid for entry in wanted}))
        places: dict[str, list[Entry]] = {}
        for entry in wanted:
            places.setdefault(entry.oid, []).append(entry)
        for oid, content in contents:
            for entry in places[oid]:
                target = workplace / entry.path
                try:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with target.open("xb") as stream:
                        stream.write(content)
                except OSError as error:  # the same name in another case, where the file system folds case
                    yield Skipped(entry.path, f"clashes with another name ({error.strerror})")
                    continue
                target.chmod(0o755 if entry.mode & 0o111 else 0o644)
                os.utime(target, (EXPORT_TIME, EXPORT_TIME))


def display(raw: bytes) -> str:
    """A name as text: UTF-8 as it is, other bytes as `\\xNN`."""
    return raw.decode("utf-8", "backslashreplace")


def unique(path: str, taken: Mapping[str, object]) -> str:
    """`path`, or the first `path (n)` that is free."""
    candidate, number = path, 2
    while candidate in taken:
        candidate, number = f"{path} ({number})", number + 1
    return candidate


def is_under(path: str, prefix: str) -> bool:
    """Whether `path` is the file or lies below the folder `prefix`."""
    bare = prefix.rstrip("/")
    return path == bare or path.startswith(bare + "/")


def looks_binary(content: bytes) -> bool:
    """Git's own rule: a NUL in the first 8000 bytes. `.gitattributes` has no say."""
    return b"\0" in content[:8000]


def unsafe_name(path: str) -> str | None:
    """Why a path must not be written to a file system, or None."""
    parts = path.split("/")
    if path.startswith("/") or "\\" in path:
        return "absolute, or with a backslash"
    if any(part in ("", ".", "..") for part in parts):
        return "climbs out of its folder"
    if any(_GIT_FOLDER.fullmatch(part) for part in parts):
        return "git's own folder"
    if not path.isprintable():
        return "control or invisible characters in its name"
    if len(path.encode("utf-8", "replace")) > limits.PATH_BYTES or len(parts) > limits.PATH_DEPTH:
        return "name too long or too deep"
    return None


def why_not_exported(entry: Entry) -> str | None:
    """Why an export leaves `entry` out, or None."""
    if entry.mode == SYMLINK:
        return "symlink"
    if entry.mode == SUBMODULE:
        return "submodule"
    if not entry.regular:
        return f"mode {entry.mode:o}"
    if entry.size < 0:
        return "content missing from this copy of the history"
    if entry.size > limits.EXPORTED_FILE_BYTES:
        most = limits.EXPORTED_FILE_BYTES // limits.MIB
        return f"{entry.size // limits.MIB} MiB, over the limit of {most} MiB"
    return unsafe_name(entry.path)


def named_by_one_alone(before: Tree, after: Tree, text: str, folders: Sequence[str]) -> bool:
    """Whether `text` stands in `before`, and in no file of `after` that is another there; below `folders`."""
    theirs = [path for folder in folders for path in before.holding(text, folder)]
    ours = (path for folder in folders for path in after.holding(text, folder))
    return bool(theirs) and all(_oid(after, path) == _oid(before, path) for path in ours)


def _oid(tree: Tree, path: str) -> str:
    entry = tree.entry(path)
    return entry.oid if entry is not None else ""
