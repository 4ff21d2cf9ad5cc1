"""A review packet as one page of Markdown."""

from __future__ import annotations

from harness.reporting.markup import code, escaped
from harness.reporting.wording import score_words, verdict_words
from harness.voting.packet import Packet
from harness.voting.packet_change import changes, merge, pull_request, since
from harness.voting.packet_findings import checklist, open_findings, people, qa, requirements

PARTS = (pull_request, merge, changes, since, open_findings, people, checklist, qa, requirements)


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
    for part in PARTS:
        lines += part(packet)
    return "\n".join(lines) + "\n"
