"""What a recording confirms of a description, what it contradicts, and what it cannot tell."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import JsonValue

from harness.errors import UserError
from harness.recordings.confirming import Found, confirm, lines_of
from harness.recordings.laying import lay
from harness.venue.described import described_dialect
from harness.venue.described.dialect_class import dialect_of
from harness.venue.described.loading import checked, load, raw, recorded_of
from harness.venue.described.trust import Trust
from tests.recordings.far import BITSTAMP, bitstamp
from tests.recordings.made import BALANCES, BOOK, TICKER, TRADES, made, public, reply, stream

TRADE = "routes / GET /api/v2/transactions/{pair}/ / reply / each trade"
BALANCE = "routes / POST /api/v2/account_balances/ / reply / each balance"


def changed(at: str, leaf: JsonValue) -> Any:
    """bitstamp with another leaf: what a fork's tests could have made of it."""
    data: Any = raw(BITSTAMP)
    *way, last = at.split(" / ")
    place = data
    for key in way:
        place = place[int(key) if isinstance(place, list) else key]
    place[int(last) if isinstance(place, list) else last] = leaf
    return dialect_of(checked(data, BITSTAMP))


def of_all(kind: Any = None) -> Found:
    balances = reply("/api/v2/account_balances/", BALANCES, "POST", at=1.3)
    return confirm(kind or bitstamp(), made([*public(), balances], private=True))


def test_leaves_that_are_told_apart_are_confirmed() -> None:
    found = of_all()
    assert not list(lines_of(found))
    assert found.confirmed.keys() >= {
        f"{TRADE} / price", f"{TRADE} / amount", f"{TRADE} / date", "shapes / book / bids / each bid / 0",
        "shapes / book / asks / each ask / 1", "shapes / ticker / bid", f"{BALANCE} / available",
        "shapes / book / microtimestamp",
    }  # fmt: skip
    assert found.confirmed[f"{TRADE} / price"] == "{trade.price}"
    assert found.signed


@pytest.mark.parametrize(
    ("at", "leaf", "reading"),
    [
        (f"{TRADE} / price", "{trade.amount}", "another number here than at"),
        (f"{TRADE} / date", "{trade.at|ms}", "s off"),
        (f"{TRADE} / amount", "{trade.amount|number}", "no JSON number"),
        (f"{TRADE} / tid", "{trade|taker}", "no word of the list taker"),
        (f"{BALANCE} / total", "{balance.free}", "which is balance.total"),
        ("shapes / ticker / high", "{ticker.low}", "another number here than at"),
        ("shapes / ticker / pair", "{market.quote}/{market.base}", "would be the market USDT-BTC"),
        ("shapes / book / bids", {"each ask": ["{level.price}", "{level.amount}"]}, ""),
        ("shapes / book / asks / each ask / 0", "{level.amount}", "another number here than at"),
        ("shapes / ticker / volume", {"each trade": "{trade.price}"}, "instead of a list"),
    ],
)
def test_a_lie_is_confirmed_nowhere(at: str, leaf: JsonValue, reading: str) -> None:
    data = raw(BITSTAMP)
    assert data is not None
    found = of_all(changed(at, leaf))
    lied = {each for each in found.confirmed if each.startswith(at)}
    assert lied == set()
    if reading:
        assert any(reading in line for line in lines_of(found)), list(lines_of(found))


def test_free_and_total_the_wrong_way_round_are_contradicted() -> None:
    data: Any = raw(BITSTAMP)
    row = data["routes"]["POST /api/v2/account_balances/"]["reply"]["each balance"]
    row["total"], row["available"] = row["available"], row["total"]
    found = of_all(dialect_of(checked(data, BITSTAMP)))
    assert found.contradicted.keys() >= {f"{BALANCE} / total", f"{BALANCE} / available"}


def test_base_and_quote_amount_the_wrong_way_round_are_not_confirmed() -> None:
    """The trade's own amount stands beside, not described; what was paid is described as the amount."""
    paid: JsonValue = [{**row, "paid": str(float(row["price"]) * float(row["amount"]))} for row in TRADES]  # type: ignore
    data: Any = raw(BITSTAMP)
    row = data["routes"]["GET /api/v2/transactions/{pair}/"]["reply"]["each trade"]
    row["paid"] = row.pop("amount")
    entries = [*public()[:2], reply("/api/v2/transactions/btcusdt/", paid, at=1.2)]
    found = confirm(dialect_of(checked(data, BITSTAMP)), made(entries))
    assert f"{TRADE} / paid" not in found.confirmed
    assert any("what it is worth, not how much" in line for line in lines_of(found))
    honest = confirm(bitstamp(), made(entries))
    assert f"{TRADE} / amount" in honest.confirmed


def test_messages_are_read_by_their_channel() -> None:
    told: JsonValue = {"event": "data", "channel": "diff_order_book_btcusdt", "data": BOOK}
    trade: JsonValue = {
        "event": "trade", "channel": "live_trades_btcusdt",
        "data": {"id": 5, "timestamp": "1796000002", "amount": 0.25, "price": 60001, "price_str": "60001"},
    }  # fmt: skip
    found = confirm(bitstamp(), made([*public(), *stream(told, trade, {"event": "unknown"}, "text")]))
    at = "connections / all / channels / live_trades / tells / data"
    assert found.confirmed[f"{at} / price"] == "{trade.price|number}"
    assert "no such key" in str(found.contradicted[f"{at} / amount_str"].wrong)


@pytest.mark.parametrize("said", [None, [], {}, "text", 17, [[]], {"bids": "no"}, {"bids": [["x"]]}])
def test_broken_replies_confirm_nothing_and_break_nothing(said: JsonValue) -> None:
    found = confirm(bitstamp(), made([reply("/api/v2/order_book/btcusdt/", said)]))
    assert not [at for at in found.confirmed if "each" in at]


def test_refusals_are_no_replies() -> None:
    refused = reply("/api/v2/order_book/btcusdt/", {"error": "no"}, status=404)
    assert not confirm(bitstamp(), made([refused])).leaves


def test_what_is_confirmed_is_laid_over_the_description(tmp_path: Path) -> None:
    file = tmp_path / "bitstamp.yml"
    data: Any = raw(BITSTAMP)
    data["known"] = {"": ["kit"]}
    data["derived"] = "abc"
    file.write_text(yaml.safe_dump(data), encoding="utf-8")
    before = Trust.of(load(file)).unconfirmed(["trade.price", "level.price"])
    assert before
    lay(file, made([*public(), reply("/api/v2/account_balances/", BALANCES, "POST", at=1.3)], private=True))
    known = load(file).known
    assert known[f"{TRADE} / price"] == ("kit", "recording")
    assert known["signing"] == ("kit", "recording")
    left = Trust.of(load(file)).unconfirmed(["trade.price", "level.price"])
    assert set(left) < set(before)
    data["routes"]["GET /api/v2/transactions/{pair}/"]["reply"]["each trade"]["price"] = "{trade.amount}"
    file.write_text(yaml.safe_dump(data), encoding="utf-8")
    assert f"{TRADE} / price" not in load(file).known
    assert recorded_of(file).exists()


def test_a_contradiction_is_kept_with_both_readings(tmp_path: Path) -> None:
    file = tmp_path / "bitstamp.yml"
    shutil.copy(BITSTAMP, file)
    wrong = {**TICKER, "last": 60001.5}  # type: ignore[dict-item]
    lay(file, made([reply("/api/v2/ticker/btcusdt/", wrong)]))
    (told,) = load(file).contradictions
    assert told.at == "shapes / ticker / last"
    assert told.says["description"] == "{ticker.last}"
    assert "a JSON number" in str(told.says["recording"])


def test_a_recording_of_another_exchange_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bitget.yml"
    shutil.copy(BITSTAMP.with_name("bitget.yml"), file)
    with pytest.raises(UserError, match="a recording of bitstamp"):
        lay(file, made(public()))
    assert described_dialect(file).name == "bitget"
