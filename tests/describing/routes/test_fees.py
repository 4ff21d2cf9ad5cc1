"""In what fees are taken, where no reply tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from pydantic import JsonValue

from harness.describing.assembling import assemble
from harness.describing.ccxt_reading.ccxt_reader import CcxtReader
from harness.describing.documents.asked import Asked
from harness.describing.documents.fields import Field
from harness.describing.documents.placed import Placed
from harness.describing.documents.sentinels import SETS
from harness.describing.fork_tests.answers import Answer
from harness.describing.fork_tests.kit import Harvest, Reading, Sample
from harness.describing.gathered import Sources
from harness.describing.questions import questions
from harness.describing.routes.fees import fee_in
from harness.describing.signing.signatures import explain


def _fill(side: str) -> Answer:
    sample = Sample(
        member="configure_full_fill_trade_response", set=SETS[0].name, side=side, type="LIMIT", answers=()
    )
    document: JsonValue = {"fee": "3.31", "side": side}
    return Answer(
        "order_trades", sample.member, 0, "filled", sample, "GET", "https://x.test/fills", 200, "",
        document, SETS[0],
    )  # fmt: skip


def _sources(by_ccxt: Mapping[str, str], by_fork: str = "") -> Sources:
    reading = Reading(
        member="fills", reply=0, path=None, after={"[0].fee.flat_fees[0].token": by_fork} if by_fork else {}
    )
    answers = tuple(map(_fill, ("BUY", "SELL")))
    sources = Sources("acme", "spot", Harvest(readings=(reading,)), answers, Asked({}), explain((), {}))

    def read(document: JsonValue) -> str:
        return by_ccxt.get(str(document["side"]), "") if isinstance(document, dict) else ""

    return replace(sources, fees_read=read)


@pytest.mark.parametrize(
    ("by_ccxt", "by_fork", "said", "by"),
    [
        ({"BUY": "quote", "SELL": "quote"}, "", "quote", ("ccxt",)),
        ({"BUY": "base", "SELL": "quote"}, SETS[0].base, "received", ("ccxt", "fork reads")),
        ({"BUY": "base", "SELL": "base"}, "", "base", ("ccxt",)),
        ({}, SETS[0].quote, "quote", ("fork reads",)),
        ({}, SETS[0].base, "received", ("fork reads",)),
        ({"BUY": "quote", "SELL": "base"}, "", None, ()),  # what is paid: none of those that there are
        ({}, "BNB", None, ()),
        ({}, "", None, ()),
    ],
)
def test_fees_are_taken_as_those_say_who_read_fills(
    by_ccxt: Mapping[str, str], by_fork: str, said: str | None, by: tuple[str, ...]
) -> None:
    found = fee_in(_sources(by_ccxt, by_fork), ())
    assert (found.text if found else None, found.by if found else ()) == (said, by)
    assert not (found and found.says)


def test_where_the_fork_has_another_asset_ccxts_counts_and_both_are_named() -> None:
    """As Coinmate's and Derive's."""
    made = assemble(_sources({"BUY": "quote", "SELL": "quote"}, SETS[0].base)).data
    assert made["orders"] == {"fee_in": "quote"}
    known = made["known"]
    assert isinstance(known, dict)
    assert known["orders / fee_in"] == ["ccxt"]
    says = {"ccxt": "quote", "fork reads": "received"}
    assert made["contradictions"] == [{"at": "orders / fee_in", "says": says}]


def test_where_a_leaf_tells_the_asset_of_each_fee_nothing_is_said_of_all() -> None:
    told = Placed("order_trades", "fills", (), [Field(("coin",), "{fill.fee_asset}", "fill.fee_asset")])
    assert fee_in(_sources({"BUY": "quote", "SELL": "quote"}), [told]) is None


def test_ccxt_says_in_which_asset_a_fill_costs() -> None:
    first = SETS[0]
    reader = CcxtReader("coinmate", first, "COINALPHA_HBOT")
    fill: dict[str, JsonValue] = {
        "transactionId": 7, "currencyPair": "COINALPHA_HBOT", "type": "BUY", "price": 5.5, "amount": 2,
        "fee": 0.25,
    }  # fmt: skip
    assert reader.fee_in({"error": False, "data": [fill]}) == "quote"
    assert reader.fee_in({"error": False, "data": []}) == ""


@pytest.mark.parametrize(("by_fork", "asked"), [("", True), (SETS[0].quote, False)])
def test_in_what_fees_are_taken_is_asked_where_nobody_says_it(by_fork: str, asked: bool) -> None:
    made = assemble(_sources({}, by_fork))
    told = Placed("order_trades", "fills", (), [Field(("fee",), "{fill.fee}", "fill.fee")])
    found = questions(replace(made, placed=(told,)))
    assert any("fees taken" in each.text for each in found) is asked


def test_a_perpetuals_fees_are_in_the_asset_of_its_margin() -> None:
    assert fee_in(replace(_sources({}, SETS[0].quote), kind="perpetual"), ()) is None
