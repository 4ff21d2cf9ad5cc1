"""What a shipped description says that ccxt agrees with, ccxt does agree with."""

from __future__ import annotations

import pytest

from harness.venue.described import DescribedDialect
from harness.venue.described.addresses import written
from harness.venue.dialects import dialect
from tests.dialects.agreeing import told_by
from tests.dialects.agreement import agreement, claimed
from tests.dialects.names import DESCRIBED

BY_DEFAULT = "btc_markets"
LIFE = {
    "fetch_markets", "fetch_order_book", "fetch_balance", "create_order", "fetch_order", "fetch_open_orders",
    "fetch_my_trades", "cancel_order",
}  # fmt: skip
# Where ccxt's name for a thing is another: Bitget tells a closing order's side as that of its position.
EXAMINED = {
    "bitget_perpetual": {"shapes / order / side: order.position_side, ccxt order.side"},
    # ccxt adds what is filled to `quantity`, and asks itself whether it may ("TODO: validate logic of amount
    # here"); the connector's tests tell a filled order with the quantity that was ordered.
    "foxbit": {"shapes / order / quantity: order.amount, ccxt order.remaining"},
    # The size of an order that was placed in quote is told in quote (`size_in_quote`); this one was not. On
    # the stream ccxt takes what is filled of an order for its amount too, and reckons it anew.
    "coinbase_advanced_trade": {
        "routes / GET /api/v3/brokerage/orders/historical/fills / reply / fills / each fill / size / $then: "
        "fill.quote_amount, ccxt fill.amount",
        "shapes / user_order / cumulative_quantity: order.filled, ccxt order.amount",
        "shapes / user_order / leaves_quantity: order.remaining, ccxt order.amount",
    },
    # The connector takes it for the step of amounts, ccxt for the least that can be ordered ("turned out to
    # be"): they are one number here. Of a type ccxt tells the time in force as well.
    "mexc": {
        "routes / GET /api/v3/exchangeInfo / reply / symbols / each market / baseSizePrecision: "
        "market.lot_size, ccxt market.min_amount",
        "routes / POST /api/v3/order / reply / type: order.type, ccxt order.time_in_force",
    },
    # The connector takes `wb` for the whole balance, ccxt for what is free; it stands in `contradictions`.
    "bing_x": {
        "connections / market / channels / balances / tells / a / B / each balance / wb: balance.total, "
        "ccxt balance.free"
    },
}


def described(name: str) -> type[DescribedDialect]:
    kind = dialect(name)
    assert issubclass(kind, DescribedDialect)
    return kind


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name == BY_DEFAULT else pytest.mark.full)
        for name in DESCRIBED
        if dialect(name).ccxt_id is not None
    ],
)
def test_ccxt_lives_through_an_order_and_agrees_where_it_is_said_to(name: str) -> None:
    found = agreement(described(name))
    assert set(found.calls) >= LIFE - found.lacks, found.refused
    assert "create_order" not in found.lacks
    assert found.signs
    assert set(found.differs) <= EXAMINED.get(name, set())
    measured = {*found.reads, *found.asks, ("signing",)}
    assert {written(at) for at in claimed(name) - measured} == set(), "python -m tests.dialects.agreement"


def test_a_leaf_of_a_reply_is_found_where_its_template_stands() -> None:
    description = described("btc_markets").description
    told = told_by(description, "GET /v3/orders", [{"orderId": "1", "status": "Placed", "price": "2"}])
    assert {(each.fact, each.address, each.words) for each in told} == {
        ("order.order_id", ("shapes", "order", "orderId"), None),
        ("order.status", ("shapes", "order", "status"), "status"),
        ("order.price", ("shapes", "order", "price"), None),
    }


def test_a_description_that_tells_another_fact_is_not_agreed_with() -> None:
    """Amount and price of a fill are exchanged: ccxt takes each for the other."""
    kind = described("btc_markets")
    document = kind.description.model_dump(mode="json", by_alias=True)
    fill = document["routes"]["GET /v3/trades"]["reply"]["each fill"]
    fill["price"], fill["amount"] = fill["amount"], fill["price"]
    spoilt = type(kind.__name__, (kind,), {"description": type(kind.description).model_validate(document)})
    found = agreement(spoilt)
    assert "fetch_my_trades" not in found.calls
    assert not any(
        at[:2] == ("routes", "GET /v3/trades") and at[-1] in ("price", "amount") for at in found.reads
    )
