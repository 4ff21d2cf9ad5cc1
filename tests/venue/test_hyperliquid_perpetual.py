"""Hyperliquid's perpetuals: refusals, positions, leverage, funding, and what their streams say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from harness.venue.dialects.hyperliquid_perpetual import HyperliquidPerpetual
from harness.venue.model import Side
from harness.venue.positions import MarginMode
from harness.venue.session import Venue
from tests.venue.test_hyperliquid import Client, opened
from tests.venue.world import NOON, StillClock

D = Decimal
ETH, YFI = 0, 2  # assets: places in the universe
ORDER = {"a": ETH, "b": True, "p": "2950", "s": "1", "r": False, "t": {"limit": {"tif": "Gtc"}}}
IOC = {"t": {"limit": {"tif": "Ioc"}}}
UP, DOWN = {"p": "3200", "b": True, **IOC}, {"p": "2800", "b": False, **IOC}
LEVERAGE = {"type": "updateLeverage", "asset": ETH, "isCross": True, "leverage": 5}


@pytest.fixture
def perpetual() -> Iterator[Client]:
    clock = StillClock()
    venue = Venue(HyperliquidPerpetual.markets, 7, clock)
    for market in venue.markets:
        venue.seed_book(market, 30)
    account = venue.account("trader", {"USD": D(10_000)})
    client = Client(HyperliquidPerpetual(venue), account, clock, count(int(NOON * 1000)))
    client.dialect.wallet(account)
    yield client
    assert not any(venue.ledger_totals().values())


def place(perpetual: Client, **changed: Any) -> Any:
    """The status of one order, of ETH unless told otherwise."""
    orders = [{**ORDER, **changed}]
    told = perpetual.act({"type": "order", "orders": orders, "grouping": "na"})
    assert told["status"] == "ok", told
    return told["response"]["data"]["statuses"][0]


def state(perpetual: Client) -> Any:
    return perpetual.info("clearinghouseState", user=perpetual.address)


def position(perpetual: Client) -> Any:
    found = state(perpetual)["assetPositions"]
    assert len(found) <= 1
    return found[0]["position"] if found else None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"p": "2950.01"}, "Price must be divisible by tick size. asset=0"),
        ({"s": "1.00001"}, "Order has invalid size. asset=0"),
        ({"s": "0"}, "Order has zero size. asset=0"),
        ({"s": "0.003"}, "minimum value of $10"),
        ({"s": "3000"}, "Insufficient margin to place order. asset=0"),
        ({"p": "300"}, "80% away"),
        ({"p": "3200", "t": {"limit": {"tif": "Alo"}}}, "Post only order would have immediately matched"),
        ({"p": "2900", **IOC}, "could not immediately match"),
        ({"r": True}, "Reduce only order would increase position. asset=0"),
    ],
)
def test_it_says_why_not(perpetual: Client, changed: dict[str, Any], words: str) -> None:
    assert words in place(perpetual, **changed)["error"]
    assert perpetual.venue.open_orders(perpetual.account) == ()


def test_there_is_no_asset_behind_the_last(perpetual: Client) -> None:
    told = perpetual.act({"type": "order", "orders": [{**ORDER, "a": 4}], "grouping": "na"})
    assert told == {"status": "err", "response": "Invalid asset: 4"}


def test_a_market_is_told_as_it_is(perpetual: Client) -> None:
    meta, contexts = perpetual.info("metaAndAssetCtxs")
    assert [each["name"] for each in meta["universe"]] == ["ETH", "MKR", "YFI", "kPEPE"]
    assert meta["universe"][YFI] == {
        "name": "YFI", "szDecimals": 4, "maxLeverage": 5, "marginTableId": 5,
    }  # fmt: skip
    market = perpetual.venue.markets[ETH]
    perpetual.venue.set_funding_rate(market, D("0.0003"))
    (_, contexts) = perpetual.info("metaAndAssetCtxs")
    assert D(contexts[ETH]["funding"]) == D("0.0003")
    assert D(contexts[ETH]["markPx"]) == perpetual.venue.mark_price(market)
    assert D(contexts[ETH]["oraclePx"]) == perpetual.venue.index_price(market)
    assert perpetual.info("perpDexs") == [None]
    assert perpetual.info("spotMeta")["universe"] == []


def test_a_position_is_opened_turned_and_closed(perpetual: Client) -> None:
    assert position(perpetual) is None
    sizes = []
    for changed in ({**UP, "s": "1"}, {**DOWN, "s": "3"}, {**UP, "s": "2", "r": True}):
        assert "filled" in place(perpetual, **changed)
        held = position(perpetual)
        sizes.append(held["szi"] if held else None)
    assert sizes == ["1.0", "-2.0", None]
    fills = perpetual.info("userFills", user=perpetual.address)
    directions = list(dict.fromkeys(fill["dir"] for fill in fills[::-1]))
    assert directions[0] == "Open Long"
    assert directions[-1] == "Close Short"
    assert fills[-1]["startPosition"] == "0.0"
    assert {fill["feeToken"] for fill in fills} == {"USDC"}
    assert sum(D(fill["closedPnl"]) for fill in fills) < 0  # the spread was paid


def test_margin_and_profit_are_told(perpetual: Client) -> None:
    assert perpetual.act(LEVERAGE)["status"] == "ok"
    place(perpetual, **UP)
    told, held = state(perpetual), position(perpetual)
    assert held["leverage"] == {"type": "cross", "value": 5}
    assert D(held["marginUsed"]) == pytest.approx(D(held["positionValue"]) / 5, abs=D("0.001"))
    worth = D(told["marginSummary"]["accountValue"])
    margin = perpetual.venue.margin(perpetual.account, "USD")
    assert worth == margin.wallet + margin.unrealised_pnl
    assert D(held["unrealizedPnl"]) == margin.unrealised_pnl
    assert D(told["withdrawable"]) == pytest.approx(margin.available, abs=D("0.001"))


def test_leverage_and_margin_mode(perpetual: Client) -> None:
    market, venue = perpetual.venue.markets[ETH], perpetual.venue
    assert perpetual.act({**LEVERAGE, "leverage": 26})["response"] == "Invalid leverage value"
    assert perpetual.act({**LEVERAGE, "isCross": False, "leverage": 3})["status"] == "ok"
    assert (venue.leverage(perpetual.account, market), venue.margin_mode(perpetual.account, market)) == (
        D(3),
        MarginMode.ISOLATED,
    )
    place(perpetual, **UP)
    assert position(perpetual)["leverage"]["type"] == "isolated"
    assert "leverage type" in perpetual.act(LEVERAGE)["response"]
    assert position(perpetual)["leverage"] == {"type": "isolated", "value": 3}


def test_funding_is_told_oldest_first(perpetual: Client) -> None:
    venue = perpetual.venue
    market = venue.markets[ETH]
    place(perpetual, **UP)
    for rate in ("0.0001", "-0.0002"):
        venue.set_funding_rate(market, D(rate))
        venue.pay_funding(market)
        perpetual.clock.time += 1
    since = {"user": perpetual.address, "startTime": int(NOON * 1000)}
    paid, got = perpetual.info("userFunding", **since)
    assert (paid["delta"]["fundingRate"], got["delta"]["fundingRate"]) == ("0.0001", "-0.0002")
    assert D(paid["delta"]["usdc"]) < 0 < D(got["delta"]["usdc"])
    assert (paid["delta"]["coin"], paid["delta"]["szi"]) == ("ETH", "1.0")
    assert perpetual.info("userFunding", **since, endTime=int(NOON * 1000)) == [paid]
    history = perpetual.info("fundingHistory", coin="ETH", startTime=int(NOON * 1000))
    assert [each["fundingRate"] for each in history] == ["0.0001", "-0.0002"]
    assert perpetual.info("fundingHistory", coin="MKR", startTime=0) == []


def test_streams_tell_of_positions_and_funding(perpetual: Client) -> None:
    kinds = ("clearinghouseState", "userFundings", "userEvents")
    session = opened(perpetual, *({"type": kind, "user": perpetual.address} for kind in kinds))
    place(perpetual, **UP)
    market = perpetual.venue.markets[ETH]
    perpetual.venue.set_funding_rate(market, D("0.0001"))
    perpetual.venue.pay_funding(market)
    told = [json.loads(frame.text) for frame in session.told]  # type: ignore[attr-defined]
    states = [m["data"]["clearinghouseState"] for m in told if m["channel"] == "clearinghouseState"]
    assert states[0]["assetPositions"] == []
    assert states[-1]["assetPositions"][0]["position"]["szi"] == "1.0"
    events = [m["data"] for m in told if m["channel"] == "user"]
    assert [next(iter(event)) for event in events][-1] == "funding"
    assert events[-1]["funding"]["coin"] == "ETH"
    snapshot, funding = (m["data"] for m in told if m["channel"] == "userFundings")
    assert (snapshot["isSnapshot"], snapshot["fundings"]) == (True, [])
    assert len(funding["fundings"]) == 1


def test_a_liquidation_ends_the_position_and_its_orders(perpetual: Client) -> None:
    market = perpetual.venue.markets[ETH]
    perpetual.venue.set_level(market, Side.SELL, D("3003"), D(200))
    perpetual.act({**LEVERAGE, "leverage": 25})
    assert place(perpetual, **UP, s="60")["filled"]["totalSz"] == "60.0"
    place(perpetual, p="2000", s="0.1")
    stop = position(perpetual)["liquidationPx"]
    perpetual.venue.set_mark(market, D(stop) + 1)
    assert position(perpetual)["szi"] == "60.0"
    perpetual.venue.set_mark(market, D(stop) - 1)
    assert position(perpetual) is None
    history = perpetual.info("historicalOrders", user=perpetual.address)
    assert "liquidatedCanceled" in {each["status"] for each in history}
    assert perpetual.info("openOrders", user=perpetual.address) == []
