"""What dialects share: routes, replies, finding one by name, limits, listen keys, decimals."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from urllib.parse import parse_qsl

import pytest

from harness.clock import ScaledClock, SkewedClock
from harness.errors import UserError
from harness.scenarios.randomization import usual
from harness.venue.dialects import dialect, dialect_of, known
from harness.venue.dialects.base import Dialect
from harness.venue.dialects.decimals import decimals_of, fixed, plain
from harness.venue.dialects.listen_keys import ListenKeys
from harness.venue.dialects.messages import Refused, Reply, Request
from harness.venue.dialects.rates import FixedWindows
from harness.venue.dialects.routing import Call, Route, rest, stream
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.model import Account
from harness.venue.session import Venue
from tests.venue.world import StillClock, data, venue


class Tiny(Dialect):
    """An exchange with three routes."""

    rest_hosts = ("api.tiny.test",)
    stream_hosts = ("ws.tiny.test",)

    def authenticate(self, request: Request, route: Route) -> Account:
        account = self.venue.account_of_key(request.header("x-key") or "")
        if account is None:
            raise Refused(Reply(401, {}, {"error": f"{route.operation} needs a key"}))
        return account

    @rest("GET", "/v1/orders/{number}", operation="order_status", weight=3, private=True)
    def order(self, call: Call) -> dict[str, str]:
        return {"order": call.path["number"], "of": call.account.name}

    @rest("GET", "/v1/time", operation="server_time")
    @rest("GET", "/v2/time", operation="server_time", weight=2)
    def time(self, call: Call) -> Reply:
        return Reply(200, {"X-Weight": str(call.route.weight)}, call.params.get("as", "text").encode())

    @stream("/ws/{key}")
    def feed(self, call: Call) -> StreamSession:
        if call.path["key"] != "open":
            raise Refused(Reply(403))
        return StreamSession()


@pytest.fixture
def tiny() -> Tiny:
    return Tiny(venue(levels=0)[0])


def test_a_private_route_knows_who_signed(tiny: Tiny) -> None:
    account = tiny.venue.account("someone", {})
    headers = {"X-KEY": account.api_key}
    request = Request("GET", "api.tiny.test", "/v1/orders/17", headers=headers)
    assert data(tiny.handle(request)) == {"order": "17", "of": "someone"}
    refused = tiny.handle(Request("GET", "api.tiny.test", "/v1/orders/17", headers={"X-Key": "wrong"}))
    assert (refused.status, data(refused)) == (401, {"error": "order_status needs a key"})


@pytest.mark.parametrize(
    ("method", "host", "path", "operation"),
    [
        ("GET", "api.tiny.test", "/v1/orders/17", "order_status"),
        ("GET", "api.tiny.test", "/v2/time", "server_time"),
        ("GET", "ws.tiny.test", "/ws/open", "stream:subscribe"),
        ("POST", "api.tiny.test", "/v2/time", None),
        ("GET", "api.tiny.test", "/v1/orders/17/x", None),
        ("GET", "api.tiny.test", "/v1/orders/", None),
        ("GET", "api.tiny.test", "/v1/time\n", None),
        ("GET", "ws.tiny.test", "/v1/time", None),
        ("GET", "api.tiny.test", "/ws/open", None),
    ],
)
def test_a_request_has_the_operation_of_its_route(
    tiny: Tiny, method: str, host: str, path: str, operation: str | None
) -> None:
    request = Request(method, host, path)
    assert tiny.match(request).operation == operation
    assert (tiny.handle(request).status == 404) == (operation in (None, "stream:subscribe"))


def test_a_handler_may_have_several_paths_and_weights(tiny: Tiny) -> None:
    old, new = (Request("GET", "api.tiny.test", f"/{v}/time", [("as", "x")]) for v in ("v1", "v2"))
    assert [tiny.match(request).weight for request in (old, new)] == [1, 2]
    assert [tiny.handle(request).headers["X-Weight"] for request in (old, new)] == ["1", "2"]
    assert tiny.handle(old).content() == b"x"


def test_a_stream_is_opened_or_answered(tiny: Tiny) -> None:
    assert isinstance(tiny.open_stream(Request("GET", "ws.tiny.test", "/ws/open")), StreamSession)
    for path, status in (("/ws/shut", 403), ("/other", 404)):
        reply = tiny.open_stream(Request("GET", "ws.tiny.test", path))
        assert isinstance(reply, Reply)
        assert reply.status == status


def test_hosts_and_ports_are_declared(tiny: Tiny) -> None:
    assert tiny.serves("ws.tiny.test", 443)
    assert not tiny.serves("ws.tiny.test", 8443)
    assert not tiny.serves("evil.test", 443)


def test_an_operation_must_be_a_standard_one() -> None:
    with pytest.raises(ValueError, match="no standard operation"):
        rest("GET", "/", operation="withdraw")


def test_dialects_are_found_by_name() -> None:
    assert "binance" in known()
    assert "base" not in known()


def test_the_generation_decides_what_a_connector_speaks() -> None:
    for name in ("binance", "kraken", "kucoin"):
        assert dialect_of(name, "v0") == f"{name}_2020"
        assert dialect_of(name, "v2") == name
    assert dialect_of("loopring", "v0") == "loopring"
    assert dialect_of("loopring", "v2") is None
    assert dialect_of("kraken_2020", "v0") is None


def test_a_part_of_a_path_may_have_strokes() -> None:
    route = Route("GET", "/ws/{names:path}", "stream:subscribe", 0, False, "feed")
    assert route.match("GET", "/ws/a@trade/b@trade") == {"names": "a@trade/b@trade"}
    assert route.match("GET", "/ws/a@trade") == {"names": "a@trade"}
    assert route.match("GET", "/ws/") is None


def test_what_an_exchange_had_not_yet_is_left_out() -> None:
    class Earlier(Tiny):
        without = frozenset({"/v2/time", "/ws/{key}"})

    assert {route.path for route in Tiny.routes} - {route.path for route in Earlier.routes} == {"/v2/time"}
    assert (len(Tiny.streams), Earlier.streams) == (1, ())
    assert dialect("binance").name == "binance"
    with pytest.raises(UserError, match="did you mean 'binance'"):
        dialect("binanse")


def test_windows_count_per_client_and_begin_anew() -> None:
    windows = FixedWindows(10, 60)
    assert not windows.use("a", 10, 119.0).over
    over = windows.use("a", 1, 119.5)
    assert (over.over, over.used, over.retry_after) == (True, 11, 0.5)
    assert not windows.use("b", 1, 119.5).over
    assert windows.use("a", 1, 120.0).used == 1


def test_a_listen_key_lives_until_it_is_not_renewed() -> None:
    _, account = venue(levels=0)
    keys = ListenKeys(60)
    key = keys.open(account, 0)
    assert keys.open(account, 30) == key
    assert keys.renew(key, 89)
    assert keys.account_of(key, 148) == account
    assert keys.account_of(key, 149) is None
    assert not keys.renew(key, 149)
    assert keys.open(account, 149) != key


def test_a_listen_key_can_be_ended() -> None:
    _, account = venue(levels=0)
    keys = ListenKeys(60)
    assert keys.close(keys.open(account, 0))
    key = keys.open(account, 0)
    keys.expire(account)
    assert keys.account_of(key, 1) is None
    assert not keys.close(key)


@pytest.mark.parametrize(
    ("value", "eight", "short", "places"),
    [
        ("1E-7", "0.00000010", "0.0000001", 7),
        ("100", "100.00000000", "100", 0),
        ("1.50", "1.50000000", "1.5", 1),
        ("0.123456789", "0.12345678", "0.123456789", 9),
        ("1E+3", "1000.00000000", "1000", 0),
        ("123456789012345678901234.5", "123456789012345678901234.50000000", "123456789012345678901234.5", 1),
    ],
)
def test_decimals_are_written_out(value: str, eight: str, short: str, places: int) -> None:
    number = Decimal(value)
    assert (fixed(number), plain(number), decimals_of(number)) == (eight, short, places)


def test_a_scaled_clock_gives_time_stamps_slack(tiny: Tiny) -> None:
    clock = tiny.venue.clock
    assert isinstance(clock, StillClock)
    assert tiny.slack == 0
    clock.scale = 11.0
    assert tiny.slack == 5.0


def test_what_was_measured_at_a_faster_pace_is_borne_at_a_slower_one() -> None:
    clock = ScaledClock(11.0)
    spoken = Tiny(Venue((), 1, SkewedClock(clock)))
    clock.change(2.0)
    assert spoken.slack == 5.0


# What a dialect has to be asked with to list its markets, where that is more than a path.
ASKED_WITH = {
    "bybit": "category=spot",
    "bybit_perpetual": "category=linear",
    "okx": "instType=SPOT",
    "bitget_perpetual": "productType=USDT-FUTURES",
}
ASSETS = {"hyperliquid": "spotMeta", "hyperliquid_perpetual": "meta"}


def listed(spoken: Dialect) -> list[bytes]:
    """All that is told of the markets."""
    if kind := ASSETS.get(spoken.name):
        body = json.dumps({"type": kind}).encode()
        asked = [
            Request("POST", spoken.rest_hosts[0], "/info", [], {"Content-Type": "application/json"}, body)
        ]
    else:
        raw = ASKED_WITH.get(spoken.name, "")
        asked = [
            Request(route.method, spoken.rest_hosts[0], route.path, parse_qsl(raw), raw_query=raw)
            for route in spoken.routes
            if route.operation == "symbols" and not route.private
        ]
    return [spoken.handle(each).content() for each in asked]


@pytest.mark.parametrize(
    "name", [each for each in known() if dialect(each).framework == "v2" and dialect(each).tells_lots]
)
def test_coarser_amounts_are_told(name: str) -> None:
    kind = dialect(name)
    world = Venue(kind.markets, 3, StillClock())
    spoken = kind(world)
    for each in world.markets:
        world.seed_book(each)
    for market in [each for each in usual(kind.markets) if each.lot_size < 1]:
        before, lot = listed(spoken), market.lot_size * 10
        world.change_rules(replace(market, lot_size=lot, min_amount=max(market.min_amount, lot)))
        assert listed(spoken) != before, market.name


def test_a_market_that_is_named_has_the_rules_of_now() -> None:
    """As Gemini's route for the details of one symbol, which told the first rules for ever."""
    kind = dialect("binance")
    world = Venue(kind.markets, 3, StillClock())
    spoken = kind(world)
    market = world.markets[0]
    name = spoken.symbol(market)
    assert spoken.market_of(name) == market
    world.change_rules(replace(market, lot_size=market.lot_size * 10))
    found = spoken.market_of(name)
    assert found is not None
    assert found.lot_size == market.lot_size * 10
    assert spoken.market_of("NOBODY") is None
