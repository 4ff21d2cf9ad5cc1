"""Which facts of a description are confirmed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.venue.described import described_dialect
from harness.venue.described.addresses import Address
from harness.venue.described.sources import confirms
from harness.venue.described.trust import Trust
from tests.venue.described.test_loading import PRICE, acme

REVIEWED = "reviewer Ann 2026-11-29 https://acme.test/docs"


def unconfirmed(folder: Path, known: dict[str, Any], *facts: str) -> tuple[str, ...]:
    path = folder / "acme.yml"
    path.write_text(yaml.safe_dump({**acme(), "known": known}), encoding="utf-8")
    return described_dialect(path).unconfirmed(facts)


def test_a_fact_is_confirmed_when_every_leaf_that_tells_it_is(tmp_path: Path) -> None:
    assert unconfirmed(tmp_path, {"": ["kit"]}, "fill.price") == (PRICE,)
    assert unconfirmed(tmp_path, {"": ["kit"], PRICE: ["kit", "ccxt"]}, "fill.price") == ()
    assert unconfirmed(tmp_path, {"": [REVIEWED]}, "fill.price", "order.side", "request.signature") == ()


def test_words_are_facts_too(tmp_path: Path) -> None:
    known = {"": ["ccxt"], "words / kind / words / MAKER": ["connector sends"]}
    assert unconfirmed(tmp_path, known, "order.post_only") == ("words / kind / words / MAKER",)
    assert unconfirmed(tmp_path, known, "order.side") == ()


def test_what_nothing_tells_is_leaned_on_only_where_nothing_else_is(tmp_path: Path) -> None:
    assert unconfirmed(tmp_path, {"": ["ccxt"]}, "fill.price", "order.average_price") == ()
    assert unconfirmed(tmp_path, {"": ["ccxt"]}, "position.size") == ("position.size",)


def test_a_signature_that_is_not_verified_is_never_confirmed(tmp_path: Path) -> None:
    assert unconfirmed(tmp_path, {"": ["ccxt"]}, "request.signature") == ()
    assert unconfirmed(tmp_path, {"": ["ccxt"], "signing / text": ["kit"]}, "request.signature") == (
        "signing",
    )
    data = acme()
    data["signing"]["scheme"] = "unverified"
    path = tmp_path / "other.yml"
    path.write_text(yaml.safe_dump({**data, "known": {"": ["ccxt"]}}), encoding="utf-8")
    assert described_dialect(path).unconfirmed(["request.signature"]) == ("signing",)
    assert not described_dialect(path).verifies_signatures


@pytest.mark.parametrize(("opened", "verifies"), [("hmac", True), ("unverified", False)])
def test_a_session_proves_what_the_request_that_opens_it_does(
    tmp_path: Path, opened: str, verifies: bool
) -> None:
    data = acme()
    data["routes"]["POST /session"] = {
        "operation": "stream_token", "private": True, "signing": {**data["signing"], "scheme": opened},
        "reply": {"token": "{session.key}"},
    }  # fmt: skip
    data["signing"] = {"scheme": "session", "carries": {"signature": "header Token"}}
    path = tmp_path / "session.yml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    assert described_dialect(path).verifies_signatures is verifies


@pytest.mark.parametrize(
    ("source", "confirming"),
    [
        ("kit", False), ("connector sends", False), ("fork reads", False),
        ("ccxt", True), ("recording", True),
        (REVIEWED, True), ("maintainer Bob 2026-11-29", True), ("reviewer Ann 2026-11-29", False),
    ],
)  # fmt: skip
def test_only_others_than_the_fork_confirm(source: str, confirming: bool) -> None:
    assert confirms(source) is confirming


def test_what_a_market_needs_and_no_leaf_of_a_derived_description_carries_is_doubted() -> None:
    """As Gemini's increments, which its tests' replies never vary: the venue's are others."""
    asked = ("market.tick_size", "market.tick_decimals", "order.price")
    places: dict[str, tuple[Address, ...]] = {"order.price": (("routes", "x", "reply", "px"),)}
    assert Trust(places, frozenset(), derived=True).unconfirmed(asked) == ("market.tick_size",)
    assert Trust(places, frozenset()).unconfirmed(asked) == ()
    told = {**places, "market.tick_decimals": (("routes", "y", "reply", "digits"),)}
    assert Trust(told, frozenset(), derived=True).unconfirmed(asked) == ()


def test_in_what_fees_are_taken_is_doubted_where_neither_a_leaf_nor_the_description_tells(
    tmp_path: Path,
) -> None:
    """As Derive's: its fills tell a fee and no asset, and the venue would take it of what is received."""
    fee = ("fill.fee", "fill.fee_asset")
    places: dict[str, tuple[Address, ...]] = {"fill.fee": (("routes", "x", "reply", "fee"),)}
    assert Trust(places, frozenset(), derived=True).unconfirmed(fee) == ("fill.fee_asset",)
    assert Trust({**places, "paid.asset": ()}, frozenset(), derived=True).unconfirmed(fee) == ()
    assert Trust(places, frozenset()).unconfirmed(fee) == ()
    assert Trust(places, frozenset(), derived=True, perpetual=True).unconfirmed(fee) == ()
    for source, doubted in (("ccxt", ()), ("fork reads", ("orders / fee_in",))):
        data = {**acme(), "orders": {"fee_in": "quote"}}
        path = tmp_path / f"{source.replace(' ', '_')}.yml"
        known = {"": ["ccxt"], "orders / fee_in": [source]}
        path.write_text(yaml.safe_dump({**data, "known": known}), encoding="utf-8")
        assert described_dialect(path).unconfirmed(fee) == doubted
