"""What the names of leaves say of them."""

from __future__ import annotations

import pytest

from harness.describing.documents.leaves import Path
from harness.describing.documents.names import fact_named, facts_named, names_a_row


@pytest.mark.parametrize(
    ("thing", "name", "fact"),
    [
        ("market", "underlying_asset", "market.base"),
        ("market", "quoteCurrency", "market.quote"),
        ("market", "price_step", "market.tick_size"),
        ("market", "quote_increment", "market.tick_size"),
        ("market", "amount_step", "market.lot_size"),
        ("market", "priceDecimals", "market.tick_decimals"),
        ("market", "quantityDecimals", "market.lot_decimals"),
        ("market", "min_order_value", "market.min_notional"),
        ("market", "minQty", "market.min_amount"),
        ("market", "maxQty", ""),
        ("market", "lastPrice", "ticker.last"),
        ("market", "markPrice", "funding.mark_price"),
        ("market", "fundingRate", "funding.rate"),
        ("market", "markPriceLimit", ""),
        ("balance", "collateral_asset", "balance.asset"),
        ("balance", "availableBalance", "balance.free"),
        ("balance", "held", "balance.locked"),
        ("balance", "balance", "balance.total"),
        ("order", "clientOrderId", "order.client_order_id"),
        ("order", "id", "order.order_id"),
        ("order", "avgFillPrice", "order.average_price"),
        ("order", "executed_amount", "order.filled"),
        ("order", "status", "order.status"),
        ("order", "timeInForce", ""),
        ("fill", "id", "fill.trade_id"),
        ("fill", "orderid", "fill.order_id"),
        ("fill", "created_timestamp", "fill.at"),
        ("fill", "fees", "fill.fee"),
        ("fill", "fee_currency", "fill.fee_asset"),
        ("fill", "note", ""),
        ("fill", "unFilledQuantity", ""),
        ("order", "takerSide", "order.side"),
        ("order", "posSide", "order.position_side"),
        ("fill", "position_side", "fill.position_side"),
        ("order", "unFilledQuantity", "order.remaining"),
        ("ticker", "last_price", "ticker.last"),
        ("ticker", "lastTradedQty", ""),
        ("ticker", "closeTime", ""),
        ("trade", "price", ""),
    ],
)
def test_a_name_in_whatever_letters(thing: str, name: str, fact: str) -> None:
    assert fact_named(name, thing) == fact


def test_a_market_that_an_id_alone_names_is_called_by_it() -> None:
    number, name = ("instrument_id",), ("instrument_name",)
    named = facts_named({number: number, name: name}, "market")
    assert named == {number: "market.number", name: "market.symbol"}
    assert facts_named({number: number}, "market") == {number: "market.symbol"}


def test_what_a_leaf_stands_in_names_it_too() -> None:
    """As Evedex's instruments: `from` and `to` are objects, whose `symbol` is an asset's."""
    leaves: dict[Path, tuple[str, ...]] = {
        ("from", "symbol"): ("from_symbol", "symbol"),
        ("data", "symbol"): ("data_symbol", "symbol"),
    }
    assert list(facts_named(leaves, "market").values()) == ["market.base", "market.symbol"]
    held: dict[Path, tuple[str, ...]] = {("balance", "time"): ("balance_time", "time")}
    assert facts_named(held, "balance") == {("balance", "time"): ""}


def test_the_size_of_a_position_that_tells_no_side_has_its_sign() -> None:
    """As Grvt's; beside a side it has none."""
    size, side = ("size",), ("position_side",)
    assert facts_named({size: size}, "position") == {size: "position.size"}
    assert facts_named({size: size, side: side}, "position")[size] == "position.amount"


def test_a_list_whose_items_nothing_names_has_no_such_rows() -> None:
    assert names_a_row(["balance.free", "balance.asset"], "balance")
    assert not names_a_row(["balance.free"], "balance")
    assert not names_a_row([], "")
