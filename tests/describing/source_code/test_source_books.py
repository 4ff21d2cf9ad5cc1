"""Order books and public trades as a connector's source reads them, where no test shows any."""

from __future__ import annotations

from typing import Any

import pytest

from harness.describing.documents.fields import READS
from harness.describing.fork_tests.book_notes import Made, Note
from harness.describing.source_code.source_reading import read_source
from harness.describing.streams.books import snapshot
from harness.describing.streams.read_books import derived, not_shown, note_of

BOOK = """
class AcmeBook(OrderBook):
    @classmethod
    def whole(cls, msg, timestamp, metadata=None):
        msg.update(metadata)
        return OrderBookMessage(OrderBookMessageType.SNAPSHOT, {
            "trading_pair": msg["trading_pair"], "update_id": msg["seq"],
            "bids": msg["b"], "asks": msg.get("a", [])}, timestamp=timestamp)

    @classmethod
    def change(cls, msg, timestamp, metadata=None):
        return OrderBookMessage(OrderBookMessageType.DIFF, {
            "trading_pair": metadata["trading_pair"], "update_id": msg["seq"],
            "bids": [[i["px"], i["sz"]] for i in msg["d"].get("bids", [])],
            "asks": [[i["px"], i["sz"]] for i in msg["d"].get("asks", [])]}, timestamp=timestamp)

    @classmethod
    def trade(cls, msg, metadata=None):
        ts = msg["t"]
        return OrderBookMessage(OrderBookMessageType.TRADE, {
            "trading_pair": metadata["trading_pair"], "trade_id": msg["n"], "update_id": ts,
            "trade_type": float(TradeType.SELL.value) if msg["S"] == 2 else float(TradeType.BUY.value),
            "price": msg["px"], "amount": msg["sz"]}, timestamp=ts * 1e-3)
"""
SOURCE = """
class AcmeSource(OrderBookTrackerDataSource):
    def __init__(self):
        self._diff_messages_queue_key = CONSTANTS.DIFFS
        self._trade_messages_queue_key = CONSTANTS.TRADES

    async def _request_order_book_snapshot(self, trading_pair):
        data = await self.get(CONSTANTS.BOOK_PATH_URL)
        return data["result"]

    async def _order_book_snapshot(self, trading_pair):
        reply = await self._request_order_book_snapshot(trading_pair)
        return AcmeBook.whole(reply, time.time(), metadata={"trading_pair": trading_pair})

    async def _parse_order_book_diff_message(self, raw_message, message_queue):
        pair = await self._connector.trading_pair_associated_to_exchange_symbol(symbol=raw_message["s"])
        message_queue.put_nowait(AcmeBook.change(raw_message, raw_message["t"], {"trading_pair": pair}))

    async def _parse_trade_message(self, raw_message, message_queue):
        pair = await self._connector.trading_pair_associated_to_exchange_symbol(raw_message["s"])
        for each in raw_message["d"]["deals"]:
            message_queue.put_nowait(AcmeBook.trade(each, metadata={"trading_pair": pair}))

    def _channel_originating_message(self, event_message):
        kind = event_message.get("c", "")
        return self._diff_messages_queue_key if kind == CONSTANTS.DIFFS else self._trade_messages_queue_key
"""
CONSTANTS = 'BOOK_PATH_URL = "/v1/book"\nDIFFS = "depth"\nTRADES = "deals"\n'


def _templates(*texts: str) -> dict[str, Any]:
    return {kind: each.template for kind, each in derived(read_source(texts).books, "").items()}


def test_messages_are_as_those_read_them_that_they_are_handed_on_to() -> None:
    assert _templates(CONSTANTS, BOOK, SOURCE) == {
        "order_book": {
            "result": {
                "seq": "{book.last|number}",
                "b": {"each bid": ["{level.price}", "{level.amount}"]},
                "a": {"each ask": ["{level.price}", "{level.amount}"]},
            }
        },
        "diff": {
            "c": "depth",
            "s": "{market.symbol}",
            "t": "{book.at|ms|number}",
            "seq": "{book.last|number}",
            "d": {
                "bids": {"each bid": {"px": "{level.price}", "sz": "{level.amount}"}},
                "asks": {"each ask": {"px": "{level.price}", "sz": "{level.amount}"}},
            },
        },
        "trade": {
            "c": "deals",
            "s": "{market.symbol}",
            "d": {
                "deals": {
                    "each trade": {
                        "t": "{trade.at|ms|number}",
                        "n": "{trade.trade_id|number}",
                        "px": "{trade.price}",
                        "sz": "{trade.amount}",
                        "S": "{trade.side|number}",
                    }
                }
            },
        },
    }


def test_only_the_fork_vouches_for_them_and_its_word_for_a_seller_tells_that_for_a_buyer() -> None:
    found = derived(read_source([CONSTANTS, BOOK, SOURCE]).books, "")
    assert {each.by for kind in found.values() for each in kind.fields} == {(READS,)}
    (side,) = (each for each in found["trade"].fields if each.fact == "trade.side")
    assert side.words == {"2": ("sell",), "1": ("buy",)}


def test_of_sides_that_are_taken_for_one_another_the_names_decide() -> None:
    swapped = (
        BOOK.replace('"asks": [[', '"x": [[')
        .replace('"bids": [[', '"asks": [[')
        .replace('"x": [[', '"bids": [[')
    )
    assert _templates(CONSTANTS, swapped, SOURCE)["diff"] == _templates(CONSTANTS, BOOK, SOURCE)["diff"]


def test_what_has_to_have_a_word_in_it_is_the_topic() -> None:
    sorted_so = SOURCE.replace("kind == CONSTANTS.DIFFS", "CONSTANTS.DIFFS in kind")
    made = _templates(CONSTANTS, BOOK, sorted_so)
    assert (made["diff"]["c"], made["trade"]["c"]) == ("{said.topic}", "{said.topic}")


ONE_LIST = """
class AcmeSource(OrderBookTrackerDataSource):
    async def _parse_order_book_diff_message(self, raw_message, message_queue):
        rows = raw_message.get("content", {}).get("list", [])
        symbol = rows[0].get("symbol", "")
        pair = await self._connector.trading_pair_associated_to_exchange_symbol(symbol=symbol)
        bids = [(float(row["price"]), float(row["amount"])) for row in rows if row.get("side") == "bid"]
        asks = [(float(row["price"]), float(row["amount"])) for row in rows if row.get("side") == "ask"]
        content = {"trading_pair": pair, "bids": bids, "asks": asks}
        message_queue.put_nowait(OrderBookMessage(OrderBookMessageType.SNAPSHOT, content, self._time()))
"""


def test_both_sides_may_stand_in_one_list_of_rows_that_name_their_market() -> None:
    level = {"symbol": "{market.symbol}", "price": "{level.price}", "amount": "{level.amount}"}
    assert _templates(ONE_LIST)["snapshot"] == {
        "content": {"list": [{"each bid": {**level, "side": "bid"}}, {"each ask": {**level, "side": "ask"}}]}
    }


@pytest.mark.parametrize(
    ("told", "side"),
    [
        ('TradeType.SELL if msg["S"] else TradeType.BUY', "{trade.side|flag}"),
        ('TradeType.BUY if msg["S"] == "buy" else TradeType.SELL', "buy"),
        ('1.0 if msg["S"] != "long" else 2.0', "long"),  # nobody says what else there is
    ],
)
def test_a_trades_side(told: str, side: str) -> None:
    book = BOOK.replace('float(TradeType.SELL.value) if msg["S"] == 2 else float(TradeType.BUY.value)', told)
    trade = _templates(CONSTANTS, book, SOURCE)["trade"]
    assert trade["d"]["deals"]["each trade"]["S"] == side


def test_what_the_tests_show_is_not_read() -> None:
    made = Made(type="SNAPSHOT", at=1.0, content={"bids": [[1, 2]], "asks": [[3, 4]]})
    read = read_source([CONSTANTS, BOOK, SOURCE]).books
    left = not_shown(read, [Note(kind="snapshot", raw={}, made=(made,))])
    assert sorted(each.kind for each in left) == ["order_book", "trade"]


def test_a_connector_that_is_watched_is_told_the_book() -> None:
    told: Any = snapshot([note_of(each) for each in read_source([CONSTANTS, BOOK, SOURCE]).books])
    assert [float(price) for price, _ in told["result"]["b"]] == [1617.5, 1616.5]
