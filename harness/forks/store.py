"""One bare repository that every fork of every round shares, so that a fork costs only what it adds."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar, cast

import git

from harness.forks.errors import FileMissing, GitFailed, RefMissing, TooLarge
from harness.forks.hardened import MIB, Finished, HardenedGit, run
from harness.forks.remote import resolve, transport_errors, transport_of
from harness.paths import cache_dir

T = TypeVar("T")

BATCH_BYTES = 32 * MIB
FETCH_SECONDS = 1800.0
# A repository on this machine has no server to be configured: what public hosts allow, allowed here.
LOCAL_UPLOAD_PACK = "git -c uploadpack.allowFilter=true -c uploadpack.allowAnySHA1InWant=true upload-pack"
LOCAL_SECONDS = 120.0
# Objects a server could not give, in one request, before the whole request counts as failed.
ABSENT_LIMIT = 50

_ABSENT = re.compile(
    r"(?:not our ref|unable to (?:read|find)|missing blob object|bad object|could not read)"
    r"[^0-9a-f]*([0-9a-f]{40,64})"
)


class _Repository(git.Repo):
    GitCommandWrapperType = HardenedGit


@dataclass(frozen=True)
class Fetched:
    """Where `ref` of `url` pointed at the time: `full_ref` is its whole name, `commit` what it peels to."""

    url: str
    ref: str
    full_ref: str
    commit: str


class ObjectStore:
    """Git objects of upstreams and forks in one bare repository at `root` (default: in the cache).

    Safe for several threads and processes. History arrives without file contents where the server allows it
    (`--filter=blob:none`); `complete` gets the contents of one commit in one request.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = (root or cache_dir() / "forks.git").absolute()
        self._known: dict[tuple[str, ...], object] = {}
        self._knowing = threading.RLock()

    @cached_property
    def repository(self) -> Path:
        """The bare repository's folder, made on first use."""
        with self._locked("store"):
            if not (self.root / "HEAD").exists():
                self.root.mkdir(parents=True, exist_ok=True)
                _Repository.init(self.root, bare=True).close()
            self._sweep()
        return self.root

    def _sweep(self) -> None:
        """Remove packs that a transfer left half-way, once no transfer can still be writing them."""
        for left_over in (self.root / "objects" / "pack").glob("tmp_*"):
            if left_over.stat().st_mtime < time.time() - 2 * FETCH_SECONDS:
                left_over.unlink(missing_ok=True)

    def git(
        self,
        *arguments: str,
        stdin: bytes | Iterable[bytes] = b"",
        codes: Sequence[int] = (0,),
        env: dict[str, str] | None = None,
        output_limit: int = 64 * MIB,
    ) -> Finished:
        """Run git on the store, with no transport allowed."""
        return run(
            (f"--git-dir={self.repository}", *arguments),
            cwd=self.repository,
            stdin=stdin,
            codes=codes,
            env=env,
            timeout=LOCAL_SECONDS,
            output_limit=output_limit,
        )

    def text(self, *arguments: str, codes: Sequence[int] = (0,)) -> str:
        return self.git(*arguments, codes=codes).stdout.decode("utf-8", "replace").strip()

    def fetch(self, url: str, ref: str, keep: str) -> Fetched:
        """Bring the history of `ref` (branch, tag, full ref or commit id) and remember it as `refs/<keep>`.

        Raises Unreachable, RefMissing, RefusedObjects or TooLarge.
        """
        found = resolve(url, ref, self.repository)
        kept = f"refs/{keep}"
        options = ("--no-tags", "--no-write-fetch-head", "--force")
        with self._locked(url):
            try:
                self._transfer(url, options, (f"+{found.source}:{kept}",))
            except GitFailed as failure:
                if "not our ref" in failure.stderr:
                    raise RefMissing(url, ref) from failure
                raise
        commit = self.commit(kept)
        if commit is None:
            raise RefMissing(url, ref)
        return Fetched(url, ref, found.full_ref, commit)

    def _transfer(
        self, url: str, options: Sequence[str], wants: Sequence[str], *, by_stdin: bool = False
    ) -> None:
        # All three on the command: git takes the promisor as known and writes no configuration of its own,
        # so no later command goes to the network for an object that is missing.
        settings = {
            "remote.source.url": url,
            "remote.source.promisor": "true",
            "remote.source.partialclonefilter": "blob:none",
        }
        if transport_of(url) == "file":
            settings["remote.source.uploadpack"] = LOCAL_UPLOAD_PACK
        arguments = ["fetch", "--quiet", "--refmap=", "--filter=blob:none", *options]
        arguments += ["--stdin", "source"] if by_stdin else ["source", *wants]
        with transport_errors(url):
            run(
                (f"--git-dir={self.repository}", *arguments),
                cwd=self.repository,
                stdin="".join(f"{want}\n" for want in wants).encode() if by_stdin else b"",
                timeout=FETCH_SECONDS,
                protocols=(transport_of(url),),
                settings=settings,
            )

    def complete(self, commit: str, url: str) -> tuple[str, ...]:
        """Have the contents of every file of `commit`, asking `url` for what is missing in one request.

        Gives back the ids that the server lacks as well (copies of old histories may). Raises as `fetch`.
        """
        oids = {oid for _, mode, oid in self.list_tree(commit) if mode != 0o160000}
        with self._locked(url):
            absent = self._absent(url)
            missing = oids - self.sizes(oids).keys()
            while missing - absent:
                try:
                    self._transfer(
                        url,
                        ("--no-tags", "--no-write-fetch-head"),
                        sorted(missing - absent),
                        by_stdin=True,
                    )
                except GitFailed as failure:
                    named = set(_ABSENT.findall(failure.stderr)) & (missing - absent)
                    if not named or len(absent) >= ABSENT_LIMIT:
                        raise
                    absent |= named
                else:
                    missing = oids - self.sizes(oids).keys()
                    absent |= missing
            self._absent_file(url).write_text("".join(f"{oid}\n" for oid in sorted(absent)))
        return tuple(sorted(missing))

    def _absent(self, url: str) -> set[str]:
        """Objects that `url` was asked for before and does not have."""
        file = self._absent_file(url)
        return set(file.read_text().split()) if file.exists() else set()

    def _absent_file(self, url: str) -> Path:
        return self.repository / f"absent-{self.key(url)}"

    def commit(self, revision: str) -> str | None:
        """The id of the commit that `revision` peels to, or None when the store has none."""
        arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        finished = self.git(*arguments, codes=(0, 1, 128))
        return finished.stdout.decode().strip() or None if finished.code == 0 else None

    def list_tree(self, commit: str, limit: int = 200_000) -> tuple[tuple[bytes, int, str], ...]:
        """(path, mode, object id) of every file of a commit; raises TooLarge over `limit` entries."""
        listing = self.git("ls-tree", "-r", "-z", "--full-tree", commit).stdout
        if listing.count(b"\0") > limit:
            raise TooLarge(f"a tree of {listing.count(bytes(1))} files", f"{limit} files", where=commit)
        return tuple(_tree_row(row) for row in listing.split(b"\0") if row)

    def sizes(self, oids: Iterable[str]) -> dict[str, int]:
        """Object id → size in bytes, for those that the store has."""
        wanted = "".join(f"{oid}\n" for oid in dict.fromkeys(oids)).encode()
        if not wanted:
            return {}
        listing = self.git("cat-file", "--batch-check=%(objectname) %(objectsize)", "--buffer", stdin=wanted)
        rows = (line.split(" ") for line in listing.stdout.decode().splitlines())
        return {row[0]: int(row[1]) for row in rows if row[1] != "missing"}

    def blob(self, oid: str) -> bytes:
        """An object's bytes; the caller has looked at its size. Raises FileMissing."""
        for _, content in self.blobs((oid,)):
            return content
        raise FileMissing(oid, "this copy of the history lacks its content")

    def blobs(self, oids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """(id, bytes) of each object that the store has, about 32 MiB in memory at a time."""
        batch: list[str] = []
        size = 0
        for oid, length in self.sizes(oids).items():
            if batch and size + length > BATCH_BYTES:
                yield from self._batch(batch, size)
                batch, size = [], 0
            batch.append(oid)
            size += length
        if batch:
            yield from self._batch(batch, size)

    def _batch(self, oids: Sequence[str], size: int) -> Iterator[tuple[str, bytes]]:
        wanted = "".join(f"{oid}\n" for oid in oids).encode()
        answer = self.git(
            "cat-file", "--batch", "--buffer", stdin=wanted, output_limit=size + 128 * len(oids)
        )
        view, at = answer.stdout, 0
        for oid in oids:
            end = view.index(b"\n", at)
            length = int(view[at:end].split(b" ")[2])
            yield oid, view[end + 1 : end + 1 + length]
            at = end + 1 + length + 1

    def added_line_numbers(self, old: str, new: str) -> Iterator[int]:
        """Numbers, from 1, of the lines of blob `new` that blob `old` does not have."""
        options = ("--no-ext-diff", "--no-textconv", "--no-color", "--text", "--unified=0")
        diff = self.git("diff", *options, old, new, codes=(0, 1)).stdout
        for match in re.finditer(rb"^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@", diff, re.MULTILINE):
            first, count = int(match[1]), int(match[2] or 1)
            yield from range(first, first + count)

    def key(self, *words: str) -> str:
        """A short name for an address and a ref, fit for a ref of ours."""
        return hashlib.sha256("\n".join(words).encode()).hexdigest()[:20]

    def once(self, key: tuple[str, ...], find: Callable[[], T]) -> T:
        """What `find` gave the first time in this process: all candidates of a run see one upstream."""
        with self._knowing:
            if key not in self._known:
                self._known[key] = find()
            return cast(T, self._known[key])

    @contextlib.contextmanager
    def _locked(self, what: str) -> Iterator[None]:
        """One process and thread at a time for `what` (an address, or the store itself)."""
        folder = self.root.with_name(self.root.name + ".locks")
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / self.key(what)).open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def _tree_row(row: bytes) -> tuple[bytes, int, str]:
    meta, path = row.split(b"\t", 1)
    mode, _, oid = meta.split(b" ")
    return path, int(mode, 8), oid.decode()
