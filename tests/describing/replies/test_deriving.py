"""Templates of replies, and what becomes of sources that differ."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import JsonValue

from harness.describing.documents.fields import CCXT, KIT, READS
from harness.describing.documents.leaf_fields import _named, _pair_in
from harness.describing.documents.readings import Meaning
from harness.describing.documents.sentinels import SETS, Sentinels
from harness.describing.documents.wordlists import WordLists
from harness.describing.fork_tests.answers import Answer, answers, place_of
from harness.describing.fork_tests.kit import Harvest, Reading, Sample
from harness.describing.replies.deriving import derive, united

SYMBOLS = {each.name: each.base + each.quote for each in SETS}


def _mocked(url: str, document: Any, method: str = "GET", status: int = 200) -> dict[str, Any]:
    reply = {"method": method, "url": "", "pattern": url, "status": status, "body": json.dumps(document)}
    return {"mocked": [{**reply, "error": ""}], "returned": url}


def _sample(member: str, each: Sentinels, answer: Any, side: str = "BUY", kind: str = "LIMIT") -> Sample:
    return Sample(member=member, set=each.name, side=side, type=kind, answers=(answer, answer))


def _fills() -> list[Answer]:
    """A fork's replies about fills, in which the fee's asset is a word that never changes."""
    made = []
    for each in SETS:
        fill = {
            "id": each.trade_id,
            "order": each.order_id,
            "px": each.fill_price,
            "qty": each.fill_amount,
            "cost": each.fee,
            "coin": "HBOT",
            "at": 1640780000000,
        }
        url = r"^https://api\.x\.test/fills\?order="
        member = "configure_partial_fill_trade_response"
        made.append(_sample(member, each, _mocked(url, {"rows": [fill]})))
    return list(answers(Harvest(kit=True, samples=tuple(made))))


def test_a_reply_about_an_order_tells_its_fee_as_a_whole() -> None:
    """As WhiteBIT's: its order that was asked for had no fill to tell a fee of, and said null."""
    members = [
        f"configure_{state}_order_status_response" for state in ("partially_filled", "completely_filled")
    ]
    made = [
        _sample(member, each, _mocked("https://x.test/orders", {"id": each.order_id, "dealFee": each.fee}))
        for each in SETS
        for member in members
    ]
    found = derive("order_status", list(answers(Harvest(kit=True, samples=tuple(made)))), (), SYMBOLS)
    assert found is not None
    assert found.template == {"id": "{order.order_id}", "dealFee": "{order.fee}"}


def test_balances_by_their_assets_may_stand_in_a_list() -> None:
    """As WhiteBIT's: `[{"BTC": {"available": "1"}}]`."""
    member, base = "balance_event_websocket_update", SETS[0].base
    made = [
        _sample(member, each, {"params": [{each.base: {"available": "10", "freeze": "5"}}]}, "", "")
        for each in SETS
    ]
    readings = [
        Reading(member=member, reply=0, path=("params", 0, base, "available"), to="11",
                moved={f"free {base}": ("10", "11"), f"total {base}": ("15", "16")}),
        Reading(member=member, reply=0, path=("params", 0, base, "freeze"), to="6",
                moved={f"total {base}": ("15", "16")}),
    ]  # fmt: skip
    found = derive(
        "stream:balances", list(answers(Harvest(kit=True, samples=tuple(made)))), readings, SYMBOLS
    )
    assert found is not None
    assert found.template == {
        "params": [
            {"each balance as {balance.asset}": {"available": "{balance.free}", "freeze": "{balance.locked}"}}
        ]
    }


def test_a_list_of_fills_is_said_once() -> None:
    found = derive("order_trades", _fills(), (), SYMBOLS)
    assert found is not None
    assert found.template == {
        "rows": {
            "each fill": {
                "id": "{fill.trade_id}", "order": "{fill.order_id}", "px": "{fill.price}",
                "qty": "{fill.amount}",
                "cost": "{fill.fee}", "coin": "HBOT", "at": "{fill.at|ms|number}",
            }
        }
    }  # fmt: skip


def test_rows_that_have_their_id_for_a_key_are_said_once() -> None:
    """As Kraken tells fills: an object with a key for each, another one for each set."""
    url = r"^https://api\.x\.test/fills"
    member = "configure_partial_fill_trade_response"
    made = [
        _sample(member, each, _mocked(url, {"result": {each.trade_id: {"price": each.fill_price}}}))
        for each in SETS
    ]
    found = derive("order_trades", list(answers(Harvest(kit=True, samples=tuple(made)))), (), SYMBOLS)
    assert found is not None
    assert found.template == {"result": {"each fill as {fill.trade_id}": {"price": "{fill.price}"}}}


def test_a_message_about_one_fill_has_its_id_for_a_key_in_the_list_where_it_stood() -> None:
    """As Kraken's own trades: a list in a list, and an object with one key."""
    made = [
        _sample(
            "trade_event_for_full_fill_websocket_update",
            each,
            [[{each.trade_id: {"ordertxid": each.order_id, "vol": each.amount}}], "ownTrades"],
        )
        for each in SETS
    ]
    found = derive("stream:fills", list(answers(Harvest(kit=True, samples=tuple(made)))), (), SYMBOLS)
    assert found is not None
    row = {"{fill.trade_id}": {"ordertxid": "{fill.order_id}", "vol": "{fill.amount}"}}
    assert found.template == [[{"each fill": row}], "ownTrades"]


def test_a_key_that_names_an_asset_does_so() -> None:
    """As Bitstamp's fills: the amounts stand under the assets' names."""
    url = r"^https://api\.x\.test/fills"
    made = [
        _sample(
            "configure_partial_fill_trade_response",
            each,
            _mocked(url, [{"tid": each.trade_id, each.base.lower(): each.fill_amount}]),
        )
        for each in SETS
    ]
    found = derive("order_trades", list(answers(Harvest(kit=True, samples=tuple(made)))), (), SYMBOLS)
    assert found is not None
    row = {"tid": "{fill.trade_id}", "{market.base|lower}": "{fill.amount}"}
    assert found.template == {"each fill": row}


def test_markets_that_have_their_symbol_for_a_key_are_said_once() -> None:
    made = [
        _sample(
            "all_symbols_request_mock_response",
            each,
            {"pairs": {SYMBOLS[each.name]: {"base": each.base}, "OTHER": {"base": "OTH"}}},
            "",
            "",
        )
        for each in SETS
    ]
    found = derive("symbols", list(answers(Harvest(kit=True, samples=tuple(made)))), (), SYMBOLS)
    assert found is not None
    assert found.template == {"pairs": {"each market as {market.symbol}": {"base": "{market.base}"}}}


def test_what_the_fork_reads_explains_a_constant_and_joins_what_the_tests_say() -> None:
    member = "configure_partial_fill_trade_response"
    readings = [
        Reading(member=member, reply=0, path=("rows", 0, "coin"), to="QHBOT",
                moved={"[0].fee.flat_fees[0].token": ("HBOT", "QHBOT")}),
        Reading(member=member, reply=0, path=("rows", 0, "px"), to="9644.7",
                moved={"[0].fill_price": ("9643.7", "9644.7")}),
    ]  # fmt: skip
    found = derive("order_trades", _fills(), readings, SYMBOLS)
    assert found is not None
    by = {each.at[-1]: (each.fact, each.by) for each in found.fields}
    assert by["coin"] == ("fill.fee_asset", (READS,))
    assert by["px"] == ("fill.price", (KIT, READS))


def _balances() -> list[Answer]:
    """Planted in a connector and in its tests alike: free and total are taken for one another."""
    rows = [
        {"asset": "COINALPHA", "free": "15", "total": "10"},
        {"asset": "HBOT", "free": "2000", "total": "2000"},
    ]
    address = _sample("balance_url", SETS[0], "https://api.x.test/balances", "", "")
    sample = _sample("balance_request_mock_response_for_base_and_quote", SETS[0], rows, "", "")
    return list(answers(Harvest(kit=True, samples=(address, sample))))


def test_where_fork_and_ccxt_differ_the_description_speaks_ccxts() -> None:
    def second(_operation: str, _document: Any) -> dict[tuple[str | int, ...], Meaning]:
        return {(0, "free"): Meaning("balance.free"), (0, "total"): Meaning("balance.total")}

    member = "balance_request_mock_response_for_base_and_quote"
    readings = [
        Reading(member=member, reply=0, path=(0, "free"), to="16",
                moved={"total.COINALPHA": ("15", "16")}),
        Reading(member=member, reply=0, path=(0, "total"), to="11",
                moved={"available.COINALPHA": ("10", "11")}),
    ]  # fmt: skip
    found = derive("balances", _balances(), readings, {}, second)
    assert found is not None
    fields = {each.at[-1]: each for each in found.fields}
    assert found.template == {
        "each balance": {"asset": "{balance.asset}", "free": "{balance.free}", "total": "{balance.total}"}
    }
    assert fields["free"].by == (CCXT,)
    assert fields["free"].says == {CCXT: "balance.free", READS: "balance.total"}
    assert fields["total"].says == {CCXT: "balance.total", READS: "balance.free"}


def test_a_reply_that_differs_when_asked_again_holds_no_fact() -> None:
    made = []
    for each in SETS:
        first, second = ({"id": each.order_id, "trace": word} for word in ("one", "two"))
        sample = Sample(
            member="configure_open_order_status_response", set=each.name, side="BUY", type="LIMIT",
            answers=(_mocked("https://x.test/order", first), _mocked("https://x.test/order", second)),
        )  # fmt: skip
        made.append(sample)
    found = derive("order_status", answers(Harvest(kit=True, samples=tuple(made))), (), SYMBOLS)
    assert found is not None
    assert {each.at: (each.kind.value, each.fact) for each in found.fields} == {
        ("id",): ("fact", "order.order_id"),
        ("trace",): ("unsteady", ""),
    }


def test_no_document_no_template() -> None:
    assert derive("ticker", (), (), SYMBOLS) is None


def test_the_place_of_an_address_or_of_the_kits_pattern() -> None:
    assert place_of("https://api.x.test/v1/time") == ("api.x.test", "/v1/time")
    assert place_of(r"^https://api\.x\.test/v1/order\?id=1.*") == ("api.x.test", "/v1/order")
    assert place_of(".*") is None


def test_documents_of_several_replies_are_united() -> None:
    assert united({"rows": [{"a": 1}], "x": 1}, {"rows": [{"a": 2, "b": 3}, {"a": 4}], "y": 2}) == {
        "rows": [{"a": 1, "b": 3}], "x": 1, "y": 2,
    }  # fmt: skip
    assert united([], [{"a": 1}]) == [{"a": 1}]
    assert united("text", {"a": 1}) == "text"


def _perpetual(member: str, reply: Callable[[Sentinels, str], JsonValue]) -> list[Answer]:
    """A member's messages about orders on both sides, and none of a request."""
    samples = []
    for each in SETS:
        for side in ("BUY", "SELL"):
            said = reply(each, side)
            samples.append(
                Sample(member=member, set=each.name, side=side, type="LIMIT", answers=(said, said))
            )
    return list(answers(Harvest(kit=True, samples=tuple(samples))))


def test_a_position_that_an_order_opened_is_told_as_one() -> None:
    told = _perpetual(
        "position_event_for_full_fill_websocket_update",
        lambda each, side: {"data": [{"size": each.amount, "entry": each.price, "side": side.title()}]},
    )
    found = derive("stream:positions", told, (), SYMBOLS)
    assert found is not None
    assert found.template == {
        "data": {
            "each position": {
                "size": "{position.amount}",
                "entry": "{position.entry_price}",
                "side": "{position.side}",
            }
        }
    }
    (side,) = [each for each in found.fields if each.fact == "position.side"]
    words = WordLists()
    assert words.text_of(side) == "{position|position_side}"
    assert words.lists["position_side"] == {
        "of": "position",
        "words": {"Buy": {"side": "long"}, "Sell": {"side": "short"}},
    }


def test_a_positions_size_may_have_its_sign() -> None:
    told = _perpetual(
        "position_event_for_full_fill_websocket_update",
        lambda each, side: {"size": each.amount if side == "BUY" else f"-{each.amount}"},
    )
    found = derive("stream:positions", told, (), SYMBOLS)
    assert found is not None
    assert found.template == {"size": "{position.size}"}


@pytest.mark.parametrize(
    ("key", "named"),
    [
        (lambda each: f"{each.base}_{each.quote}", "{market.base}_{market.quote}"),
        (lambda each: f"{each.base}/{each.quote}".lower(), "{market.base|lower}/{market.quote|lower}"),
        (lambda each: SYMBOLS[each.name], "{market.symbol}"),
    ],
)
def test_a_market_may_be_named_by_its_assets_where_its_price_is_told(
    key: Callable[[Sentinels], str], named: str
) -> None:
    member = "latest_prices_request_mock_response"
    samples = [_sample(member, each, {key(each): {"last": each.last_price}}, "", "") for each in SETS]
    found = derive("ticker", answers(Harvest(kit=True, samples=tuple(samples))), (), SYMBOLS)
    assert found is not None
    assert found.template == {f"each ticker as {named}": {"last": "{ticker.last}"}}


def test_a_market_that_tests_write_out_is_told_by_the_form_of_its_symbol() -> None:
    """As Derive's (`BTC-USDC`); a word of another form, and one that is named for something else, stay."""
    symbols = {each.name: f"{each.base}-{each.quote}" for each in SETS}
    said = {"instrument_name": "BTC-USDC", "market": "spot", "label": "BTC-USDC"}
    member = "configure_open_order_status_response"
    samples = [
        _sample(member, each, _mocked("https://x.test/o", {"order_id": each.order_id, **said}))
        for each in SETS
    ]
    found = derive("order_status", answers(Harvest(kit=True, samples=tuple(samples))), (), symbols)
    assert found is not None
    assert found.template == {**said, "order_id": "{order.order_id}", "instrument_name": "{market.symbol}"}


def test_funding_is_told_by_its_sentinels() -> None:
    told = _perpetual(
        "funding_info_event_for_websocket_update",
        lambda each, _: {
            "r": each.funding_rate,
            "i": float(each.index_price),
            "m": each.mark_price,
            "T": each.next_funding * 1000,
        },
    )
    found = derive("stream:mark_price", told, (), SYMBOLS)
    assert found is not None
    assert found.template == {
        "r": "{funding.rate}",
        "i": "{funding.index_price|number}",
        "m": "{funding.mark_price}",
        "T": "{funding.next_at|ms|number}",
    }


def test_a_reply_that_the_tests_add_to_the_kits_is_of_what_its_address_says() -> None:
    def said(member: str, answer: JsonValue) -> Sample:
        return Sample(member=member, set="a", side="", type="", answers=(answer, answer))

    url = "^https://x\\.test/public/mark-price.*"
    samples = (
        said("mark_price_url", url),
        said("mark_price_mock_response", {"px": SETS[0].mark_price}),
        said("mark_price_erroneous_mock_response", {"px": "nothing"}),
        said("weather_mock_response", {"sun": "1"}),
    )
    (found,) = answers(Harvest(kit=True, samples=samples))
    assert (found.operation, found.place) == ("funding_rate", ("x.test", "/public/mark-price"))


def test_a_step_of_one_is_no_number_of_decimals() -> None:
    """As OKX's lots of one contract: what a reader reads as the step itself is the step."""
    rules = {"lot": "1", "digits": "4"}
    told = []
    for each in SETS:
        answer = _mocked("https://x.test/rules", [rules])
        told.append(Sample(member="trading_rules_request_mock_response", set=each.name, side="", type="",
                           answers=(answer, answer)))  # fmt: skip
    moved = {"lot": ("2", 2), "digits": ("5", 0.00001)}
    readings = [
        Reading(
            member="trading_rules_request_mock_response", reply=0, path=(0, key), to=to,
            moved={"min_base_amount_increment" if key == "lot" else "min_price_increment": (1, read)},
        )
        for key, (to, read) in moved.items()
    ]  # fmt: skip
    found = derive("symbols", list(answers(Harvest(kit=True, samples=tuple(told)))), readings, SYMBOLS)
    assert found is not None
    assert {each.at[-1]: each.fact for each in found.fields} == {
        "lot": "market.lot_size",
        "digits": "market.tick_decimals",
    }


def test_a_list_of_the_markets_names_has_one_for_each() -> None:
    made = [_sample("all_symbols_request_mock_response", each, [SYMBOLS[each.name]], "") for each in SETS]
    found = derive("symbols", list(answers(Harvest(kit=True, samples=tuple(made)))), (), SYMBOLS)
    assert found is not None
    assert found.template == {"each market": "{market.symbol}"}
    assert [each.at for each in found.fields] == [("each market",)]


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("COINALPHAHBOT", "{market.base}{market.quote}"),
        ("GRAVELHBOT", "{market.base}{market.quote}"),  # of the other set: as Bitget's, kept for all sets
        ("XHBOT", "X{market.quote}"),
        ("PERP", None),
    ],
)
def test_a_markets_name_is_known_by_its_assets_whichever_sets_they_are(value: str, named: str | None) -> None:
    assert _named(value, SETS[0]) == named


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("COINALPHA/HBOT", "{market.base}/{market.quote}"),
        ("COINALPHAHBOT", "{market.base}{market.quote}"),
        ("COINALPHA", None),  # may be an asset
        ("order COINALPHA-HBOT", None),
        (17, None),
    ],
)
def test_a_text_that_is_nothing_but_the_pair_names_the_market_in_any_reply(
    value: JsonValue, named: str | None
) -> None:
    assert _pair_in(value, SETS[0]) == named


@pytest.mark.parametrize(("key", "told"), [("coin", "{market.base}"), ("note", "COINALPHA")])
def test_a_base_that_tests_write_out_names_the_market_of_a_message(key: str, told: str) -> None:
    """As Hyperliquid's, whose tests have the same coin for every order."""
    member = "order_event_for_new_order_websocket_update"
    made = [_sample(member, each, {"id": each.order_id, key: "COINALPHA"}) for each in SETS]
    found = derive("stream:orders", list(answers(Harvest(kit=True, samples=tuple(made)))), (), SYMBOLS)
    assert found is not None
    assert found.template == {"id": "{order.order_id}", key: told}
