"""A verdict that hangs on the seed is found, and told on the page beside what else was measured."""

from __future__ import annotations

from tests.zoo.sections import section_of, with_section
from tests.zoo.seeds import Verdict, section, unsteady

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
    lines = section([*STEADY, *DEFECT, *HANGS], "hummingbot 1")
    assert "9 verdicts" in lines[0]
    assert "| one | 2 | 3 | 6 | 0 |" in lines
    assert "| two | 1 | 3 | 3 | 1 |" in lines
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
