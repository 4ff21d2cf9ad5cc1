"""Packed messages; the bytes are those of protocol buffers' own documentation of its encoding."""

from __future__ import annotations

from typing import Any

import pytest

from harness.venue.described.packing import packed

PACKETS = {
    "test1": {"a": "1 number"},
    "test2": {"b": "2 text", "more": "4 test1"},
    "test3": {"c": "3 test1", "yes": "5 flag"},
}


@pytest.mark.parametrize(
    ("message", "name", "wanted"),
    [
        ({"a": 150}, "test1", "089601"),
        ({"a": "150"}, "test1", "089601"),
        ({"b": "testing"}, "test2", "120774657374696e67"),
        ({"c": {"a": 150}}, "test3", "1a03089601"),
        ({"more": [{"a": 1}, {"a": 2}]}, "test2", "220208012202" + "0802"),
        ({"yes": True, "unknown": 1, "c": None}, "test3", "2801"),
        ({"a": -2}, "test1", "08feffffffffffffffff01"),
        ([], "test1", ""),
    ],
)
def test_packed(message: Any, name: str, wanted: str) -> None:
    assert packed(message, name, PACKETS).hex() == wanted
