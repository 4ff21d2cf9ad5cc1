"""Which fact a value of a reply is, by what of the framework's own data a function makes of it. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from harness.describing.documents.leaves import Path, name_of

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
_SAME = ("Decimal", "str", "int", "float", "abs", "upper", "lower", "strip")
_CHANGE = re.compile(r"change|delta", re.I)  # of a balance, which is no part of it
_DEPTH = 6  # names that are given one another's values
PathOf = Callable[[ast.AST], Path | None]


def facts_by_field(function: ast.AST, path_of: PathOf) -> dict[Path, str]:
    """The facts of what a function makes such data of; `path_of` is where in the reply an expression stands.

    A value that is made of several, or reckoned from one, tells nothing, nor does one that is two of them,
    but where a fill says of itself what it says of its order; a fee may have the other sign. Of a balance
    that is a sum or a difference, the parts are what is free, what is locked and the whole. What is compared
    with the order's own id, and what orders are looked up by, is one.
    """
    origin = _Origins(function, path_of)
    several: dict[Path, set[str]] = {}
    for fact, value in _made(function):
        path, negated = origin.of(value, converted=fact.endswith(("_at", ".at", ".status")))
        if path and (not negated or fact == "fill.fee"):
            several.setdefault(path, set()).add(f"{fact}|negated" if negated else fact)
    found = {path: fact for path, facts in several.items() if (fact := _only_one(facts))}
    found |= {path: fact for path, fact in _parts_of_balances(function, origin, found) if path not in several}
    thing = "fill" if any(fact.startswith("fill.") for fact in found.values()) else "order"
    for name, value in _ids(function):
        path, _ = origin.of(value, converted=False)
        if path:
            found.setdefault(path, f"{thing}.{name}")
    return found


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
    function: ast.AST, origin: _Origins, known: Mapping[Path, str]
) -> Iterator[tuple[Path, str]]:
    """What a balance is reckoned from: the total of what is free and locked, or the other way round."""
    for fact, value in _made(function):
        match fact, origin.resolved(value):
            case "balance.total", ast.BinOp(left=one, op=ast.Add(), right=other):
                paths = [origin.of(each, converted=False)[0] for each in (one, other)]
                free = [known.get(path) == "balance.free" if path else False for path in paths]
                if sum(free) == 1 and (path := paths[free.index(False)]):
                    yield path, "balance.locked"
            case "balance.free", ast.BinOp(left=whole, op=ast.Sub(), right=locked):
                for part, name in ((whole, "balance.total"), (locked, "balance.locked")):
                    path, _ = origin.of(part, converted=False)
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


class _Origins:
    """Where in a reply the values of a function's expressions stand: (path, whether its sign is turned).

    `converted`: functions may make it of what stands there, and numbers be reckoned with it (times, states).
    """

    def __init__(self, function: ast.AST, path_of: PathOf) -> None:
        self._path_of = path_of
        self._assigned: dict[str, list[ast.expr]] = {}
        for node in ast.walk(function):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self._assigned.setdefault(name, []).append(value)
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    self._assigned.setdefault(name, []).append(value)

    def resolved(self, node: ast.expr) -> ast.expr:
        """What a name was given once, where one stands."""
        assigned = self._assigned.get(node.id, []) if isinstance(node, ast.Name) else []
        return assigned[0] if len(assigned) == 1 else node

    def of(self, node: ast.expr, *, converted: bool, depth: int = _DEPTH) -> tuple[Path | None, bool]:
        path = self._path_of(node)
        if path is not None or depth == 0:
            return path, False
        match node:
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                path, negated = self.of(inner, converted=converted, depth=depth - 1)
                return path, not negated
            case ast.BinOp(left=inner, right=ast.Constant()) if converted:
                return self.of(inner, converted=converted, depth=depth - 1)
        return self._only(self._inner(node, converted=converted), converted=converted, depth=depth - 1)

    def _inner(self, node: ast.expr, *, converted: bool) -> Sequence[ast.expr]:
        """The expressions one of which is the value of this one, as it is."""
        match node:
            case ast.Name(id=name):
                return self._assigned.get(name, ())
            case ast.IfExp(body=one, orelse=other) | ast.BoolOp(op=ast.Or(), values=[one, other]):
                return one, other
            case ast.Call(func=ast.Attribute(value=inner, attr=name), args=[]) if name in _SAME:
                return (inner,)
            case ast.Call(func=ast.Name(id=name), args=[inner]) if name in _SAME:
                return (inner,)
            case ast.Call(func=ast.Attribute(attr="get"), args=[key, *_]):  # of a table of words
                return (key,)
            case ast.Subscript(slice=key):
                return (key,)
            case ast.Call(args=[inner, *_]) if converted:
                return (inner,)
        return ()

    def _only(self, several: Sequence[ast.expr], *, converted: bool, depth: int) -> tuple[Path | None, bool]:
        found = {self.of(each, converted=converted, depth=depth) for each in several}
        known = [each for each in found if each[0] is not None]
        return known[0] if len(known) == 1 else (None, False)
