"""The next round's file: who leaves, what carries over, and that it is a round."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from rich.console import Console

from harness.commands.next_round import write_next
from harness.commands.tally import tally_round
from harness.errors import UserError
from harness.reporting.publish import publish_round
from harness.rounds.round import Round
from harness.screenings.round_file import read_round_file
from tests.reporting.parts import CANDIDATE, ROUND

AFTER = datetime(2026, 12, 4, tzinfo=UTC)
WAIVER = '{{requirement: usage-page-present, reason: "in review", granted_by: A. Maintainer, until: "{}"}}'


@pytest.fixture
def decided(tmp_path: Path) -> Path:
    """A published round of three, two of which tie when `votes.yml` is counted."""
    folder = tmp_path / "2026-11"
    folder.mkdir()
    waivers = {
        "one": "[]",
        "two": f"[{WAIVER.format('2026-12-16')}, {WAIVER.format('2026-12-15')}]",
        "three": "[]",
    }
    rows = "".join(
        CANDIDATE.format(
            name=name,
            repository=f"https://github.com/{name}/hummingbot",
            ref="master",
            connector=name,
            dialect="null",
            waivers=waived,
        )
        for name, waived in waivers.items()
    )
    (folder / "round.yml").write_text(ROUND + rows)
    publish_round(folder)
    return folder


def decide(folder: Path, monkeypatch: pytest.MonkeyPatch, votes: str) -> None:
    """Count votes as if all three had been eligible, which screening them would have to show."""
    from harness.grading import Verdict
    from harness.reporting import publish
    from harness.reporting.model import CandidateReport

    graded = publish.report_of

    def eligible(*arguments: object) -> CandidateReport:
        found = graded(*arguments)  # type: ignore[arg-type]
        return found.model_copy(
            update={"verdict": Verdict.ELIGIBLE, "reason": "Every blocking requirement is met."}
        )

    monkeypatch.setattr(publish, "report_of", eligible)
    publish_round(folder)
    source = folder.parent / "votes.yml"
    source.write_text(votes)
    tally_round(folder, source, AFTER, Console(file=io.StringIO()))


def following(folder: Path, **options: object) -> tuple[Round, str]:
    out = folder.parent / "next.yml"
    chosen = {"id_": "2026-12", "release": "v2.19.0", "title": None, "days": 28, "winner": None, **options}
    write_next(folder, out, **chosen)  # type: ignore[arg-type]
    return read_round_file(out, others_rows=False), out.read_text()


def test_the_winner_leaves_and_the_others_carry_over(decided: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decide(decided, monkeypatch, "one: 5\ntwo: 1\nthree: 0\n")
    made, text = following(decided)
    assert [row.name for row in made.candidates] == ["two", "three"]
    assert (made.id, made.release, made.title) == ("2026-12", "v2.19.0", "Connector vote of December 2026")
    assert made.submissions_close == datetime(2026, 12, 13, 23, 59, 59, tzinfo=UTC)
    assert (made.voting.opens, made.voting.closes) == (date(2026, 12, 16), date(2026, 12, 30))
    assert [str(each.until) for each in made.candidates[0].waivers] == ["2026-12-16"]
    assert made.candidates[1].exchange.hosts == ("api.three.example",)
    assert "  # 2026-11: may be voted on, 1 vote. Every blocking requirement is met.\n  - name: two\n" in text
    assert "  # 2026-11: may be voted on, 0 votes. Every" in text


def test_a_tie_is_decided_by_whoever_asks(decided: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decide(decided, monkeypatch, "one: 5\ntwo: 5\nthree: 0\n")
    with pytest.raises(UserError, match="one and two tie"):
        following(decided)
    with pytest.raises(UserError, match="three did not win"):
        following(decided, winner="three")
    made, _ = following(decided, winner="two")
    assert [row.name for row in made.candidates] == ["one", "three"]


def test_nothing_is_written_before_the_votes_are_counted_nor_over_a_file(
    decided: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="have not been counted"):
        following(decided)
    decide(decided, monkeypatch, "one: 5\ntwo: 2\nthree: 0\n")
    (decided.parent / "next.yml").write_text("mine\n")
    with pytest.raises(UserError, match="the file already exists"):
        following(decided)
    assert (decided.parent / "next.yml").read_text() == "mine\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"id_": "2026-11"}, "again"),
        ({"id_": "../x"}, "cannot be the name of a report's folder"),
        ({"release": ""}, "at least 1 character"),
        ({"days": 0}, "later"),
    ],
)
def test_a_round_that_is_no_other_is_refused(
    options: dict[str, object], said: str, decided: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(decided, monkeypatch, "one: 5\ntwo: 2\nthree: 0\n")
    with pytest.raises(UserError, match=said):
        following(decided, **options)
