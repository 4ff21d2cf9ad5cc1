"""The wire of a trace as HAR 1.2."""

from __future__ import annotations

import json

from harness.scenarios.trace.har import har
from harness.scenarios.trace.model import Asked, Trace
from harness.scenarios.trace.show import differences, lines
from tests.scenarios.trace.sample import ENTRIES, HEADER, TRACE

DEMANDED = {
    "log": {"version", "creator", "entries"},
    "entry": {"startedDateTime", "time", "request", "response", "cache", "timings"},
    "request": {
        "method", "url", "httpVersion", "cookies", "headers", "queryString",
        "headersSize", "bodySize",
    },
    "response": {
        "status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize",
        "bodySize",
    },
}  # fmt: skip


def test_what_the_format_demands_is_there() -> None:
    log = json.loads(json.dumps(har(TRACE)))["log"]
    assert log.keys() >= DEMANDED["log"]
    assert log["version"] == "1.2"
    assert len(log["entries"]) == 2
    for entry in log["entries"]:
        assert entry.keys() >= DEMANDED["entry"]
        assert entry["request"].keys() >= DEMANDED["request"]
        assert entry["response"].keys() >= DEMANDED["response"]
        assert entry["pageref"] == log["pages"][0]["id"]
        assert entry["startedDateTime"].startswith("1970-01-01T00:00:01.")


def test_a_request_has_its_body_and_its_parameters() -> None:
    (exchange, _) = har(TRACE)["log"]["entries"]
    assert exchange["request"]["postData"]["text"] == '{"é": 1}'
    assert exchange["request"]["queryString"] == [{"name": "a", "value": "1"}, {"name": "b", "value": ""}]
    assert exchange["time"] == exchange["timings"]["wait"]
    assert exchange["response"]["statusText"] == "OK"


def test_frames_stand_where_chrome_has_them() -> None:
    (_, socket) = har(TRACE)["log"]["entries"]
    assert socket["_resourceType"] == "websocket"
    assert socket["request"]["url"] == "wss://ws.example.com/ws"
    assert [(each["type"], each["opcode"]) for each in socket["_webSocketMessages"]] == [
        ("receive", 1),
        ("receive", 1),
        ("send", 1),
    ]


def test_every_entry_has_a_line_without_market_data() -> None:
    shown = list(lines(TRACE))
    assert len(shown) == len(ENTRIES) - 1
    assert len(list(lines(TRACE, market_data=True))) == len(ENTRIES)
    assert any("buy: pair BTC-USDT, amount 0.02" in line for line in shown)


def test_a_trace_does_not_differ_from_itself_at_another_time() -> None:
    assert list(differences(TRACE, Trace(HEADER, ENTRIES))) == []
    more = Trace(HEADER, (*ENTRIES, Asked(9.0, "sell", {})))
    assert "+asked sell" in list(differences(TRACE, more))
