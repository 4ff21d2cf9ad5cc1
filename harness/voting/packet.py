"""The packet for whoever reviews the winner: what was found, what is open, what is for people. Pure.

Its first part has the form of upstream's pull request template: three things to be ticked, then what is
changed, which tests were run, and what a tester by hand should know.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.forks.branch import BUNDLE, Branch
from harness.forks.since import Moved, Since
from harness.forks.submission import Submission
from harness.grading import UNDECIDED
from harness.outcome import Status
from harness.reporting.markdown import finding_lines
from harness.reporting.markup import code, escaped
from harness.reporting.model import CandidateReport, Finding
from harness.reporting.wording import (
    STATUSES,
    count,
    listed,
    moment,
    reviewed_by,
    score_words,
    set_aside_line,
    verdict_words,
)
from harness.voting.parts import CONNECTOR, TESTS, Part
from harness.voting.qa import Row

MOST_FILES = 40  # of a part
MOST_TRACES = 3  # in a cell
MARKS = {
    Status.PASSED: "✓",
    Status.FAILED: "✕",
    Status.WAIVED: "waived",
    Status.NOT_APPLICABLE: "–",
    Status.UNDETERMINED: "?",
    Status.HARNESS_ERROR: "?",
}
BUILDS, WARNINGS = "builds", "builds-without-warnings"
TESTS_PASS, FRAMEWORK_TESTS = "unit-tests-pass-offline", "upstream-tests-still-pass"


@dataclass(frozen=True)
class Packet:
    """All that the packet tells. `people` are the ids of requirements that no program decides."""

    report: CandidateReport
    submission: Submission
    branch: Branch
    parts: tuple[Part, ...]
    qa: tuple[Row, ...]
    since: Since
    people: frozenset[str]
    try_command: str

    def found(self, requirement: str) -> Finding | None:
        return next((each for each in self.report.outcomes if each.requirement == requirement), None)

    @property
    def open(self) -> tuple[Finding, ...]:
        """Failed, undecided or waived, what blocks first; what needs a person stands elsewhere."""
        kinds = (Status.FAILED, *UNDECIDED, Status.WAIVED)
        found = [each for each in self.report.with_status(*kinds) if each.requirement not in self.people]
        return tuple(sorted(found, key=lambda each: (list(kinds).index(each.status), each.severity)))


def render(packet: Packet) -> str:
    report = packet.report
    lines = [
        f"# Review of {escaped(report.candidate.name)}",
        "",
        f"{verdict_words(report)}: {escaped(report.reason)} {score_words(report.score).capitalize()}.",
        "",
        f"Commit {code(packet.submission.commit)} of {code(packet.submission.repository)}, screened against "
        f"upstream {code(packet.submission.upstream_commit)}.",
    ]
    for part in (_pull_request, _merge, _changes, _since, _open, _people, _checklist, _qa, _requirements):
        lines += part(packet)
    return "\n".join(lines) + "\n"


def _pull_request(packet: Packet) -> Iterator[str]:
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
        yield f"- It adds {escaped(listed(added))}, {candidate.kind}."
    if changed:
        yield f"- It changes {escaped(listed(changed))}."
    yield f"- {count(len(submission.changes), 'file')} in {count(len(packet.parts), 'part')}, see below."
    yield f"- It talks to {escaped(listed(candidate.exchange.hosts)) or 'no host that its row names'}."
    installed = report.environment.installed
    if installed and installed.added:
        yield f"- Libraries of its own: {escaped(', '.join(installed.added))}."
    yield from ("", "### Tests that were run", "")
    yield from _tests(packet)
    yield from ("", "### For testing by hand", "")
    yield f"- Watch it trade on the simulated exchange: {code(packet.try_command)}"
    yield f"- Its page of the round is {code('index.html')}; {code('harness trace list')} names its traces."
    yield f"- Contact: {escaped(candidate.contact or 'nobody is named')}."
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
            yield f"- {MARKS[finding.status]} {_titled(finding)}{more}"
    scenarios = {trace.partition("-")[0] for each in packet.report.outcomes for trace in each.traces}
    if scenarios:
        yield f"- {count(len(scenarios), 'scenario')} played on a simulated exchange in the sandbox: " + (
            escaped(", ".join(sorted(each.replace("_", " ") for each in scenarios)))
        )


def _merge(packet: Packet) -> Iterator[str]:
    branch, submission = packet.branch, packet.submission
    yield from ("", "## Merge into upstream", "")
    if branch.commit is not None:
        yield f"It merges without conflicts. {code(BUNDLE)} holds the branch {code(branch.name)}."
        if branch.squashed:
            yield "The fork's history could not be had whole, so it is one commit."
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
        yield f"| {_cell(conflict.path)} | {escaped(kinds)} | {where} |"
    yield from ("", "```sh", f"git fetch REPOSITORY {submission.commit}", "git merge FETCH_HEAD", "```")


def conflict_file(number: int) -> str:
    """Where the text of a conflict stands: numbered, since the fork chooses the paths."""
    return f"conflicts/{number:03}.txt"


def _changes(packet: Packet) -> Iterator[str]:
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


def _since(packet: Packet) -> Iterator[str]:
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


def _open(packet: Packet) -> Iterator[str]:
    yield from ("", f"## Open findings ({len(packet.open)})")
    if not packet.open:
        yield from ("", "None.")
    for finding in packet.open:
        yield from finding_lines(finding)
        if finding.traces:
            yield from ("", f"Traces: {_traces(finding.traces, len(finding.traces))}")


def _people(packet: Packet) -> Iterator[str]:
    yield from ("", "## What only a person can judge", "")
    for finding in packet.report.outcomes:
        if finding.requirement in packet.people:
            said = f" *{escaped(told)}*" if (told := reviewed_by(finding)) else ""
            yield f"- {_titled(finding)}: {escaped(finding.summary)}{said}"
    for waiver in packet.report.set_aside:
        yield f"- Whether it may be merged so: {escaped(set_aside_line(waiver))} ({escaped(waiver.reason)})"
    for part in packet.parts:
        if part.name not in (CONNECTOR, TESTS):
            yield f"- Whether the change of {count(len(part.files), 'file')} is wanted: {part.name.lower()}"
    yield "- Whether the exchange behaves as its simulation does: nothing here was tried on the real one"
    yield "- Whether who submitted it will keep it working, and who does if not"


def _checklist(packet: Packet) -> Iterator[str]:
    yield from ("", "## Reviewers' checklist", "")
    failed = packet.report.with_status(Status.FAILED)
    yield f"- [ ] Each of the {count(len(packet.open), 'open finding')} is mended, or accepted by name"
    if packet.branch.conflicts:
        yield f"- [ ] {count(len(packet.branch.conflicts), 'conflict')} resolved"
    if packet.since.fork.count or packet.since.fork.rewritten:
        yield "- [ ] The screened commit is merged, or what the fork changed since is screened too"
    if packet.report.submission.commits_after_deadline:
        yield "- [ ] Commits after the deadline are left out, or screened"
    if any(part.name not in (CONNECTOR, TESTS) for part in packet.parts):
        yield "- [ ] Every change outside the connector is wanted"
    yield "- [ ] The code was read: signing, order ids, fees, balances, reconnecting"
    yield "- [ ] Tried on the real exchange with a small amount: connect, order, cancel, fill, restart"
    yield "- [ ] The documents name the exchange, its keys and its fees"
    yield "- [ ] Somebody is named who maintains it"
    if failed:
        yield "- [ ] Screened again after the last change: no requirement fails"


def _qa(packet: Packet) -> Iterator[str]:
    yield from ("", "## Upstream's QA tables, as far as traces tell", "")
    if not packet.qa:
        yield "No requirement that applies here rests on them."
        return
    yield "Rows by their line in the page; a row is as good as the worst of what it asks for."
    yield from ("", "| page | line | found | what was looked at | traces |", "|---|---|---|---|---|")
    for row in packet.qa:
        looked = "; ".join(f"{MARKS[each.status]} {each.title or each.requirement}" for each in row.findings)
        yield (
            f"| {row.page} | {row.line} | {MARKS[row.status]} {STATUSES[row.status]} | "
            f"{_cell(looked, 1200)} | {_traces(row.traces)} |"
        )


def _requirements(packet: Packet) -> Iterator[str]:
    yield from (
        "",
        "## Requirements",
        "",
        "| | requirement | severity | found | traces |",
        "|---|---|---|---|---|",
    )
    for finding in packet.report.outcomes:
        yield (
            f"| {MARKS[finding.status]} | {_titled(finding)} {code(finding.requirement)} | "
            f"{finding.severity.value} | {_cell(finding.summary, 200)} | {_traces(finding.traces)} |"
        )
    yield ""
    yield (
        f"Screened {moment(packet.report.environment.started_at)}."
        if packet.report.environment.started_at
        else ""
    )


def _titled(finding: Finding) -> str:
    return escaped(finding.title or finding.requirement)


def _cell(text: str, limit: int = 160) -> str:
    return escaped(text, limit)


def _traces(traces: Sequence[str], most: int = MOST_TRACES) -> str:
    shown = ", ".join(code(each) for each in traces[:most])
    return f"{shown} and {len(traces) - most} more" if len(traces) > most else shown
