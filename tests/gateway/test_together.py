"""Two messages told in one."""

from __future__ import annotations

import json

import pytest

from harness.gateway.together import in_one

OKX = '{{"arg":{{"channel":"orders"}},"data":[{{"tradeId":"{0}"}}]}}'
BYBIT = '{{"id":"a{0}","topic":"execution","creationTime":{0},"data":[{{"execId":"{0}"}}]}}'
HYPERLIQUID = '{{"channel":"user","data":{{"fills":[{{"tid":{0}}}]}}}}'
KRAKEN = '[[{{"T-{0}":{{"vol":"1.0"}}}}],"ownTrades",{{"sequence":{0}}}]'


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (OKX, {"arg": {"channel": "orders"}, "data": [{"tradeId": "1"}, {"tradeId": "2"}]}),
        (
            BYBIT,
            {"id": "a2", "topic": "execution", "creationTime": 2, "data": [{"execId": "1"}, {"execId": "2"}]},
        ),
        (HYPERLIQUID, {"channel": "user", "data": {"fills": [{"tid": 1}, {"tid": 2}]}}),
        (KRAKEN, [[{"T-1": {"vol": "1.0"}}, {"T-2": {"vol": "1.0"}}], "ownTrades", {"sequence": 2}]),
    ],
)
def test_lists_get_the_entries_of_both(form: str, expected: object) -> None:
    together = in_one(form.format(1), form.format(2))
    assert together is not None
    assert json.loads(together) == expected


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('{"e":"executionReport","t":1}', '{"e":"executionReport","t":2}'),
        ('{"event":"orders","data":[1]}', '{"event":"balances","data":[2]}'),
        ('{"data":[1],"more":[1]}', '{"data":[2],"more":[2]}'),
        ("pong", "pong"),
        # As WhiteBIT's fills, whose parts stand in their places.
        ('{"method":"deals_update","params":[1,"0.2"]}', '{"method":"deals_update","params":[2,"0.3"]}'),
        ('{"method":"orders","params":[1,{"id":1}]}', '{"method":"orders","params":[1,{"id":2}]}'),
    ],
)
def test_what_tells_no_list_or_of_different_things_stays_apart(first: str, second: str) -> None:
    assert in_one(first, second) is None
