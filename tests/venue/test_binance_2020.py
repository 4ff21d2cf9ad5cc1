"""What Binance had in 2020 and has no more."""

from __future__ import annotations

from decimal import Decimal

import pytest

from harness.venue.dialects.binance_2020 import Binance2020
from harness.venue.model import NewOrder, Side
from tests.venue.test_binance_streams import Wire
from tests.venue.world import Client, data, venue


@pytest.fixture
def client() -> Client:
    world, account = venue(levels=10)
    return Client(Binance2020(world), account)


@pytest.mark.parametrize("what", ["ping", "time", "depth", "ticker/24hr"])
def test_public_routes_have_two_addresses(client: Client, what: str) -> None:
    asked = {"symbol": "BTCUSDT"} if what in ("depth", "ticker/24hr") else {}
    old, new = (client.call("GET", f"/api/{version}/{what}", asked) for version in ("v1", "v3"))
    assert (old.status, old.body) == (new.status, new.body)
    assert old.status == 200


def test_orders_have_one(client: Client) -> None:
    assert client.signed("GET", "/api/v1/openOrders", {}).status == 404
    assert client.signed("GET", "/api/v3/openOrders", {}).status == 200


def test_the_smallest_notional_stands_under_its_old_name(client: Client) -> None:
    (symbol,) = data(client.call("GET", "/api/v1/exchangeInfo", {"symbol": "WBTCBTC"}))["symbols"]
    filters = {each["filterType"]: each for each in symbol["filters"]}
    assert filters["MIN_NOTIONAL"]["minNotional"] == "0.00010000"
    assert "NOTIONAL" not in filters


def test_fees_are_asked_of_the_withdrawal_api(client: Client) -> None:
    told = data(client.signed("GET", "/wapi/v3/tradeFee.html", {"symbol": "BTCUSDT"}))
    market = client.dialect.venue.market("BTC-USDT")
    assert told["success"] is True
    (fee,) = told["tradeFee"]
    assert fee == {"symbol": "BTCUSDT", "maker": float(market.maker_fee), "taker": float(market.taker_fee)}


def test_a_stream_tells_all_balances_when_one_changes(client: Client) -> None:
    world = client.dialect.venue
    opened = client.call("POST", "/api/v1/userDataStream", key=client.account.api_key)
    wire = Wire(client.dialect, "stream.binance.com", f"/ws/{data(opened)['listenKey']}")
    world.place(
        client.account,
        NewOrder(world.market("BTC-USDT"), Side.BUY, amount=Decimal("0.001"), price=Decimal(50_000)),
    )
    changed, whole = wire.messages("stream:balances")
    assert (changed["e"], whole["e"]) == ("outboundAccountPosition", "outboundAccountInfo")
    assert [each["a"] for each in changed["B"]] == ["USDT"]
    balances = {each["a"]: Decimal(each["l"]) for each in whole["B"]}
    assert balances == {"BTC": 0, "ETH": 0, "1000SATS": 0, "USDT": 50}
