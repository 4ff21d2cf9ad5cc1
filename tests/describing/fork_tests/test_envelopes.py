"""What an exchange's replies have around their contents."""

from __future__ import annotations

import json
from typing import Any

from pydantic import JsonValue

from harness.describing.fork_tests.answers import answers
from harness.describing.fork_tests.envelopes import alike, enveloped
from harness.describing.fork_tests.kit import Harvest, Sample

GOOD: list[JsonValue] = [{"error": [], "result": {"n": number}} for number in range(5)]


def test_what_is_unwrapped_in_one_place_stands_in_the_envelope_of_the_others() -> None:
    assert enveloped({"token": "x"}, GOOD) == {"error": [], "result": {"token": "x"}}
    assert enveloped({"result": {"token": "x"}}, GOOD) == {"result": {"token": "x"}}
    assert enveloped({"token": "x"}, GOOD[:2]) == {"token": "x"}


def test_most_replies_decide() -> None:
    assert enveloped({"token": "x"}, [*GOOD, {"82400002": {}}]) == {"error": [], "result": {"token": "x"}}


def test_replies_that_tests_cut_short_get_what_others_of_their_route_have() -> None:
    def told(member: str, document: Any) -> Sample:
        reply = {"method": "POST", "url": "https://api.x.test/order", "pattern": "", "status": 200,
                 "body": json.dumps(document), "error": ""}  # fmt: skip
        answer: Any = {"mocked": [reply], "returned": ""}
        return Sample(member=member, set="a", side="BUY", type="LIMIT", answers=(answer, answer))

    whole = [told("configure_canceled_order_status_response", each) for each in GOOD]
    short = told("configure_open_order_status_response", {"82400002": {}})
    *_, last = alike(answers(Harvest(kit=True, samples=(*whole, short))))
    assert last.document == {"error": [], "result": {"82400002": {}}}
    assert json.loads(last.text) == last.document
