"""`candidates.lock.yml`: the commits that refs pointed at, and when they were seen there.

A commit carries the date its author's machine gave it, which can be set back after a deadline. A lock file is
the word of whoever froze the round, at the time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from harness.errors import HarnessError, UserError
from harness.forks.comparison import committed_at
from harness.forks.deadline import by_deadline
from harness.forks.errors import (
    ForkError,
    GitFailed,
    GitTimedOut,
    NoRepository,
    NothingBeforeDeadline,
    UnreadableObjects,
)
from harness.forks.object_store import ObjectStore
from harness.forks.upstream import upstream_commit
from harness.rounds.fields import FolderName, Instant
from harness.rounds.located_yaml import dotted, read_located
from harness.rounds.round import Candidate, GitUpstream, Round

CommitId = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")]
HEADER = (
    "# Written by `harness freeze`: what each ref pointed at and when. Later runs screen these commits.\n"
)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Locked(_Model):
    """One candidate as it was seen. `committed_at` is the commit's own date."""

    repository: str
    ref: str
    commit: CommitId
    committed_at: Instant
    seen_at: Instant


class Lock(_Model):
    """A round as it was seen. `upstream` is None for a released package, which cannot move."""

    round: FolderName
    seen_at: Instant
    upstream: CommitId | None
    candidates: Mapping[str, Locked]

    def of(self, candidate: Candidate) -> Locked | None:
        """What was frozen for a candidate; raises UserError if its repository or ref is another now."""
        locked = self.candidates.get(candidate.name)
        if locked and (locked.repository, locked.ref) != (candidate.repository, candidate.ref):
            raise UserError(
                f"{candidate.name} was frozen at {locked.ref} of {locked.repository}, and the round now "
                f"names {candidate.ref} of {candidate.repository}",
                hint="`harness freeze` writes the lock file again",
            )
        return locked


@dataclass(frozen=True)
class Frozen:
    """A lock file that was written, and the candidates whose commit could not be had, with the reason."""

    lock: Lock
    path: Path
    failures: Mapping[str, ForkError]


def lock_path(round_file: Path) -> Path:
    """`candidates.lock.yml` for `candidates.yml`."""
    return round_file.with_suffix(".lock.yml")


def load_lock(round_file: Path, round_: Round) -> Lock | None:
    """The lock file beside a round file, None where there is none.

    Raises UserError for one that is damaged, of another round, or of other repositories or refs.
    """
    path = lock_path(round_file)
    if not path.exists():
        return None
    located = read_located(path)
    hint = f"`harness freeze {round_file}` writes it anew"
    if located.mistakes:
        raise UserError(located.mistakes[0].what, where=f"{path}:{located.mistakes[0].line}", hint=hint)
    try:
        lock = Lock.model_validate(located.data)
    except ValidationError as error:
        first = error.errors()[0]
        where = f"{path}:{located.line(first['loc'])}"
        raise UserError(f"{dotted(first['loc'])}: {first['msg']}", where=where, hint=hint) from error
    if lock.round != round_.id:
        raise UserError(
            f"it is the lock file of round {lock.round}, not {round_.id}", where=str(path), hint=hint
        )
    for candidate in round_.candidates:
        lock.of(candidate)
    return lock


def seed_of(lock: Lock | None) -> int:
    """The seed of a round's scenarios: where it was frozen one that follows from every commit in it, else 1.

    So nobody can know it while he may still change what he submits, and everybody can find it again.
    """
    if lock is None:
        return 1
    seen = (f"{name} {locked.commit}" for name, locked in sorted(lock.candidates.items()))
    words = "\n".join((lock.round, lock.upstream or "", *seen))
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:4])


def freeze(round_file: Path, round_: Round, store: ObjectStore) -> Frozen:
    """Write the commits that the round's refs point at now, and have the files of those that count.

    So a fork that is gone afterwards can be screened from this store. A candidate that cannot be reached
    keeps the entry of the lock file before, if it had one.
    """
    kept = _kept(round_file, round_)
    now = datetime.now(UTC).replace(microsecond=0)
    upstream = (
        upstream_commit(store, round_.upstream).commit if isinstance(round_.upstream, GitUpstream) else None
    )
    candidates: dict[str, Locked] = {}
    failures: dict[str, ForkError] = {}
    for candidate in round_.candidates:
        try:
            candidates[candidate.name] = _seen(store, round_, candidate, now)
        except ForkError as error:
            failures[candidate.name] = error
            if candidate.name in kept:
                candidates[candidate.name] = kept[candidate.name]
    lock = Lock(round=round_.id, seen_at=now, upstream=upstream, candidates=candidates)
    path = _write(lock_path(round_file), lock)  # what was seen first: the files may take a while
    for candidate in round_.candidates:
        if candidate.name in candidates and candidate.name not in failures:
            try:
                _bring(store, round_, candidate, candidates[candidate.name].commit)
            except ForkError as error:
                failures[candidate.name] = error
    return Frozen(lock, path, failures)


def _kept(round_file: Path, round_: Round) -> dict[str, Locked]:
    """Entries of the lock file before that still are of the round's repositories and refs."""
    try:
        lock = load_lock(round_file, round_)
    except UserError:
        return {}
    return dict(lock.candidates) if lock else {}


def _seen(store: ObjectStore, round_: Round, candidate: Candidate, now: datetime) -> Locked:
    if candidate.repository is None:
        raise NoRepository(candidate.name)
    keep = f"candidates/{round_.id}/{candidate.name}"
    fetched = store.fetch(candidate.repository, candidate.ref, f"{keep}/tip")
    store.git("update-ref", f"refs/{keep}/locked", fetched.commit)
    return Locked(
        repository=candidate.repository,
        ref=candidate.ref,
        commit=fetched.commit,
        committed_at=committed_at(store, fetched.commit),
        seen_at=now,
    )


def _bring(store: ObjectStore, round_: Round, candidate: Candidate, tip: str) -> None:
    """The files of the commit that will be screened, where there is one; raises ForkError.

    Where a released upstream cannot be had to tell the fork's own commits, the files of the newest one.
    """
    try:
        upstream = upstream_commit(store, round_.upstream).commit
    except HarnessError:
        upstream = tip
    try:
        commit = by_deadline(store, candidate, upstream, tip, round_.submissions_close)
        store.complete(commit, candidate.repository or "")
    except NothingBeforeDeadline:
        return
    except (GitFailed, GitTimedOut) as failure:
        raise UnreadableObjects(candidate.repository or "", failure.reason) from failure


def _write(path: Path, lock: Lock) -> Path:
    text = HEADER + yaml.safe_dump(lock.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    temporary = path.with_name(f".{path.name}.partial")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
    return path
