"""Replies to new orders that have an id of the tests' own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.describing.documents.sentinels import SETS
from harness.describing.fork_tests.answers import answers
from harness.describing.fork_tests.kit import Harvest, Sample
from harness.describing.replies.own_ids import with_our_ids


@pytest.mark.parametrize(
    ("told", "becomes"),
    [
        ({"status": "ok", "data": "356501383558845"}, {"status": "ok", "data": "82400002"}),
        ({"order": {"id": 356501383558845}}, {"order": {"id": 82400002}}),
        ({"data": {"orderId": "a1b2c3d4-9999", "clientOrderId": "x7777777"}},
         {"data": {"orderId": "82400002", "clientOrderId": "x7777777"}}),
        ({"id": "82400002", "otherId": "93500003x"}, None),  # ours is there
        ({"id": "7654321a", "tradeId": "1234567b"}, None),  # which of them is it?
        ({"code": "200000", "result": {"ok": True}}, None),
        ({"data": 1764000000123}, None),  # a time
    ],
)  # fmt: skip
def test_ours_stands_where_the_only_id_stood(told: Any, becomes: Any) -> None:
    sample = Sample(
        member="order_creation_request_successful_mock_response", set=SETS[0].name, side="", type="",
        answers=(told, told),
    )  # fmt: skip
    (found,) = with_our_ids(answers(Harvest(samples=(sample,))))
    assert found.document == (told if becomes is None else becomes)
    assert json.loads(found.text) == found.document
