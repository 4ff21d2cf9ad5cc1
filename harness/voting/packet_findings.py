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
    yield from ("", "## Questions for a person", "")
    for finding in packet.report.outcomes:
        if finding.requirement in packet.people:
            said = f" *{escaped(told)}*" if (told := reviewed_by(finding)) else ""
            yield f"- {titled(finding)}: {escaped(finding.summary)}{said}"
    for waiver in packet.report.set_aside:
        yield f"- The waiver: {escaped(set_aside_line(waiver))} ({escaped(waiver.reason)})"
    for part in packet.parts:
        if part.name not in (CONNECTOR, TESTS):
            yield f"- Whether the change of {count(len(part.files), 'file')} is wanted: {part.name.lower()}"
    yield "- Whether the real exchange behaves like the simulation: nothing was tried on the real one"
    yield "- Whether the submitter will maintain it, and who will otherwise"


def checklist(packet: Packet) -> Iterator[str]:
    yield from ("", "## Reviewers' checklist", "")
    failed = packet.report.with_status(Status.FAILED)
    yield f"- [ ] Each of the {count(len(packet.open), 'open finding')} is fixed, or accepted by name"
    if packet.branch.conflicts:
        yield f"- [ ] {count(len(packet.branch.conflicts), 'conflict')} resolved"
    if packet.since.fork.count or packet.since.fork.rewritten:
        yield "- [ ] The screened commit is merged, or later changes are screened too"
    if packet.report.submission.commits_after_deadline:
        yield "- [ ] Commits after the deadline are left out, or screened"
    if any(part.name not in (CONNECTOR, TESTS) for part in packet.parts):
        yield "- [ ] Every change outside the connector is intended"
    yield "- [ ] The code was read: signing, order ids, fees, balances, reconnecting"
    yield "- [ ] Tried on the real exchange with a small amount: connect, order, cancel, fill, restart"
    yield "- [ ] The documents name the exchange, its keys and its fees"
    yield "- [ ] A maintainer is named"
    if failed:
        yield "- [ ] Screened again after the last change: no requirement fails"


def qa(packet: Packet) -> Iterator[str]:
    yield from ("", "## Upstream's QA tables, as far as the traces fill them", "")
    if not packet.qa:
        yield "No applicable requirement corresponds to them."
        return
    yield "Rows are given by their line in the page; a row shows the worst of its requirements."
    yield from ("", "| page | line | found | requirements | traces |", "|---|---|---|---|---|")
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
