"""Books and trades, told from raw messages beside what a connector made of them."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import JsonValue

from harness.describing.asking.mocked_exchange import Listening
from harness.describing.documents.fields import KIT, READS
from harness.describing.documents.sentinels import SETS
from harness.describing.fork_tests.answers import Answer
from harness.describing.fork_tests.book_notes import Made, Note
from harness.describing.fork_tests.kit import Sample
from harness.describing.source_code.source_reading import read_source
from harness.describing.streams.books import derived, snapshot, streamed
from harness.sandbox.inside.books import Noted, Watch
from harness.venue.dialects.messages import Frame, Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.market import SAMPLE_MARKETS
from harness.venue.session import Venue
from tests.venue.world import StillClock, data


def _note(kind: str, raw: Any, content: dict[str, Any]) -> Note:
    return Note(kind=kind, raw=raw, made=(Made(type=kind.upper(), at=1764000000.0, content=content),))


def test_levels_are_found_wherever_they_stand() -> None:
    raw = {
        "topic": "depth.coinalphahbot",
        "data": {
            "b": [["4.5", "431", 2]],
            "a": [["4.5", "431", 1]],
            "u": 77,
            "pu": 70,
            "timestamp": 1764000000123,
        },
    }
    content = {
        "trading_pair": "COINALPHA-HBOT",
        "update_id": 77,
        "first_update_id": 70,
        "bids": [[4.5, 431.0]],
        "asks": [[4.5, 431.0]],
    }
    found = derived([_note("diff", raw, content)], "COINALPHAHBOT")["diff"]
    assert found.template == {
        "topic": "depth.{market.symbol|lower}",
        "data": {
            "b": {"each bid": ["{level.price}", "{level.amount}", 2]},
            "a": {"each ask": ["{level.price}", "{level.amount}", 1]},
            "u": "{book.last|number}",
            "pu": "{book.first|number}",
            "timestamp": "{book.at|ms|number}",
        },
    }
    by = {each.at[-1]: each.by for each in found.fields}
    assert by["u"] == (KIT, READS)


def test_a_change_that_becomes_a_whole_book_is_one() -> None:
    """As HTX's depth: whole books come where other exchanges tell changes."""
    content: dict[str, JsonValue] = {"bids": [[7.25, 3]], "asks": []}
    made = Made(type="SNAPSHOT", at=1764000000.0, content=content)
    note = Note(kind="diff", raw={"bids": [[7.25, 3]], "asks": []}, made=(made,))
    assert set(derived([note], "")) == {"snapshot"}


def test_both_sides_may_be_lists_in_one_list() -> None:
    """As Hyperliquid's: neither list has a name, and the pair is spelled with another sign than the kit's."""
    rows = [[{"px": "4.5", "sz": "431"}, {"px": "4.4", "sz": "2"}], [{"px": "4.6", "sz": "17"}]]
    raw = {"coin": "COINALPHA/USDC", "levels": rows}
    content = {"update_id": 77, "bids": [[4.5, 431.0], [4.4, 2.0]], "asks": [[4.6, 17.0]]}
    level = {"px": "{level.price}", "sz": "{level.amount}"}
    assert derived([_note("diff", raw, content)], "COINALPHA-USDC")["diff"].template == {
        "coin": "{market.base}/{market.quote}",
        "levels": [[{"each bid": level}], [{"each ask": level}]],
    }


def test_a_base_that_stands_alone_names_the_market() -> None:
    """As Hyperliquid's perpetuals; where another name says something else, it is left as it is."""
    raw = {"coin": "COINALPHA", "venue": "COINALPHA", "b": [["4.5", "431"]], "a": []}
    content = {"update_id": 77, "bids": [[4.5, 431.0]], "asks": []}
    made: Any = derived([_note("diff", raw, content)], "COINALPHA-USD")["diff"].template
    assert (made["coin"], made["venue"]) == ("{market.base}", "COINALPHA")


def test_levels_that_can_be_gone_through_once_are_noted_and_left() -> None:
    made = SimpleNamespace(content={"bids": ([price, 1.0] for price in (4.5, 4.4))})
    noted = Noted()
    noted.add("diff", {"whole": 1}, [made])
    assert noted.all()[0]["made"][0]["content"]["bids"] == [[4.5, 1.0], [4.4, 1.0]]
    assert [price for price, _ in made.content["bids"]] == [4.5, 4.4]


def test_levels_may_be_objects() -> None:
    raw = {"asks": [{"px": 7.25, "sz": 3}], "bids": []}
    found = derived([_note("order_book", raw, {"asks": [[7.25, 3]], "bids": []})], "")["order_book"]
    assert found.template == {
        "asks": {"each ask": {"px": "{level.price|number}", "sz": "{level.amount|number}"}},
        "bids": [],
    }


def test_a_pair_in_a_list_is_the_market_however_it_is_spelled() -> None:
    """As Kraken's trades: the message ends with its pair, which no key names, and no test varies."""
    raw = [0, [["4.5", "12"]], "trade", "XBT/USD"]
    content = {"trade_id": "n", "price": "4.5", "amount": "12", "trade_type": 1.0}
    found = derived([_note("trade", raw, content)], "COINALPHAHBOT")["trade"]
    assert found.template == [
        0, [{"each trade": ["{trade.price}", "{trade.amount}"]}], "trade", "{market.base}/{market.quote}",
    ]  # fmt: skip


def test_a_public_trade() -> None:
    raw = {"id": "99", "p": "4.5", "q": "12", "ts": 1764000000, "order_id": 1764000001, "side": "B"}
    content = {"trade_id": 99, "price": 4.5, "amount": 12.0, "trade_type": 1.0}
    found = derived([_note("trade", raw, content)], "X")["trade"]
    assert found.template == {
        "id": "{trade.trade_id}", "p": "{trade.price}", "q": "{trade.amount}", "ts": "{trade.at|s|number}",
        "order_id": 1764000001, "side": "B",
    }  # fmt: skip


def test_what_holds_no_level_that_was_read_is_no_book() -> None:
    assert derived([_note("diff", {"b": [["1", "2"]]}, {"bids": [[9.0, 9.0]], "asks": []})], "X") == {}


def test_one_list_may_have_both_sides() -> None:
    """As Gemini's changes: a word tells of which side a level is."""
    raw = {"changes": [["buy", "4.5", "431"], ["sell", "4.75", "12"]]}
    content = {"bids": [[4.5, 431]], "asks": [[4.75, 12]]}
    found = derived([_note("diff", raw, content)], "")["diff"]
    assert found.template == {
        "changes": [
            {"each bid": ["buy", "{level.price}", "{level.amount}"]},
            {"each ask": ["sell", "{level.price}", "{level.amount}"]},
        ]
    }
    assert ("changes", "1", "each ask", "1") in {each.at for each in found.fields}


def test_two_numbers_of_one_list_are_no_other_sides_level() -> None:
    raw = {"bids": [["4.5", "431"], ["4.75", "12"]]}
    content = {"bids": [[4.5, 431]], "asks": [[4.75, 12]]}
    found = derived([_note("diff", raw, content)], "")["diff"]
    assert found.template == {"bids": {"each bid": ["{level.price}", "{level.amount}"]}}


def test_trades_that_the_change_of_a_book_brings_are_trades() -> None:
    """As Gemini's l2_updates: one message and one method for both."""
    row: JsonValue = {"side": "buy", "price": "4.5", "quantity": "10", "tid": 12345}
    changes: JsonValue = [["buy", "4.25", "431"], ["sell", "4.75", "12"]]
    raw: JsonValue = {"type": "l2", "changes": changes, "trades": [row]}
    trade = Made(type="TRADE", at=1.0, content={"price": "4.5", "amount": "10", "trade_id": 12345})
    change = Made(type="DIFF", at=1.0, content={"bids": [["4.25", "431"]], "asks": [["4.75", "12"]]})
    found = derived([Note(kind="diff", raw=raw, made=(change, trade))], "X")
    told = {"side": "buy", "price": "{trade.price}", "quantity": "{trade.amount}"}
    assert found["trade"].template == {
        "type": "l2",
        "changes": [],
        "trades": {"each trade": told | {"tid": "{trade.trade_id|number}"}},
    }
    assert found["trade"].operation == "stream:trades"
    book = found["diff"].template
    assert isinstance(book, dict)
    assert book["trades"] == []
    assert "each bid" in str(book["changes"])


def test_a_trade_is_a_row_whichever_of_a_message_it_is_and_its_time_is_no_id() -> None:
    """As BitMart's, whose tests have two in one message; its connector numbers trades by their time."""
    first: JsonValue = {"price": "162.12", "size": "11", "s_t": 1764000000}
    second: JsonValue = {"price": "163.5", "size": "12", "s_t": 1764000001}
    content: dict[str, JsonValue] = {"trade_id": 1764000001, "price": "163.5", "amount": "12"}
    made = Made(type="TRADE", at=1764000001.0, content=content)
    found = derived([Note(kind="trade", raw={"data": [first, second]}, made=(made,))], "")["trade"]
    assert found.template == {
        "data": {
            "each trade": {
                "price": "{trade.price}", "size": "{trade.amount}", "s_t": "{trade.at|s|number}",
            }
        }
    }  # fmt: skip


def test_a_book_of_the_tests_has_levels_on_both_sides() -> None:
    """Without one no connector places a market order, and none was seen of any."""
    half: dict[str, JsonValue] = {"bids": [["4", "1"]], "asks": []}
    whole: dict[str, JsonValue] = {"bids": [["4", "1"]], "asks": [["5", "1"]]}
    notes = [_note("diff", {"c": 1}, whole), _note("order_book", {"b": 1}, half)]
    assert snapshot(notes) is None
    assert snapshot([*notes, _note("order_book", {"b": 2}, whole)]) == {"b": 2}


def test_who_asks_for_a_book_is_given_it() -> None:
    text = 'BOOK = "/depth"\nasync def _request_order_book_snapshot(self):\n    return await self.get(BOOK)\n'
    venue = Venue(SAMPLE_MARKETS, 1, StillClock())
    said = Listening(venue, [], read_source([text]), SETS[0], {"b": 2})
    assert data(said.handle(Request("GET", "x.test", "/depth"))) == {"b": 2}
    assert said.handle(Request("GET", "x.test", "/other")).status == 404


def test_a_network_check_is_answered_where_no_test_shows_a_reply() -> None:
    """The framework asks for nothing else before it is, and reads nothing of it."""
    text = "INFO = '/info'\nclass Acme:\n    def check_network_request_path(self):\n        return INFO\n"
    said = Listening(Venue(SAMPLE_MARKETS, 1, StillClock()), [], read_source([text]))
    assert said.handle(Request("GET", "x.test", "/api/info")).status == 200
    assert said.handle(Request("GET", "x.test", "/api/other")).status == 404


def test_orders_of_another_side_are_answered_alike() -> None:
    """Where each side has its route, tests mock the one that they place orders by."""
    text = (
        'BUY = "/buy"\nSELL = "/sell"\nasync def _place_order(self):\n    return await self.post(BUY, SELL)\n'
    )
    placed = Answer(
        "place_order", "order_creation_request_successful_mock_response", 0, "open",
        Sample(member="order_creation_url", set=SETS[0].name, side="BUY", type="LIMIT", answers=()),
        "POST", "https://x.test/buy", 200, '{"id": 7}', {"id": 7}, SETS[0],
    )  # fmt: skip
    said = Listening(Venue(SAMPLE_MARKETS, 1, StillClock()), [placed], read_source([text]), SETS[0])
    for path in ("/buy", "/sell"):
        assert data(said.handle(Request("POST", "x.test", path))) == {"id": 7}
    assert said.handle(Request("GET", "x.test", "/sell")).status == 404


def test_both_replies_about_the_markets_are_one_where_each_lacks_something() -> None:
    """As NDAX's: one test's names the market by number, the other's has its rules."""

    def answer(member: str, document: JsonValue) -> Answer:
        sample = Sample(member=member, set=SETS[0].name, side="", type="", answers=())
        url = "https://x.test/instruments"
        return Answer(
            "symbols", member, 0, "", sample, "GET", url, 200, json.dumps(document), document, SETS[0]
        )

    told = [
        answer("all_symbols_request_mock_response", [{"id": 7, "name": "A"}]),
        answer("trading_rules_request_mock_response", [{"name": "A", "tick": 0.1}]),
    ]
    said = Listening(Venue(SAMPLE_MARKETS, 1, StillClock()), told)
    assert data(said.handle(Request("GET", "x.test", "/instruments"))) == [
        {"id": 7, "name": "A", "tick": 0.1}
    ]


def test_the_side_of_a_trade_may_be_a_flag() -> None:
    content: dict[str, JsonValue] = {"trade_id": "7", "price": "4.5", "amount": "2", "trade_type": 1.0}
    raw: JsonValue = {"id": "7", "px": "4.5", "sz": "2", "is_taker_buyer": True, "is_block": False}
    note = Note(kind="trade", raw=raw, made=(Made(type="TRADE", at=None, content=content),))
    (found,) = derived([note], "X").values()
    side = next(each for each in found.fields if each.fact == "trade.side")
    assert (side.text, side.words) == ("{trade.side|flag}", {"true": ("buy",), "false": ("sell",)})
    assert isinstance(found.template, dict)
    assert found.template["is_block"] is False


class _Class:
    """An order book's class as connectors have it."""

    @classmethod
    def diff_message_from_exchange(cls, msg: dict[str, Any], metadata: Any = None) -> Any:
        return SimpleNamespace(
            type=SimpleNamespace(name="DIFF"), timestamp=1.0, content={**msg, "of": metadata}
        )


def test_a_message_that_only_the_order_books_own_tests_show_is_noted() -> None:
    """What a test gives the class itself counts where none gives the connector's parser such a message."""
    noted = Noted()
    watch = Watch(noted)
    made = watch._maker(vars(_Class)["diff_message_from_exchange"], "diff_message_from_exchange")
    made.__func__(_Class, msg={"bids": [[1, 2]]})
    assert [(each["kind"], each["raw"]) for each in noted.all()] == [("diff", {"bids": [[1, 2]]})]
    with watch._counted():  # as its parser calls it, with a part of the message
        made.__func__(_Class, {"bids": []})
    noted.add("diff", {"whole": 1}, [SimpleNamespace(content={"bids": [[1, 2]]})])
    assert [each["raw"] for each in noted.all()] == [{"whole": 1}]


@pytest.mark.parametrize(
    ("kind", "alone", "told"),
    [("snapshot", False, True), ("order_book", True, True), ("order_book", False, False)],
)
def test_who_hears_of_a_book_on_a_stream_is_told_one(kind: str, alone: bool, told: bool) -> None:
    """As Derive's, whose connector reckons the price of a market order from its book alone."""
    raw: JsonValue = {
        "channel": "orderbook.COINALPHA-HBOT.1.100",
        "data": {"instrument_name": "COINALPHA-HBOT", "bids": [["1.4", "2"]], "asks": [["1.6", "3"]]},
    }
    content: dict[str, JsonValue] = {"bids": [["1.4", "2"]], "asks": [["1.6", "3"]]}
    notes = [Note(kind=kind, raw=raw, made=(Made(type="SNAPSHOT", at=None, content=content),))]
    book = streamed(notes, "BTC-PERP", alone=alone)
    venue = Venue(SAMPLE_MARKETS, 1, StillClock())
    said = Listening(venue, [], read_source([]), SETS[0], None, book)
    session = said.upgrade(Request("GET", "x.test", "/ws"), said.match(Request("GET", "x.test", "/ws")))
    assert isinstance(session, StreamSession)
    frames = list(session.received('{"channels": ["orderbook.BTC-PERP.1.100"]}'))
    whole = json.dumps(raw).replace("COINALPHA-HBOT", "BTC-PERP")
    assert [json.loads(each.text) for each in frames if isinstance(each, Frame)] == (
        [json.loads(whole)] if told else []
    )
    assert list(session.received('{"op": "ping"}')) == []


def test_a_book_of_one_side_is_told_to_nobody() -> None:
    content: dict[str, JsonValue] = {"bids": [["1.4", "2"]], "asks": []}
    made = (Made(type="SNAPSHOT", at=None, content=content),)
    assert streamed([Note(kind="snapshot", raw={"bids": []}, made=made)], "X-Y", alone=True) is None


def test_a_streamed_book_has_the_topic_where_trades_have_it() -> None:
    """As Derive's: its tests give the parser a book with no channel, which the connector asks for first."""
    sides: dict[str, JsonValue] = {"bids": [["1.4", "2"]], "asks": [["1.6", "3"]]}
    raw: JsonValue = {"params": {"data": {"instrument_name": "COINALPHA-HBOT", **sides}}}
    trade: JsonValue = {"params": {"channel": "trades.COINALPHA-HBOT", "data": [{"price": "1.5"}]}}
    notes = [
        Note(kind="trade", raw=trade, made=()),
        Note(kind="snapshot", raw=raw, made=(Made(type="SNAPSHOT", at=None, content=sides),)),
    ]
    book = streamed(notes, "BTC-USDC", alone=True)
    assert book is not None
    data: JsonValue = {"instrument_name": "BTC-USDC", **sides}
    topic = "orderbook.BTC-USDC.1.100"
    assert book.answer_to({"channels": [topic]}) == {"params": {"data": data, "channel": topic}}
    assert book.answer_to({"channels": ["trades.BTC-USDC"]}) is None
    assert book.answer_to({"op": "ping"}) is None
