"""A fork's tests that describe an exchange on which a defect does not show: each says nothing."""

from __future__ import annotations

import json
from collections.abc import Callable

from pydantic import JsonValue

from harness.describing.answers import Answer, answers
from harness.describing.deriving import Derived, derive
from harness.describing.kit import Harvest, Sample
from harness.describing.sentinels import SETS, Sentinels

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
