"""Keys, time stamps, signatures and limits of the binance dialect."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest

from harness.venue.dialects.binance import Binance
from harness.venue.dialects.messages import Reply, Request
from tests.venue.world import Client, StillClock, code, data, venue

ACCOUNT = "/api/v3/account"


@pytest.fixture
def client() -> Client:
    world, account = venue(levels=5)
    return Client(Binance(world), account)


def signed_query(client: Client, text: str) -> str:
    return f"{text}&signature={client.sign(text)}"


def now(client: Client) -> int:
    return int(client.dialect.venue.clock.now() * 1000)


def get(client: Client, query: str, key: str | None = None) -> Reply:
    headers = {"X-MBX-APIKEY": client.account.api_key if key is None else key}
    return client.send("GET", ACCOUNT, query, "", headers)


def test_a_right_signature_is_accepted_in_query_and_body(client: Client) -> None:
    assert client.signed("GET", ACCOUNT).status == 200
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}
    assert client.signed("POST", "/api/v3/order", order).status == 200


def test_query_and_body_are_signed_together(client: Client) -> None:
    query = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.001"
    body = f"timestamp={now(client)}"
    headers = {"X-MBX-APIKEY": client.account.api_key}
    good = f"{body}&signature={client.sign(query + body)}"
    assert client.send("POST", "/api/v3/order", query, good, headers).status == 200
    bad = f"{body}&signature={client.sign(query + '&' + body)}"
    assert code(client.send("POST", "/api/v3/order", query, bad, headers)) == -1022


def test_the_signature_is_over_the_text_as_sent(client: Client) -> None:
    text = f"omitZeroBalances=tr%75e&timestamp={now(client)}"
    assert get(client, signed_query(client, text)).status == 200
    decoded = "&".join(f"{name}={value}" for name, value in parse_qsl(text))
    assert code(get(client, f"{text}&signature={client.sign(decoded)}")) == -1022


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(lambda q: q.replace("timestamp=1", "timestamp=2"), -1021, id="another time"),
        pytest.param(lambda q: q + "0", -1100, id="too long a signature"),
        pytest.param(lambda q: q[:-64] + "0" * 64, -1022, id="another signature"),
        pytest.param(lambda q: q + "&recvWindow=5000", -1022, id="something added"),
        pytest.param(lambda q: q + "&timestamp=1", -1101, id="twice"),
        pytest.param(lambda q: q.partition("&signature")[0], -1102, id="no signature"),
        pytest.param(lambda q: q.partition("&signature")[0] + "&signature=é", -1100, id="odd signature"),
        pytest.param(lambda q: "x=1&signature=" + q[-64:], -1102, id="no time"),
        pytest.param(lambda q: "timestamp=1e12&signature=" + q[-64:], -1100, id="scientific notation"),
        pytest.param(lambda q: q + "&recvWindow=60001", -1131, id="too wide a window"),
    ],
)
def test_a_wrong_request_is_refused(client: Client, change: Any, expected: int) -> None:
    query = signed_query(client, f"timestamp={now(client)}")
    assert get(client, query).status == 200
    reply = get(client, change(query))
    assert (reply.status, code(reply)) == (400, expected)


@pytest.mark.parametrize(
    ("offset", "message"),
    [
        (-4999, None),
        (999, None),
        (-5001, "outside of the recvWindow"),
        (1001, "1000ms ahead of the server's time"),
    ],
)
def test_time_stamps_must_be_near(client: Client, offset: int, message: str | None) -> None:
    client.offset_ms = offset
    reply = client.signed("GET", ACCOUNT)
    if message is None:
        assert reply.status == 200
    else:
        assert code(reply) == -1021
        assert message in data(reply)["msg"]


def test_a_window_may_be_asked_for(client: Client) -> None:
    client.offset_ms = -50_000
    assert client.signed("GET", ACCOUNT, {"recvWindow": 60_000}).status == 200
    assert code(client.signed("GET", ACCOUNT, {"recvWindow": 40_000})) == -1021


def test_keys_are_checked_before_signatures(client: Client) -> None:
    query = signed_query(client, f"timestamp={now(client)}")
    for key, expected in (("", -2014), ("short", -2014), ("A" * 64, -2015)):
        reply = get(client, query, key)
        assert (reply.status, code(reply)) == (401, expected)
    client.dialect.venue.revoke(client.account)
    assert code(get(client, query)) == -2015


def test_anothers_secret_does_not_do(client: Client) -> None:
    other = client.dialect.venue.account("other", {})
    text = f"timestamp={now(client)}"
    theirs = Client(client.dialect, other)
    assert code(get(client, f"{text}&signature={theirs.sign(text)}")) == -1022


def test_weights_are_counted_told_and_enforced(client: Client) -> None:
    clock = client.dialect.venue.clock
    assert isinstance(clock, StillClock)
    depth = {"symbol": "BTCUSDT", "limit": 5000}
    used = [int(client.call("GET", "/api/v3/depth", depth).headers["X-MBX-USED-WEIGHT-1M"]) for _ in range(3)]
    assert used == [250, 500, 750]
    for _ in range(21):
        assert client.call("GET", "/api/v3/depth", depth).status == 200
    over = client.call("GET", "/api/v3/ping")
    assert (over.status, code(over)) == (429, -1003)
    assert 0 < int(over.headers["Retry-After"]) <= 60
    clock.time += int(over.headers["Retry-After"])
    assert client.call("GET", "/api/v3/ping").headers["X-MBX-USED-WEIGHT-1M"] == "1"


def test_the_oracle_does_not_use_up_the_connectors_weight(client: Client) -> None:
    request = Request("GET", "api.binance.com", "/api/v3/exchangeInfo", client="oracle")
    assert client.dialect.handle(request).headers["X-MBX-USED-WEIGHT-1M"] == "20"
    assert client.call("GET", "/api/v3/ping").headers["X-MBX-USED-WEIGHT-1M"] == "1"


@pytest.mark.parametrize(
    ("path", "query", "weight"),
    [
        ("/api/v3/depth", {}, 5),
        ("/api/v3/depth", {"limit": "100"}, 5),
        ("/api/v3/depth", {"limit": "101"}, 25),
        ("/api/v3/depth", {"limit": "1000"}, 50),
        ("/api/v3/depth", {"limit": "5000"}, 250),
        ("/api/v3/depth", {"limit": "x"}, 5),
        ("/api/v3/ticker/24hr", {"symbol": "BTCUSDT"}, 2),
        ("/api/v3/ticker/24hr", {}, 80),
        ("/api/v3/myTrades", {"symbol": "BTCUSDT"}, 20),
        ("/api/v3/myTrades", {"symbol": "BTCUSDT", "orderId": "1"}, 5),
        ("/api/v3/openOrders", {}, 80),
        ("/api/v3/nowhere", {}, 0),
    ],
)
def test_weights_depend_on_parameters(client: Client, path: str, query: dict[str, str], weight: int) -> None:
    request = Request("GET", "api.binance.com", path, list(query.items()))
    assert client.dialect.match(request).weight == weight


def test_too_many_orders_are_refused(client: Client) -> None:
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT_MAKER", "quantity": "0.0001"}
    order["price"] = "50000"
    for number in range(100):
        reply = client.signed("POST", "/api/v3/order", order)
        assert reply.headers["X-MBX-ORDER-COUNT-10S"] == str(number + 1)
    over = client.signed("POST", "/api/v3/order", order)
    assert (over.status, code(over)) == (429, -1015)
