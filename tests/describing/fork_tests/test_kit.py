"""What hostile tests can do when they are asked: hang, answer otherwise the second time, forge."""

from __future__ import annotations

import asyncio
import json
import re
import time
import unittest
from dataclasses import asdict
from typing import Any

import pytest

from harness.describing.documents.sentinels import SETS
from harness.describing.fork_tests import kit
from harness.frameworks.runtime import Runtime
from harness.sandbox.inside import kit as inside
from harness.sandbox.protocol import Completed, Exit, Job

EMPTY = {"kit": True, "samples": [], "readings": [], "problems": [], "missing": []}


class _Backend:
    """Answers as a job would whose standard output is a function of the nonce."""

    name = "told"

    def __init__(self, says: Any) -> None:
        self._says = says

    def run(self, job: Job) -> Completed:
        nonce = json.loads(job.argv[-1])["nonce"]
        return Completed(Exit(0, "exited"), self._says(nonce), b"words")


def _harvest(says: Any) -> kit.Harvest:
    runtime = Runtime("v2", "/python", (), {"PYTHONPATH": "/tree"})
    return kit.harvest(_Backend(says), runtime, "test.x")  # type: ignore[arg-type]


def _line(nonce: str, **more: Any) -> bytes:
    return json.dumps({"nonce": nonce, **EMPTY, **more}).encode() + b"\n"


def test_only_the_answer_with_our_nonce_counts() -> None:
    forged = _line("0" * 32, missing=["forged"])
    assert _harvest(lambda nonce: forged + _line(nonce, missing=["ours"])).missing == ("ours",)


@pytest.mark.parametrize(
    "says",
    [
        lambda _: b"",
        lambda nonce: _line(nonce) + _line(nonce),
        lambda nonce: b'{"nonce": "' + nonce.encode() + b'", "samples": 3}\n',
    ],
)
def test_no_answer_two_or_a_senseless_one_leave_nothing(says: Any) -> None:
    found = _harvest(says)
    assert not found.samples
    assert found.detail


class _Tests:
    """A fork's test class with a property for each way to misbehave."""

    count = 0

    @property
    def all_symbols_url(self) -> str:
        return "https://x.test/symbols"

    @property
    def balance_url(self) -> str:
        while True:
            time.sleep(0.01)

    @property
    def trading_rules_url(self) -> str:
        raise SystemExit(1)

    @property
    def expected_latest_price(self) -> str:
        raise PermissionError("[Errno 30] Read-only file system: '/tree/conf'")

    def configure_canceled_order_status_response(self, order: Any, mock_api: Any) -> str:
        """Writes into what it is given, and answers nothing."""
        mock_api.seen.clear()
        order.exchange_order_id = "another"
        mock_api.seen = None
        return ""

    @property
    def latest_prices_request_mock_response(self) -> dict[str, int]:
        _Tests.count += 1
        return {"price": _Tests.count}

    @property
    def network_status_url(self) -> re.Pattern[str]:
        return re.compile(r"^https://x\.test/ping.*")

    def configure_open_order_status_response(self, order: Any, mock_api: Any) -> str:
        mock_api.get("https://x.test/order", payload={"id": order.exchange_order_id})
        return "https://x.test/order"


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> inside.Harvest:
    class Name:
        name = "BUY"

    class Order:
        exchange_order_id, trade_type, order_type = "82400002", Name, Name

    monkeypatch.setattr(inside, "MEMBER_SECONDS", 0.1)
    monkeypatch.setattr(inside, "_orders", lambda *_: iter([Order()]))
    harvest = inside.Harvest(_Tests)
    harvest.ask(_Tests(), asdict(SETS[0]))
    return harvest


def test_a_member_that_hangs_or_ends_the_process_costs_itself_alone(found: inside.Harvest) -> None:
    assert {each["member"] for each in found.problems} == {
        "balance_url",
        "expected_latest_price",
        "trading_rules_url",
    }
    assert {each["member"] for each in found.samples} >= {
        "all_symbols_url",
        "configure_open_order_status_response",
    }


def test_every_member_is_asked_twice(found: inside.Harvest) -> None:
    samples = {each["member"]: kit.Sample(**each) for each in found.samples}
    assert not samples["latest_prices_request_mock_response"].steady
    assert samples["all_symbols_url"].steady
    assert samples["network_status_url"].answers[0] == r"^https://x\.test/ping.*"


@pytest.mark.parametrize("base", [unittest.TestCase, unittest.IsolatedAsyncioTestCase])
def test_frameworks_of_any_year_are_asked(base: type) -> None:
    """Until the end of 2024 the kit's classes ran coroutines themselves, and nothing was asked of them."""
    kind: Any = type("Kit", (base,), {"balance_url": property(lambda _: "https://x.test/balances")})
    harvest = inside.Harvest(kind)
    case = inside._ours(kind, asdict(SETS[0]), harvest)
    result = unittest.TestResult()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    unittest.TestSuite([case("test_harvest")]).run(result)
    loop.close()
    asyncio.set_event_loop(None)
    assert (result.testsRun, result.errors, result.failures) == (1, [], [])
    assert [each["member"] for each in harvest.samples] == ["balance_url"]


def test_what_is_mocked_is_noted_with_its_request(found: inside.Harvest) -> None:
    sample = next(each for each in found.samples if each["member"] == "configure_open_order_status_response")
    (mocked,) = sample["answers"][0]["mocked"]
    assert (mocked["method"], mocked["url"], mocked["body"]) == (
        "GET",
        "https://x.test/order",
        '{"id": "82400002"}',
    )
