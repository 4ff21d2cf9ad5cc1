"""What gives way where not everything can be met."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from harness.frameworks.relaxation import Relaxation, relaxed


class Index:
    """Knows which demands cannot stand together; `gone` is not there in any version; `says` is its reason."""

    def __init__(self, *quarrels: set[str], gone: str = "", says: str = "you require {}") -> None:
        self.quarrels = quarrels
        self.gone = gone
        self.says = says
        self.asked = 0

    def __call__(self, demands: Sequence[str]) -> str | None:
        self.asked += 1
        lost = [each for each in demands if self.gone and each.startswith(self.gone)]
        found = next((quarrel for quarrel in self.quarrels if quarrel <= set(demands)), set(lost))
        return " and ".join(self.says.format(each) for each in sorted(found)) if found else None


DEMANDS = tuple(f"p{number}==1" for number in range(64))


def test_nothing_gives_way_where_all_goes_together() -> None:
    index = Index()
    assert relaxed(DEMANDS, index) == (DEMANDS, ())
    assert index.asked == 1


WORDS = pytest.mark.parametrize("says", ["you require {}", "{}", "", "you require p9==1 because of {}"])


@WORDS
def test_of_two_that_quarrel_the_later_may_be_newer(says: str) -> None:
    kept, gone = relaxed(DEMANDS, Index({"p3==1", "p40==1"}, says=says))
    assert gone == (Relaxation(declared="p40==1", instead="p40>=1"),)
    assert kept == tuple("p40>=1" if each == "p40==1" else each for each in DEMANDS)


def test_where_newer_does_not_help_any_version_will_do() -> None:
    _, gone = relaxed(("a==1.2.*", "b>=3"), Index({"a==1.2.*"}, {"a>=1.2"}, {"b>=3"}))
    assert [each.instead for each in gone] == ["a", "b"]


def test_what_is_not_there_in_any_version_is_left_out() -> None:
    kept, gone = relaxed(DEMANDS, Index(gone="p17"))
    assert gone == (Relaxation(declared="p17==1", instead=None),)
    assert len(kept) == 63


@WORDS
def test_nothing_that_gave_way_could_have_stayed(says: str) -> None:
    index = Index({"p1==1", "p2==1"}, {"p2==1", "p50==1"}, {"p60==1", "p50==1", "p7==1"}, says=says)
    kept, gone = relaxed(DEMANDS, index)
    assert index(kept) is None
    assert [each.declared for each in gone] == ["p2==1", "p60==1"]
    for each in gone:
        others = [demand for demand in kept if demand != each.instead]
        assert index([*others, each.declared]) is not None
    assert index.asked < 50


def test_a_reason_that_names_who_contradicts_spares_questions() -> None:
    index = Index({"p1==1", "p2==1"}, {"p60==1", "p7==1"})
    relaxed(DEMANDS, index)
    assert index.asked == 9


def test_a_relaxation_says_what_is_there_instead() -> None:
    assert str(Relaxation(declared="a==1", instead="a")) == "a instead of a==1"
    assert str(Relaxation(declared="a==1", instead=None, why="gone")) == "without a==1 (gone)"
