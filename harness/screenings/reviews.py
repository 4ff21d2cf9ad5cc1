"""What people said of requirements that no program decides. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.outcome import Outcome, Status
from harness.requirement import Catalogue, Requirement

if TYPE_CHECKING:
    from harness.rounds.round import Review
    from harness.screenings.screened import Screened

BY_A_PERSON = "review"  # stands in an outcome for the check's name


def reviews_that_count(screened: Screened, catalogue: Catalogue) -> dict[str, Review]:
    """By requirement: of those that need a person and that no check decided, on the commit screened.

    One from before the day on which that commit was made is about other code.
    """
    submission = screened.submission
    if screened.stale or submission is None:
        return {}
    people = {item.id for item in catalogue if not item.automated}
    spoken = {outcome.requirement for outcome in screened.outcomes}
    made = submission.committed_at.date()
    return {
        review.requirement: review
        for review in screened.candidate.reviewed
        if review.requirement in people - spoken and review.at >= made
    }


def reviewed(review: Review, requirement: Requirement) -> Outcome:
    """The outcome that a person's answer gives."""
    return Outcome(
        requirement=requirement.id,
        status=Status(review.verdict),
        severity=requirement.severity,
        lifecycle=requirement.lifecycle,
        subject=requirement.subject,
        summary=review.note,
        check=BY_A_PERSON,
        seconds=0,
    )


def outdated(screened: Screened, requirement: Requirement) -> str | None:
    """That a review is older than the commit, in a sentence; None where there is no such review."""
    submission = screened.submission
    if submission is None:
        return None
    for review in screened.candidate.reviewed:
        if review.requirement == requirement.id and review.at < submission.committed_at.date():
            return (
                f"{review.by} reviewed it on {review.at}, before the commit of "
                f"{submission.committed_at:%Y-%m-%d} was made; it has to be looked at again."
            )
    return None
