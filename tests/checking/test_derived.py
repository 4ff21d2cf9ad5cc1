"""What is made of an exchange that was derived, before and after an order has lived on it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from types import SimpleNamespace
from typing import cast

import pytest

from harness.checking.confirmed import (
    Standing,
    believed,
    confirmation_lines,
    joined,
    standing,
    untold_facts,
    whole,
)
from harness.checking.derived import Derived, asked, asked_in
from harness.describing.review_lines import OPEN_FACT, Question, line
from harness.driving.claims import Rule
from harness.outcome import Outcome, Severity, Status
from harness.requirement import Catalogue
from harness.scenarios.rehearsal import NOT_TOLD, STEPS, Rehearsal, _cancelled, enough
from harness.scenarios.rig import Rig
from harness.venue.described import DescribedDialect
from harness.venue.model import Order


def _outcome(
    fields: list[str], severity: Severity = Severity.BLOCKER, status: Status = Status.FAILED
) -> Outcome:
    found = Outcome(
        requirement="x", status=status, severity=severity, subject="orders", summary="…", check="c", seconds=0
    )
    return believed(found, fields)


def test_nothing_is_played_before_an_order_has_lived() -> None:
    found = Derived(DescribedDialect, Rehearsal(reached=("ready", "created")))
    assert "on the derived exchange no order was cancelled." in found.not_played
    whole = Derived(DescribedDialect, Rehearsal(reached=(*STEPS, *NOT_TOLD)))
    assert (whole.not_played, whole.unconfirmed(Catalogue.load())) == ("", {})


def test_a_failure_that_a_wrong_message_explains_counts_once_the_rehearsal_has_shown_it() -> None:
    """As Gemini's, where a part of a fill was described as a new order, and never reported."""

    class Doubted:
        @classmethod
        def unconfirmed(cls, facts: Iterable[str]) -> tuple[str, ...]:
            named = "fill.price" in facts
            return ("routes / GET /fills", "connections / a / channels / orders / tells") if named else ()

    catalogue, dialect = Catalogue.load(), cast(type[DescribedDialect], Doubted)
    found = Derived(dialect, Rehearsal(reached=STEPS)).unconfirmed(catalogue)
    assert found["reconnects-user-stream"] == ("connections / a / channels / orders / tells",)
    assert found["reconnects-market-stream"] == (NOT_TOLD["followed"],)
    assert found["cancel-one"] == (NOT_TOLD["ended"],)
    assert "cancel-confirmed-before-reported" not in found
    followed = Derived(dialect, Rehearsal(reached=(*STEPS, "followed"))).unconfirmed(catalogue)
    assert "reconnects-market-stream" not in followed
    assert "reconnects-user-stream" in followed
    ended = Derived(dialect, Rehearsal(reached=(*STEPS, "ended"))).unconfirmed(catalogue)
    assert "cancel-one" not in ended
    polled = "status-updated-without-user-stream"
    assert followed[polled] == (NOT_TOLD["looked up"],)
    looked = Derived(dialect, Rehearsal(reached=(*STEPS, "looked up"))).unconfirmed(catalogue)
    assert polled not in looked


def test_the_fields_of_both_are_leaned_on() -> None:
    assert joined({"a": ("x",)}, {"a": ("whole",), "b": ("whole",)}) == {"a": ("whole", "x"), "b": ("whole",)}


def test_a_line_for_each_part_the_most_decisive_first() -> None:
    fills = "routes / GET /fills / reply / list / each fill / px"
    status = "words / status / words / NEW / status"
    lines = confirmation_lines(
        [_outcome([fills, status]), _outcome([fills]), _outcome(["hosts"], Severity.MINOR)]
    )
    assert [line.split('"')[1] for line in lines] == ["routes / GET /fills / reply", "words / status"]
    assert whole("signing") == "signing"
    assert confirmation_lines([_outcome([NOT_TOLD["followed"]])]) == ()


def test_a_fact_that_no_leaf_carries_is_asked_for_and_not_confirmed() -> None:
    outcomes = [_outcome(["market.tick_size", "signing"])]
    assert untold_facts(outcomes) == ("market.tick_size",)
    assert [line.split('"')[1] for line in confirmation_lines(outcomes)] == ["signing"]


def test_how_far_a_connector_is_from_eligible() -> None:
    open_ = _outcome([], status=Status.UNDETERMINED)
    met = _outcome(["x"], status=Status.PASSED)
    passed = _outcome([], status=Status.PASSED)
    minor = _outcome(["x"], Severity.MINOR)
    assert standing([passed, met, _outcome(["x"]), open_, minor]) == Standing(1, 1, 1, 1)


def test_what_leans_on_many_fields_is_counted_and_asked_for_as_well() -> None:
    fields = [f"routes / GET /a/long/way/to/{number} / reply / list / each / px" for number in range(40)]
    outcome = _outcome(fields, status=Status.PASSED)
    assert standing([outcome]) == Standing(0, 1, 0, 0)
    assert len(confirmation_lines([outcome])) == 40
    kept = Outcome.model_validate_json(outcome.model_dump_json())
    assert kept.leaning == outcome.leaning


def test_questions_are_comments_that_can_be_filled_in() -> None:
    assert asked([Question(1, "Which?", ("- {at: x}",))]).splitlines()[-2:] == ["# Which?", "# - {at: x}"]


def test_what_was_asked_is_read_again_without_the_facts_that_are_listed_below_it() -> None:
    which = Question(1, "Which?", ("- {at: x}",))
    what = Question(2, "What is it?", (line(("routes", "GET /fills", "reply", "x"), OPEN_FACT), "- {at: y}"))
    text = asked([which, what])
    assert "The facts that" in text
    assert asked_in(text) == ((which.text, which.lines), (what.text, what.lines))
    assert asked_in(asked([])) == ()


def test_an_amount_that_every_rule_allows() -> None:
    rule = Rule.model_construct(
        min_order_size=Decimal("0.001"), min_notional_size=Decimal(20), min_order_value=None
    )
    assert enough(rule, Decimal(100), Decimal("0.01"), Decimal(5), Decimal("0.01")) == Decimal("0.40")
    assert enough(rule, Decimal(100_000), Decimal("0.01"), None, Decimal("0.01")) == Decimal("0.02")


@pytest.mark.parametrize(
    ("asks", "told", "live", "reached"),
    [
        ([], True, False, ["cancelled", "ended"]),
        (["balances"], True, False, ["cancelled", "ended"]),
        (["order_status"], True, False, ["cancelled"]),  # heard of by asking
        (["open_orders"], True, False, ["cancelled"]),
        ([], False, False, []),
        ([], True, True, []),
    ],
)
def test_the_end_of_an_order_is_told_where_nobody_had_to_ask(
    asks: list[str], told: bool, live: bool, reached: list[str]
) -> None:
    sent = ["order_status"]  # before
    order = SimpleNamespace(order_id=1, status=SimpleNamespace(live=live))
    rig = SimpleNamespace(
        record=SimpleNamespace(requests=lambda: [SimpleNamespace(operation=each) for each in sent]),
        venue=SimpleNamespace(order=lambda *_, **__: order),
        account=None,
        eventually=lambda *_: True,
        connector=SimpleNamespace(cancel=lambda _: sent.extend(asks), wait_event=lambda *_: told),
    )
    assert list(_cancelled(cast(Rig, rig), cast(Order, order), "name")) == reached
