"""What tests give a connector for keys is read, and never run."""

from __future__ import annotations

from harness.credentials.examples import examples

FIELDS = {"one_api_key", "one_secret"}


def values(*sources: str) -> list[dict[str, str | None]]:
    return [dict(each.values) for each in examples(sources, FIELDS)]


def test_literals_names_and_attributes() -> None:
    text = """
KEY = "ab" * 32
class Tests:
    account: str = "not this"
    def setUp(self):
        self.secret = "s" + "t"
        self.connector = One(one_api_key=KEY, one_secret=self.secret, trading_pairs=["A-B"])
    def other(self):
        return {"one_api_key": "literal", "one_secret": make()}
"""
    assert values(text) == [
        {"one_api_key": "ab" * 32, "one_secret": "st"},
        {"one_api_key": "literal", "one_secret": None},
    ]


def test_numbers_are_text_and_the_fullest_comes_first() -> None:
    assert values("One(one_api_key=5)", "One(one_api_key='k', one_secret='s')", "One(one_api_key=5)") == [
        {"one_api_key": "k", "one_secret": "s"},
        {"one_api_key": "5"},
    ]


def test_what_cannot_be_read_is_left_out() -> None:
    assert values("not python (", "\0", "One(one_api_key='k' * 10**9, **more)", "One(1)") == [
        {"one_api_key": None}
    ]
