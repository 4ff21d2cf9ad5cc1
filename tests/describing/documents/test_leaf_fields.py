"""What ccxt makes of leaves that tests never vary, or vary with something else."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import JsonValue

from harness.describing.documents.fields import CCXT
from harness.describing.documents.leaf_fields import field_of
from harness.describing.documents.readings import Meaning
from harness.describing.documents.templates import Explained, Kind
from harness.describing.documents.wordlists import WordLists


def _constant(name: str, value: str | int | bool | None) -> Explained:
    return Explained((name,), Kind.CONSTANT, value, seen=(value,))


@pytest.mark.parametrize(
    ("value", "factor", "text"),
    [
        ("0", 1, "{order.updated_at|ms}"), (0, 1000, "{order.updated_at|us|number}"),
        ("1597026383085", 1, "{order.updated_at|ms}"), ("1597026383", 1, "{order.updated_at|s}"),
    ],
)  # fmt: skip
def test_a_time_that_tests_write_as_nothing_is_in_the_unit_that_ccxt_reads(
    value: str | int, factor: int, text: str
) -> None:
    meant = Meaning("order.updated_at", Decimal(factor))
    assert field_of("order_status", _constant("fillTime", value), None, meant).text == text


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("T", {"T": {"maker": False}, "M": {"maker": True}}),
        ("MAKER", {"TAKER": {"maker": False}, "MAKER": {"maker": True}}),
        ("Taker", {"Taker": {"maker": False}, "Maker": {"maker": True}}),
    ],
)
def test_who_made_is_said_in_words(value: str, words: JsonValue) -> None:
    leaf = field_of("order_trades", _constant("execType", value), None, Meaning("fill.maker"))
    lists = WordLists()
    assert lists.text_of(leaf) == "{fill|fill_maker}"
    assert lists.lists["fill_maker"] == {"of": "fill", "words": words}


@pytest.mark.parametrize(
    ("words", "text"), [(("limit", "market"), "{fill.side}"), (("LIMIT", "MARKET"), "{fill.side|upper}")]
)
def test_a_side_that_tests_vary_with_the_type_is_a_side(words: tuple[str, str], text: str) -> None:
    """As OKX's, whose tests write `order_type` where the exchange tells the side."""
    known = {word: (word.lower(),) for word in words}
    leaf = Explained(("side",), Kind.WORDS, "{order.type}", "order.type", words=known, seen=words)
    made = field_of("order_trades", leaf, None, Meaning("fill.side"))
    assert (made.text, made.kind, made.by) == (text, Kind.FACT, (CCXT,))
    assert made.says == {"kit": "order.type", CCXT: "fill.side"}
