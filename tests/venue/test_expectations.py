"""Replies of a dialect have every field that the exchange documents, or say why not; their values agree."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

import harness.venue.dialects
from harness.venue.dialects.bybit import Bybit
from harness.venue.dialects.okx import Okx
from harness.venue.session import Venue
from tests.venue import test_bybit, test_okx
from tests.venue.world import FUNDS, StillClock, data

DIALECTS = Path(harness.venue.dialects.__file__).parent
D = Decimal


def expected(name: str) -> dict[str, Any]:
    replies: dict[str, Any] = yaml.safe_load((DIALECTS / name / "expectations.yml").read_text())["replies"]
    return replies


def okx_replies() -> dict[str, Any]:
    """One object of each reply, after an order that was filled in part."""
    venue = Venue(Okx.markets, 7, StillClock())
    for market in venue.markets:
        venue.seed_book(market, 10)
    client = test_okx.Client(Okx(venue), venue.account("maker", FUNDS, Okx.key_lengths), StillClock())
    order = int(client.place()["ordId"])
    venue.fill(order, D("0.004"))
    btc = "BTC-USDT"

    def of(path: str, private: bool = False, **query: str) -> Any:
        text = "&".join(f"{name}={value}" for name, value in query.items())
        reply = client.signed("GET", f"{path}?{text}") if private else client.public(path, **query)
        return data(reply)["data"][0]

    balances = of("/account/balance", private=True)
    return {
        "balances": balances,
        "balances.details": next(each for each in balances["details"] if each["ccy"] == "BTC"),
        "config": of("/account/config", private=True),
        "fees": of("/account/trade-fee", private=True, instType="SPOT"),
        "symbols": of("/public/instruments", instType="SPOT"),
        "ticker": of("/market/ticker", instId=btc),
        "order_book": of("/market/books", instId=btc),
        "trades": of("/market/trades", instId=btc),
        "order_status": of("/trade/order", private=True, ordId=str(order), instId=btc),
        "order_trades": of("/trade/fills", private=True, instId=btc),
    }


def bybit_replies() -> dict[str, Any]:
    venue = Venue(Bybit.markets, 7, StillClock())
    for market in venue.markets:
        venue.seed_book(market, 10)
    client = test_bybit.Client(Bybit(venue), venue.account("maker", FUNDS, Bybit.key_lengths), StillClock())
    order = int(client.place()["result"]["orderId"])
    venue.fill(order, D("0.004"))
    spot = "category=spot&symbol=BTCUSDT"

    def of(path: str) -> Any:
        return data(client.signed("GET", f"{path}?{spot}"))["result"]["list"][0]

    return {
        "order_status": of("/order/realtime"),
        "order_trades": of("/execution/list"),
        "fees": of("/account/fee-rate"),
        "ticker": client.public("/market/tickers", category="spot", symbol="BTCUSDT")["result"]["list"][0],
    }


@pytest.mark.parametrize(("name", "replies"), [("okx", okx_replies), ("bybit", bybit_replies)])
def test_every_documented_field_is_sent_or_left_out_for_a_reason(name: str, replies: Any) -> None:
    sent = replies()
    wanted = expected(name)
    assert wanted.keys() == sent.keys()
    missing = {
        operation: sorted(set(reply["fields"]) - set(reply.get("left_out", {})) - sent[operation].keys())
        for operation, reply in wanted.items()
    }
    assert not {operation: fields for operation, fields in missing.items() if fields}
    idle = {
        operation: sorted(set(reply.get("left_out", {})) & sent[operation].keys())
        for operation, reply in wanted.items()
    }
    assert not any(idle.values()), "what is sent is not left out"


def test_okx_values_agree_with_one_another() -> None:
    balances = okx_replies()["balances"]
    details = balances["details"]
    assert D(balances["totalEq"]) == sum(D(each["eqUsd"]) for each in details)
    for each in details:
        assert D(each["eq"]) == D(each["availBal"]) + D(each["frozenBal"])
