"""The ballot for each place of voting: its limits, and nothing in it that pings or links as a fork wants."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from harness.errors import UserError
from harness.grading import Verdict
from harness.outcome import Status
from harness.reporting.model import RoundReport, ScoreInfo, SetAside
from harness.voting import posts
from harness.voting.choices import choices
from harness.voting.discord import messages
from tests.reporting.parts import HOSTILE
from tests.reporting.test_ballot import entry, report

NOW = datetime(2026, 11, 20, tzinfo=UTC)
WAIVED = SetAside(
    requirement="builds",
    title="It builds",
    found=Status.FAILED,
    reason="agreed",
    granted_by="A. Maintainer",
    until=date(2027, 1, 31),
)


def ruled(made: RoundReport, rule: str) -> RoundReport:
    voting = made.round.voting.model_copy(update={"rule": rule})
    return made.model_copy(update={"round": made.round.model_copy(update={"voting": voting})})


def by_waiver() -> RoundReport:
    score = ScoreInfo(value=80, low=80, high=80, decided=40, total=40)
    one = entry("acme").model_copy(update={"set_aside": (WAIVED,), "without_waivers": score})
    return report(one, entry("other"), entry("bad", Verdict.INELIGIBLE, "It loses fills."))


def test_snapshot_has_choices_dates_and_the_rules_type() -> None:
    made = posts.snapshot(ruled(by_waiver(), "ranked"), "https://votes.example/2026-11")
    assert made["type"] == "ranked-choice"
    assert made["choices"] == ["acme (by waiver)", "other"]
    assert datetime.fromtimestamp(made["start"], UTC) == datetime(2026, 11, 18, tzinfo=UTC)
    assert datetime.fromtimestamp(made["end"], UTC) == datetime(2026, 12, 3, tzinfo=UTC)
    assert "https://votes.example/2026-11/x/index.html#waived" in made["body"]


@pytest.mark.parametrize("form", [lambda made: posts.snapshot(made)["body"], posts.text])
def test_a_waiver_is_told_in_every_form(form: object) -> None:
    text = form(by_waiver())  # type: ignore[operator]
    assert "It builds: not met, set aside by A. Maintainer until 31 Jan 2027" in text
    assert "Without the waivers: score 80, 40 of 40 requirements decided" in text
    assert "bad: It loses fills" in text


def test_every_candidate_is_linked_and_a_waiver_where_it_is_explained() -> None:
    site = "https://votes.example/rounds/2026-11"
    made = by_waiver()
    texts = (posts.snapshot(made, site)["body"], posts.text(made, site), posts.reddit(made, site)["text"])
    for text in (*texts, messages(made, NOW, site)[0]["content"]):
        assert re.findall(r"https://votes\.example/[^\s>]+", text) == [
            f"{site}/x/index.html#waived",
            f"{site}/x/index.html",
            f"{site}/x/index.html",
        ]


def test_long_rounds_are_cut_between_candidates() -> None:
    many = report(*[entry(f"candidate-{number}") for number in range(900)])
    body, text = posts.snapshot(many)["body"], posts.reddit(many)["text"]
    assert len(body) <= posts.SNAPSHOT_BODY
    assert len(text) <= posts.REDDIT_TEXT
    assert body.endswith("more parts are in the report.")
    assert len(posts.snapshot(many)["choices"]) == 900


@pytest.mark.parametrize("word", [*HOSTILE, "u/spez r/all /u/spez"])
def test_nothing_pings_or_links(word: str) -> None:
    made = report(entry("acme", reason=word), entry("bad", Verdict.INELIGIBLE, word), title=word[:100] or "x")
    forms = [posts.snapshot(made)["body"], *posts.reddit(made).values(), posts.text(made)]
    sent = messages(made, NOW)
    forms += [message["content"] for message in sent]
    forms += [sent[-1]["poll"]["question"]["text"], posts.snapshot(made)["title"]]
    for text in forms:
        assert "@everyone" not in text
        assert not re.search(r"<[@#][!&]?\d", text)
        assert "https://" not in text
        assert "\x1b" not in text
    reddit = posts.reddit(made)["text"]
    assert "u/spez" not in reddit
    assert "r/all" not in reddit


def test_a_choice_names_one_candidate_even_where_it_is_cut() -> None:
    made = report(*[entry("a" * 58 + str(number)) for number in range(12)])
    found = choices(made, 55)
    assert len(found) == 12
    assert max(map(len, found)) <= 55


def test_discord_cannot_rank() -> None:
    with pytest.raises(UserError, match="cannot rank"):
        messages(ruled(report(entry("acme")), "ranked"), NOW)


def test_several_votes_each_are_several_answers_each() -> None:
    assert messages(ruled(report(entry("acme")), "approval"), NOW)[-1]["poll"]["allow_multiselect"] is True


def test_a_poll_that_discord_would_end_too_early_is_refused() -> None:
    made = report(entry("acme"))
    voting = made.round.voting.model_copy(update={"closes": date(2027, 2, 1)})
    long = made.model_copy(update={"round": made.round.model_copy(update={"voting": voting})})
    with pytest.raises(UserError, match="32 at most"):
        messages(long, NOW)


def test_a_round_in_which_nobody_may_be_voted_on_has_no_ballot() -> None:
    with pytest.raises(UserError, match="no candidate of round 2026-11 may be voted on"):
        posts.snapshot(report(entry("bad", Verdict.INELIGIBLE)))


def test_a_vote_that_has_ended_is_not_posted() -> None:
    with pytest.raises(UserError, match="voting ended"):
        messages(report(entry("acme")), datetime(2026, 12, 3, tzinfo=UTC))
