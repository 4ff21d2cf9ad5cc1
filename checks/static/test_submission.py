"""How the code was handed in: when, on what base, and what it touches."""

from __future__ import annotations

from datetime import timedelta

from checks.static.scope import Scope, copied_libraries, identity_findings, rejected
from checks.static.sources import Sources
from checks.static.wording import counted, places
from harness.checking import (
    Attach,
    expect,
    fail,
    measured,
    not_applicable,
    requirement,
    seen_in_git,
    undetermined,
)
from harness.forks.submission import Submission
from harness.outcome import Evidence
from harness.rounds.round import Candidate, Round
from harness.text import one_line

OLD_BASE = timedelta(days=90)
LISTED = 20


@requirement("repository-reachable")
def test_repository_is_reachable(submission: Submission, evidence: Attach) -> None:
    """The repository answered and the commit could be read."""
    evidence(
        seen_in_git(f"{submission.repository} at {submission.ref} is {submission.commit}", ref=submission.ref)
    )


@requirement("submitted-before-deadline")
def test_submitted_before_deadline(submission: Submission, round_: Round, evidence: Attach) -> None:
    """The screened commit existed before submissions closed."""
    if submission.pinned_by == "work tree":
        not_applicable("This is a work tree; nothing is submitted yet.")
    at = f"{submission.committed_at:%Y-%m-%d %H:%M:%S} UTC"
    left_out = submission.commits_after_deadline
    evidence(seen_in_git(f"{submission.commit} of {at}, pinned by {submission.pinned_by}", left_out=left_out))
    if left_out:
        evidence(seen_in_git(f"{left_out} later commits, up to {submission.newest_commit}, are left out"))
    expect(
        submission.pinned_by == "lock" or submission.committed_at <= round_.submissions_close,
        f"The commit is from {submission.committed_at:%Y-%m-%d %H:%M} UTC, after submissions closed.",
    )


@requirement("point-of-contact-given")
def test_point_of_contact(submission: Submission, candidate: Candidate) -> None:
    """The candidate's row gives a contact."""
    if submission.pinned_by == "work tree":
        not_applicable("The contact is given when the fork is submitted.")
    expect(candidate.contact, "No contact is given.")


@requirement("adds-a-connector")
def test_adds_the_connector(submission: Submission, connector_name: str) -> None:
    """The changes contain the folder of the connector that was submitted."""
    added = [item for item in submission.connectors if item.name == connector_name]
    if not added:
        others = ", ".join(item.path for item in submission.connectors) or "none"
        seen = seen_in_git(f"{len(submission.changes)} changed files; connectors among them: {others}")
        fail(f"The fork has no connector {connector_name} that Hummingbot does not have already.", seen)
    if not any(item.new for item in added):
        undetermined(
            f"Hummingbot has {connector_name} already; a maintainer decides whether a change to it counts.",
            seen_in_git(f"changed, not added: {added[0].path}"),
        )


@requirement("based-on-recent-upstream")
def test_based_on_recent_upstream(submission: Submission, round_: Round, evidence: Attach) -> None:
    """The fork branched off upstream shortly before submissions closed, or recently."""
    if submission.merge_base is None or submission.merge_base_at is None:
        fail(
            "The fork shares no history with Hummingbot, so its base is unknown.",
            seen_in_git(f"no common ancestor with {submission.upstream_commit}"),
        )
    age = round_.submissions_close - submission.merge_base_at
    evidence(
        measured(
            f"left upstream at {submission.merge_base} of {submission.merge_base_at:%Y-%m-%d}",
            behind=submission.behind,
            days=max(age.days, 0),
        )
    )
    then = "the deadline" if round_.has_a_deadline else "today's"
    expect(
        submission.behind == 0 or age <= OLD_BASE,
        f"It builds on a Hummingbot {age.days} days and {submission.behind} commits older than {then}.",
    )


@requirement("merges-cleanly")
def test_merges_cleanly(submission: Submission, round_: Round, evidence: Attach) -> None:
    """A trial merge with the round's upstream has no conflicts."""
    preview, later = submission.merge, submission.into_release
    if later is not None:
        evidence(seen_in_git(f"a trial merge into {round_.release}, which came of the round: {later.reason}"))
    if preview.state == "unknown":
        undetermined(f"The trial merge failed: {one_line(preview.reason)}")
    conflicts = preview.conflicts
    expect(
        preview.state == "clean",
        f"It does not merge into Hummingbot: {counted(len(conflicts), 'conflicting file')}.",
        *(seen_in_git(f"conflict in {path}", path=path) for path in conflicts[:LISTED]),
    )


@requirement("change-limited-to-connector")
def test_change_is_limited(submission: Submission, sources: Sources) -> None:
    """Changed files belong to the connector, its tests, pages, registration or required environment."""
    scope = Scope.of(submission)
    outside = [change for change in submission.changes if not scope.allows(change, sources)]
    shown = [_changed(f"{change.status}: {change.path}", change.path) for change in outside[:LISTED]]
    expect(
        not outside,
        f"It changes {counted(len(outside), 'file')} outside the connector.",
        *shown,
    )


def _changed(text: str, path: str) -> Evidence:
    return seen_in_git(text, path=path)


@requirement("upstream-identity-untouched")
def test_identity_is_untouched(submission: Submission, sources: Sources) -> None:
    """Name, licence, version, logos and installers are upstream's."""
    found = identity_findings(submission, sources)
    expect(
        not found,
        f"It changes how Hummingbot is named, licensed or installed, in {places(found)}.",
        *found[:LISTED],
    )


@requirement("no-stray-files")
def test_no_stray_files(submission: Submission, sources: Sources) -> None:
    """No caches, logs, editor files, databases or copies of libraries are added."""
    left = [(change.path, why) for change in submission.changes if (why := rejected(change))]
    left += copied_libraries(submission, sources)
    expect(
        not left,
        f"It contains {counted(len(left), 'leftover file')}.",
        *(seen_in_git(f"{path}: {why}", path=path) for path, why in left[:LISTED]),
    )
