"""What is told of how well the checks do."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path

import pytest

from checks.conformance import test_order_life, test_orders
from harness.checking import slugs_of
from harness.checking.known_failures import KNOWN_TO_FAIL
from harness.checking.runner import policy_for
from harness.outcome import Severity
from tests.zoo.accuracy import LEGEND, PAGE, PROPERTY, Accuracy, Noted
from tests.zoo.asked import CHECKS, severity_of
from tests.zoo.defect import Defect, defect
from tests.zoo.defects import DEFECTS
from tests.zoo.origins import HISTORY, REPORTS
from tests.zoo.planting import exchange
from tests.zoo.real_defect import FORGETS
from tests.zoo.real_defects import REAL_DEFECTS
from tests.zoo.rows import read, summary
from tests.zoo.specimens import ELSEWHERE, IN_ONE_CONNECTOR, shown_once, spread

BLOCKER = next(check for check in CHECKS if severity_of(check) is Severity.BLOCKER).__name__
MAJOR = next(check for check in CHECKS if severity_of(check) is Severity.MAJOR).__name__


def counted(*told: tuple[Noted, bool]) -> Accuracy:
    accuracy = Accuracy()
    for noted, passed in told:
        accuracy.count(noted, passed, "" if passed else "`so it said`")
    return accuracy


def test_recall_is_the_share_that_was_found() -> None:
    accuracy = counted(
        *((Noted("binance", BLOCKER, f"defect {number}"), number != 3) for number in range(4)),
        (Noted("binance", MAJOR, "another"), True),
    )
    assert (accuracy.recall(Severity.BLOCKER), accuracy.recall(Severity.MAJOR)) == (0.75, 1.0)
    assert accuracy.shortcomings() == ["recall over blockers is 0.750, wanted: 0.95"]
    assert "- `defect 3` in binance: `so it said`" in accuracy.page("a release")


def reported(test: str, noted: Noted, outcome: str) -> pytest.TestReport:
    properties = [(PROPERTY, asdict(noted))]
    return pytest.TestReport(test, ("", 0, ""), {}, outcome, "so it said", "call", user_properties=properties)  # type: ignore[arg-type]


def test_a_run_that_was_stopped_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept, noted = tmp_path / "zoo.ndjson", Noted("okx", BLOCKER, "a defect")
    first = Accuracy(kept, "abc")
    first.pytest_runtest_logreport(reported("test_bad.py::one[okx]", noted, "passed"))
    first.pytest_runtest_logreport(reported("test_bad.py::two[okx]", noted, "failed"))
    assert "test_bad.py::two[okx]" in capsys.readouterr().out, "it is told when it happens"
    second = Accuracy(kept, "abc")
    assert second.count_kept() == ["test_bad.py::one[okx]", "test_bad.py::two[okx]"]
    assert second.tallies == first.tallies
    assert Accuracy(kept, "abc").count_kept("::two") == ["test_bad.py::one[okx]"]
    assert Accuracy(kept, "def").count_kept() == [], "another commit may answer otherwise"
    assert Accuracy(kept, "abc+").count_kept() == []
    first.pytest_runtest_logreport(reported("test_bad.py::two[okx]", noted, "passed"))
    third = Accuracy(kept, "abc")
    third.count_kept()
    assert third.recall(Severity.BLOCKER) == 1.0, "the last answer counts"


def test_an_alarm_that_is_no_real_defect_is_false() -> None:
    planted = [(Noted("binance", check, "defect"), True) for check in (BLOCKER, MAJOR)]
    real, false = Noted("kucoin", BLOCKER, real=True), Noted("okx", BLOCKER)
    assert counted(*planted, (real, True)).shortcomings() == []
    assert counted(*planted, (real, True), (false, False)).shortcomings() == [
        f"{BLOCKER} accuses okx: `so it said`"
    ]


def test_nothing_planted_is_nothing_found() -> None:
    assert len(counted().shortcomings()) == 2


def test_connectors_are_dealt_out_evenly() -> None:
    anywhere = tuple(
        defect(f"defect {number}", test_order_life.test_created_once, "", exchange("one = 1"))
        for number in range(20)
    )
    dealt = Counter(each.connector for each in spread(anywhere, 3))
    assert sum(dealt.values()) == 60
    assert "binance" not in dealt
    assert max(dealt.values()) - min(dealt.values()) <= 1
    assert all(each.check is test_order_life.test_created_once for each in spread(anywhere, 3))


def test_eighty_kinds_in_ten_connectors() -> None:
    assert len({each.name for each in DEFECTS}) >= 80
    assert len({each.connector for each in (*DEFECTS, *ELSEWHERE)}) >= 10
    assert test_orders.test_cancel_all in {each.check for each in DEFECTS}


def test_every_requirement_is_shown_two_mistakes_in_two_connectors() -> None:
    """Plant a second one, in another connector, or say in `specimens.py` why nobody can."""
    assert shown_once() == IN_ONE_CONNECTOR.keys()
    page = PAGE.read_text("utf-8")
    assert all(f"- `{slug}`: {why}" in page for slug, why in IN_ONE_CONNECTOR.items())


def test_the_page_knows_every_check() -> None:
    """A check or a defect more: run `make zoo`."""
    told = {row.requirement: row.planted for row in read(PAGE.read_text("utf-8"))}
    at_home, elsewhere = (Counter(map(_slug, group)) for group in (DEFECTS, ELSEWHERE))
    for slug, count in at_home.items():
        assert count <= told[slug] <= count + elsewhere[slug], slug


def _slug(planted: Defect) -> str:
    (slug,) = slugs_of(planted.check)
    return slug


def test_the_page_has_one_row_for_each_requirement_and_sums_that_are_right() -> None:
    page = PAGE.read_text("utf-8")
    rows = read(page)
    checks = Counter(slug for check in CHECKS for slug in slugs_of(check))
    assert [row.requirement for row in rows] == list(dict.fromkeys(row.requirement for row in rows))
    assert {row.requirement: row.checks for row in rows} == dict(checks)
    assert "\n".join(summary(rows)) in page
    assert f"planted {sum(row.planted for row in rows)} times" in page
    assert all(row.found <= row.planted and row.alarms + row.real <= row.asked for row in rows)
    assert LEGEND in page


def test_checks_of_one_requirement_share_a_row() -> None:
    slug, several = next(
        (slug, [check.__name__ for check in CHECKS if slug in slugs_of(check)])
        for slug, count in Counter(slug for check in CHECKS for slug in slugs_of(check)).items()
        if count > 1
    )
    first, second, *_ = several
    accuracy = counted(
        (Noted("binance", first, "one"), True),
        (Noted("binance", second, "two"), False),
        (Noted("okx", first), True),
        (Noted("okx", second), False),
        (Noted("kraken", second, real=True), True),
    )
    (row,) = [each for each in accuracy.rows() if each.requirement == slug]
    assert (row.checks, row.planted, row.found) == (len(several), 2, 1)
    assert (row.asked, row.alarms, row.real) == (3, 1, 1)
    assert [each for each in read(accuracy.page("a release")) if each.requirement == slug] == [row]


def test_mistakes_of_others_name_what_is_planted_or_what_it_would_take() -> None:
    names = {each.name for each in DEFECTS}
    for origin in (*REPORTS, *HISTORY):
        assert bool(origin.planted) is not bool(origin.takes), origin.what
        assert set(origin.planted) <= names, origin.what
        assert len({each.source for each in (*REPORTS, *HISTORY)}) == len((*REPORTS, *HISTORY))


def test_of_pull_requests_only_even_numbers_are_used() -> None:
    assert all(int(origin.source.rpartition("/")[2]) % 2 == 0 for origin in HISTORY)


def test_each_origin_has_a_table_of_its_own() -> None:
    name = REPORTS[0].planted[0]
    page = counted((Noted("binance", MAJOR, name), True)).page("a release")
    assert f"| `{name}` | 1 | 1 |" in page
    assert "## What upstream's history repaired" in page


def test_a_control_is_not_asked_what_it_is_known_to_fail() -> None:
    found = {(name, check.__name__) for (name, check), real in REAL_DEFECTS.items() if real is not FORGETS}
    assert found == {(name, check) for name, checks in KNOWN_TO_FAIL.items() for check in checks}
    check = test_order_life.test_a_missed_fill_is_found
    assert policy_for(check, 12.0, "kucoin", of_the_running=True).control is None
    assert policy_for(check, 12.0, "okx", of_the_running=True).control == "okx"
