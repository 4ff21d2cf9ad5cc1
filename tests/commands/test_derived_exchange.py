from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from harness.checking.derived import QUESTIONS, REHEARSAL, asked
from harness.commands.derived_exchange import DerivedExchange
from harness.describing.review_lines import Question
from harness.scenarios.rehearsal import NOT_TOLD, STEPS, Rehearsal
from harness.screenings.screening import Progress

QUESTION = Question(0, "How does the exchange name a market?", ("- {at: symbol, is: A-B}",))


@pytest.fixture
def told(tmp_path: Path) -> DerivedExchange:
    console = Console(file=io.StringIO(), width=200)
    return DerivedExchange(tmp_path / "exchange", "acme", tmp_path / "acme.review.yml", console)


def _lay(told: DerivedExchange, found: Rehearsal | None) -> None:
    told.folder.mkdir()
    (told.folder / QUESTIONS).write_text(asked([QUESTION]), encoding="utf-8")
    if found is not None:
        (told.folder / REHEARSAL).write_text(found.model_dump_json(), encoding="utf-8")


def _said(told: DerivedExchange) -> str:
    assert isinstance(told.console.file, io.StringIO)
    return told.console.file.getvalue()


def test_the_questions_are_told_as_soon_as_the_exchange_is_derived(told: DerivedExchange) -> None:
    seen: list[Progress] = []
    watch = told.watching(seen.append)
    watch(Progress("acme", step="test_trade"))
    assert "Questions" not in _said(told)
    _lay(told, Rehearsal(reached=STEPS))
    watch(Progress("acme", derived=True))
    assert QUESTION.text in _said(told)
    assert QUESTION.lines[0] in _said(told)
    assert all(each in _said(told) for each in NOT_TOLD.values())
    assert [each.derived for each in seen] == [False, True]


def test_they_are_told_once(told: DerivedExchange) -> None:
    _lay(told, Rehearsal(reached=("ready",), trouble=("an order failed: no such path",)))
    told.watching(lambda _: None)(Progress("acme", derived=True))
    told.ask()
    assert _said(told).count(QUESTION.text) == 1
    assert "No order has completed its life cycle there: no order was created." in _said(told)
    assert "no such path" in _said(told)


def test_what_is_interrupted_before_an_order_was_tried_has_its_questions(told: DerivedExchange) -> None:
    _lay(told, None)
    told.ask()
    assert QUESTION.text in _said(told)


def test_nothing_is_said_of_an_exchange_that_a_dialect_speaks(told: DerivedExchange) -> None:
    told.ask()
    assert not _said(told)
