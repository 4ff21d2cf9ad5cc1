"""Routes that the tests mock and the connector did not ask for when it was watched. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.describing.documents.fields import KIT, Field
from harness.describing.documents.sentinels import SETS
from harness.describing.documents.templates import embedded
from harness.describing.fork_tests.answers import REFUSALS
from harness.describing.gathered import Sources, market_facts
from harness.describing.routes.routes import Route
from harness.venue.described.addresses import bare

_ONE_FACT = re.compile(r"\{[a-z]+\.([a-z_]+)(?:\|\w+)*\}")
SYMBOL = "{market.symbol}"
OF_AN_ACCOUNT = (
    "balances", "place_order", "cancel_order", "order_status", "open_orders", "order_trades", "positions",
)  # fmt: skip


def only_in_tests(sources: Sources, named: Sequence[Route]) -> list[Route]:
    """Routes that the tests mock and the connector did not ask for when it was watched."""
    found: dict[str, Route] = {}
    have = {each.operation for each in named} | {each.name for each in named}
    market = market_facts(sources.symbols.get(SETS[0].name, ""), sources)
    for each in sources.answers:
        other_set = each.sample.set != SETS[0].name
        if each.place is None or each.operation in have or each.member in REFUSALS or other_set:
            continue
        if each.shared and each.word is None:
            continue  # what tells its request from others to the same address was not seen
        host, whole = each.place
        path, fields = _named_in(whole, {**market, "order.order_id": SETS[0].order_id})
        if each.operation == "ticker" and not fields:  # the tests name the pair in the query, or not at all
            fields = (Field(("symbol?",), SYMBOL, "market.symbol", by=(KIT,)),)
        if each.operation in ("order_status", "order_trades") and not fields:
            fields = _as_in_others(named)
        takes = {field.at[0]: field.text for field in fields}
        method = each.method or sources.source.verb(whole) or "GET"
        private = each.operation in OF_AN_ACCOUNT and any(route.private for route in named)
        where = _parameters(named, method, private=private)
        route = Route(each.operation, host, method, path, takes, where, private, fields, (each.asked,), KIT)
        route = replace(route, word=each.word)
        if route.name not in have:
            found.setdefault(each.operation, route)
    return list(found.values())


def _parameters(named: Sequence[Route], method: str, *, private: bool) -> str:
    """Where the parameters of a request stand that was not seen: an account's as in those that were."""
    seen = (
        each.parameters
        for each in named
        if private and each.private and each.takes and (each.method == method or each.parameters == "payload")
    )
    return next(seen, "query" if method in ("GET", "DELETE") else "json")


def _as_in_others(named: Sequence[Route]) -> tuple[Field, ...]:
    """The order and the market, as other requests name them: how this one does was not seen."""
    wanted = ("order.order_id", "order.client_order_id", "market.symbol")
    found: dict[str, Field] = {}
    for operation in ("order_status", "order_trades", "cancel_order"):
        for route in named:
            fields = [each for each in route.fields if each.fact in wanted and len(each.at) == 1]
            for each in fields if route.operation == operation else ():
                at = f"{bare(each.at[0])}?"
                found.setdefault(at, replace(each, at=(at,), by=(KIT,)))
    return tuple(found.values())


def _named_in(path: str, facts: Mapping[str, str]) -> tuple[str, tuple[Field, ...]]:
    """A path of a test's with names for the facts in it, and these as parameters."""
    segments: list[str] = []
    fields: list[Field] = []
    for segment in path.split("/"):
        text = embedded([(segment, facts)])
        fact = next((name for name, value in facts.items() if segment == value), "")
        if fact == "order.order_id" and text and "client" in "/".join(segments).lower():
            fact, text = "order.client_order_id", "{order.client_order_id}"  # whatever the tests put there
        hole = _ONE_FACT.fullmatch(text or "")
        name = fact.rpartition(".")[2] or (hole[1] if hole else "symbol")
        segments.append(segment if text is None else f"{{{name}}}")
        if text is not None:
            fields.append(Field((name,), text, fact, by=(KIT,)))
    return "/".join(segments), tuple(fields)
