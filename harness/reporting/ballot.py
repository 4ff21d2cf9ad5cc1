"""`ballot.md` and `ballot.json`: what is pasted into the voting channel, and the same for a bot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Literal

from pydantic import Field

from harness.grading import Verdict, Waived, set_aside_words
from harness.reporting.markup import discord
from harness.reporting.model import Entry, RoundReport, ScoreInfo, SetAside
from harness.reporting.wording import VERDICTS, day, link, score_words, set_aside_line
from harness.screenings.run import Model

# Discord's own limits, in UTF-16 units as its clients count, and reactions on one message.
MESSAGE_LIMIT = 2000
REACTION_LIMIT = 20
SET_ASIDE_SHOWN = 3
# With neither markup nor the name of a candidate: every place of voting is told it so.
TRY_FIRST = (
    "Try one before you vote: harness try NAME lets it trade on a simulated exchange; harness image NAME "
    "builds a Hummingbot that trades with it on the real exchange, with real money."
)
SEPARATOR = "\n\n<!-- message {number} of {total} -->\n\n"

DIGITS = (*(f"{digit}\ufe0f\u20e3" for digit in "123456789"), "🔟")
LETTERS = tuple(chr(code) for code in range(ord("🇦"), ord("🇿") + 1))
REACTIONS = DIGITS + LETTERS


class Option(Model):
    """One candidate on the ballot. `message` counts from 1; `emoji` is unique within its message."""

    emoji: str
    message: int
    name: str
    connector: str
    commit: str | None
    score: ScoreInfo | None
    without_waivers: ScoreInfo | None = None
    set_aside: tuple[SetAside, ...] = ()  # not empty where it may be voted on by waiver alone
    report: str


class Absent(Model):
    """One candidate that is not on the ballot, and why."""

    name: str
    connector: str
    verdict: Verdict | None
    reason: str
    report: str


class Ballot(Model):
    schema_: Literal["connector-harness/ballot/v1"] = Field(
        default="connector-harness/ballot/v1", alias="schema"
    )
    round: str
    release: str
    channel: str
    opens: date
    closes: date
    options: tuple[Option, ...]
    absent: tuple[Absent, ...]
    messages: tuple[str, ...]


def ballot(report: RoundReport, site: str | None = None, *, by_poll: bool = False) -> Ballot:
    """The ballot of a round. `site` is the https address of the round's folder once it is online.

    `by_poll` says that polls follow, instead of reactions to these messages.
    """
    eligible = report.with_verdict(Verdict.ELIGIBLE)
    absent = [entry for entry in report.candidates if entry.verdict is not Verdict.ELIGIBLE]
    blocks = [_option(entry, _reaction(place), site) for place, entry in enumerate(eligible)]
    messages, where = _split(_heading(report, eligible, by_poll), blocks, list(_absences(absent, site)))
    about = report.round
    return Ballot(
        round=about.id,
        release=about.release,
        channel=about.voting.channel,
        opens=about.voting.opens,
        closes=about.voting.closes,
        options=tuple(
            Option(
                emoji=_reaction(place),
                message=where[place],
                name=entry.name,
                connector=entry.connector,
                commit=entry.commit,
                score=entry.score,
                without_waivers=entry.without_waivers,
                set_aside=entry.set_aside,
                report=entry.page,
            )
            for place, entry in enumerate(eligible)
        ),
        absent=tuple(
            Absent(
                name=entry.name,
                connector=entry.connector,
                verdict=entry.verdict,
                reason=entry.reason,
                report=entry.page,
            )
            for entry in absent
        ),
        messages=messages,
    )


def render(made: Ballot) -> str:
    """`ballot.md`: one message as it is, several with a line between them that says where to cut."""
    if len(made.messages) == 1:
        return made.messages[0] + "\n"
    total = len(made.messages)
    parts = [
        (SEPARATOR.format(number=number, total=total) + message).lstrip("\n")
        for number, message in enumerate(made.messages, 1)
    ]
    return "\n\n".join(parts) + "\n"


def length(text: str) -> int:
    """UTF-16 units: an emoji counts two, so a message is never longer than Discord finds it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _reaction(place: int) -> str:
    return REACTIONS[place % len(REACTIONS)]


def _heading(report: RoundReport, eligible: Sequence[Entry], by_poll: bool) -> str:
    about = report.round
    voting = about.voting
    how = (
        "No submission of this round may be voted on."
        if not eligible
        else "Vote in the poll below."
        if by_poll
        else "React with the emoji of each connector you vote for."
    )
    return (
        f"**{discord(about.title, 120)}**\n"
        f"Connectors for release {discord(about.release, 40)}. "
        f"Voting: {day(voting.opens)} to {day(voting.closes)}, both days included.\n{how}"
        + (f"\n{TRY_FIRST}" if eligible else "")
    )


def _option(entry: Entry, emoji: str, site: str | None) -> str:
    commit = f" · commit {entry.commit[:10]}" if entry.commit else ""
    return (
        f"{emoji} **{discord(entry.name, 80)}** ({discord(entry.connector, 80)})\n"
        f"{score_words(entry.score)}{commit}{_waiver(entry)}{_report(entry, site)}"
    )


def _waiver(entry: Entry) -> str:
    """A line for each blocking requirement set aside, the first few of them, and the score without."""
    if not entry.by_waiver:
        return ""
    waivers = (Waived(each.granted_by, each.until) for each in entry.set_aside)
    lines = [f"⚠ __By waiver__: {discord(set_aside_words(waivers), 240)}:"]
    lines += [f"• {discord(set_aside_line(each), 200)}" for each in entry.set_aside[:SET_ASIDE_SHOWN]]
    if (more := len(entry.set_aside) - SET_ASIDE_SHOWN) > 0:
        lines.append(f"• and {more} more")
    if entry.without_waivers:
        lines.append(f"Without the waivers: {score_words(entry.without_waivers)}")
    return "".join(f"\n{line}" for line in lines)


def _absences(entries: Sequence[Entry], site: str | None) -> Iterator[str]:
    for verdict in (Verdict.INELIGIBLE, Verdict.UNDETERMINED):
        listed = [entry for entry in entries if entry.verdict is verdict]
        title = f"__{VERDICTS[verdict]}__\n"
        for place, entry in enumerate(listed):
            why = f"• {discord(entry.name, 80)}: {discord(entry.reason)}{_report(entry, site)}"
            yield (title if place == 0 else "") + why


def page_address(entry: Entry, site: str | None) -> str | None:
    """Its page below the round's address `site`; of one by waiver, what was set aside there."""
    part = "#waived" if entry.by_waiver else ""
    return link(f"{site.rstrip('/')}/{entry.page}{part}") if site else None


def _report(entry: Entry, site: str | None) -> str:
    address = page_address(entry, site)
    return f"\n<{address}>" if address else ""


def _split(
    heading: str, options: Sequence[str], absences: Sequence[str]
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Messages, cut only between candidates, and the message (from 1) that each option stands in."""
    messages, where = [heading], []
    reactions = 0
    for block in options:
        joined = f"{messages[-1]}\n\n{block}"
        if length(joined) > MESSAGE_LIMIT or reactions == REACTION_LIMIT:
            messages.append(block)
            reactions = 0
        else:
            messages[-1] = joined
        reactions += 1
        where.append(len(messages))
    for block in absences:
        gap = "\n\n" if block.startswith("__") else "\n"
        joined = f"{messages[-1]}{gap}{block}"
        if length(joined) > MESSAGE_LIMIT:
            messages.append(block)
        else:
            messages[-1] = joined
    return tuple(messages), tuple(where)
