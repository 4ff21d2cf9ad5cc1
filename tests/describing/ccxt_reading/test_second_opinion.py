"""ccxt's opinion of replies that only the connector's source tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pydantic import JsonValue

from harness.describing.ccxt_reading.ccxt_reader import CcxtReader
from harness.describing.ccxt_reading.second_opinion import with_second_opinion
from harness.describing.documents.asked import Asked
from harness.describing.documents.fields import CCXT, READS, Field
from harness.describing.documents.sentinels import SETS
from harness.describing.documents.templates import Kind
from harness.describing.fork_tests.kit import Harvest
from harness.describing.gathered import Sources
from harness.describing.replies.deriving import Derived
from harness.describing.signing.signatures import explain
from harness.venue.described.addresses import leaves

NOBODYS = Sources("acme", "spot", Harvest(), (), Asked({}), explain((), {}))
BY_CCXT = replace(NOBODYS, second=CcxtReader("coinmate", SETS[0], "COINALPHA_HBOT").meanings)
WORDS = {"BUY": ("buy",), "SELL": ("sell",)}
# As Coinmate answers (its documentation, "Trade history"); ccxt takes `fee` for a fill's fee.
FILL: JsonValue = {
    "transactionId": "{fill.trade_id}", "createdTimestamp": "{fill.at|ms|number}",
    "amount": "{fill.quote_amount}", "price": "{fill.price}", "orderId": "", "type": "BUY", "note": "",
}  # fmt: skip


def _read() -> Derived:
    facts = {
        "transactionId": "fill.trade_id", "createdTimestamp": "fill.at", "amount": "fill.quote_amount",
        "price": "fill.price", "type": "fill.side",
    }  # fmt: skip
    template: JsonValue = {"error": False, "data": {"each fill": FILL}}
    fields = [
        Field(
            at,
            text,
            fact := facts.get(at[-1], ""),
            Kind.WORDS if at[-1] == "type" else Kind.FACT if fact else Kind.CONSTANT,
            (READS,),
            words=WORDS if at[-1] == "type" else {},
        )
        for at, text in leaves(template)
    ]
    return Derived("order_trades", template, tuple(fields))


def test_ccxt_confirms_corrects_and_names_what_the_fork_reads() -> None:
    found = with_second_opinion(_read(), BY_CCXT)
    told = {each.at[-1]: (each.text, each.by, dict(each.says)) for each in found.fields}
    assert told == {
        "error": (False, (READS,), {}),
        "transactionId": ("{fill.trade_id}", (READS, CCXT), {}),
        "createdTimestamp": ("{fill.at|ms|number}", (READS, CCXT), {}),
        "amount": ("{fill.amount}", (CCXT,), {READS: "fill.quote_amount", CCXT: "fill.amount"}),
        "price": ("{fill.price}", (READS, CCXT), {}),
        "orderId": ("{fill.order_id}", (CCXT,), {}),
        "type": ("BUY", (READS, CCXT), {}),
        "note": ("", (READS,), {}),
    }
    assert dict(leaves(found.template))[("data", "each fill", "amount")] == "{fill.amount}"


def _told(
    operation: str, template: JsonValue, facts: Mapping[str, str], ccxt: str = "kucoin"
) -> dict[str, tuple[JsonValue, bool]]:
    """By its name each leaf's text, and whether ccxt vouches for it."""
    known = [(at, text, facts.get(at[-1], "")) for at, text in leaves(template)]
    fields = [
        Field(at, text, fact, Kind.FACT if fact else Kind.CONSTANT, (READS,)) for at, text, fact in known
    ]
    sources = replace(NOBODYS, second=CcxtReader(ccxt, SETS[0], SETS[0].pair).meanings)
    found = with_second_opinion(Derived(operation, template, tuple(fields)), sources)
    return {each.at[-1]: (each.text, CCXT in each.by) for each in found.fields}


def test_a_book_is_read_by_its_levels() -> None:
    level: JsonValue = ["{level.price}", "{level.amount}"]
    book: JsonValue = {
        "time": "{book.at|us|number}", "bids": {"each bid": level}, "asks": {"each ask": level},
    }  # fmt: skip
    facts = {"time": "book.at", "0": "level.price", "1": "level.amount"}
    assert _told("order_book", {"data": book}, facts) == {
        "time": ("{book.at|ms|number}", True),  # a connector's mistake: it divides by a million
        "0": ("{level.price}", True),
        "1": ("{level.amount}", True),
    }


def test_what_is_free_and_what_is_held_are_told_apart() -> None:
    row: JsonValue = {
        "currency": "{balance.asset}", "available": "{balance.free}", "holds": "{balance.locked}",
        "type": "trade",
    }  # fmt: skip
    facts = {"available": "balance.free", "holds": "balance.locked", "currency": "balance.asset"}
    told = _told("balances", {"data": {"each balance": row}}, facts)
    assert (told["available"], told["holds"]) == (("{balance.free}", True), ("{balance.locked}", True))


def test_what_a_market_may_not_have_stays_as_the_fork_reads_it() -> None:
    """As the largest order of a market that names none: connectors would read an empty text."""
    market: JsonValue = {
        "symbol": "{market.symbol}", "tickSize": "{market.tick_size|number}", "maxNotional": 0, "status": 1,
    }  # fmt: skip
    facts = {"symbol": "market.symbol", "tickSize": "market.tick_size"}
    told = _told("symbols", {"data": {"symbols": {"each market": market}}}, facts, "bingx")
    assert told == {
        "symbol": ("{market.symbol}", True),
        "tickSize": ("{market.tick_size|number}", True),
        "maxNotional": (0, False),
        "status": (1, False),
    }


def test_the_time_is_in_the_unit_that_ccxt_reads() -> None:
    assert _told("server_time", {"data": "{now.at|us|number}"}, {"data": "now.at"}) == {
        "data": ("{now.at|ms|number}", True)
    }


def test_without_ccxt_it_stays_as_the_fork_has_it() -> None:
    assert with_second_opinion(_read(), NOBODYS) == _read()
