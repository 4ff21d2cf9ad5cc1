"""Posting a ballot: within Discord's limits, each message once, nobody pinged, the webhook's token kept."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from harness.commands.ballot import ballot_round, posted_file
from harness.errors import UserError
from harness.reporting.json import render
from harness.reporting.model import RoundReport
from harness.voting.posting import post, read_posted
from tests.reporting.test_ballot import entry, report
from tests.voting.standin import TOKEN, Channel, channel

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)  # while voting is open


@pytest.fixture
def discord() -> Iterator[Channel]:
    with channel() as found:
        yield found


def published(folder: Path, made: RoundReport) -> Path:
    (folder / "round.json").write_text(render(made))
    return folder


def ballot(folder: Path, webhook: str | None, *, dry_run: bool = False, now: datetime = NOW) -> str:
    out = io.StringIO()
    console = Console(file=out, width=200)
    ballot_round(folder, webhook=webhook, dry_run=dry_run, site=None, now=now, console=console)
    return out.getvalue()


def test_a_ballot_is_posted_once_however_often_it_is_asked_for(tmp_path: Path, discord: Channel) -> None:
    published(tmp_path, report(entry("acme"), entry("other")))
    said = ballot(tmp_path, discord.address)
    assert "2 messages are in the channel" in said
    text, poll = discord.messages
    assert "Vote in the poll below." in text["content"]
    assert [each["poll_media"]["text"] for each in poll["poll"]["answers"]] == ["acme", "other"]
    assert poll["poll"]["duration"] == 12 * 24 + 12, "until the end of the last day"
    assert not discord.pinged
    assert "posted before" in ballot(tmp_path, discord.address, now=datetime(2026, 11, 21, tzinfo=UTC))
    assert len(discord.messages) == 2
    assert TOKEN not in posted_file(tmp_path).read_text() + said


def test_two_hundred_candidates_of_hostile_words_stay_within_the_limits(
    tmp_path: Path, discord: Channel
) -> None:
    words = "@everyone <@1> https://evil.example [x](y) " * 9
    many = [entry(f"{'long-name-' * 6}{number}"[:60], reason=words) for number in range(200)]
    published(tmp_path, report(*many, title="@here " * 50))
    ballot(tmp_path, discord.address)
    polls = [message["poll"] for message in discord.messages if "poll" in message]
    answers = [each["poll_media"]["text"] for poll in polls for each in poll["answers"]]
    assert len(polls) == 20
    assert len(set(answers)) == 200
    assert "(20 of 20)" in polls[-1]["question"]["text"]
    assert not discord.pinged
    for message in discord.messages:
        assert "@everyone" not in message["content"]
        assert "@here" not in message["content"]


def test_a_limit_of_the_rate_is_waited_for(tmp_path: Path, discord: Channel) -> None:
    published(tmp_path, report(entry("acme")))
    discord.instead = [(429, {"retry_after": 0.01})]
    ballot(tmp_path, discord.address)
    assert len(discord.messages) == 2
    assert discord.requests == 3


def test_what_was_refused_is_posted_by_the_next_call(tmp_path: Path, discord: Channel) -> None:
    published(tmp_path, report(entry("acme")))
    discord.instead = [(200, {"id": "7"}), (502, {"message": "\x1b[2J upset"})]
    with pytest.raises(UserError, match="refused a message with 502") as told:
        ballot(tmp_path, discord.address)
    assert "\x1b" not in str(told.value)
    assert [each.message for each in read_posted(posted_file(tmp_path))] == ["7"]
    ballot(tmp_path, discord.address)
    assert ["poll" in message for message in discord.messages] == [True]


@pytest.mark.parametrize(
    ("instead", "said"),
    [
        ((0, {}), "was lost while a message was sent"),
        ((500, {}), "does not say whether it was posted"),
        ((504, {}), "does not say whether it was posted"),
    ],
)
def test_a_message_of_which_nobody_knows_whether_it_arrived_is_never_repeated(
    tmp_path: Path, discord: Channel, instead: tuple[int, dict[str, str]], said: str
) -> None:
    published(tmp_path, report(entry("acme")))
    discord.instead = [instead]
    with pytest.raises(UserError, match=said):
        ballot(tmp_path, discord.address)
    with pytest.raises(UserError, match="unknown whether message 1 arrived") as told:
        ballot(tmp_path, discord.address)
    assert str(posted_file(tmp_path)) in str(told.value)
    assert discord.requests == 1


def test_another_ballot_than_the_one_posted_is_refused(tmp_path: Path, discord: Channel) -> None:
    published(tmp_path, report(entry("acme")))
    ballot(tmp_path, discord.address)
    published(tmp_path, report(entry("acme"), entry("other")))
    with pytest.raises(UserError, match="message 1 differs from what was posted"):
        ballot(tmp_path, discord.address)
    assert len(discord.messages) == 2


@pytest.mark.parametrize(
    "webhook",
    [
        f"http://discord.com/api/webhooks/1/{TOKEN}",
        f"discord.com/api/{TOKEN}",
        f"https:///{TOKEN}",
        f"ftp://x/{TOKEN}",
        f"https://x/y?z={TOKEN}",
        f"//[{TOKEN}",
    ],
)
def test_an_address_that_is_no_webhook_is_refused_and_not_repeated(webhook: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not a webhook address") as told:
        post(webhook, (), tmp_path / "posted.json", lambda _: None)
    assert TOKEN not in str(told.value)


def test_an_unknown_webhook(tmp_path: Path, discord: Channel) -> None:
    published(tmp_path, report(entry("acme")))
    with pytest.raises(UserError, match="does not know this webhook") as told:
        ballot(tmp_path, discord.address + "x")
    assert TOKEN not in str(told.value)


def test_a_dry_run_shows_and_posts_nothing(tmp_path: Path, discord: Channel) -> None:
    published(tmp_path, report(entry("acme")))
    said = ballot(tmp_path, discord.address, dry_run=True, now=datetime(2026, 11, 1, tzinfo=UTC))
    assert "--- message 2 of 2" in said
    assert not discord.requests
    assert {path.name for path in (tmp_path / "ballot").iterdir()} == {
        "ballot.txt",
        "reddit.md",
        "snapshot.json",
    }


def test_a_poll_is_not_posted_before_voting_opens(tmp_path: Path, discord: Channel) -> None:
    published(tmp_path, report(entry("acme")))
    with pytest.raises(UserError, match="voting opens on 2026-11-18"):
        ballot(tmp_path, discord.address, now=datetime(2026, 11, 17, tzinfo=UTC))
    assert not discord.requests
