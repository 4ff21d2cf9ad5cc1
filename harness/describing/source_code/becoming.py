"""Which fact a value of a reply is, by what of the framework's own data a function makes of it. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from harness.describing.documents.leaves import Path, name_of
from harness.describing.source_code.origins import SECONDS, Origins

# The framework's data types (hummingbot/core/data_type, connector/trading_rule.py, connector/derivative).
_FUNDING = {
    "index_price": "funding.index_price",
    "mark_price": "funding.mark_price",
    "next_funding_utc_timestamp": "funding.next_at",
    "rate": "funding.rate",
}
FIELDS: Mapping[str, Mapping[str, str]] = {
    "TradingRule": {
        "min_order_size": "market.min_amount",
        "min_price_increment": "market.tick_size",
        "min_base_amount_increment": "market.lot_size",
        "min_notional_size": "market.min_notional",
        "min_order_value": "market.min_notional",
    },
    "TradeUpdate": {
        "trade_id": "fill.trade_id",
        "client_order_id": "fill.client_order_id",
        "exchange_order_id": "fill.order_id",
        "fill_timestamp": "fill.at",
        "fill_price": "fill.price",
        "fill_base_amount": "fill.amount",
        "fill_quote_amount": "fill.quote_amount",
    },
    "TokenAmount": {"amount": "fill.fee", "token": "fill.fee_asset"},
    "OrderUpdate": {
        "client_order_id": "order.client_order_id",
        "exchange_order_id": "order.order_id",
        "update_timestamp": "order.updated_at",
        "new_state": "order.status",
    },
    "Position": {
        "entry_price": "position.entry_price",
        "unrealized_pnl": "position.unrealised_pnl",
        "leverage": "position.leverage",
    },
    "FundingInfo": _FUNDING,
    "FundingInfoUpdate": _FUNDING,
}
# What a fill's facts are of its order, where nothing but the order is told.
OF_THE_ORDER: Mapping[str, str] = {
    "fill.order_id": "order.order_id", "fill.client_order_id": "order.client_order_id",
    "fill.side": "order.side", "fill.amount": "order.filled", "fill.quote_amount": "order.filled_quote",
    "fill.price": "order.average_price", "fill.fee": "order.fee", "fill.fee_asset": "order.fee_asset",
    "fill.at": "order.updated_at",
}  # fmt: skip
# Where the framework keeps balances and orders (connector_base.pyx, client_order_tracker.py), and methods
# of the latter that look orders up.
_BALANCES = {"_account_balances": "balance.total", "_account_available_balances": "balance.free"}
_ORDERS = re.compile(
    r"(all_|_)?(fillable|updatable|active|in_flight|cached|lost)?_?orders(_by_exchange_order_id)?$"
)
_LOOKING_UP = ("fetch_order", "fetch_tracked_order", "fetch_cached_order")
_IDS = {"exchange_order_id": "order_id", "client_order_id": "client_order_id"}
_CHANGE = re.compile(r"change|delta", re.I)  # of a balance, which is no part of it
TIMES = ("_at", ".at")  # how the facts end that are times


class Becomes(NamedTuple):
    """What a value of a reply becomes. `unit` is that of a time, empty where it is not known."""

    fact: str
    unit: str = ""


def facts_by_field(function: ast.AST, origins: Origins) -> dict[Path, Becomes]:
    """The facts of what a function makes such data of; `origins` tell where in the reply a value stands.

    A value that is made of several, or reckoned from one, tells nothing, nor does one that is two of them,
    but where a fill says of itself what it says of its order; a fee may have the other sign. Of a balance
    that is a sum or a difference, the parts are what is free, what is locked and the whole. What is compared
    with the order's own id, and what orders are looked up by, is one. The framework has times in seconds.
    """
    several: dict[Path, set[str]] = {}
    units: dict[Path, set[str]] = {}
    for fact, value in _made(function):
        origin = origins.of(value, converted=fact.endswith((*TIMES, ".status")))
        if origin.path and (not origin.negated or fact == "fill.fee"):
            several.setdefault(origin.path, set()).add(f"{fact}|negated" if origin.negated else fact)
            if fact.endswith(TIMES):
                units.setdefault(origin.path, set()).add(origin.unit(SECONDS))
    found = {
        path: Becomes(fact, _only_unit(units.get(path, ())))
        for path, facts in several.items()
        if (fact := _only_one(facts))
    }
    known = {path: each.fact for path, each in found.items()}
    parts = _parts_of_balances(function, origins, known)
    found |= {path: Becomes(fact) for path, fact in parts if path not in several}
    thing = "fill" if any(each.fact.startswith("fill.") for each in found.values()) else "order"
    for name, value in _ids(function):
        if path := origins.of(value, converted=False).path:
            found.setdefault(path, Becomes(f"{thing}.{name}"))
    return found


def _only_unit(units: Collection[str]) -> str:
    return next(iter(units)) if len(units) == 1 else ""


def _made(function: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """(a fact, what is made that of the framework's data)."""
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), keywords=named) if (
                name in FIELDS
            ):
                for each in named:
                    if fact := FIELDS[name].get(each.arg or ""):
                        yield fact, each.value
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Attribute(attr=name), slice=asset)], value=value
            ) if name in _BALANCES:
                yield "balance.asset", asset
                yield _BALANCES[name], value
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr=name), attr="update"),
                args=[ast.Dict(keys=[ast.expr() as asset], values=[value])],
            ) if name in _BALANCES:
                yield "balance.asset", asset
                yield _BALANCES[name], value


def _parts_of_balances(
    function: ast.AST, origins: Origins, known: Mapping[Path, str]
) -> Iterator[tuple[Path, str]]:
    """What a balance is reckoned from: the total of what is free and locked, or the other way round."""
    for fact, value in _made(function):
        match fact, origins.resolved(value):
            case "balance.total", ast.BinOp(left=one, op=ast.Add(), right=other):
                paths = [origins.of(each, converted=False).path for each in (one, other)]
                free = [known.get(path) == "balance.free" if path else False for path in paths]
                if sum(free) == 1 and (path := paths[free.index(False)]):
                    yield path, "balance.locked"
            case "balance.free", ast.BinOp(left=whole, op=ast.Sub(), right=locked):
                for part, name in ((whole, "balance.total"), (locked, "balance.locked")):
                    path = origins.of(part, converted=False).path
                    if path and not _CHANGE.search(name_of(path)):
                        yield path, name


def _only_one(facts: set[str]) -> str:
    of_orders = {OF_THE_ORDER.get(each, each) for each in facts}
    return (
        of_orders.pop() if len(facts) > 1 and len(of_orders) == 1 else facts.pop() if len(facts) == 1 else ""
    )


def _ids(function: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """(`order_id` or `client_order_id`, what is compared with the order's own, or looks orders up)."""
    for node in ast.walk(function):
        match node:
            case ast.Compare(left=one, ops=[ast.Eq() | ast.NotEq()], comparators=[other]):
                for value, with_ in ((one, other), (other, one)):
                    if (name := _name(with_)) in _IDS:
                        yield _IDS[name], value
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr=orders), attr="get"), args=[value, *_]
            ) if _ORDERS.match(orders):
                yield "order_id" if orders.endswith("by_exchange_order_id") else "client_order_id", value
            case ast.Call(func=ast.Attribute(attr=name), args=given, keywords=named) if name in _LOOKING_UP:
                yield from (("client_order_id", value) for value in given[:1])
                yield from ((_IDS[each.arg], each.value) for each in named if each.arg in _IDS)


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
