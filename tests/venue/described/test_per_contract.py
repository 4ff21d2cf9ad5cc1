"""A made-up exchange that tells prices for a contract, and its books by how much each level changes."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from harness.scenarios.randomization import initial_balances
from harness.venue.described.dialect import DescribedDialect
from harness.venue.described.dialect_class import dialect_of
from harness.venue.described.loading import checked
from harness.venue.dialects.messages import Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.events import Event
from harness.venue.model import Side
from harness.venue.session import Venue
from tests.venue.world import NOON, StillClock, data, texts

REST, STREAM = "api.acme.test", "ws.acme.test"
ACME: dict[str, Any] = {
    "exchange": "acme_contracts",
    "kind": "perpetual",
    "hosts": {"rest": [REST], "stream": [STREAM]},
    "symbol": "{market.base}",
    "credentials": {"acme_key": {"is": "key"}},
    "signing": {"scheme": "unverified", "carries": {"key": "header X-Key"}},
    "orders": {"contract": "lot"},
    "words": {"side": {"of": "level", "words": {"b": {"side": "buy"}, "s": {"side": "sell"}}}},
    "routes": {
        "GET /markets": {
            "operation": "symbols",
            "reply": {"each market": {"tick": "{market.tick_size|per_contract}", "lot": "{market.lot_size}"}},
        },
        "POST /orders": {
            "operation": "place_order",
            "private": True,
            "proof": "key",
            "takes": {
                "coin": "{market.symbol}",
                "count": "{order.amount|contracts}",
                "price": "{order.price|per_contract}",
            },
            "reply": {"price": "{order.price|per_contract}"},
        },
    },
    "refusals": {"status": 400, "body": "{refusal.code}", "words": {}},
    "connections": {
        "all": {
            "path": "/ws",
            "subscribe": {
                "said": {"op": "sub"},
                "topics": "names[] * coins[] | names[]",
                "answer": {"to": {"$if": "said.topic.0", "$then": "{said.topic.0}", "$else": "{said.topic}"}},
            },
            "channels": {
                "book": {
                    "operation": "stream:book",
                    "topic": ["book", "{market.symbol}"],
                    "book": {"style": "levels", "sequence": "connection"},
                    "first": {"n": "{book.last|number}", "bids": {"each bid": "{level.price|per_contract}"}},
                    "tells": [
                        "{book.last|number}",
                        "{level|side}",
                        "{level.price|per_contract}",
                        "{level.change|contracts}",
                    ],
                },
                "prices": {"operation": "stream:mark_price", "topic": "prices", "tells": ["{market.symbol}"]},
            },
        }
    },
    "known": {"": ["kit"]},
}


@pytest.fixture
def acme() -> DescribedDialect:
    kind = dialect_of(checked(ACME, Path("acme_contracts.yml")))
    venue = Venue(kind.markets, 7, StillClock())
    for market in venue.markets:
        venue.seed_book(market, 3)
    return kind(venue)


def test_prices_of_a_contract(acme: DescribedDialect) -> None:
    account = acme.venue.account("maker", initial_balances(acme.markets))
    assert data(acme.handle(Request("GET", REST, "/markets", at=NOON)))[0] == {
        "tick": "0.0001",
        "lot": "0.001",
    }
    headers = {"X-Key": account.api_key, "Content-Type": "application/json"}
    body = json.dumps({"coin": "BTC", "count": 12, "price": "50.0001"}).encode()
    reply = acme.handle(Request("POST", REST, "/orders", [], headers, body, NOON))
    assert data(reply) == {"price": "50.0001"}
    (order,) = acme.venue.open_orders(account)
    assert (order.price, order.amount) == (Decimal("50000.1"), Decimal("0.012"))


def test_levels_by_their_changes_counted_for_the_whole_connection(acme: DescribedDialect) -> None:
    venue = acme.venue
    session = acme.open_stream(Request("GET", STREAM, "/ws"))
    assert isinstance(session, StreamSession)
    said = {"op": "sub", "names": ["book"], "coins": ["BTC", "ETH"]}
    told = texts(list(session.received(json.dumps(said))))
    assert [each.get("n") for each in told if "n" in each] == [0, 1]
    assert told[0] == {"to": "book"}

    def tell(event: Event) -> None:
        list(session.venue_event(event))

    venue.subscribe(tell)
    bitcoin, ether = venue.markets[:2]
    best = {market: venue.book(market).bids[0] for market in (bitcoin, ether)}
    venue.set_level(bitcoin, Side.BUY, best[bitcoin].price, best[bitcoin].amount + Decimal("0.005"))
    venue.set_level(ether, Side.BUY, best[ether].price, Decimal(0))
    lots = best[ether].amount / ether.lot_size
    assert texts(list(session.tick(NOON + 1))) == [
        [2, "b", f"{best[bitcoin].price * bitcoin.lot_size:f}", "5"],
        [3, "b", f"{(best[ether].price * ether.lot_size).normalize():f}", f"{-lots.normalize():f}"],
    ]
    venue.set_level(ether, Side.BUY, best[ether].price, Decimal("0.001"))
    (last,) = texts(list(session.tick(NOON + 2)))
    assert (last[0], last[3]) == (4, "1")


def test_a_topic_may_stand_alone_or_with_a_market(acme: DescribedDialect) -> None:
    session = acme.open_stream(Request("GET", STREAM, "/ws"))
    assert isinstance(session, StreamSession)
    assert texts(list(session.received(json.dumps({"op": "sub", "names": ["prices"]})))) == [{"to": "prices"}]


def test_a_request_that_names_nobody_is_the_only_accounts() -> None:
    """As Hyperliquid's, which takes whose an order is from a signature that no formula says."""
    routes = {**ACME["routes"]}
    routes["POST /orders"] = {
        name: value for name, value in routes["POST /orders"].items() if name != "proof"
    }
    kind = dialect_of(
        checked({**ACME, "signing": {"scheme": "unverified"}, "routes": routes}, Path("acme_contracts.yml"))
    )
    acme = kind(Venue(kind.markets, 7, StillClock()))
    body = json.dumps({"coin": "BTC", "count": 12, "price": "50"}).encode()
    request = Request("POST", REST, "/orders", [], {"Content-Type": "application/json"}, body, NOON)
    assert acme.handle(request).status == 400  # of none
    account = acme.venue.account("maker", initial_balances(acme.markets))
    assert acme.handle(request).status == 200
    assert len(acme.venue.open_orders(account)) == 1
    acme.venue.account("other", initial_balances(acme.markets))
    assert acme.handle(request).status == 400  # of whose?
