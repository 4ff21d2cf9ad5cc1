"""What a leaf holds, told from replies about known orders."""

from __future__ import annotations

from typing import Any

import pytest

from harness.describing.documents.sentinels import SETS, facts
from harness.describing.documents.templates import Example, Explained, Kind, explained, form_of, time_form

STATES = ("open", "partially_filled", "filled", "canceled")


def _explained(reply: Any, prefer: str = "order") -> dict[str, Explained]:
    """A reply that is a function of an order's facts, seen for both sets, all sides, types and states."""
    examples = []
    for each in SETS:
        for side in ("BUY", "SELL"):
            for order_type in ("LIMIT", "MARKET"):
                for status in STATES:
                    known = facts(each, side, order_type, status, f"{each.base}_{each.quote}".lower())
                    document = reply(known)
                    examples.append(Example(known, document, reply(known)))
    return {str(path[0]): each for path, each in explained(examples, prefer).items()}


def test_a_fact_is_known_by_its_place_and_form() -> None:
    found = _explained(
        lambda order: {
            "id": int(order["order.order_id"]),
            "cid": order["order.client_order_id"],
            "price": order["order.price"] + "000",
            "left": float(order["order.remaining"]),
            "cost": f"-{order['order.notional']}",
            "made": int(order["order.created_at"]) * 1000,
            "market": order["market.symbol"],
        }
    )
    assert {name: each.text for name, each in found.items()} == {
        "id": "{order.order_id|number}",
        "cid": "{order.client_order_id}",
        "price": "{order.price|fixed4}",
        "left": "{order.remaining|number}",
        "cost": "{order.notional|negated}",
        "made": "{order.created_at|ms|number}",
        "market": "{market.symbol}",
    }


def test_zero_may_be_written_in_any_way() -> None:
    found = _explained(
        lambda order: {"filled": order["order.filled"] if order["order.filled"] != "0" else None}
    )
    assert found["filled"].fact == "order.filled"


def test_words_are_told_by_what_they_follow() -> None:
    say = {"open": "NEW", "partially_filled": "NEW", "filled": "DONE", "canceled": "GONE"}
    wrong = {"limit": "LIMIT", "market": "LIMIT"}
    found = _explained(
        lambda order: {
            "side": {"buy": 0, "sell": 1}[order["order.side"]],
            "status": say[order["order.status"]],
            "kind": wrong[order["order.type"]],
        }
    )
    assert found["side"].words == {"0": ("buy",), "1": ("sell",)}
    assert found["status"].words == {
        "NEW": ("open", "partially_filled"), "DONE": ("filled",), "GONE": ("canceled",),
    }  # fmt: skip
    assert found["kind"].kind is Kind.CONSTANT


def test_an_id_that_stands_in_some_states_is_it() -> None:
    """As LambdaPlex's messages: the client's id, and where it is cancelled a text of the tests' own."""
    found = _explained(
        lambda order: {
            "c": "dummy" if order["order.status"] == "canceled" else order["order.client_order_id"],
            "C": {"open": None, "filled": ""}.get(order["order.status"], order["order.client_order_id"]),
            "x": "dummy" if order["order.status"] == "canceled" else order["order.status"],
        }
    )
    assert (found["c"].text, found["c"].kind) == ("{order.client_order_id}", Kind.FACT)
    assert found["C"].text == "{order.client_order_id}"
    assert found["x"].fact != "order.client_order_id"


def test_a_flag_says_of_one_state_that_it_is_so() -> None:
    """As Gemini's orders: cancelled or not, live or not."""
    found = _explained(
        lambda order: {
            "is_cancelled": order["order.status"] == "canceled",
            "is_live": order["order.status"] in ("open", "partially_filled"),
        }
    )
    assert [each.kind for each in found.values()] == [Kind.WORDS, Kind.WORDS]
    assert found["is_cancelled"].words == {
        "false": ("open", "partially_filled", "filled"), "true": ("canceled",),
    }  # fmt: skip


def test_a_constant_stays_one_and_what_changes_by_itself_is_named() -> None:
    count = iter(range(1000))
    found = _explained(lambda _: {"code": 0, "trace": next(count)})
    assert (found["code"].kind, found["trace"].kind) == (Kind.CONSTANT, Kind.UNSTEADY)


def test_facts_within_a_text() -> None:
    found = _explained(lambda order: {"topic": f"orders-{order['market.symbol'].replace('_', '')}-7"})
    assert found["topic"].text == "orders-{market.base|lower}{market.quote|lower}-7"


def test_of_equal_facts_the_name_decides() -> None:
    examples = [
        Example(known, {"price": known["fill.price"], "avgPrice": known["order.average_price"]})
        for each in SETS
        for known in [facts(each, "BUY", "LIMIT", "filled")]
    ]
    found = explained(examples)
    assert found[("price",)].fact == "order.price"
    assert found[("avgPrice",)].fact == "order.average_price"
    assert "order.price" in found[("avgPrice",)].others


@pytest.mark.parametrize(
    ("leaf", "form"),
    [
        (1640780000, "|s|number"), ("1640780000123", "|ms"), (1640780000.5, "|s.ms|number"),
        ("2026-11-22T20:11:46.123Z", "|iso"), (12345, None), (True, None), ("word", None),
        (1234567890123, "|ms|number"), ("1234567890", "|s"), (1234567891, None),
    ],
)  # fmt: skip
def test_times_by_their_size(leaf: Any, form: str | None) -> None:
    assert time_form(leaf) == form


def test_a_time_in_nanoseconds_is_no_amount_in_minor_units() -> None:
    assert form_of("1640780000", "1640780000000000000") == "|ns"
    assert form_of("1640780000", 1640780000000000) == "|us|number"


def test_another_number_is_no_form() -> None:
    assert form_of("17.19", "17.20") is None


def test_an_amount_of_the_tests_own_that_follows_the_state_is_what_is_left_or_filled() -> None:
    examples = [
        Example({"order.status": status}, {"amount": left, "traded": done, "kind": 1})
        for status, left, done in (("open", 300.0, "0"), ("canceled", 300.0, "0"), ("filled", 0, "300.0"))
    ]
    known = explained(examples)
    assert known[("amount",)].text == "{order.remaining|number}"
    assert known[("traded",)].text == "{order.filled}"
    assert known[("kind",)].kind is Kind.CONSTANT


def test_of_two_hints_in_a_name_the_longer_decides() -> None:
    """As BitMart's stream: `last_fill_count` is of the fill, and is the order's in its only fill."""
    found = _explained(
        lambda order: {
            "filled_size": order.get("order.filled") or "0",
            "last_fill_count": order.get("fill.amount", "0"),
        }
    )
    assert (found["filled_size"].fact, found["last_fill_count"].fact) == ("order.filled", "fill.amount")


def test_a_time_that_stands_where_an_order_was_filled_is_no_amount() -> None:
    when = {"filled": "1640780000000", "partially_filled": "1640780000000"}
    found = _explained(lambda order: {"last_fill_time": when.get(order["order.status"], "0")})
    assert found["last_fill_time"].text == "{order.updated_at|ms}"


def test_an_amount_may_be_counted_in_minor_units() -> None:
    """As Aevo's orders, which are signed in millionths."""
    assert form_of("17.19", 17190000) == "|units6|number"
    assert form_of("0", 0) == "|number"


@pytest.mark.parametrize(
    ("without", "text"),
    [
        ("0", "{fill.fee|negated|or 0}"), (0, "{fill.fee|negated|or 0}"), ("", "{fill.fee|negated|or }"),
        (None, "{fill.fee|negated}"),
    ],
)  # fmt: skip
def test_an_order_without_a_fill_says_what_the_tests_have_there(without: Any, text: str) -> None:
    """As OKX's `fillFee`, of which its connector makes a decimal in every state: null ends the message."""
    examples = [
        Example({"order.price": "9.5"}, {"fee": without}),
        Example({"order.price": "8.5"}, {"fee": without}),
    ]
    examples += [Example({"fill.fee": fee}, {"fee": f"-{fee}"}) for fee in ("3.31", "2.87")]
    (found,) = explained(examples).values()
    assert found.text == text
