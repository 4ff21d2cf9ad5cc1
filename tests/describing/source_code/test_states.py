"""Words for states, by a connector's own table."""

from __future__ import annotations

import pytest

from harness.describing.documents.fields import KIT, READS, Field
from harness.describing.documents.templates import Kind
from harness.describing.source_code.source_reading import read_source
from harness.describing.source_code.states import in_the_connectors_words, word_for_fills

TABLE = (
    "PENDING = 7\n"
    "ORDER_STATE = {'ACTIVE': OrderState.OPEN, 'NEW': OrderState.OPEN, 'FILLED': OrderState.FILLED,\n"
    "               'CANCELED': OrderState.CANCELED, 'PARTIALLY_FILLED': OrderState.PARTIALLY_FILLED,\n"
    "               PENDING: OrderState.PENDING_CREATE, 'EXPIRED': OrderState.FAILED}\n"
)


def test_the_table_is_read_from_the_source() -> None:
    assert read_source([TABLE]).states == {
        "ACTIVE": "open", "NEW": "open", "FILLED": "filled", "CANCELED": "canceled",
        "PARTIALLY_FILLED": "partially_filled",
    }  # fmt: skip


def test_words_that_the_tests_confuse_are_told_by_the_table() -> None:
    """As LambdaPlex's tests: one word for partly and wholly filled, and one that no connector reads."""
    leaf = Field((), "CANCELED", "", Kind.UNKNOWN)
    states = {
        "ACTIVE": "open",
        "PARTIALLY_FILLED": "partially_filled",
        "FILLED": "filled",
        "CANCELED": "canceled",
    }
    found = in_the_connectors_words(leaf, "status", ("CANCELED", "FILLED", "NEW"), states)
    assert (found.fact, found.kind, found.by) == ("order.status", Kind.WORDS, (READS,))
    assert found.words == {
        "CANCELED": ("canceled",), "FILLED": ("filled",), "ACTIVE": ("open",),
        "PARTIALLY_FILLED": ("partially_filled",),
    }  # fmt: skip


def test_one_word_for_another_state_than_the_tables_says_something_else() -> None:
    """As MEXC answers a cancel: `NEW`, whatever became of the order."""
    leaf = Field((), "NEW", "order.status", Kind.CONSTANT)
    states = read_source([TABLE]).states
    assert in_the_connectors_words(leaf, "status", ("NEW",), states, ("canceled",)) == leaf
    assert in_the_connectors_words(leaf, "status", ("NEW",), states, ("open",)).kind is Kind.WORDS
    assert in_the_connectors_words(leaf, "status", ("NEW",), states).kind is Kind.WORDS


def test_a_word_of_the_tests_goes_before_others_of_its_state_and_in_their_letters() -> None:
    leaf = Field((), "new", "", Kind.CONSTANT)
    found = in_the_connectors_words(leaf, "state", ("new",), read_source([TABLE]).states)
    assert found.words["new"] == ("open",)
    assert found.words["partially_filled"] == ("partially_filled",)


def test_words_that_agree_stay_and_others_are_no_states() -> None:
    words = {"NEW": ("open",), "FILLED": ("filled",)}
    leaf = Field((), "{order.status}", "order.status", Kind.WORDS, words=words)
    states = read_source([TABLE]).states
    assert in_the_connectors_words(leaf, "x", ("NEW", "FILLED"), states).by == (KIT, READS)
    told = in_the_connectors_words(leaf, "order_state", ("NEW", "FILLED"), states).words
    assert told == {
        **words, "CANCELED": ("canceled",), "PARTIALLY_FILLED": ("partially_filled",),
    }, "as BitMart's stream, whose tests show no part of a fill"  # fmt: skip
    ok = Field((), "ok", "", Kind.CONSTANT)
    assert in_the_connectors_words(ok, "status", ("ok",), states) is ok


def test_of_several_words_for_a_state_the_likest_is_taken_and_of_its_kind() -> None:
    """As MEXC's table, which has the words of requests and the numbers of the stream."""
    states = {
        "1": "open", "2": "filled", "4": "canceled", "NEW": "open", "PARTIALLY_CANCELED": "canceled",
        "EXPIRED": "canceled", "CANCELED": "canceled", "FILLED": "filled",
    }  # fmt: skip
    leaf = Field((), "NEW", "", Kind.CONSTANT)
    words = in_the_connectors_words(leaf, "status", ("NEW",), states).words
    assert words == {"NEW": ("open",), "CANCELED": ("canceled",), "FILLED": ("filled",)}
    words = in_the_connectors_words(leaf, "status", (1,), states).words
    assert words == {"1": ("open",), "2": ("filled",), "4": ("canceled",)}


def test_words_for_what_happened_are_no_states() -> None:
    """As LambdaPlex's events: one of them is called as a state is, the others are not."""
    words = {"CREATE": ("open",), "TRADE": ("filled",), "CANCELED": ("canceled",)}
    leaf = Field((), "{order.status}", "order.status", Kind.WORDS, words=words)
    states = read_source([TABLE]).states
    assert in_the_connectors_words(leaf, "x", ("CREATE", "TRADE", "CANCELED"), states) is leaf


@pytest.mark.parametrize(
    ("name", "states", "word"),
    [
        ("type", {"accepted": "open"}, "fill"),
        ("type", {"accepted": "open", "Fill": "filled"}, ""),
        ("orderStatus", {"accepted": "open"}, ""),
    ],
)
def test_a_word_that_says_of_a_message_that_it_tells_a_fill(
    name: str, states: dict[str, str], word: str
) -> None:
    """As Gemini's messages: the tests fill whole orders alone, and the connector's table lacks the word."""
    words = {"accepted": ("open",), "fill": ("filled",), "cancelled": ("canceled",)}
    leaf = Field((name,), "{order.status}", "order.status", Kind.WORDS, words=words)
    assert word_for_fills(leaf, states) == word
