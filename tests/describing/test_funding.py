"""What is derived of funding, where tests write it out or show it beside the kit's members."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import JsonValue

from harness.describing.documents.asked import Asked
from harness.describing.documents.fields import Field
from harness.describing.documents.leaves import flatten
from harness.describing.documents.sentinels import SETS
from harness.describing.documents.templates import Kind
from harness.describing.fork_tests.answers import answers
from harness.describing.fork_tests.kit import Harvest, Sample
from harness.describing.gathered import Sources
from harness.describing.replies.deriving import Derived
from harness.describing.replies.named_leaves import with_what_is_named
from harness.describing.routes.route_parts import _replies_of
from harness.describing.routes.routes import Route
from harness.describing.signing.signatures import explain
from harness.describing.streams.stream_parts import _told_by

HOST = "api.acme.test"


@pytest.mark.parametrize("operation", ["funding_rate", "stream:mark_price"])
def test_funding_that_tests_write_out_is_known_by_its_names(operation: str) -> None:
    """As OKX's. Of several rates only the one that counts is it, and of several times the next one."""
    said: dict[str, JsonValue] = {
        "maxFundingRate": "0.00375", "nextFundingRate": "0.0002", "fundingRate": "3", "idxPx": "1",
        "markPx": 2, "settFundingRate": "0.0001",
    }  # fmt: skip
    fields = [Field((name,), value, kind=Kind.CONSTANT) for name, value in said.items()]
    fields += [
        Field(("fundingTime",), "{now.at|ms}", "now.at"), Field(("nextFundingTime",), "{now.at|ms}", "now.at")
    ]  # fmt: skip
    template: JsonValue = {each.at[0]: each.text for each in fields}
    made = with_what_is_named(Derived(operation, template, tuple(fields)))
    assert made.template == {
        **said, "fundingRate": "{funding.rate}", "idxPx": "{funding.index_price}",
        "markPx": "{funding.mark_price|number}", "fundingTime": "{now.at|ms}",
        "nextFundingTime": "{funding.next_at|ms}",
    }  # fmt: skip


def _sample(member: str, said: Any, name: str = SETS[0].name) -> Sample:
    return Sample(member=member, set=name, side="", type="", answers=(said, said))


def _sources(*samples: Sample) -> Sources:
    harvest = Harvest(kit=True, samples=samples)
    return Sources("acme", "perpetual", harvest, answers(harvest), Asked({}), explain((), {}))


def test_each_topic_of_prices_has_the_message_that_names_it() -> None:
    """As OKX's: the kit knows of one such message, and its tests have one for each of three topics."""
    said: dict[str, JsonValue] = {
        "funding_info_event": {"arg": {"channel": "funding-rate"}, "fundingRate": "3"},
        "mark_price_event": {"arg": {"channel": "mark-price"}, "markPx": "2"},
    }
    sources = _sources(*(_sample(f"{name}_for_websocket_update", each) for name, each in said.items()))
    for topic, name in (("mark-price", "mark_price_event"), ("funding-rate", "funding_info_event"),
                        ("estimated-price", "funding_info_event")):  # fmt: skip
        found = _told_by("stream:mark_price", sources, {"channel": topic})
        assert found is not None
        assert flatten(found.template) == flatten(said[name])


def _route(operation: str, path: str) -> Route:
    return Route(operation, HOST, "POST", path, {}, "json", False, (), ((HOST, "POST", path, None),))


def test_a_reply_that_is_mocked_for_another_route_is_no_ones_else() -> None:
    """As Grvt's: funding comes with the ticker, and its rates of old have a route that no test shows."""
    sources = _sources(
        _sample("funding_info_url", f"https://{HOST}/ticker"),
        _sample("funding_info_mock_response", {"funding_rate": "3"}),
    )
    ticker, funding = _route("ticker", "/ticker"), _route("funding_rate", "/funding")
    assert _replies_of(funding, [ticker, funding], sources) == []
    assert len(_replies_of(funding, [funding], sources)) == 1


@pytest.mark.parametrize(
    ("member", "mocked", "operation"),
    [
        ("configure_currency_response", "/public/get_all_currencies", "symbols"),
        ("configure_currency_response", "/public/else", ""),
        ("configure_erroneous_currency_response", "/public/get_all_currencies", ""),
    ],
)
def test_what_tests_mock_beside_the_kit_is_named_by_its_address(
    member: str, mocked: str, operation: str
) -> None:
    """As Derive's perpetuals: who asks for each currency's markets asks for the currencies first."""
    reply = {
        "method": "POST", "url": f"https://{HOST}{mocked}", "pattern": "", "status": 200,
        "body": '{"result": [{"currency": "COINALPHA"}]}',
    }  # fmt: skip
    sample = _sample(member, {"mocked": [reply], "returned": None})
    found = answers(Harvest(samples=(sample,)))
    assert [(each.operation, each.place) for each in found] == (
        [(operation, (HOST, mocked))] if operation else []
    )
    own = _sample("all_symbols_url", f"https://{HOST}{mocked}")
    shown = _sample("all_symbols_request_mock_response", {"result": []})
    both = answers(Harvest(samples=(own, shown, sample)))
    assert [each.member for each in both] == ["all_symbols_request_mock_response"]
