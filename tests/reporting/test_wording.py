"""Plain words, and which addresses become links."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UserError
from harness.reporting.model import CandidateReport, ScoreInfo
from harness.reporting.wording import link, listed, score_words, seconds, site_address, source_link


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "http://example.org/x",
        "data:text/html,x",
        "https://user:secret@example.org/x",
        'https://example.org/" onclick=x',
        "https://example.org/<b>",
        "https://exämple.org/",
        "https://example.org\\@evil.example",
        "https://[::1]/",
        "https://",
        "git@github.com:owner/name",
        "/srv/git/fork",
        "",
        None,
    ],
)
def test_these_are_not_linked(url: str | None) -> None:
    assert link(url) is None


@pytest.mark.parametrize("url", ["https://github.com/owner/name.git", "https://git.example.org:8443/a/b"])
def test_these_are_linked(url: str) -> None:
    assert link(url) == url


def test_a_file_is_linked_at_the_commit(published: Path) -> None:
    report = CandidateReport.model_validate_json((published / "binance" / "report.json").read_text())
    commit = report.submission.commit
    expected = f"https://github.com/binance-dev/hummingbot/blob/{commit}/a%20b/%22c%22.py#L7"
    assert source_link(report, 'a b/"c".py', 7) == expected


def test_a_score_is_never_told_alone() -> None:
    open_ = ScoreInfo(value=86.0, low=80.5, high=91.0, decided=50, total=55)
    assert score_words(open_) == "score 86 (between 80.5 and 91), 50 of 55 requirements decided"
    wide = ScoreInfo(value=70.2, low=16.8, high=92.9, decided=25, total=107)
    assert (
        score_words(wide) == "score 16.8 to 92.9 (70.2 of what was decided), 25 of 107 requirements decided"
    )
    nothing = ScoreInfo(value=None, low=0, high=100, decided=0, total=55)
    assert score_words(nothing) == "no score, 0 of 55 requirements decided"


def test_small_words() -> None:
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed([]) == ""
    assert [seconds(value) for value in (0.44, 63.4, 200)] == ["0.4 s", "63 s", "3 min 20 s"]


@pytest.mark.parametrize(
    "url", ["ftp://a.example", "http://a.example", "https://a.example/?x", "a.example", ""]
)
def test_an_address_that_no_page_can_be_served_below_is_refused(url: str) -> None:
    with pytest.raises(UserError, match="is not the https address of a site") as refused:
        site_address(url, "--site")
    assert refused.value.where == "--site"
    assert site_address("https://a.example/votes/", "--site") == "https://a.example/votes"
