"""The ballot: messages that Discord takes, and that nobody but us wrote."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.grading import Verdict
from harness.reporting.ballot import MESSAGE_LIMIT, REACTION_LIMIT, ballot, length, render
from harness.reporting.model import Counts, Entry, RoundInfo, RoundReport, ScoreInfo, VotingInfo
from tests.reporting.parts import HOSTILE

LONGEST = "https://a-rather-long-host-name-for-reports.example/hummingbot/connector-votes/rounds/2026-11"


def entry(name: str, verdict: Verdict = Verdict.ELIGIBLE, reason: str = "Because.") -> Entry:
    return Entry(
        name=name,
        connector=name,
        repository=None,
        commit="ab" * 20,
        committed_at=None,
        commits_after_deadline=0,
        verdict=verdict,
        reason=reason,
        score=ScoreInfo(value=91.5, low=88.1, high=93.2, decided=40, total=43),
        counts=Counts(blocker=0, major=1, minor=2, undecided=3, waived=0, passed=37),
        blockers=(),
        report="x/report.json",
        page="x/index.html",
    )


def report(*entries: Entry, title: str = "Vote") -> RoundReport:
    return RoundReport(
        round=RoundInfo(
            id="2026-11",
            title=title,
            release="v2.18.0",
            submissions_close=datetime(2026, 11, 15, tzinfo=UTC),
            voting=VotingInfo(opens=date(2026, 11, 18), closes=date(2026, 12, 2), channel="#governance"),
            upstream="hummingbot 1",
        ),
        catalogue="abc",
        candidates=entries,
    )


def test_a_small_round_is_one_message(published: Path) -> None:
    made = json.loads((published / "ballot.json").read_text())
    assert len(made["messages"]) == 1
    assert (published / "ballot.md").read_text(encoding="utf-8") == made["messages"][0] + "\n"
    assert [option["name"] for option in made["options"]] == ["binance", "kucoin", "late"]
    assert [option["emoji"] for option in made["options"]] == ["1️⃣", "2️⃣", "3️⃣"]
    absent = {item["name"]: item["verdict"] for item in made["absent"]}
    assert absent["binance-hurried"] == "ineligible"
    assert absent["silent"] == "undetermined"


@pytest.mark.parametrize("amount", [1, 7, 21, 60])
@pytest.mark.parametrize("name", ["short", "x" * 5000, "*_`[|" * 500, "🪙" * 400])
def test_every_message_is_within_the_limit(amount: int, name: str) -> None:
    entries = [entry(f"{place} {name}", list(Verdict)[place % 3], reason=name) for place in range(amount)]
    made = ballot(report(*entries, title=name), LONGEST)
    assert all(length(message) <= MESSAGE_LIMIT for message in made.messages)
    text = "\n".join(made.messages)
    assert text.count("/x/index.html>") == amount


def test_messages_are_cut_between_candidates() -> None:
    made = ballot(report(*(entry(f"candidate-{place}") for place in range(50))))
    assert len(made.messages) > 1
    for option in made.options:
        block = (
            f"{option.emoji} **{option.name}** ({option.name})\nscore 91.5 (between 88.1 and 93.2), 40 of 43"
        )
        assert block in made.messages[option.message - 1]


def test_no_message_asks_for_more_reactions_than_it_can_have() -> None:
    small = {"commit": None, "score": ScoreInfo(value=100, low=100, high=100, decided=9, total=9)}
    made = ballot(report(*(entry(str(place)).model_copy(update=small) for place in range(90))))
    assert max(len(message) for message in made.messages) < MESSAGE_LIMIT - 200
    for number in range(1, len(made.messages) + 1):
        emoji = [option.emoji for option in made.options if option.message == number]
        assert len(emoji) <= REACTION_LIMIT
        assert len(emoji) == len(set(emoji))


def test_several_messages_say_where_to_cut() -> None:
    made = ballot(report(*(entry(f"candidate-{place}") for place in range(50))))
    pieces = re.split(r"<!-- message \d+ of \d+ -->", render(made))
    assert [piece.strip() for piece in pieces[1:]] == list(made.messages)
    assert pieces[0].strip() == ""


def test_without_an_eligible_connector_nobody_is_asked_to_vote() -> None:
    made = ballot(report(entry("a", Verdict.INELIGIBLE)))
    assert "No submission of this round may be voted on." in made.messages[0]
    assert "React" not in made.messages[0]


@given(st.sampled_from(HOSTILE) | st.text(max_size=60))
def test_a_forks_words_mention_nobody_and_link_nothing(words: str) -> None:
    made = ballot(report(entry(words), entry(words, Verdict.INELIGIBLE, words), title=words))
    text = "\n".join(made.messages)
    assert not re.search(r"@\w|(?<!\\)<[@#:/t]|://|(?<!\\)\[", text)


def test_only_an_https_site_is_linked() -> None:
    assert "<https://" in ballot(report(entry("a")), "https://votes.example/r/").messages[0]
    assert "x/index.html" not in ballot(report(entry("a")), "javascript:alert(1)").messages[0]
