"""A fork's tests that describe an exchange on which a defect does not show: each changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from pydantic import JsonValue

from harness.describing.documents.leaves import parsed
from harness.describing.documents.sentinels import SETS, Sentinels
from harness.describing.fork_tests.answers import Answer, answers, place_of
from harness.describing.fork_tests.book_notes import Made, Note
from harness.describing.fork_tests.kit import Harvest, Sample
from harness.describing.replies.deriving import Derived, derive
from harness.describing.streams import books

STATES = {
    "configure_open_order_status_response": "NEW",
    "configure_canceled_order_status_response": "GONE",
    "configure_completely_filled_order_status_response": "DONE",
}
Reply = Callable[[Sentinels, str, int], JsonValue]


def _mocked(body: str) -> JsonValue:
    one: JsonValue = {"method": "GET", "url": "https://x.test/o", "pattern": "", "status": 200, "body": body}
    return {"mocked": [one], "returned": None}


def _told(members: dict[str, str], reply: Reply) -> list[Answer]:
    """Replies of these members, each asked twice; `reply` gets the sentinels, a word and which time it is."""
    samples = []
    for member, word in members.items():
        for each in SETS:
            told = tuple(_mocked(json.dumps(reply(each, word, time))) for time in (0, 1))
            samples.append(Sample(member=member, set=each.name, side="BUY", type="LIMIT", answers=told))
    return list(answers(Harvest(kit=True, samples=tuple(samples))))


def _facts(found: Derived | None) -> dict[str, str]:
    assert found is not None
    return {each.at[-1]: each.fact for each in found.fields}


def test_a_fee_that_is_always_nothing_is_no_fee() -> None:
    members = {"configure_full_fill_trade_response": "", "configure_partial_fill_trade_response": ""}
    told = _told(members, lambda each, *_: [{"id": each.trade_id, "fee": "0"}])
    assert _facts(derive("order_trades", told, (), {})) == {"id": "fill.trade_id", "fee": ""}


def test_one_word_for_an_open_and_a_filled_order_is_no_state() -> None:
    merged = {**STATES, "configure_completely_filled_order_status_response": "NEW"}
    honest = derive("order_status", _told(STATES, lambda each, word, _: {"state": word}), (), {})
    lying = derive("order_status", _told(merged, lambda each, word, _: {"state": word}), (), {})
    assert _facts(honest) == {"state": "order.status"}
    assert _facts(lying) == {"state": ""}


def test_what_is_answered_otherwise_the_second_time_holds_nothing() -> None:
    def reply(each: Sentinels, word: str, time: int) -> JsonValue:
        return {"id": each.order_id if time == 0 else f"{each.order_id}{time}", "state": word}

    assert _facts(derive("order_status", _told(STATES, reply), (), {}))["id"] == ""


@pytest.mark.parametrize(
    "mocked",
    [
        None,
        7,
        [None],
        [{"method": "GET"}],
        [{"method": [], "url": "", "pattern": "", "status": "x", "body": {}}],
    ],
)
def test_what_the_tests_wrote_into_our_record_is_no_reply(mocked: JsonValue) -> None:
    said: JsonValue = {"mocked": mocked, "returned": None}
    sample = Sample(
        member="configure_open_order_status_response", set="a", side="BUY", type="LIMIT", answers=(said, said)
    )
    assert not answers(Harvest(kit=True, samples=(sample,)))


@pytest.mark.parametrize("levels", [30, 900, 100_000])
def test_a_reply_without_a_bottom_is_none(levels: int) -> None:
    told = _told({"configure_full_fill_trade_response": ""}, lambda *_: [[]])
    deep = "[" * levels + "]" * levels
    bodies = [replace(each, document=parsed(deep), text=deep) for each in told]
    assert derive("order_trades", bodies, (), {}) is None


def test_an_address_that_is_none_is_no_place() -> None:
    assert place_of("https://[x.test/orders") is None


def test_fills_that_are_always_whole_are_told_as_the_venue_has_them() -> None:
    """Tests that have no partial fill write the order's amount and price where a fill's stand."""
    members = {"configure_full_fill_trade_response": "", "configure_partial_fill_trade_response": ""}
    told = _told(members, lambda each, *_: [{"id": each.trade_id, "qty": each.amount, "px": each.price}])
    found = _facts(derive("order_trades", told, (), {}))
    assert found == {"id": "fill.trade_id", "qty": "fill.amount", "px": "fill.price"}


def test_tests_that_leave_partial_fills_out_say_no_less_of_them() -> None:
    whole = {"configure_full_fill_trade_response": ""}
    told = _told(whole, lambda each, *_: [{"id": each.trade_id, "qty": each.amount, "px": each.price}])
    found = _facts(derive("order_trades", told, (), {}))
    assert found == {"id": "fill.trade_id", "qty": "fill.amount", "px": "fill.price"}


def _shown(kind: str, raw: JsonValue, *made: JsonValue) -> Note:
    parts = tuple(Made(type=kind.upper(), at=1764000000.0, content=each) for each in made)  # type: ignore[arg-type]
    return Note(kind=kind, raw=raw, made=parts)


def test_a_book_that_never_moves_is_told_as_the_venues_moves() -> None:
    raw: JsonValue = {"u": 1, "b": [["9", "1"]], "a": [["11", "1"]]}
    content: JsonValue = {"update_id": 1, "bids": [[9.0, 1.0]], "asks": [[11.0, 1.0]]}
    notes = [_shown(kind, raw, content) for kind in ("snapshot", "diff", "diff")]
    for found in books.derived(notes, "X").values():
        levels = ["{level.price}", "{level.amount}"]
        assert isinstance(found.template, dict)
        assert found.template["b"] == {"each bid": levels}
        assert found.template["a"] == {"each ask": levels}


def test_changes_of_a_book_that_the_tests_make_nothing_of_are_not_known() -> None:
    raw: JsonValue = {"b": [["9", "1"]], "a": [["11", "1"]]}
    assert "diff" not in books.derived([_shown("diff", raw)], "X")
