"""ccxt as a second reader: what it asks with is of no account."""

from __future__ import annotations

from pydantic import JsonValue

from harness.describing.ccxt_reading.ccxt_reader import CcxtReader
from harness.describing.documents.sentinels import SETS


def test_a_reply_is_read_whatever_keys_ccxt_wants_to_sign_with() -> None:
    """As Gemini's, whose keys must begin with `account-` before ccxt sends anything."""
    first = SETS[0]
    reader = CcxtReader("gemini", first, "coinalphahbot")
    fill: dict[str, JsonValue] = {
        "tid": 93500003,
        "order_id": first.order_id,
        "price": "9643.7",
        "amount": "5.23",
        "type": "Buy",
    }
    found = reader.meanings("order_trades", [fill])
    assert {path[-1]: meant.fact for path, meant in found.items()} == {
        "tid": "fill.trade_id", "order_id": "fill.order_id", "price": "fill.price", "amount": "fill.amount",
        "type": "fill.side",
    }  # fmt: skip


def test_a_contract_is_as_large_as_ccxt_has_it() -> None:
    """As OKX's: its lot, which counts contracts, moves with the size of one in a connector's reading."""
    first = SETS[0]
    market: dict[str, JsonValue] = {
        "instId": "COINALPHA-HBOT-SWAP", "instType": "SWAP", "ctType": "linear", "ctVal": "1", "ctMult": "1",
        "ctValCcy": first.base, "settleCcy": first.quote, "uly": first.pair, "instFamily": first.pair,
        "lotSz": "1", "minSz": "1", "tickSz": "0.1", "state": "live", "lever": "50",
    }  # fmt: skip
    reader = CcxtReader("okx", first, "COINALPHA-HBOT-SWAP", perpetual=True)
    found = reader.meanings("symbols", {"code": "0", "data": [market]})
    assert {path[-1]: meant.fact for path, meant in found.items()} == {
        "instId": "market.symbol", "ctVal": "market.contract_size", "lotSz": "market.lot_size",
        "minSz": "market.min_amount", "tickSz": "market.tick_size",
    }  # fmt: skip


def test_a_reply_is_read_whatever_account_ccxt_wants_to_be_told() -> None:
    """As Derive's, which asks for nothing without a number of an account."""
    first = SETS[0]
    fill: dict[str, JsonValue] = {
        "order_id": first.order_id, "instrument_name": first.pair, "direction": "buy",
        "trade_id": first.trade_id, "trade_price": "9643.7", "trade_amount": "5.23", "trade_fee": "3.31",
    }  # fmt: skip
    found = CcxtReader("derive", first, first.pair).meanings("order_trades", {"result": {"trades": [fill]}})
    assert {path[-1]: meant.fact for path, meant in found.items()} == {
        "order_id": "fill.order_id", "direction": "fill.side", "trade_id": "fill.trade_id",
        "trade_price": "fill.price", "trade_amount": "fill.amount", "trade_fee": "fill.fee",
    }  # fmt: skip
