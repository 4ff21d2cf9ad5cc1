"""ccxt as a second reader: what it asks with is of no account."""

from __future__ import annotations

from pydantic import JsonValue

from harness.describing.ccxt_reader import CcxtReader
from harness.describing.sentinels import SETS


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
