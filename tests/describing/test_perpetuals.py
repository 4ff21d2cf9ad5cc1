"""What is derived of perpetuals alone: contracts, accounts as a whole, tests on another network."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from pydantic import JsonValue

from harness.describing.assembling import assemble
from harness.describing.documents.asked import Act, Asked
from harness.describing.documents.fields import KIT, READS, Field
from harness.describing.documents.leaves import flatten
from harness.describing.documents.placed import Placed
from harness.describing.documents.said import Said
from harness.describing.documents.sentinels import SETS
from harness.describing.documents.templates import Example, Kind, explained
from harness.describing.fork_tests.answers import Answer, answers, at_asked_hosts
from harness.describing.fork_tests.book_notes import Made, Note
from harness.describing.fork_tests.kit import Harvest, Sample
from harness.describing.gathered import Sources
from harness.describing.replies.as_ordered import Ordered
from harness.describing.replies.contracts import in_contracts, of_a_part
from harness.describing.replies.deriving import Derived
from harness.describing.replies.margins import of_the_account, with_margins
from harness.describing.signing.signatures import explain
from harness.describing.source_code.source import Read, Reading
from harness.describing.streams.book_levels import levels_in
from harness.describing.streams.books import derived
from harness.describing.streams.stream_parts import _as_their_messages_say
from harness.describing.streams.stream_parts import _book as _book_of_a_stream
from harness.describing.streams.subscriptions import Subscription

HOST = "api.acme.test"
AMOUNTS = ("17.19", "18.19", "23.71")


@pytest.mark.parametrize(
    ("leaves", "text"),
    [
        ((17190, 18190, 23710), "{order.amount|contracts|number}"),
        (("171900", "181900", "237100"), "{order.amount|contracts}"),
        ((17.19, 18.19, 23.71), "{order.amount|number}"),
        ((17190, 18190, 24), ""),  # no one contract
    ],
)
def test_amounts_may_be_counted_in_contracts(leaves: tuple[Any, ...], text: str) -> None:
    examples = [
        Example({"order.amount": amount}, {"size": leaf})
        for amount, leaf in zip(AMOUNTS, leaves, strict=True)
    ]
    (found,) = explained(examples).values()
    assert (found.text if found.kind is Kind.FACT else "") == text


def test_a_price_is_never_counted_in_contracts() -> None:
    examples = [Example({"order.price": price}, {"px": float(price) * 100}) for price in ("9.5", "9.75")]
    (found,) = explained(examples).values()
    assert found.kind is Kind.UNKNOWN


def _book(bids: list[JsonValue]) -> Note:
    raw: JsonValue = {"bids": [{"p": "1.17", "s": 150}], "asks": [{"p": "1.52", "s": 100}]}
    content: dict[str, JsonValue] = {"bids": bids, "asks": [["1.52", "0.0001"]]}
    return Note(kind="order_book", raw=raw, made=(Made(type="SNAPSHOT", at=None, content=content),))


def test_levels_may_be_counted_in_contracts() -> None:
    """As Gate.io's: the connector makes 0.00015 of 150."""
    note = _book([["1.17", "0.00015"]])
    trade = Note(
        kind="trade",
        raw={"size": -108, "price": "96.4", "id": "7"},
        made=(
            Made(
                type="TRADE",
                at=None,
                content={"trade_id": "7", "price": "96.4", "amount": "0.000108", "trade_type": 2.0},
            ),
        ),
    )
    found = derived([note, trade], "BTC_USDT")
    assert found["order_book"].template == {
        "bids": {"each bid": {"p": "{level.price}", "s": "{level.amount|contracts|number}"}},
        "asks": {"each ask": {"p": "{level.price}", "s": "{level.amount|contracts|number}"}},
    }
    assert found["trade"].template == {
        "size": "{trade.signed_amount|contracts|number}",
        "price": "{trade.price}",
        "id": "{trade.trade_id}",
    }
    (bid, ask) = levels_in(note.raw, note.made[0].content)
    assert (bid.contract, ask.contract) == (Decimal("0.000001"), Decimal("0.000001"))


def test_an_amount_that_is_no_round_part_of_a_count_is_none() -> None:
    """Tests may write one number and expect another: then it is not known where amounts stand."""
    note = _book([["1.17", "0.00017"]])
    assert [level.side for level in levels_in(note.raw, note.made[0].content)] == ["ask"]


def test_where_orders_are_in_contracts_all_amounts_are() -> None:
    texts = {
        "size": "{order.amount|number}", "left": "{order.remaining|contracts|number}",
        "got": "{fill.amount|units6}", "avg": "{order.average_price|contracts}", "px": "{order.price}",
    }  # fmt: skip
    fields = tuple(Field((name,), text, text[1:].split("|")[0].strip("}")) for name, text in texts.items())
    told = Derived("order_status", dict(texts), fields)
    assert in_contracts(told, counted=False) == told
    made = in_contracts(told, counted=True)
    assert made is not None
    assert made.template == {
        "size": "{order.amount|contracts|number}", "left": "{order.remaining|contracts|number}",
        "got": "{fill.amount|contracts}", "avg": "{order.average_price}", "px": "{order.price}",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "leaf", "seen"),
    [
        ("ctVal", "1", "0.01"), ("quanto_multiplier", 1, 0.01), ("contractSize", "0.001", "0.001"),
        ("sizeMultiplier", "1", "1"), ("multiplierUp", "1", "1"), ("lotSz", "1", "1"),
    ],
)  # fmt: skip
def test_contracts_of_one_are_made_a_part_while_a_connector_is_watched(
    name: str, leaf: JsonValue, seen: JsonValue
) -> None:
    """As OKX's, whose tests have contracts of one: orders in contracts and in the base are alike there."""
    document: JsonValue = {"data": [{name: leaf}]}
    sample = Sample(member="trading_rules_url", set=SETS[0].name, side="", type="", answers=())
    url, text = "https://x.test/instruments", json.dumps(document)
    told = Answer("symbols", "rules", 0, "", sample, "GET", url, 200, text, document, SETS[0])
    (made,) = of_a_part([told])
    assert json.loads(made.text) == made.document == {"data": [{name: seen}]}
    (other,) = of_a_part([replace(told, operation="balances")])
    assert other.document == document


def test_what_a_book_begins_with_is_in_contracts_too() -> None:
    level = Field(("bids", "each bid", "0"), "{level.amount}", "level.amount")
    first = Derived("stream:book", {"bids": {"each bid": ["{level.amount}"]}}, (level,))
    how = Ordered(contracts=True)
    sources = Sources(
        "acme",
        "perpetual",
        Harvest(),
        (),
        Asked({}),
        explain((), {}),
        books={"snapshot": first, "diff": first},
        ordered=how,
    )
    made = _book_of_a_stream(sources, Placed("stream:book", "book", ()), ())
    assert made["first"] == {"bids": {"each bid": ["{level.amount|contracts}"]}}


def test_a_market_says_how_much_a_contract_is() -> None:
    told = Derived(
        "symbols",
        {"quanto_multiplier": "0.0001", "multiplierUp": "5"},
        (Field(("quanto_multiplier",), "0.0001"), Field(("multiplierUp",), "5")),
    )
    made = in_contracts(told, counted=True)
    assert made is not None
    assert made.template == {"quanto_multiplier": "{market.contract_size}", "multiplierUp": "5"}


def test_balances_that_stand_in_no_row_are_the_accounts() -> None:
    """As Architect's: what the tests never vary is known by its name, where the source reads it."""
    template: dict[str, JsonValue] = {
        "available": "1000",
        "balance_usd": "2000",
        "held_by_others": "7",
        "per_symbol": {"each position as {market.symbol}": {"signed_quantity": 5, "cost": "9"}},
        "spot": {"each balance": {"coin": "{balance.asset}", "free": "{balance.free}"}},
    }
    facts = {"{balance.asset}": "balance.asset", "{balance.free}": "balance.free"}
    fields = tuple(
        Field(tuple(map(str, at)), text, fact, Kind.FACT if fact else Kind.CONSTANT, (KIT,))
        for at, text in flatten(template).items()
        for fact in [facts.get(str(text), "")]
    )
    names = ("available", "balance_usd", "signed_quantity")
    reading = Reading(tuple(Read((name,)) for name in names))
    made = of_the_account(Derived("balances", template, fields), reading)
    assert made.template == {
        "available": "{margin.available|round8}",
        "balance_usd": "{margin.wallet|round8}",
        "held_by_others": "7",
        "per_symbol": {
            "each position as {market.symbol}": {
                "signed_quantity": "{position.size|round8|number}", "cost": "9",
            }
        },
        "spot": template["spot"],
    }  # fmt: skip
    assert {each.by for each in made.fields if each.fact.startswith("margin")} == {(READS,)}


def test_what_is_available_of_a_perpetuals_balances_is_what_orders_and_positions_leave() -> None:
    """As OKX's: a balance's free part knows no margin."""
    row = {"ccy": "{balance.asset}", "avail": "{balance.free|number}", "eq": "{balance.total}", "x": "7"}
    facts = ("balance.asset", "balance.free", "balance.total", "")
    fields = tuple(
        Field(("details", "each balance", name), text, fact)
        for (name, text), fact in zip(row.items(), facts, strict=True)
    )
    told = Derived("stream:balances", {"details": {"each balance": dict(row)}}, fields)
    made = with_margins(told)
    assert made.template == {
        "details": {
            "each margin": {
                "ccy": "{margin.asset}", "avail": "{margin.available|round8|number}",
                "eq": "{margin.wallet|round8}", "x": "7",
            }
        }
    }  # fmt: skip
    assert made.fields[1].at == ("details", "each margin", "avail")
    only_total = replace(told, fields=tuple(each for each in fields if each.fact != "balance.free"))
    assert with_margins(only_total) == only_total


def _asked(amounts: tuple[Any, ...]) -> Asked:
    acts = []
    for number, (amount, sent) in enumerate(zip(AMOUNTS, amounts, strict=True)):
        facts = {
            "order.client_order_id": f"HBOT-{number}-71", "order.side": "buy", "order.type": "limit",
            "order.post_only": "false", "order.price": f"987{number}.3", "order.amount": amount,
        }  # fmt: skip
        body = {"px": facts["order.price"], "sz": sent, "cid": facts["order.client_order_id"]}
        said = Said(HOST, "/orders", "POST", headers=(("X-KEY", "key-0123456789"),), body=json.dumps(body))
        acts.append(Act("place_order", facts, (said,)))
    sent = tuple(said for act in acts for said in act.sent)
    return Asked({"acme_api_key": "key-0123456789"}, sent=sent, acts=tuple(acts))


@pytest.mark.parametrize(
    ("amounts", "orders"),
    [
        ((17190, 18190, 23710), {"contract": "lot"}),
        (AMOUNTS, None),
        ((17.19, 18.19, 23.71), None),
    ],
)
def test_orders_in_contracts_make_the_exchange_count_in_them(amounts: Any, orders: Any) -> None:
    asked = _asked(amounts)
    signed = explain(asked.sent, asked.credentials)
    made = assemble(Sources("acme", "perpetual", Harvest(), (), asked, signed)).data
    assert made.get("orders") == orders


def test_amounts_that_are_whole_in_every_order_have_no_decimals() -> None:
    """As Architect's: it sends `int(amount)`."""
    asked = _asked((100, 200, 300))
    acts = tuple(
        Act(act.operation, {**act.facts, "order.amount": amount}, act.sent)
        for act, amount in zip(asked.acts, ("100", "200", "300"), strict=True)
    )
    sources = Sources(
        "acme", "perpetual", Harvest(), (), Asked(asked.credentials, sent=asked.sent, acts=acts),
        explain(asked.sent, asked.credentials),
    )  # fmt: skip
    assert assemble(sources).data["orders"] == {"amount_decimals": 0}


def _answer(url: str) -> Answer:
    sample = Sample(member="balance_url", set=SETS[0].name, side="", type="", answers=())
    return Answer("balances", "member", 0, "", sample, "GET", url, 200, "{}", {}, SETS[0])


def test_what_tests_mock_on_another_network_is_what_the_connector_asks_for() -> None:
    mocked = [
        _answer(r"^https://api\.sandbox\.acme\.test/v1/balances.*"),
        _answer("https://api.sandbox.acme.test/v1/fills"),  # which was never asked for
        _answer("https://other.acme.test/v1/else"),
    ]
    found = at_asked_hosts(mocked, [(HOST, "/v1/balances"), ("other.acme.test", "/v1/time")])
    assert [each.place for each in found] == [
        (HOST, "/v1/balances"),
        (HOST, "/v1/fills"),
        ("other.acme.test", "/v1/else"),
    ]


def test_the_tests_may_have_one_name_for_the_markets_of_every_set() -> None:
    """As Derive's, whose class writes its pair out once."""
    samples = tuple(
        Sample(member="exchange_trading_pair", set=each.name, side="", type="", answers=("COINALPHA-PERP",))
        for each in SETS
    )
    sources = Sources("acme", "perpetual", Harvest(samples=samples), (), Asked({}), explain((), {}))
    assert sources.symbols == {"a": "COINALPHA-PERP", "b": "GRAVEL-PERP"}


@pytest.mark.parametrize(
    ("others", "operation"), [((), "stream:mark_price"), (("stream:mark_price",), "stream:ticker")]
)
def test_prices_may_come_with_the_funding(others: tuple[str, ...], operation: str) -> None:
    """As Grvt's `v1.ticker.s`; where the connector subscribes to the funding itself they do not."""
    samples = []
    for each in SETS:
        said: JsonValue = {"stream": "v1.ticker.s", "mark_price": each.mark_price}
        member = "funding_info_event_for_websocket_update"
        samples.append(Sample(member=member, set=each.name, side="", type="", answers=(said, said)))
    harvest = Harvest(kit=True, samples=tuple(samples))
    sources = Sources("acme", "perpetual", harvest, answers(harvest), Asked({}), explain((), {}))
    own = Subscription("stream:ticker", {"stream": "v1.ticker.s"}, private=False)
    subscribed = [own, *(Subscription(each, "mark", private=False) for each in others)]
    assert _as_their_messages_say(own, subscribed, sources).operation == operation
