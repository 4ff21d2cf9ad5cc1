"""A verdict that hangs on the seed is found, and told on the page beside what else was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.conformance import test_build, test_resilience_hour
from tests.zoo import seeds
from tests.zoo.sections import section_of, with_section
from tests.zoo.seeds import Task, tasks
from tests.zoo.verdicts import Verdict, keep, read, section, unsteady

STEADY = [Verdict("one", "test_a", seed, "passed") for seed in (1, 2, 3)]
DEFECT = [Verdict("one", "test_b", seed, "failed", "The book is wrong.") for seed in (1, 2, 3)]
HANGS = [Verdict("two", "test_a", seed, "failed" if seed == 2 else "passed") for seed in (1, 2, 3)]
PAGE = "# Accuracy\n\nWords.\n\n## Seeds\n\nold\n\n## Others\n\nmore\n"


def test_the_same_verdict_with_every_seed_is_steady() -> None:
    assert unsteady([*STEADY, *DEFECT]) == []


def test_another_verdict_with_one_seed_is_not() -> None:
    (found,) = unsteady([*STEADY, *HANGS, *DEFECT])
    assert (found.connector, found.check) == ("two", "test_a")
    assert found.seeds == {"failed": (2,), "passed": (1, 3)}


def test_the_page_tells_how_many() -> None:
    lines = section([*STEADY, *DEFECT[:2], *HANGS], "hummingbot 1", wanted=3)
    assert "8 verdicts" in lines[0]
    assert "| one | 2 | 2–3 | 1 | 5 | 0 |" in lines
    assert "| two | 1 | 3 | 1 | 3 | 1 |" in lines
    assert "failed with 2; passed with 1, 3" in lines[-1]


def test_a_section_takes_the_place_of_the_one_before() -> None:
    page = with_section(PAGE, "Seeds", ["new"])
    assert page == PAGE.replace("old", "new")
    assert section_of(page, "Seeds") == ["new"]
    assert with_section(page, "Seeds", ["new"]) == page


def test_a_new_section_comes_last() -> None:
    page = with_section("# Accuracy\n\nWords.\n", "Seeds", ["a", "", "b"])
    assert page == "# Accuracy\n\nWords.\n\n## Seeds\n\na\n\nb\n"
    assert section_of(page, "Seeds") == ["a", "", "b"]
    assert section_of(page, "Others") == []


def test_what_was_said_is_kept_and_a_line_that_was_cut_off_is_not(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "seeds.ndjson"
    assert read(file) == []
    keep(file, STEADY)
    keep(file, [Verdict("one", "test_a", 3, "failed")])
    with file.open("a") as out:
        out.write('{"connector": "one", "che')
    assert read(file) == [*STEADY[:2], Verdict("one", "test_a", 3, "failed")]


def test_all_connectors_get_a_seed_before_any_gets_the_next_and_hours_come_last() -> None:
    found = list(tasks(["binance", "kucoin"], 2, 1, "", []))
    order = [(each.connector, each.seed) for each in found]
    assert order == [
        ("binance", 1), ("kucoin", 1), ("binance", 2), ("kucoin", 2), ("binance", 1), ("kucoin", 1)
    ]  # fmt: skip
    hour = test_resilience_hour.test_an_hour_of_market_making.__name__
    assert [hour in each.checks for each in found] == [False] * 4 + [True] * 2
    assert not any(test_build.test_it_builds.__name__ in each.checks for each in found), "it knows no seed"


def test_what_was_said_before_is_not_asked_again() -> None:
    (first, *_) = tasks(["binance"], 2, 0, "", [])
    said = [Verdict("binance", name, 1, "passed") for name in first.checks[1:]]
    assert list(tasks(["binance"], 2, 0, "", said)) == [
        Task("binance", 1, first.checks[:1]), Task("binance", 2, first.checks)
    ]  # fmt: skip


@pytest.mark.full  # two specimens
def test_the_next_run_goes_on_where_one_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page, kept = tmp_path / "page.md", tmp_path / "kept.ndjson"
    page.write_text("# Accuracy\n")
    monkeypatch.setattr(seeds, "PAGE", page)
    command = ["seeds", "--connectors", "binance", "--checks", "every_market_is_listed", "--hours", "0"]
    for number in ("1", "2"):
        monkeypatch.setattr("sys.argv", [*command, "--kept", str(kept), "--seeds", number])
        assert seeds.main() == 0
        assert capsys.readouterr().out.startswith("1 specimens to be looked at")
    assert [(each.seed, each.status) for each in read(kept)] == [(1, "passed"), (2, "passed")]
    assert "| binance | 1 | 2 | 1 | 2 | 0 |" in page.read_text()
