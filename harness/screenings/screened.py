"""What one screening left behind, made whole: nothing that it did not reach counts as met. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from harness.outcome import Outcome, Status
from harness.requirement import Catalogue, Profile, Requirement
from harness.screenings.reviews import outdated, reviewed, reviews_that_count
from harness.screenings.run import RunInfo, WaiverInfo

if TYPE_CHECKING:
    from harness.forks.submission import Submission
    from harness.rounds.round import Candidate

NOT_SCREENED = "It has not been screened yet."
NEEDS_A_PERSON = "Needs a person to look at it."


@dataclass(frozen=True)
class Screened:
    """All that one screening left behind.

    `run` is None while it is unfinished, `submission` when no commit was pinned. `stale` says why the
    outcomes that were kept do not count for this row.
    """

    candidate: Candidate
    submission: Submission | None
    run: RunInfo | None
    outcomes: tuple[Outcome, ...]
    stale: str | None = None

    @property
    def finished(self) -> bool:
        """Whether a commit was screened to the end with no failure of ours."""
        ended = self.submission is not None and self.run is not None and self.run.finished_at is not None
        return (
            ended
            and not self.stale
            and all(item.status is not Status.HARNESS_ERROR for item in self.outcomes)
        )

    @property
    def partial(self) -> str | None:
        """Why it can have no verdict, in a sentence: it was not screened, or only some checks were run."""
        if self.run is None and not self.outcomes and not self.stale:
            return NOT_SCREENED
        selected = self.run.selected if self.run else None
        return f"Only the checks that match -k {selected} were run." if selected else None

    @property
    def profile(self) -> Profile:
        """Which requirements apply to it."""
        return profile_of(self.candidate, self.submission)


def profile_of(candidate: Candidate, submission: Submission | None) -> Profile:
    """Which requirements apply to a candidate; with no commit pinned, as far as its row says."""
    generation = submission.generation if submission else None
    if generation == "v0" or (generation is None and candidate.kind == "market"):
        return "v0"
    if candidate.kind == "derivative":
        return "v1-perpetual" if generation == "v1" else "v2-perpetual"
    return "v1-spot" if generation == "v1" else "v2-spot"


def complete(screened: Screened, catalogue: Catalogue) -> tuple[Outcome, ...]:
    """The outcomes, with what people decided and an `undetermined` for each requirement without one.

    Without it a screening that was cut short would look better than one that was finished. Where a failure of
    ours cut it short, they are `harness_error`.
    """
    spoken = {outcome.requirement for outcome in screened.outcomes}
    reviews = reviews_that_count(screened, catalogue)
    missing = tuple(
        reviewed(reviews[item.id], item)
        if item.id in reviews
        else Outcome(
            requirement=item.id,
            status=_status(screened, item),
            severity=item.severity,
            lifecycle=item.lifecycle,
            subject=item.subject,
            summary=_why_open(screened, item),
            check="harness.reporting",
            seconds=0,
        )
        for item in catalogue.for_profile(screened.profile)
        if item.id not in spoken
    )
    return (*screened.outcomes, *missing)


def _status(screened: Screened, requirement: Requirement) -> Status:
    ours = screened.run and screened.run.broken and requirement.automated and not screened.stale
    return Status.HARNESS_ERROR if ours else Status.UNDETERMINED


def _why_open(screened: Screened, requirement: Requirement) -> str:
    if screened.stale:
        return screened.stale
    if screened.run and screened.run.no_submission:
        return screened.run.no_submission
    if not requirement.automated:
        return outdated(screened, requirement) or NEEDS_A_PERSON
    if screened.run and screened.run.broken:
        return screened.run.broken
    if screened.run and screened.run.finished_at:
        return "No check decided this requirement."
    return "The screening ended before this was decided." if screened.outcomes else NOT_SCREENED


def waivers_in_force(candidate: Candidate, on: date, catalogue: Catalogue) -> tuple[WaiverInfo, ...]:
    """The candidate's waivers that have not run out on the day it was screened, of what can be waived."""
    fixed = {item.id for item in catalogue if not item.waivable}
    return tuple(
        WaiverInfo(
            requirement=item.requirement, reason=item.reason, granted_by=item.granted_by, until=item.until
        )
        for item in candidate.waivers
        if item.until >= on and item.requirement not in fixed
    )
