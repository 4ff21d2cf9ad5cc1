"""Templates are filled with facts and matched against what clients say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from harness.venue.described.model import Words
from harness.venue.described.templates import Filler, Matcher, Missing, Scope, Unlike
from harness.venue.described.units import Units
from harness.venue.described.values import Fact, Unreadable

D = Decimal
WORDS = {
    "side": Words(of="order", words={"B": {"side": "buy"}, "S": {"side": "sell"}}),
    "kind": Words(
        of="order", usual="LIMIT",
        words={"MAKER": {"type": "limit", "post_only": True}, "LIMIT": {"type": "limit"}},
    ),
    "padded": Words(of="order", words={"sell": {"side": "sell"}, "sell ": {"side": "buy"}}),
    "none": Words(of="order", words={"MARKET": {"type": "market"}}),
    "status": Words(
        of="order", words={"new": {"status": "open"}, "gone": {"status": ["canceled", "expired"]}}
    ),
}  # fmt: skip
SHAPES: dict[str, Any] = {
    "head": {"ok": True, "note": "fine"},
    "more": {"$like": "head", "x": 1},
    "chosen": {"$if": "order|kind", "$then": {"x": 1}, "$else": {}},
    "sides": [{"each paid": "{paid.asset}"}, 0],
}
ORDER: dict[str, Fact] = {
    "order_id": 17, "price": D("1E-7"), "amount": D("0.50"), "fee": D("0.01"), "average_price": None,
    "created_at": 1_790_000_000.125, "side": "buy", "type": "limit", "post_only": True, "status": "expired",
    "filled": D(0),
}  # fmt: skip
MARKET: dict[str, Fact] = {
    "symbol": "BTC-USDT", "number": 7, "contract_size": D("0.01"), "lot_decimals": 3, "tick_decimals": 8,
}  # fmt: skip
MATCHER = Matcher(WORDS, SHAPES, exponents=False)


def scope() -> Scope:
    def paid(asset: str, amount: Decimal) -> Scope:
        return Scope({"paid": lambda: {"asset": asset, "amount": amount}})

    return Scope(
        {"order": lambda: ORDER, "market": lambda: MARKET},
        {"paid": lambda: [paid("BTC", D(1)), paid("BNB", D(2))]},
        said={"id": 9, "args": [{"channel": "x"}]},
    )


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{order.price}", "0.0000001"),
        ("{order.amount|number}", 0.5),
        ("{order.order_id}", "17"),
        ("{order.post_only|text|flag}", True),
        ("{order|padded|trimmed}", "sell"),
        ([0, {"each paid": "{paid.asset}"}, {"each paid": 1}], [0, "BTC", "BNB", 1, 1]),
        ({"all": [[{"each paid": 1}]]}, {"all": [[1, 1]]}),
        ({"$like": "sides"}, ["BTC", "BNB", 0]),
        ({"a": {"$like": "chosen"}}, {"a": {"x": 1}}),
        ({"$json": {"$like": "sides"}}, '["BTC","BNB",0]'),
        ({"$if": "order|kind", "$then": ["{order|kind}"], "$else": []}, ["MAKER"]),
        ({"$if": "order|none", "$then": 1, "$else": 2}, 2),
        ({"how?": ["{order.average_price}"], "of": 1}, {"of": 1}),
        ("{order.order_id|number}", 17),
        ("{order.order_id|uuid}", "00000000-0000-0000-0000-000000000011"),
        ("{order.amount|fixed4}", "0.5000"),
        ("{order.amount|units8|number}", 50_000_000),
        ("{order.amount|contracts}", "50"),
        ("{order.amount|lot_units}", "500"),
        ("{order.price|tick_units|number}", 10),
        ("{market.number|plus9999|number}", 10_006),
        ("{market.number|minus1}", "6"),
        ("{order.fee|negated}", "-0.01"),
        ("{order.fee|percent|number}", 1),
        ("{order.created_at}", "1790000000"),
        ("{order.created_at|ms|number}", 1_790_000_000_125),
        ("{order.created_at|ticks|number}", 639_255_968_001_250_000),
        ("{order.created_at|s.ms}", "1790000000.125"),
        ("{order.created_at|iso}", "2026-09-21T14:13:20.125Z"),
        ("{order.created_at|datetime}", "2026-09-21 14:13:20.125000"),
        ({"{market.symbol|lower}": 1}, {"btc-usdt": 1}),
        ("{order.average_price}", None),
        ("{order.average_price|or 0}", "0"),
        ("{order.average_price|or 0|number}", 0),
        ("{order.post_only}", True),
        ("{order.post_only|text}", "true"),
        ("{order|side}", "B"),
        ("{order|kind|lower}", "maker"),
        ("{order|status}", "gone"),
        ("{market.symbol|no_dash|lower}", "btcusdt"),
        ("book:{market.symbol}.{order.order_id}", "book:BTC-USDT.17"),
        ("{said.id}", 9),
        ("{said.args.0.channel}", "x"),
        ({"a?": "{order.average_price}", "b": "{order.average_price}"}, {"b": None}),
        ({"each paid": "{paid.asset}"}, ["BTC", "BNB"]),
        ({"each paid as {paid.asset|lower}_fee": "{paid.amount}"}, {"btc_fee": "1", "bnb_fee": "2"}),
        ({"$like": "more", "note": "new", "ok": "$absent"}, {"x": 1, "note": "new"}),
        ({"$json": {"a": "{order.order_id|number}"}}, '{"a":17}'),
        ({"$if": "order.filled", "$then": "some", "$else": "none"}, "none"),
        ({"a": {"$if": "order.filled", "$then": "some"}, "b": []}, {"b": []}),
    ],
)  # fmt: skip
def test_filled(template: Any, told: Any) -> None:
    assert Filler(WORDS, SHAPES).fill(template, scope()) == told


def test_matched_in_the_units_of_a_market() -> None:
    units = Units(contract=D("0.01"), lot_decimals=3, tick_decimals=8)
    said: dict[str, Any] = {"size": 500, "price": "10", "count": "3"}
    takes: dict[str, Any] = {"size": "{order.amount|lot_units}", "price": "{order.price|tick_units}"}
    assert MATCHER.match(takes, said, units) == {"order.amount": D("0.5"), "order.price": D("1E-7")}
    assert MATCHER.match({"count": "{order.amount|contracts}"}, said, units) == {"order.amount": D("0.03")}


@pytest.mark.parametrize(
    ("template", "said", "found"),
    [
        ({"p": "{order.price}"}, {"p": "1.50", "else": 1}, {"order.price": D("1.50")}),
        ({"p": "{order.price}"}, {"p": 1e-05}, {"order.price": D("0.00001")}),
        ({"p": "{order.amount|units8}"}, {"p": 50_000_000}, {"order.amount": D("0.5")}),
        ({"p": "{order.amount|contracts}"}, {"p": "3"}, {"order.amount": D(3)}),
        ({"n": "{market.number|plus9999}"}, {"n": 10_006}, {"market.number": 7}),
        ({"n": "{market.number|minus1}"}, {"n": "6"}, {"market.number": 7}),
        ({"t": "{page.since|ms}"}, {"t": 1500}, {"page.since": 1.5}),
        ("{order.order_id|uuid}", "00000000-0000-0000-0000-000000000011", {"order.order_id": 17}),
        ({"s": "{order|side}"}, {"s": "S"}, {"order.side": "sell"}),
        ({"k?": "{order|kind}"}, {}, {"order.type": "limit"}),
        ({"f": "{order.post_only}"}, {"f": True}, {"order.post_only": True}),
        ("b:{market.symbol}.{page.limit}", "b:A-B.50", {"market.symbol": "A-B", "page.limit": 50}),
        ({"k": "{order|kind|lower}"}, {"k": "Limit"}, {"order.type": "limit"}),
        ({"op": "login", "args": ["{login.key}"]}, {"op": "login", "args": ["k", "x"]}, {"login.key": "k"}),
        ("ping", "ping", {}),
        ({"o": {"$json": {"p": "{order.price}"}}}, {"o": '{"p": "1.50"}'}, {"order.price": D("1.50")}),
    ],
)  # fmt: skip
def test_matched(template: Any, said: Any, found: dict[str, Fact]) -> None:
    assert MATCHER.match(template, said) == found


@pytest.mark.parametrize(
    ("template", "said", "error"),
    [
        ({"p": "{order.price}"}, {}, Missing),
        ({"p": "{order.price}"}, {"p": ""}, Missing),
        ({"p": "{order.price}"}, {"p": "1E-2"}, Unreadable),
        ({"p": "{order.price}"}, {"p": "NaN"}, Unreadable),
        ({"p": "{order.price}"}, {"p": ["1"]}, Unreadable),
        ({"s": "{order|side}"}, {"s": "hold"}, Unreadable),
        ({"i": "{order.order_id}"}, {"i": "seventeen"}, Unreadable),
        ({"f": "{order.post_only}"}, {"f": "maybe"}, Unreadable),
        ({"op": "login"}, {"op": "leave"}, Unlike),
        ({"op": "login"}, "login", Unlike),
        ("book:{market.symbol}", "trades:BTC-USDT", Unlike),
        ({"o": {"$json": {"p": "{order.price}"}}}, {"o": "none"}, Unlike),
    ],
)
def test_not_matched(template: Any, said: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        MATCHER.match(template, said)


def test_symbols_are_told_apart_however_their_letters_are_written() -> None:
    matcher = Matcher({}, {}, symbol_of=lambda text, filters: f"{text}/{'|'.join(filters)}")
    assert matcher.match({"s": "{market.symbol|lower}"}, {"s": "btc"}) == {"market.symbol": "btc/lower"}


def test_json_in_a_text_is_matched_and_said_back() -> None:
    template: Any = {"n": "Subscribe", "o": {"$json": {"id": "{market.symbol}", "depth?": "{page.limit}"}}}
    said: Any = {"i": 4, "n": "Subscribe", "o": '{"id": "BTC-USDT", "depth": 5}'}
    assert MATCHER.match(template, said) == {"market.symbol": "BTC-USDT", "page.limit": 5}
    with pytest.raises(Unlike):
        MATCHER.match(template, {**said, "o": "no JSON"})
    heard = Scope(said=said)
    told = Filler(WORDS, SHAPES).fill(["{said.i}", "{said.o.id}", "{said.o.none}"], heard)
    assert told == [4, "BTC-USDT", None]


def test_a_list_that_may_be_left_out_may_be_empty() -> None:
    template: Any = {"options?": ["{order|kind}"]}
    assert MATCHER.match(template, {"options": ["MAKER"]}) == {"order.type": "limit", "order.post_only": True}
    assert MATCHER.match(template, {"options": []}) == {}
    with pytest.raises(Missing):
        MATCHER.match({"options": template["options?"]}, {"options": []})
