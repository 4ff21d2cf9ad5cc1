"""What is read is equal to what was written, and holds no secret."""

from __future__ import annotations

import json

import pytest

from harness.gateway.canaries import Canaries
from harness.gateway.codec import kind_of
from harness.gateway.entries import Exchange
from harness.scenarios.trace.codec import KINDS, read, written
from harness.scenarios.trace.model import Entry, Printed
from harness.scenarios.trace.store import unpacked
from tests.scenarios.trace.sample import ENTRIES, HEADER

SECRET = "Zk3vQ8sW1xLp0aTdY7uNfR2mGh5bCjEo"


def test_the_sample_has_every_kind() -> None:
    assert {kind_of(entry) for entry in ENTRIES} == set(KINDS)


@pytest.mark.parametrize("entry", ENTRIES, ids=kind_of)
def test_an_entry_comes_back_equal(entry: Entry) -> None:
    assert read(json.loads(json.dumps(written(entry, str)))) == entry


def test_what_is_redacted_once_stays_as_it_is() -> None:
    redact = Canaries({"key": SECRET}).redact
    once = read(written(Printed(1.0, f"it says {SECRET[:20]}"), redact))
    assert once == Printed(1.0, "it says ‹key›")
    assert read(written(once, redact)) == once


def test_nothing_else_is_an_entry() -> None:
    with pytest.raises(ValueError, match="no kind of entry"):
        read({"entry": "wish", "at": 1.0})


@pytest.mark.parametrize("spelt", [SECRET, SECRET.encode().hex(), SECRET[::-1]], ids=["plain", "hex", "back"])
@pytest.mark.parametrize("entry", ENTRIES, ids=kind_of)
def test_no_text_of_any_entry_keeps_a_secret(entry: Entry, spelt: str) -> None:
    """Each text in each kind of entry is replaced by one with the secret in it, and none is left."""
    redact = Canaries({"key": SECRET}).redact
    plain = written(entry, str)
    spoilt = {name: _spoilt(value, spelt) if name != "entry" else value for name, value in plain.items()}
    assert spelt in json.dumps(spoilt) or not _texts(plain)
    clean = written(Printed(0.0, json.dumps(spoilt, ensure_ascii=False)), redact)
    assert SECRET not in json.dumps(clean)
    assert spelt not in json.dumps(clean)


def _spoilt(value: object, spelt: str) -> object:
    match value:
        case str():
            return f"{value} {spelt}"
        case list():
            return [_spoilt(each, spelt) for each in value]
        case dict():
            return {name: _spoilt(each, spelt) for name, each in value.items()}
        case _:
            return value


def _texts(value: object) -> bool:
    match value:
        case str():
            return True
        case list():
            return any(map(_texts, value))
        case dict():
            return any(map(_texts, [value[name] for name in value if name != "entry"]))
        case _:
            return False


def test_bytes_that_are_no_text_keep_no_secret() -> None:
    from dataclasses import replace

    from harness.scenarios.trace.store import packed
    from tests.scenarios.trace.sample import ENTRIES

    (exchange,) = [entry for entry in ENTRIES if isinstance(entry, Exchange)]
    body = b"\xff\xfe" + SECRET.encode()
    sent = replace(exchange, body=body, raw_query=f"k={SECRET}", headers=((SECRET, "v"), ("n", SECRET)))
    canaries = Canaries({"key": SECRET})
    (kept,) = unpacked(packed(HEADER, [sent], canaries.redact)).entries
    assert isinstance(kept, Exchange)
    assert SECRET.encode() not in kept.body
    assert "‹key›" in kept.url
    assert "‹key›" in str(kept.headers)
