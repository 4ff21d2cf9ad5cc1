"""What has happened in a fork and in upstream since a submission was pinned."""

from __future__ import annotations

from dataclasses import dataclass

from harness.forks.errors import ForkError, GitFailed
from harness.forks.merge import preview
from harness.forks.object_store import ObjectStore
from harness.forks.submission import MergePreview, Submission
from harness.forks.tree import display
from harness.forks.upstream import upstream_commit
from harness.rounds.round import GitUpstream, Round

MOST_SHOWN = 50  # commits, and files


@dataclass(frozen=True)
class Moved:
    """Where a ref is now: `commits` are (id, subject) and `files` paths that differ, the first of each.

    `count` says how many commits there are; `rewritten` that the earlier commit is not behind the ref any
    more. `trouble` says why nothing is known.
    """

    commit: str = ""
    count: int = 0
    commits: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    file_count: int = 0
    rewritten: bool = False
    trouble: str = ""


@dataclass(frozen=True)
class Since:
    """`merge` is that of the screened commit into upstream as it is now, None where upstream is a release."""

    fork: Moved
    upstream: Moved | None
    merge: MergePreview | None


def since(store: ObjectStore, submission: Submission, round_: Round) -> Since:
    """Ask the fork and upstream where their refs are now."""
    keep = f"candidates/{round_.id}/{submission.candidate.name}/now"
    try:
        now = store.fetch(submission.repository, submission.ref, keep).commit
        fork = _moved(store, submission.commit, now)
    except (ForkError, GitFailed) as error:
        fork = Moved(trouble=_why(error))
    if not isinstance(round_.upstream, GitUpstream):
        return Since(fork, None, None)
    try:
        head = upstream_commit(store, round_.upstream).commit
        moved = _moved(store, submission.upstream_commit, head)
    except (ForkError, GitFailed) as error:
        return Since(fork, Moved(trouble=_why(error)), None)
    return Since(fork, moved, preview(store, head, submission.commit) if submission.merge_base else None)


def _why(error: ForkError | GitFailed) -> str:
    return error.message if isinstance(error, ForkError) else str(error)


def _moved(store: ObjectStore, before: str, now: str) -> Moved:
    listing = store.text("log", f"-{MOST_SHOWN}", "--format=%H %s", f"{before}..{now}")
    rows = [line.partition(" ") for line in listing.splitlines()]
    names = store.git("diff-tree", "-r", "-z", "--name-only", "--no-renames", before, now).stdout.split(b"\0")
    files = [display(name) for name in names if name]
    behind = store.git("merge-base", "--is-ancestor", before, now, codes=(0, 1)).code == 0
    return Moved(
        commit=now,
        count=int(store.text("rev-list", "--count", f"{before}..{now}")),
        commits=tuple((commit, subject) for commit, _, subject in rows),
        files=tuple(files[:MOST_SHOWN]),
        file_count=len(files),
        rewritten=not behind,
    )
