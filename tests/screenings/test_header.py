"""What kept outcomes depend on: all of it decides whether they are taken up again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from harness.outcome import OutcomeLog, Status
from harness.reporting.publish import report_of
from harness.rounds.round import Candidate, Exchange, Waiver
from harness.screenings import header
from harness.screenings.header import code_digest, differing, row_of, stale
from harness.screenings.store import read_screening
from tests.reporting.parts import all_passed, catalogue, one_candidate

ROW = Candidate(
    name="acme",
    repository="https://github.com/acme/hummingbot",
    connectors=("acme",),
    kind="exchange",
    contact="acme team",
    exchange=Exchange(hosts=("api.acme.com",), dialect=None),
)
WAIVER = Waiver(requirement="builds", reason="agreed", granted_by="A. Maintainer", until=date(2027, 1, 31))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"exchange": Exchange(hosts=("api.acme.com", "ws.acme.com"))}, "exchange.hosts"),
        ({"exchange": Exchange(hosts=("api.acme.com",), dialect="binance")}, "exchange.dialect"),
        ({"exchange": Exchange(hosts=("api.acme.com",), ccxt="acme")}, "exchange.ccxt"),
        ({"connectors": ("acme", "acme_pro")}, "connectors"),
        ({"kind": "derivative"}, "kind"),
        ({"contact": None}, "contact"),
        ({"ref": "feat/acme"}, "ref"),
    ],
)
def test_outcomes_of_another_row_are_stale(changed: dict[str, object], told: str) -> None:
    now = ROW.model_copy(update=changed)
    said = stale({"commit": "ab", "row": row_of(ROW)}, now, "ab")
    assert said is not None
    assert f"({told})" in said


def test_a_waiver_is_graded_and_needs_no_new_screening() -> None:
    now = ROW.model_copy(update={"waivers": (WAIVER,)})
    assert stale({"commit": "ab", "row": row_of(ROW)}, now, "ab") is None


def test_outcomes_of_another_commit_or_of_no_known_row_are_stale() -> None:
    assert "another commit" in (stale({"commit": "ab", "row": row_of(ROW)}, ROW, "cd") or "")
    assert "which row" in (stale({"commit": "ab"}, ROW, "ab") or "")


def test_what_differs_is_named_with_dots() -> None:
    assert differing({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 1, "c": 3}}) == ["a.c", "d"]


def test_a_row_that_was_corrected_is_undecided_until_it_is_screened_again(tmp_path: Path) -> None:
    round_ = one_candidate(tmp_path, "acme", all_passed())
    row = round_.candidate("acme")
    assert report_of(round_, read_screening(tmp_path / "acme", row), catalogue()).verdict == "eligible"
    hosts = row.exchange.model_copy(update={"hosts": ("api.other.example",)})
    screened = read_screening(tmp_path / "acme", row.model_copy(update={"exchange": hosts}))
    assert not screened.finished
    report = report_of(round_, screened, catalogue())
    assert report.verdict == "undetermined"
    assert {item.status for item in report.outcomes} == {Status.UNDETERMINED}
    assert "exchange.hosts" in report.reason


def test_a_log_of_another_commit_than_the_submissions_counts_for_nothing(tmp_path: Path) -> None:
    round_ = one_candidate(tmp_path, "acme", all_passed())
    row = round_.candidate("acme")
    log = OutcomeLog(tmp_path / "acme" / "outcomes.jsonl")
    lines = log.path.read_text().splitlines(keepends=True)
    log.path.write_text(lines[0].replace(str(log.header()["commit"]), "00" * 20) + "".join(lines[1:]))
    assert read_screening(tmp_path / "acme", row).outcomes == ()


def test_the_digest_follows_the_code_that_decides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = code_digest()
    assert len(first) == 16
    tree = tmp_path / "harness"
    for name in ("venue/engine.py", "reporting/badge.py", "grading.py", "__pycache__/x.pyc"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("x = 1\n")
    (tree / "__init__.py").write_text("")

    class Package:
        __file__ = str(tree / "__init__.py")

    monkeypatch.setattr(header, "harness", Package)

    def digest() -> str:
        code_digest.cache_clear()
        return code_digest()

    before = digest()
    assert before != first
    (tree / "reporting/badge.py").write_text("x = 2\n")
    (tree / "grading.py").write_text("x = 2\n")
    (tree / "__pycache__/x.pyc").write_text("x = 2\n")
    assert digest() == before
    (tree / "venue/engine.py").write_text("x = 2\n")
    assert digest() != before
    monkeypatch.undo()
    assert digest() == first
