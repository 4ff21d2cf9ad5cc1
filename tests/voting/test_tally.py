"""A result from each kind of file: only this round's choices and dates, and every vote accounted for."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness.commands.tally import tally_round
from harness.errors import UserError
from harness.grading import Verdict
from harness.outcome import Status
from harness.reporting.model import Result, RoundReport
from harness.reporting.publish import publish_round
from harness.voting.cast import read_cast
from harness.voting.discord import messages
from harness.voting.posts import snapshot
from harness.voting.tally import tally
from tests.reporting.page import Page
from tests.reporting.parts import all_passed, catalogue, one_candidate, outcome
from tests.reporting.test_ballot import entry, report
from tests.voting.test_forms import NOW as WHILE_OPEN
from tests.voting.test_forms import by_waiver, ruled

AFTER = datetime(2026, 12, 3, 1, tzinfo=UTC)
ROUND = report(entry("acme"), entry("other"), entry("late", Verdict.INELIGIBLE))


def write(folder: Path, name: str, data: object) -> Path:
    path = folder / name
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def result(folder: Path, made: RoundReport, name: str, data: object) -> Result:
    return tally(made, read_cast(write(folder, name, data)), name, AFTER)


def votes(found: Result) -> dict[str, float]:
    return {each.name: each.votes for each in found.candidates}


def polls(made: RoundReport, counts: dict[str, int], **changes: object) -> list[dict[str, Any]]:
    """The messages that `harness ballot` posts, as Discord gives them back when the polls are over."""
    found = []
    for message in messages(made, WHILE_OPEN):
        if "poll" not in message:
            continue
        answers = [{"answer_id": n, **each} for n, each in enumerate(message["poll"]["answers"], 1)]
        tallied = [
            {"id": each["answer_id"], "count": counts[each["poll_media"]["text"]], "me_voted": False}
            for each in answers
            if counts.get(each["poll_media"]["text"])
        ]
        poll = {
            **message["poll"],
            "answers": answers,
            "results": {"is_finalized": True, "answer_counts": tallied},
            "expiry": "2026-12-03T00:00:00+00:00",
            **changes,
        }
        found.append({"id": "1", "timestamp": "2026-11-20T00:00:00.123000+00:00", "poll": poll})
    return found


def test_the_polls_that_were_posted_are_counted_together(tmp_path: Path) -> None:
    many = report(*[entry(f"candidate-{number}") for number in range(12)])
    found = result(tmp_path, many, "poll.json", polls(many, {"candidate-11": 5, "candidate-2": 3}))
    assert found.winners == ("candidate-11",)
    assert (found.votes, len(found.candidates)) == (8, 12)
    assert votes(found)["candidate-0"] == 0


def test_votes_for_one_that_may_not_be_voted_on_any_more_are_named_and_do_not_win(tmp_path: Path) -> None:
    found = result(tmp_path, ROUND, "votes.yml", "late: 90\nacme: 3\nother: 2\n")
    assert found.winners == ("acme",)
    assert [(each.name, each.votes, each.verdict) for each in found.void] == [("late", 90, "ineligible")]
    assert "late" not in votes(found)
    assert found.votes == 95


def test_a_tie_is_told_and_not_decided(tmp_path: Path) -> None:
    found = result(tmp_path, ROUND, "votes.yaml", "acme: 3\nother: 3\n")
    assert (found.winners, found.tie) == (("acme", "other"), True)


def test_a_candidate_by_waiver_is_found_under_the_words_it_was_voted_on(tmp_path: Path) -> None:
    made = by_waiver()
    found = result(tmp_path, made, "poll.json", polls(made, {"acme (by waiver)": 2}))
    assert found.winners == ("acme",)


def proposal(made: RoundReport, **more: object) -> dict[str, Any]:
    return {"data": {"proposal": {**snapshot(made), "state": "closed", **more}}}


def test_a_proposal_of_snapshot_by_its_scores(tmp_path: Path) -> None:
    found = result(tmp_path, ROUND, "proposal.json", proposal(ROUND, scores=[1.5, 2.25]))
    assert (found.winners, votes(found)) == (("other",), {"other": 2.25, "acme": 1.5})


def test_ranked_votes_of_snapshot_pass_over_who_may_not_be_voted_on(tmp_path: Path) -> None:
    offered = report(entry("acme"), entry("other"), entry("third"))
    data = proposal(ruled(offered, "ranked"))
    data["data"]["votes"] = [
        {"choice": [3, 2, 1], "vp": 2},
        {"choice": [1], "vp": 3},
        {"choice": [2, 1, 3], "vp": 2},
    ]
    found = result(tmp_path, ruled(offered, "ranked"), "votes.json", data)
    assert (found.winners, len(found.counts)) == (("acme",), 2)
    fewer = ruled(report(entry("acme"), entry("other"), entry("third", Verdict.UNDETERMINED)), "ranked")
    found = result(tmp_path, fewer, "votes.json", data)
    assert found.winners == ("other",)
    assert [(each.name, each.votes) for each in found.void] == [("third", 2)]


@pytest.mark.parametrize(
    "text",
    ["address,choice,voting_power\n0x1,1,2\n0x2,2,3.5\n", "voter,choice,vp\n0x1,[1],2\n0x2,[2],3.5\n"],
)
def test_votes_as_csv(text: str, tmp_path: Path) -> None:
    assert votes(result(tmp_path, ROUND, "votes.csv", text)) == {"other": 3.5, "acme": 2}


@pytest.mark.parametrize(
    ("rule", "name", "data", "said"),
    [
        ("plurality", "v.yml", "acme: 1\nothr: 2\nother: 0", "'othr' is no candidate of the round"),
        ("plurality", "v.yml", "acme: 1\n", "there is no choice for other"),
        ("plurality", "v.yml", "acme: -1\nother: 0", "no number of votes"),
        ("plurality", "v.yml", "acme: .inf\nother: 0", "no number of votes"),
        ("plurality", "v.yml", "just words", "no list of"),
        ("plurality", "v.json", "{", "cannot be read as votes"),
        ("plurality", "v.json", {"choices": ["acme", "other"], "scores": [1]}, "nor a score for each"),
        ("plurality", "v.json", {"choices": ["acme", "acme"], "scores": [1, 2]}, "is there twice"),
        ("plurality", "v.json", {"choices": ["acme"], "state": "active"}, "active, not closed"),
        ("plurality", "v.json", {"poll": {"answers": [], "results": {"is_finalized": False}}}, "still open"),
        ("plurality", "v.json", {"hello": 1}, "neither a poll of Discord nor"),
        ("plurality", "v.csv", "address,vp\n0x1,1\n", "no column"),
        ("plurality", "v.csv", "address,choice\n0x1,9\n", "choice 9, and there are 2"),
        ("plurality", "v.csv", "address,choice\n0x1,\"[1,2]\"\n", "the round gives each one vote"),
        ("ranked", "v.yml", "acme: 1\nother: 2", "decided by rankings"),
        ("plurality", "v.txt", "acme: 1", "are not known"),
    ],
)  # fmt: skip
def test_what_is_not_this_rounds_vote_is_refused(
    rule: str, name: str, data: object, said: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as told:
        result(tmp_path, ruled(ROUND, rule), name, data)
    assert said in str(told.value)
    assert name in str(told.value)


def test_a_poll_of_another_round_is_refused(tmp_path: Path) -> None:
    late = polls(ROUND, {"acme": 1}, expiry="2027-02-01T00:00:00+00:00")
    with pytest.raises(UserError, match="ended on 2027-02-01"):
        result(tmp_path, ROUND, "poll.json", late)
    early = proposal(ROUND, scores=[1, 2], start=int(datetime(2026, 10, 1, tzinfo=UTC).timestamp()))
    with pytest.raises(UserError, match="opened on 2026-10-01"):
        result(tmp_path, ROUND, "proposal.json", early)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        read_cast(tmp_path / "none.json")


def test_the_result_is_on_the_page_and_stays_there(tmp_path: Path) -> None:
    folder = tmp_path / "2026-11"
    one_candidate(folder, "acme", all_passed())
    publish_round(folder, catalogue=catalogue())
    source = write(tmp_path, "votes.yml", "acme: 7\n")
    out = io.StringIO()
    with pytest.raises(UserError, match="voting is open until the end of 2026-12-02"):
        tally_round(folder, source, WHILE_OPEN, Console(file=out))
    page = tally_round(folder, source, AFTER, Console(file=out))
    assert "acme won." in out.getvalue()
    assert "Result: acme won" in " ".join(Page(page.read_text()).words)
    assert "## Result: acme won" in (folder / "report.md").read_text()
    assert json.loads((folder / "round.json").read_text())["result"]["winners"] == ["acme"]
    before = page.read_text()
    publish_round(folder)
    assert page.read_text() == before
    (folder / "result.json").write_text("{}")
    with pytest.raises(UserError, match="not the result of a vote"):
        publish_round(folder)


def test_a_result_is_kept_when_a_winner_fails_afterwards(tmp_path: Path) -> None:
    folder = tmp_path / "2026-11"
    one_candidate(folder, "acme", all_passed())
    publish_round(folder, catalogue=catalogue())
    tally_round(folder, write(tmp_path, "v.yml", "acme: 7\n"), AFTER, Console(file=io.StringIO()))
    one_candidate(folder, "acme", all_passed(builds=outcome("builds", Status.FAILED)))
    publish_round(folder, catalogue=catalogue())
    told = json.loads((folder / "round.json").read_text())
    assert told["candidates"][0]["verdict"] == "ineligible"
    assert (told["result"]["winners"], told["result"]["candidates"][0]["verdict"]) == (["acme"], "eligible")
