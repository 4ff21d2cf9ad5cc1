"""One bare repository that every fork of every round shares, so that a fork costs only what it adds."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar, cast

from harness.forks import limits, upkeep
from harness.forks.errors import ContentMissing, GitFailed, RefMissing, TooLarge
from harness.forks.hardened import Finished, run
from harness.forks.local import refuse_borrowed
from harness.forks.mirrors import Mirrors, Source, mirrors_of_environment
from harness.forks.quarantine import admit, bare_repository, quarantine
from harness.forks.remote import LOCAL_UPLOAD_PACK, refuse_redirect, resolve, transport_errors, transport_of
from harness.paths import cache_dir, locked

T = TypeVar("T")

_TIP = "refs/quarantine/tip"

_ABSENT = re.compile(
    r"(?:not our ref|unable to (?:read|find)|missing blob object|bad object|could not read)"
    r"[^0-9a-f]*([0-9a-f]{40,64})"
)


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
    (`--filter=blob:none`); `complete` gets the contents of one commit in one request. `mirrors` (those of the
    environment by default) are read in place of the addresses that they stand in for.
    """

    def __init__(self, root: Path | None = None, mirrors: Mirrors | None = None) -> None:
        self._mirrors = mirrors_of_environment() if mirrors is None else mirrors
        self.root = (root or cache_dir() / "forks.git").absolute()
        self._known: dict[tuple[str, ...], object] = {}
        self._knowing = threading.RLock()

    @cached_property
    def repository(self) -> Path:
        """The bare repository's folder, made on first use, and swept when nobody else uses it."""
        with self._locked("store"):
            in_use = os.open(self._locks() / "in-use", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            weakref.finalize(self, os.close, in_use)
            alone = _alone(in_use)
            if not (self.root / "HEAD").exists():
                bare_repository(self.root)
            if alone:
                upkeep.sweep(self.root)
                upkeep.tidy(self.root)
            fcntl.flock(in_use, fcntl.LOCK_SH)
        return self.root

    def git(
        self,
        *arguments: str,
        stdin: bytes | Iterable[bytes] = b"",
        codes: Sequence[int] = (0,),
        env: dict[str, str] | None = None,
        output_limit: int | None = None,
    ) -> Finished:
        """Run git on the store, with no transport allowed."""
        return _git(self.repository, *arguments, stdin=stdin, codes=codes, env=env, output_limit=output_limit)

    def text(self, *arguments: str, codes: Sequence[int] = (0,)) -> str:
        return self.git(*arguments, codes=codes).stdout.decode("utf-8", "replace").strip()

    def fetch(self, url: str, ref: str, keep: str, *, own: bool = False) -> Fetched:
        """Bring the history of `ref` (branch, tag, full ref or commit id) and remember it as `refs/<keep>`.

        `own` says that a local repository is its caller's, who may share objects between clones.
        Raises Unreachable, RefMissing, RefusedObjects or TooLarge.
        """
        source = self._mirrors.source(url)
        if transport_of(url) == "file" and not own and not source.mirror:
            refuse_borrowed(url)
        found = resolve(source, ref, self.repository)
        with self._locked(url), quarantine(self.repository) as arrival:
            try:
                self._transfer(arrival, source, (f"+{found.source}:{_TIP}",), limits.FETCH_SECONDS)
            except GitFailed as failure:
                if "not our ref" in failure.stderr:
                    raise RefMissing(url, ref) from failure
                raise
            tip = (
                _git(arrival, "rev-parse", "--verify", "--quiet", _TIP, codes=(0, 1)).stdout.decode().strip()
            )
            if not tip:
                raise RefMissing(url, ref)
            admit(arrival, self.repository, url)
        self.git("update-ref", "--no-deref", f"refs/{keep}", tip)
        commit = self.commit(tip)
        if commit is None:
            raise RefMissing(url, ref)
        return Fetched(url, ref, found.full_ref, commit)

    def _transfer(
        self, arrival: Path, source: Source, wants: Sequence[str], seconds: float, *, by_stdin: bool = False
    ) -> None:
        # All three on the command: git takes the promisor as known and writes no configuration of its own,
        # so no later command goes to the network for an object that is missing.
        settings = {
            "remote.source.url": source.address,
            "remote.source.promisor": "true",
            "remote.source.partialclonefilter": "blob:none",
        }
        protocol = transport_of(source.address)
        if protocol == "file":
            settings["remote.source.uploadpack"] = LOCAL_UPLOAD_PACK
        arguments = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap="]
        arguments += ["--filter=blob:none", *(["--stdin", "source"] if by_stdin else ["source", *wants])]
        with transport_errors(source.url):
            finished = _git(
                arrival,
                *arguments,
                stdin="".join(f"{want}\n" for want in wants).encode() if by_stdin else b"",
                timeout=seconds,
                protocol=protocol,
                settings=settings,
            )
        refuse_redirect(source.url, finished.stderr)

    def complete(self, commit: str, url: str) -> tuple[str, ...]:
        """Have the contents of every file of `commit`, asking `url` for what is missing in one request.

        Gives back the ids that the server lacks as well (copies of old histories may). Raises as `fetch`.
        """
        return self._have({oid for _, mode, oid in self.list_tree(commit) if mode != 0o160000}, url)

    def complete_history(self, base: str, commit: str, url: str) -> tuple[str, ...]:
        """The same for every commit of `commit` that `base` does not have."""
        listing = self.text(
            "rev-list", "--objects", "--missing=print", "--no-object-names", commit, "--not", base
        )
        return self._have({line[1:] for line in listing.splitlines() if line.startswith("?")}, url)

    def _have(self, oids: set[str], url: str) -> tuple[str, ...]:
        deadline = time.monotonic() + limits.FETCH_SECONDS
        with self._locked(url):
            absent = self._absent(url)
            missing = oids - self.sizes(oids).keys()
            while wanted := missing - absent:
                try:
                    self._bring(url, wanted, max(deadline - time.monotonic(), 1.0))
                except GitFailed as failure:
                    named = set(_ABSENT.findall(failure.stderr)) & wanted
                    if not named or len(absent) >= limits.ABSENT:
                        raise
                    absent |= named
                else:
                    missing = oids - self.sizes(oids).keys()
                    absent |= missing
            self._absent_file(url).write_text("".join(f"{oid}\n" for oid in sorted(absent)))
        return tuple(sorted(missing))

    def _bring(self, url: str, oids: Iterable[str], seconds: float) -> None:
        with quarantine(self.repository) as arrival:
            self._transfer(arrival, self._mirrors.source(url), sorted(oids), seconds, by_stdin=True)
            admit(arrival, self.repository, url)

    def forget(self, *keeps: str) -> None:
        """Give up what was kept under these names; its objects go when the store is next tidied."""
        for keep in keeps:
            self.git("update-ref", "-d", f"refs/{keep}")
        upkeep.mark_untidy(self.repository)

    def _absent(self, url: str) -> set[str]:
        """Objects that `url` was asked for before and does not have."""
        file = self._absent_file(url)
        return set(file.read_text().split()) if file.exists() else set()

    def _absent_file(self, url: str) -> Path:
        return self.repository / f"absent-{self.key(self._mirrors.source(url).address)}"

    def commit(self, revision: str) -> str | None:
        """The id of the commit that `revision` peels to, or None when the store has none."""
        arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        finished = self.git(*arguments, codes=(0, 1, 128))
        return finished.stdout.decode().strip() or None if finished.code == 0 else None

    def list_tree(self, commit: str) -> tuple[tuple[bytes, int, str], ...]:
        """(path, mode, object id) of every file of a commit; raises TooLarge over the number of files."""
        listing = self.git("ls-tree", "-r", "-z", "--full-tree", commit).stdout
        files = listing.count(b"\0")
        if files > limits.TREE_FILES:
            raise TooLarge(f"a tree of {files} files", f"{limits.TREE_FILES} files", where=commit)
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
        """An object's bytes; the caller has looked at its size. Raises ContentMissing."""
        for _, content in self.blobs((oid,)):
            return content
        raise ContentMissing(oid)

    def blobs(self, oids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """(id, bytes) of each object that the store has, about 32 MiB in memory at a time."""
        batch: list[str] = []
        size = 0
        for oid, length in self.sizes(oids).items():
            if batch and size + length > limits.BATCH_BYTES:
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
        with locked(self._locks() / self.key(what)):
            yield

    def _locks(self) -> Path:
        folder = self.root.with_name(self.root.name + ".locks")
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _git(
    repository: Path,
    *arguments: str,
    stdin: bytes | Iterable[bytes] = b"",
    codes: Sequence[int] = (0,),
    timeout: float | None = None,
    output_limit: int | None = None,
    protocol: str | None = None,
    settings: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
) -> Finished:
    return run(
        (f"--git-dir={repository}", *arguments),
        cwd=repository,
        stdin=stdin,
        codes=codes,
        timeout=timeout,
        output_limit=output_limit,
        protocol=protocol,
        settings=settings,
        env=env,
    )


def _alone(handle: int) -> bool:
    """Whether nobody else uses the store; if so, nobody can until `handle` is unlocked or shared."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _tree_row(row: bytes) -> tuple[bytes, int, str]:
    meta, path = row.split(b"\t", 1)
    mode, _, oid = meta.split(b" ")
    return path, int(mode, 8), oid.decode()
