"""The second half of a review packet: open findings, what is for people, QA tables, requirements."""

from __future__ import annotations

from collections.abc import Iterator

from harness.outcome import Status
from harness.reporting.markdown import finding_lines
from harness.reporting.markup import code, escaped
from harness.reporting.wording import (
    STATUSES,
    count,
    moment,
    reviewed_by,
    set_aside_line,
)
from harness.voting.packet import MARKS, Packet, cell, titled, traces
from harness.voting.parts import CONNECTOR, TESTS


def open_findings(packet: Packet) -> Iterator[str]:
    yield from ("", f"## Open findings ({len(packet.open)})")
    if not packet.open:
        yield from ("", "None.")
    for finding in packet.open:
        yield from finding_lines(finding)
        if finding.traces:
            yield from ("", f"Traces: {traces(finding.traces, len(finding.traces))}")


def people(packet: Packet) -> Iterator[str]:
    yield from ("", "## What only a person can judge", "")
    for finding in packet.report.outcomes:
        if finding.requirement in packet.people:
            said = f" *{escaped(told)}*" if (told := reviewed_by(finding)) else ""
            yield f"- {titled(finding)}: {escaped(finding.summary)}{said}"
    for waiver in packet.report.set_aside:
        yield f"- Whether it may be merged so: {escaped(set_aside_line(waiver))} ({escaped(waiver.reason)})"
    for part in packet.parts:
        if part.name not in (CONNECTOR, TESTS):
            yield f"- Whether the change of {count(len(part.files), 'file')} is wanted: {part.name.lower()}"
    yield "- Whether the exchange behaves as its simulation does: nothing here was tried on the real one"
    yield "- Whether who submitted it will keep it working, and who does if not"


def checklist(packet: Packet) -> Iterator[str]:
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


def qa(packet: Packet) -> Iterator[str]:
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
            f"{cell(looked, 1200)} | {traces(row.traces)} |"
        )


def requirements(packet: Packet) -> Iterator[str]:
    yield from (
        "",
        "## Requirements",
        "",
        "| | requirement | severity | found | traces |",
        "|---|---|---|---|---|",
    )
    for finding in packet.report.outcomes:
        yield (
            f"| {MARKS[finding.status]} | {titled(finding)} {code(finding.requirement)} | "
            f"{finding.severity.value} | {cell(finding.summary, 200)} | {traces(finding.traces)} |"
        )
    yield ""
    yield (
        f"Screened {moment(packet.report.environment.started_at)}."
        if packet.report.environment.started_at
        else ""
    )
