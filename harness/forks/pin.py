"""From a candidate to a submission: one commit, chosen by the deadline or by a lock file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.forks.comparison import committed_at, compare
from harness.forks.deadline import by_deadline
from harness.forks.errors import (
    GitFailed,
    GitTimedOut,
    NoRepository,
    RefusedObjects,
    TooLarge,
    Unreachable,
    UnreadableObjects,
)
from harness.forks.inspection import inspect
from harness.forks.lockfile import Lock, Locked
from harness.forks.merge import preview
from harness.forks.object_store import ObjectStore
from harness.forks.submission import Submission
from harness.forks.upstream import UpstreamCommit, release_commit, upstream_commit
from harness.rounds.round import Candidate, Round


@dataclass(frozen=True)
class _Tip:
    """Where a ref stands. `limit` is the commit that the choice starts from: the tip, or a frozen commit."""

    newest: str
    limit: str
    pinned_by: Literal["deadline", "lock"]


def pin(store: ObjectStore, candidate: Candidate, round_: Round, lock: Lock | None = None) -> Submission:
    """Fetch a candidate, choose its commit and compare it with the round's upstream.

    The commit is the newest on the ref, by first parents, that neither is nor follows one of the fork's
    commits made after the deadline; with a lock, the same from the frozen commit on. Afterwards every file of
    it is in the store. Works without network when the lock names commits that the store has.

    Raises NoRepository, BorrowedObjects, Unreachable, RefMissing, RefusedObjects, UnreadableObjects,
    TooLarge, NothingBeforeDeadline; of what was refused the store keeps nothing.
    """
    if candidate.repository is None:
        raise NoRepository(candidate.name)
    locked = lock.of(candidate) if lock else None
    upstream = upstream_commit(store, round_.upstream, lock.upstream if lock else None)
    try:
        return _submission(store, candidate, candidate.repository, round_, upstream, locked)
    except (GitFailed, GitTimedOut) as failure:
        store.forget(*_kept(round_, candidate))
        raise UnreadableObjects(candidate.repository, failure.reason) from failure
    except (RefusedObjects, TooLarge):
        store.forget(*_kept(round_, candidate))
        raise


def _kept(round_: Round, candidate: Candidate) -> tuple[str, str]:
    """Names under which the store keeps where the ref stands and which commit was chosen."""
    keep = f"candidates/{round_.id}/{candidate.name}"
    return f"{keep}/tip", f"{keep}/pinned"


def _submission(
    store: ObjectStore,
    candidate: Candidate,
    url: str,
    round_: Round,
    upstream: UpstreamCommit,
    locked: Locked | None,
) -> Submission:
    kept_tip, kept_commit = _kept(round_, candidate)
    tip = _tip(store, candidate, url, kept_tip, locked)
    commit = by_deadline(store, candidate, upstream.commit, tip.limit, round_.submissions_close)
    store.git("update-ref", f"refs/{kept_commit}", commit)
    store.complete(commit, url)
    inspect(store, commit, url)
    comparison = compare(store, upstream, commit)
    release = release_commit(store, round_.upstream, round_.release)
    return Submission(
        candidate=candidate,
        repository=url,
        ref=candidate.ref,
        commit=commit,
        committed_at=committed_at(store, commit),
        author=author(store, commit),
        newest_commit=tip.newest,
        commits_after_deadline=int(store.text("rev-list", "--count", f"{commit}..{tip.newest}")),
        upstream_commit=upstream.commit,
        **vars(comparison),
        pinned_by=tip.pinned_by,
        into_release=preview(store, release, commit) if release and comparison.merge_base else None,
    )


def author(store: ObjectStore, commit: str) -> str:
    """The author's name as the commit gives it, on one line, at most 200 characters."""
    name = store.text("log", "-1", "--format=%an", commit)
    return "".join(letter for letter in name if letter.isprintable())[:200]


def _tip(store: ObjectStore, candidate: Candidate, url: str, keep: str, locked: Locked | None) -> _Tip:
    if locked is None:
        commit = store.fetch(url, candidate.ref, keep).commit
        return _Tip(commit, commit, "deadline")
    try:
        newest = store.fetch(url, candidate.ref, keep).commit
        if store.commit(locked.commit) is None:  # the ref was rewritten since
            store.fetch(url, locked.commit, f"{keep.removesuffix('tip')}locked")
    except Unreachable:
        if store.commit(locked.commit) is None:
            raise
        newest = locked.commit
    return _Tip(newest, locked.commit, "lock")
