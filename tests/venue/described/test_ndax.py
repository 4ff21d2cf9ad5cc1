"""NDAX's sessions: a token that a route gave stands in the place of a signature."""

from __future__ import annotations

import pytest

from harness.scenarios.randomization import initial_balances
from harness.venue.described import DescribedDialect
from harness.venue.dialects import dialect
from harness.venue.dialects.messages import Request
from harness.venue.session import Venue
from tests.venue.described.client import Client
from tests.venue.world import StillClock, data

HOST, CLOCK = "api.ndax.io", StillClock


@pytest.fixture
def client() -> Client:
    kind = dialect("ndax")
    assert issubclass(kind, DescribedDialect)
    venue = Venue(kind.markets, 7, CLOCK())
    venue.seed_book(venue.markets[0], 10)
    return Client(kind(venue), venue.account("maker", initial_balances(kind.markets), kind.key_lengths))


def positions(client: Client, token: str) -> Request:
    now = client.dialect.venue.clock.now()
    return Request("GET", HOST, "/AP/GetAccountPositions", [], {"APToken": token}, at=now)


def test_a_session_stands_for_a_signature(client: Client) -> None:
    opened = data(client.ask("POST /AP/Authenticate", {}))
    assert opened["User"]["AccountId"] == int(client.dialect.credentials(client.account)["ndax_uid"])
    rows = data(client.dialect.handle(positions(client, opened["SessionToken"])))
    assert rows == data(client.ask("GET /AP/GetAccountPositions", {})), "a request may be signed as well"
    numbers = {row["ProductSymbol"]: row["ProductId"] for row in rows}
    assert (numbers["BTC"], numbers["USDT"]) == (1, 2)


def test_who_brings_another_token_is_turned_away(client: Client) -> None:
    client.ask("POST /AP/Authenticate", {})
    refused = client.dialect.handle(positions(client, "0" * 64))
    assert (refused.status, data(refused)["errorcode"]) == (401, 20)


def test_streams_that_end_end_no_session(client: Client) -> None:
    token = data(client.ask("POST /AP/Authenticate", {}))["SessionToken"]
    client.dialect.expire_user_streams(client.account)
    assert client.dialect.handle(positions(client, token)).status == 200


def test_a_session_ends_after_an_hour(client: Client) -> None:
    token = data(client.ask("POST /AP/Authenticate", {}))["SessionToken"]
    clock = client.dialect.venue.clock
    assert isinstance(clock, StillClock)
    clock.time += 3601
    assert client.dialect.handle(positions(client, token)).status == 401
