"""The first half of a review packet: the pull request, its merge, what it changes, what came since."""

from __future__ import annotations

from collections.abc import Iterator

from harness.forks.branch import BUNDLE
from harness.forks.since import Moved
from harness.outcome import Status
from harness.reporting.markup import code, escaped
from harness.reporting.wording import (
    STATUSES,
    count,
    listed,
)
from harness.voting.packet import MARKS, Packet, cell, titled
from harness.voting.parts import CONNECTOR, TESTS

MOST_FILES = 40  # of a part
BUILDS, WARNINGS = "builds", "builds-without-warnings"
TESTS_PASS, FRAMEWORK_TESTS = "unit-tests-pass-offline", "upstream-tests-still-pass"


def pull_request(packet: Packet) -> Iterator[str]:
    report, submission = packet.report, packet.submission
    candidate = report.candidate
    yield from ("", "## Pull request", "")
    names = ", ".join(candidate.connectors)
    yield f"Title: {code(f'feat/ add the {names} connector')}"
    yield ""
    yield _ticked("It builds without errors or warnings", packet, BUILDS, WARNINGS)
    yield _ticked("All tests pass", packet, TESTS_PASS, FRAMEWORK_TESTS)
    yield f"- [x] The title begins with {code('feat/')}"
    yield from ("", "### What is changed", "")
    added = [each.name for each in submission.connectors if each.new]
    changed = [each.name for each in submission.connectors if not each.new]
    if added:
        yield f"- It adds {count(len(added), 'connector')} ({candidate.kind}): {escaped(listed(added))}."
    if changed:
        yield f"- It changes {count(len(changed), 'connector')} of upstream's: {escaped(listed(changed))}."
    yield f"- {count(len(submission.changes), 'file')} in {count(len(packet.parts), 'part')}, see below."
    yield f"- It talks to {escaped(listed(candidate.exchange.hosts)) or 'no host named in its row'}."
    installed = report.environment.installed
    if installed and installed.added:
        yield f"- Libraries of its own: {escaped(', '.join(installed.added))}."
    yield from ("", "### Tests that were run", "")
    yield from _tests(packet)
    yield from ("", "### For testing by hand", "")
    yield f"- Watch it trade on the simulated exchange: {code(packet.try_command)}"
    yield f"- Its page of the round is {code('index.html')}; {code('harness trace list')} names its traces."
    yield f"- Contact: {escaped(candidate.contact or 'none given')}."
    if candidate.maintenance:
        yield f"- Maintenance: {escaped(candidate.maintenance)}."


def _ticked(words: str, packet: Packet, *requirements: str) -> str:
    """A box, ticked where all of it was found to be so, with what was found otherwise."""
    found = [each for name in requirements if (each := packet.found(name)) is not None]
    good = (Status.PASSED, Status.NOT_APPLICABLE)
    met = bool(found) and all(each.status in good for each in found)
    said = [f"{STATUSES[each.status]}: {each.summary}" for each in found if each.status not in good]
    why = f" ({escaped('; '.join(said))})" if said else "" if met else " (not checked)"
    return f"- [{'x' if met else ' '}] {words}{why}"


def _tests(packet: Packet) -> Iterator[str]:
    for finding in packet.report.outcomes:
        if finding.subject == "tests":
            more = f": {escaped(finding.summary)}" if finding.summary != finding.title else ""
            yield f"- {MARKS[finding.status]} {titled(finding)}{more}"
    scenarios = {trace.partition("-")[0] for each in packet.report.outcomes for trace in each.traces}
    if scenarios:
        yield f"- {count(len(scenarios), 'scenario')} played on a simulated exchange in the sandbox: " + (
            escaped(", ".join(sorted(each.replace("_", " ") for each in scenarios)))
        )


def merge(packet: Packet) -> Iterator[str]:
    branch, submission = packet.branch, packet.submission
    yield from ("", "## Merge into upstream", "")
    if branch.commit is not None:
        yield f"It merges without conflicts. {code(BUNDLE)} holds the branch {code(branch.name)}."
        if branch.squashed:
            yield "The fork's history could not be fetched completely, so it is one commit."
        yield "In a clone of upstream:"
        yield from (
            "",
            "```sh",
            f"git fetch {BUNDLE} {branch.name}",
            f"git switch -c {branch.name} FETCH_HEAD",
            "```",
        )
        return
    yield f"There is no branch: {branch.why}."
    if not branch.conflicts:
        return
    yield from ("", "| file | conflict | merged, with its markers |", "|---|---|---|")
    for number, conflict in enumerate(branch.conflicts, 1):
        kinds = ", ".join(each.removeprefix("CONFLICT ").strip("()") for each in conflict.kinds)
        where = code(conflict_file(number)) if conflict.text is not None else "no text"
        yield f"| {cell(conflict.path)} | {escaped(kinds)} | {where} |"
    yield from ("", "```sh", f"git fetch REPOSITORY {submission.commit}", "git merge FETCH_HEAD", "```")


def conflict_file(number: int) -> str:
    """Where the text of a conflict stands: numbered, since the fork chooses the paths."""
    return f"conflicts/{number:03}.txt"


def changes(packet: Packet) -> Iterator[str]:
    yield from (
        "",
        "## What it changes, by part",
        "",
        "| part | files | lines added | removed |",
        "|---|---|---|---|",
    )
    for part in packet.parts:
        numbers = ("?" if each is None else str(each) for each in (part.added, part.removed))
        yield f"| {part.name} | {len(part.files)} | {' | '.join(numbers)} |"
    for part in packet.parts:
        if part.name in (CONNECTOR, TESTS):
            continue
        yield from ("", f"{part.name}:", "")
        for change in part.files[:MOST_FILES]:
            binary = ", binary" if change.binary else ""
            yield f"- {code(change.path)} {change.status}{binary}"
        if (more := len(part.files) - MOST_FILES) > 0:
            yield f"- and {more} more"


def since(packet: Packet) -> Iterator[str]:
    since = packet.since
    yield from ("", "## Since the screening", "")
    yield from _moved("The fork", since.fork)
    if since.upstream is None:
        yield "Upstream is a release, which does not move."
        return
    yield from _moved("Upstream", since.upstream)
    if since.merge is not None:
        yield f"Merging the screened commit into upstream as it is now: {escaped(since.merge.reason)}"


def _moved(who: str, moved: Moved) -> Iterator[str]:
    if moved.trouble:
        yield f"{who} cannot be read any more ({escaped(moved.trouble)})."
    elif not moved.count and not moved.rewritten:
        yield f"{who} is where it was."
    else:
        how = ", and its history was rewritten" if moved.rewritten else ""
        yield (
            f"{who} has {count(moved.count, 'commit')} more and is at {code(moved.commit)}{how}; "
            f"{count(moved.file_count, 'file')} differ{'s' if moved.file_count == 1 else ''}. "
            "None of that was screened."
        )
        if who == "The fork":
            yield ""
            yield from (f"- {code(commit[:12])} {escaped(subject)}" for commit, subject in moved.commits)
            yield ""
            yield from (f"- {code(path)}" for path in moved.files)
    yield ""
