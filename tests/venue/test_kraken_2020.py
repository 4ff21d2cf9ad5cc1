"""What Kraken had in 2020: one version of its streams, private messages without numbers, smallest volumes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import count

import pytest

from harness.venue.dialects.kraken.codec import number_of
from harness.venue.dialects.kraken_2020 import Kraken2020
from harness.venue.dialects.messages import Reply, Request
from harness.venue.session import Venue
from tests.venue.test_kraken import PRIVATE, PUBLIC, Client, follow, old
from tests.venue.world import FUNDS, StillClock, texts


@pytest.fixture
def kraken() -> Iterator[Client]:
    clock = StillClock()
    venue = Venue(Kraken2020.markets, 7, clock)
    for market in venue.markets:
        venue.seed_book(market, 10)
    account = venue.account("maker", FUNDS, Kraken2020.key_lengths)
    yield Client(Kraken2020(venue), account, clock, count(1000))
    assert not any(venue.ledger_totals().values())


def test_pairs_have_a_smallest_volume_and_no_smallest_value(kraken: Client) -> None:
    pairs = kraken.public("AssetPairs")["result"]
    assert pairs["XBTUSDT"]["ordermin"] == "0.002"
    assert pairs["ETHUSDT"]["ordermin"] == "0.02"
    assert all({"costmin", "tick_size", "status"}.isdisjoint(pair) for pair in pairs.values())
    assert kraken.place(volume="0.00199")["error"] == ["EOrder:Order minimum not met"]
    assert kraken.place(volume="0.002", price="1")["error"] == []


def test_public_trades_had_no_number(kraken: Client) -> None:
    market = kraken.dialect.venue.markets[0]
    kraken.dialect.venue.walk(20, market)
    trades = kraken.public("Trades", pair="XBTUSDT")["result"]["XBTUSDT"]
    assert {len(trade) for trade in trades} == {6}


@pytest.mark.parametrize("name", ["BalanceEx", "CancelAll", "CancelOrderBatch"])
def test_what_came_later_is_not_there(kraken: Client, name: str) -> None:
    assert kraken.signed(name)["error"] == ["EGeneral:Unknown method"]


def test_there_is_one_version_of_the_streams(kraken: Client) -> None:
    for host in (PUBLIC, PRIVATE):
        assert isinstance(kraken.dialect.open_stream(Request("GET", host, "/v2")), Reply)


def test_private_messages_are_not_numbered(kraken: Client) -> None:
    session, token = kraken.stream(PRIVATE), kraken.token()
    for name in ("openOrders", "ownTrades"):
        status, snapshot = old(session, name, token=token)
        assert (status["status"], snapshot) == ("subscribed", [[], name])
    heard = follow(kraken, session)
    txid = kraken.placed(userref="7")
    kraken.dialect.venue.fill(number_of("O", txid) or 0, Decimal("0.004"))
    messages = texts(heard)
    assert [channel for _, channel in messages] == ["openOrders", "openOrders", "ownTrades"]
    (trade,) = messages[2][0][0].values()
    assert (trade["ordertxid"], Decimal(trade["vol"]), trade["pair"]) == (txid, Decimal("0.004"), "XBT/USDT")


def test_a_connector_of_2020_has_two_keys(kraken: Client) -> None:
    assert set(kraken.dialect.credentials(kraken.account)) == {"kraken_api_key", "kraken_secret_key"}
