"""Lists of words as tests show them, and what they leave out."""

from __future__ import annotations

from harness.describing.documents.fields import Field
from harness.describing.documents.templates import Kind
from harness.describing.documents.wordlists import WordLists


def _status(words: dict[str, tuple[str, ...]]) -> Field:
    return Field(("status",), "", "order.status", Kind.WORDS, words=words)


def test_states_that_no_test_shows_are_told_by_the_nearest_word() -> None:
    lists = WordLists()
    lists.text_of(_status({"NEW": ("open",), "GONE": ("canceled",), "DONE": ("filled",)}))
    assert lists.lists["order_status"] == {
        "of": "order",
        "words": {
            "NEW": {"status": ["open", "partially_filled"]},
            "GONE": {"status": ["canceled", "expired"]},
            "DONE": {"status": "filled"},
        },
    }


def test_a_literal_that_stands_for_another_state_than_the_list_says_stays_one() -> None:
    lists = WordLists()
    lists.text_of(_status({"NEW": ("open",), "GONE": ("canceled",), "DONE": ("filled",)}))
    alike = Field(("status",), "GONE", "order.status", Kind.CONSTANT, words={"GONE": ("canceled",)})
    other = Field(("status",), "NEW", "order.status", Kind.CONSTANT, words={"NEW": ("canceled",)})
    assert lists.text_of(alike) == "{order|order_status}"
    assert lists.text_of(other) is None
