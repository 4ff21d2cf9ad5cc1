"""The ballot for a Snapshot proposal, a Reddit self-post, and plain text.

Limits: Snapshot's proposal schema (name 256, body 10,000 characters without a subscription), Reddit's
submission form (title 300, text 40,000).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from harness.grading import Verdict
from harness.reporting.ballot import TRY_FIRST, page_address
from harness.reporting.markup import JOINER, apart, escaped
from harness.reporting.model import Entry, RoundReport
from harness.reporting.wording import VERDICTS, day, link, score_words, set_aside_line
from harness.rounds.calendar import first_instant, last_instant
from harness.text import one_line
from harness.voting.choices import choices, on_the_ballot

SNAPSHOT_TITLE, SNAPSHOT_BODY, SNAPSHOT_CHOICE = 256, 10_000, 100
REDDIT_TITLE, REDDIT_TEXT = 300, 40_000
SNAPSHOT_TYPES = {"plurality": "single-choice", "approval": "approval", "ranked": "ranked-choice"}
HOW = {
    "plurality": "Each voter has one vote.",
    "approval": "Each voter may choose several.",
    "ranked": "Each voter ranks them; the last one is eliminated until one has more than half.",
}
# Reddit tells people and communities from their names.
REDDIT_NAME = re.compile(r"\b([ur])(?=/)", re.IGNORECASE)

Words = Callable[[str, int], str]


def snapshot(report: RoundReport, site: str | None = None) -> dict[str, Any]:
    """A proposal as Snapshot's clients take it; the space, the block and the author are its poster's."""
    about = report.round
    return {
        "type": SNAPSHOT_TYPES[about.voting.rule],
        "title": _plain(about.title, SNAPSHOT_TITLE // 2)[:SNAPSHOT_TITLE],
        "body": _body(report, site, escaped, "### ", SNAPSHOT_BODY),
        "choices": list(choices(report, SNAPSHOT_CHOICE)),
        "start": int(first_instant(about.voting.opens).timestamp()),
        "end": int(last_instant(about.voting.closes).timestamp()),
        "discussion": link(site) or "",
        "labels": [],
    }


def reddit(report: RoundReport, site: str | None = None) -> dict[str, str]:
    """Title and text of a self-post."""
    return {
        "title": _plain(report.round.title, REDDIT_TITLE // 2)[:REDDIT_TITLE],
        "text": _body(report, site, _for_reddit, "### ", REDDIT_TEXT),
    }


def text(report: RoundReport, site: str | None = None) -> str:
    """For everything else, with no markup at all; no client finds a mention or a link of a fork's in it."""
    title = _plain(report.round.title, 300)
    return f"{title}\n{'=' * len(title)}\n\n{_body(report, site, _plain, '', 100_000)}\n"


def _for_reddit(words: str, limit: int) -> str:
    return REDDIT_NAME.sub(rf"\1{JOINER}", escaped(words, limit))


def _plain(words: str, limit: int) -> str:
    return apart(one_line(words, limit))


def _body(report: RoundReport, site: str | None, words: Words, heading: str, limit: int) -> str:
    """What may be voted on and what may not, cut between candidates where it gets too long."""
    about, voting = report.round, report.round.voting
    blocks = [
        f"Connectors for release {words(about.release, 40)}. Voting: {day(voting.opens)} to "
        f"{day(voting.closes)}, both days included (UTC). {HOW[voting.rule]} {TRY_FIRST}"
    ]
    blocks += [_option(entry, site, words, heading) for entry in on_the_ballot(report)]
    for verdict in (Verdict.INELIGIBLE, Verdict.UNDETERMINED):
        entries = report.with_verdict(verdict)
        if entries:
            lines = [_absent(entry, site, words) for entry in entries]
            blocks.append("\n".join((f"{heading}{VERDICTS[verdict]}", "", *lines)))
    kept = ""
    for place, block in enumerate(blocks):
        joined = f"{kept}\n\n{block}".lstrip()
        left = f"\n\n{len(blocks) - place} more parts are in the report."
        if len(joined) + len(left) > limit:
            return kept + left
        kept = joined
    return kept


def _option(entry: Entry, site: str | None, words: Words, heading: str) -> str:
    by = " (by waiver)" if entry.by_waiver else ""
    lines = [f"{heading}{words(entry.name, 80)}{by}", ""]
    commit = f", commit {entry.commit[:10]}" if entry.commit else ""
    lines.append(f"{words(entry.connector, 80)}{commit}: {score_words(entry.score)}")
    if entry.by_waiver:
        lines += ["", "By waiver, with these blocking requirements set aside:", ""]
        lines += [f"- {words(set_aside_line(each), 240)}" for each in entry.set_aside]
    if entry.without_waivers:
        lines += ["", f"Without the waivers: {score_words(entry.without_waivers)}"]
    address = page_address(entry, site)
    return "\n".join([*lines, "", address] if address else lines)


def _absent(entry: Entry, site: str | None, words: Words) -> str:
    line = f"- {words(entry.name, 80)}: {words(entry.reason, 240)}"
    address = page_address(entry, site)
    return f"{line} {address}" if address else line
