"""Each defect is seen by the check that is there to see it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from checks.conformance import test_build, test_orders
from harness.checking import Failed, NotApplicable
from tests.zoo.accuracy import Noted
from tests.zoo.defect import Defect
from tests.zoo.defects import DEFECTS
from tests.zoo.keeping import Zoo
from tests.zoo.specimens import ELSEWHERE, ONE_OF_EACH_KIND


@pytest.mark.parametrize(
    "defect",
    [
        *(
            pytest.param(defect, id=defect.name, marks=[] if defect in ONE_OF_EACH_KIND else pytest.mark.full)
            for defect in DEFECTS
        ),
        *(
            pytest.param(defect, id=f"{defect.connector}-{defect.name}", marks=pytest.mark.whole_zoo)
            for defect in ELSEWHERE
        ),
    ],
)
def test_the_defect_is_found(
    zoo: Zoo, defect: Defect, record_property: Callable[[str, object], None]
) -> None:
    Noted(defect.connector, defect.check.__name__, defect.name).on(record_property)
    with zoo.bad(defect) as specimen:
        try:
            with pytest.raises(Failed, match=defect.finding):
                specimen.check(defect.check)
        except NotApplicable as error:
            pytest.skip(str(error))


@pytest.mark.full
def test_one_that_errors_keep_from_getting_ready_is_asked_the_rest(zoo: Zoo) -> None:
    """That it never gets ready among them is one finding; how it takes a refused cancel is another matter."""
    (defect,) = [each for each in DEFECTS if each.name == "the-first-answer-decides-for-ever"]
    with zoo.bad(defect) as specimen:
        specimen.check(test_orders.test_a_refused_cancel_is_not_reported_as_done)
        with pytest.raises(Failed, match=defect.finding):
            specimen.check(defect.check)


def test_a_module_that_does_not_compile_is_found(zoo: Zoo) -> None:
    broken = zoo.built_with("broken", "cdef int broken(:\n    return 1\n")
    with pytest.raises(Failed, match=r"1 modules do not compile: .*broken\.pyx"):
        test_build.test_it_builds(broken, lambda *_: None)


def test_a_module_that_compilers_warn_about_is_found(zoo: Zoo) -> None:
    unreached = zoo.built_with("unreached", "def one():\n    return 1\n    two = 2\n")
    assert unreached.ok
    with pytest.raises(Failed, match="give 1 warning about") as found:
        test_build.test_it_builds_without_warnings(unreached, frozenset(unreached.compiled))
    assert "Unreachable code" in found.value.evidence[0].text


def test_a_module_that_nobody_warns_about_is_good(zoo: Zoo) -> None:
    quiet = zoo.built_with("quiet", "def one():\n    return 1\n")
    test_build.test_it_builds_without_warnings(quiet, frozenset(quiet.compiled))


def test_modules_that_only_its_upstream_changed_are_not_its_own(zoo: Zoo) -> None:
    stale = zoo.built_with("stale", "def one():\n    return 1\n    two = 2\n")
    with pytest.raises(NotApplicable):
        test_build.test_it_builds_without_warnings(stale, frozenset())
