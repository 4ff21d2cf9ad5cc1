"""Refusals, told from a single one."""

from __future__ import annotations

import json

import pytest
from pydantic import JsonValue

from harness.describing.documents.sentinels import SETS
from harness.describing.fork_tests.answers import Answer
from harness.describing.fork_tests.kit import Sample
from harness.describing.fork_tests.refusals import refusals

MEMBER = "configure_order_not_found_error_order_status_response"


def _answer(document: JsonValue, code: int = 404) -> Answer:
    sample = Sample(member=MEMBER, set=SETS[0].name, side="BUY", type="LIMIT", answers=())
    text = json.dumps(document)
    return Answer("order_status", MEMBER, 0, "", sample, "GET", "", code, text, document, SETS[0])


@pytest.mark.parametrize(
    ("document", "body", "word"),
    [
        (
            {"result": "error", "reason": "OrderNotFound", "message": "order not found"},
            {"result": "error", "reason": "{refusal.code}", "message": "{refusal.message}"},
            {"code": "OrderNotFound", "message": "order not found"},
        ),
        (
            {"code": 20204, "msg": "no order"},
            {"code": "{refusal.code|number}", "msg": "{refusal.message}"},
            {"code": 20204, "message": "no order"},
        ),
        ({"error": "No such order."}, {"error": "{refusal.message}"}, {"message": "No such order."}),
        (
            {"success": False, "status": "error", "why": "gone"},
            {"success": False, "status": "error", "why": "{refusal.message}"},
            {"message": "gone"},
        ),
    ],
)
def test_what_says_why_is_not_said_of_every_refusal(
    document: JsonValue, body: JsonValue, word: JsonValue
) -> None:
    """As Gemini's, whose `reason` told every refusal for an unknown order."""
    assert refusals([_answer(document)]) == {"status": 404, "body": body, "words": {"unknown_order": word}}


def test_an_errors_status_tells_more_than_a_good_one() -> None:
    assert refusals([_answer({"msg": "a"}, 200), _answer({"msg": "b"}, 400)])["status"] == 400
    assert refusals([])["status"] == 400
