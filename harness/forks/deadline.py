"""Which of a fork's commits counts: the newest that is not after the deadline."""

from __future__ import annotations

from datetime import datetime

from harness.forks.comparison import instant
from harness.forks.errors import NothingBeforeDeadline
from harness.forks.object_store import ObjectStore
from harness.rounds.round import Candidate


def by_deadline(store: ObjectStore, candidate: Candidate, upstream: str, tip: str, deadline: datetime) -> str:
    """The newest commit that has nothing of the fork's after the deadline in its own line.

    Upstream's commits are left out of the walk: their dates are not the fork's to answer for. A commit whose
    date is before the deadline but that follows a later one was given a false date, so it does not count.
    `upstream` is a commit. Raises NothingBeforeDeadline.
    """
    listing = store.text("log", "--first-parent", "--format=%H %ct", tip, "--not", upstream)
    own = [(commit, int(seconds)) for commit, seconds in map(str.split, listing.splitlines())]
    late = [number for number, (_, seconds) in enumerate(own) if seconds > deadline.timestamp()]
    if not late:
        return tip
    if late[-1] + 1 == len(own):
        oldest = instant(own[-1][1])
        raise NothingBeforeDeadline(
            candidate.repository or "", candidate.ref, deadline.isoformat(), oldest.isoformat()
        )
    return own[late[-1] + 1][0]
