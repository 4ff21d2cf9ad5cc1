"""Discord messages and native polls, as its HTTP API takes them.

Limits, of Discord's API documentation: "Poll Create Request Object" and "Poll Media Object" (resources/poll):
10 answers of 55 characters, a question of 300, 32 days; "Execute Webhook" (resources/webhook): messages of
2,000 characters.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from harness.errors import UserError
from harness.reporting.ballot import MESSAGE_LIMIT, ballot
from harness.reporting.markup import apart, discord
from harness.reporting.model import RoundReport
from harness.reporting.wording import day
from harness.rounds.calendar import first_instant, last_instant
from harness.text import one_line
from harness.voting.choices import choices

ANSWERS = 10
ANSWER_LIMIT = 55
QUESTION_LIMIT = 300
HOURS = 32 * 24
SUPPRESS_EMBEDS = 1 << 2

Message = dict[str, Any]


def messages(report: RoundReport, now: datetime, site: str | None = None) -> tuple[Message, ...]:
    """The bodies of `POST /channels/{id}/messages`, or of a webhook: the ballot's text, then its polls.

    Raises UserError where nobody may be voted on, or where a poll cannot hold this vote.
    """
    polls = _polls(report, now)
    texts = ballot(report, site, by_poll=True).messages
    return (*(_quiet({"content": text}) for text in texts), *polls)


def _polls(report: RoundReport, now: datetime) -> tuple[Message, ...]:
    about = report.round
    if about.voting.rule == "ranked":
        raise UserError(
            "Discord polls cannot rank",
            where=f"round {about.id}",
            hint="vote on Snapshot, or change the round's `voting: rule:` to plurality or approval",
        )
    texts = tuple(choices(report, ANSWER_LIMIT))
    amount = math.ceil(len(texts) / ANSWERS)
    hours = _hours(report, now)
    polls = []
    for number, answers in enumerate(_evenly(texts, amount), 1):
        part = f" ({number} of {amount})" if amount > 1 else ""
        question = apart(one_line(about.title, 120))[: QUESTION_LIMIT - len(part)] + part
        polls.append(
            _quiet(
                {
                    "content": _beside(report, amount),
                    "poll": {
                        "question": {"text": question},
                        "answers": [{"poll_media": {"text": answer}} for answer in answers],
                        "duration": hours,
                        "allow_multiselect": about.voting.rule == "approval",
                        "layout_type": 1,
                    },
                }
            )
        )
    return tuple(polls)


def _evenly(items: tuple[str, ...], parts: int) -> tuple[tuple[str, ...], ...]:
    """In order, in as many parts, none of which is more than one longer than another."""
    size, longer = divmod(len(items), parts)
    cuts = [number * size + min(number, longer) for number in range(parts + 1)]
    return tuple(items[start:end] for start, end in pairwise(cuts))


def _beside(report: RoundReport, polls: int) -> str:
    voting = report.round.voting
    how = "Choose every connector that you want." if voting.rule == "approval" else "Choose one connector."
    several = f" The choices go over {polls} polls; what is counted is all of them." if polls > 1 else ""
    text = f"{discord(report.round.title, 120)}: voting ends with {day(voting.closes)}, UTC. {how}{several}"
    return text[:MESSAGE_LIMIT]


def _hours(report: RoundReport, now: datetime) -> int:
    voting = report.round.voting
    left = last_instant(voting.closes) - max(now, first_instant(voting.opens))
    if left <= timedelta():
        raise UserError(
            f"voting ended with {voting.closes}, and Discord opens no poll in the past",
            where=f"round {report.round.id}",
            hint="count the votes with `harness tally`, or correct `voting.closes` and publish again",
        )
    hours = math.ceil(left / timedelta(hours=1))
    if hours > HOURS:
        raise UserError(
            f"voting ends in {math.ceil(hours / 24)} days, and a Discord poll is open for 32 at most",
            where=f"round {report.round.id}",
            hint="post it later, or let voting end sooner",
        )
    return hours


def _quiet(message: Message) -> Message:
    """Nobody is pinged and no link is unfolded, whatever the text says."""
    return {**message, "allowed_mentions": {"parse": []}, "flags": SUPPRESS_EMBEDS}
