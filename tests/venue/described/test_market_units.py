"""A made-up exchange that counts amounts and prices in whole units which each market has of its own."""

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
from harness.venue.session import Venue
from tests.venue.world import NOON, StillClock, data

REST = "api.acme.test"
UNITS: dict[str, Any] = {
    "exchange": "acme_units",
    "hosts": {"rest": [REST]},
    "symbol": "{market.base}{market.quote}",
    "credentials": {"acme_key": {"is": "key"}},
    "signing": {"scheme": "unverified", "carries": {"key": "header X-Key"}},
    "routes": {
        "GET /markets": {
            "operation": "symbols",
            "reply": {
                "assets": {
                    "each asset": {
                        "name": "{asset.name}",
                        "index": "{asset.number|minus1|number}",
                        "decimals": "{market.lot_decimals|or 8|number}",
                    }
                },
                "markets": {
                    "each market": {
                        "id": "{market.number|plus9999|number}",
                        "assets": [
                            "{market.base_number|minus1|number}",
                            "{market.quote_number|minus1|number}",
                        ],
                        "size_decimals": "{market.lot_decimals|number}",
                        "price_decimals": "{market.tick_decimals|number}",
                    }
                },
            },
        },
        "POST /orders": {
            "operation": "place_order",
            "private": True,
            "proof": "key",
            "takes": {
                "market": "{market.number|plus9999}",
                "size": "{order.amount|lot_units}",
                "price": "{order.price|tick_units}",
            },
            "reply": {"size": "{order.amount|lot_units|number}", "price": "{order.price|tick_units|number}"},
        },
    },
    "refusals": {"status": 400, "body": "{refusal.code}", "words": {}},
    "known": {"": ["kit"]},
}


@pytest.fixture
def acme() -> DescribedDialect:
    kind = dialect_of(checked(UNITS, Path("acme_units.yml")))
    return kind(Venue(kind.markets, 7, StillClock()))


@pytest.mark.parametrize(
    ("market", "size", "price", "amount", "at"),
    [(10_000, 1_234, 5_000_010, "0.01234", "50000.10"), (10_001, 1_234, 300_001, "0.1234", "3000.01")],
)
def test_each_market_has_units_of_its_own(
    acme: DescribedDialect, market: int, size: int, price: int, amount: str, at: str
) -> None:
    account = acme.venue.account("maker", initial_balances(acme.markets))
    headers = {"X-Key": account.api_key, "Content-Type": "application/json"}
    body = {"market": market, "size": size, "price": price}
    reply = acme.handle(Request("POST", REST, "/orders", [], headers, json.dumps(body).encode(), NOON))
    assert data(reply) == {"size": size, "price": price}
    (order,) = acme.venue.open_orders(account)
    assert order.market == acme.venue.markets[market - 10_000]
    assert (order.amount, order.price) == (Decimal(amount), Decimal(at))


def test_markets_and_assets_are_named_by_their_places(acme: DescribedDialect) -> None:
    told = data(acme.handle(Request("GET", REST, "/markets", at=NOON)))
    names = [each["name"] for each in told["assets"]]
    assert [each["index"] for each in told["assets"]] == list(range(len(names)))
    assert [(each["name"], each["decimals"]) for each in told["assets"][:2]] == [("BTC", 5), ("USDT", 8)]
    markets = acme.venue.markets
    assert [each["id"] for each in told["markets"]] == list(range(10_000, 10_000 + len(markets)))
    assert [[names[place] for place in each["assets"]] for each in told["markets"]] == [
        [each.base, each.quote] for each in markets
    ]
    assert (told["markets"][0]["size_decimals"], told["markets"][0]["price_decimals"]) == (5, 2)


def test_units_that_amounts_are_counted_in_stay(acme: DescribedDialect) -> None:
    """Whoever counts in them has to know them once: so no scenario changes the steps of its amounts."""
    assert not acme.tells_lots
