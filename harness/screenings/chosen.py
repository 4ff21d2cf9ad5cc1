"""The candidate that somebody names, at the commit that was screened, else at the one its round pins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.errors import UserError
from harness.forks.lockfile import Lock, Locked, load_lock
from harness.forks.object_store import ObjectStore
from harness.forks.pin import pin
from harness.forks.submission import Submission
from harness.rounds.reading import load_round
from harness.rounds.round import GitUpstream, Round
from harness.screenings.round_file import read_round_file
from harness.screenings.store import ROUND, read_screening

HINT = "name a candidate of the round's file, or its folder of reports, e.g. reports/2020-08/NAME"


@dataclass(frozen=True)
class Chosen:
    """`folder` holds the reports about this commit, None where it was not screened."""

    round: Round
    submission: Submission
    folder: Path | None

    @property
    def name(self) -> str:
        return self.submission.candidate.name


def choose_candidate(what: str, round_file: Path, reports: Path, store: ObjectStore) -> Chosen:
    """`what` is a candidate's folder of reports, or its name in `round_file`.

    Its files and upstream's are in the store afterwards. Needs no network where they were before, also for a
    fork that is gone. Raises UserError for an unknown name and ForkError for what cannot be had.
    """
    place = Path(what)
    if place.is_dir() and (place.parent / ROUND).is_file():
        round_, lock = load_round(place.parent / ROUND), None
    elif (place / ROUND).is_file():
        raise UserError("this is a round's folder", where=what, hint=HINT)
    elif len(place.parts) > 1:
        raise UserError("no candidate was screened here", where=what, hint=HINT)
    else:
        round_ = read_round_file(round_file)
        place, lock = reports / round_.id / what, load_lock(round_file, round_)
    row = round_.candidate(place.name)
    screened = read_screening(place, row).submission
    if screened is None or (screened.candidate.repository, screened.ref) != (row.repository, row.ref):
        return Chosen(round_, pin(store, row, round_, lock), None)
    return Chosen(round_, pin(store, row, round_, _as_screened(round_, screened)), place)


def _as_screened(round_: Round, screened: Submission) -> Lock:
    """A lock that names the commits that were screened."""
    commit = Locked(
        repository=screened.candidate.repository or screened.repository,
        ref=screened.ref,
        commit=screened.commit,
        committed_at=screened.committed_at,
        seen_at=screened.committed_at,
    )
    return Lock(
        round=round_.id,
        seen_at=commit.seen_at,
        upstream=screened.upstream_commit if isinstance(round_.upstream, GitUpstream) else None,
        candidates={screened.candidate.name: commit},
    )
