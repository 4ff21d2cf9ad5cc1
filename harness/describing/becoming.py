"""Which fact a value of a reply is, by what of the framework's own data a function makes of it. Pure."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from harness.describing.leaves import Path

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
        "exchange_order_id": "fill.order_id",
        "fill_timestamp": "fill.at",
        "fill_price": "fill.price",
        "fill_base_amount": "fill.amount",
        "fill_quote_amount": "fill.quote_amount",
    },
    "TokenAmount": {"amount": "fill.fee", "token": "fill.fee_asset"},
    "OrderUpdate": {
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
_IDS = {"exchange_order_id": "order_id", "client_order_id": "client_order_id"}
_SAME = ("Decimal", "str", "int", "float", "abs", "upper", "lower", "strip")
_DEPTH = 6  # names that are given one another's values
PathOf = Callable[[ast.AST], Path | None]


def facts_by_field(function: ast.AST, path_of: PathOf) -> dict[Path, str]:
    """The facts of what a function makes such data of; `path_of` is where in the reply an expression stands.

    A value that is made of several, or reckoned from one, tells nothing, nor does one that is two of them; a
    fee may have the other sign. What is compared with the order's own id is one.
    """
    origin = _Origins(function, path_of)
    several: dict[Path, set[str]] = {}
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), keywords=named) if (
                name in FIELDS
            ):
                for each in named:
                    fact = FIELDS[name].get(each.arg or "", "")
                    path, negated = origin.of(each.value, time=fact.endswith(("_at", ".at")))
                    if fact and path and (not negated or fact == "fill.fee"):
                        several.setdefault(path, set()).add(f"{fact}|negated" if negated else fact)
    found = {path: facts.pop() for path, facts in several.items() if len(facts) == 1}
    thing = "fill" if any(fact.startswith("fill.") for fact in found.values()) else "order"
    for node in ast.walk(function):
        match node:
            case ast.Compare(left=one, ops=[ast.Eq() | ast.NotEq()], comparators=[other]):
                for value, with_ in ((one, other), (other, one)):
                    path, _ = origin.of(value, time=False)
                    if path and (name := _name(with_)) in _IDS:
                        found.setdefault(path, f"{thing}.{_IDS[name]}")
    return found


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


class _Origins:
    """Where in a reply the values of a function's expressions stand: (path, whether its sign is turned)."""

    def __init__(self, function: ast.AST, path_of: PathOf) -> None:
        self._path_of = path_of
        self._assigned: dict[str, list[ast.expr]] = {}
        for node in ast.walk(function):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self._assigned.setdefault(name, []).append(value)
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    self._assigned.setdefault(name, []).append(value)

    def of(self, node: ast.expr, *, time: bool, depth: int = _DEPTH) -> tuple[Path | None, bool]:
        path = self._path_of(node)
        if path is not None or depth == 0:
            return path, False
        match node:
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                path, negated = self.of(inner, time=time, depth=depth - 1)
                return path, not negated
            case ast.BinOp(left=inner, right=ast.Constant()) if time:
                return self.of(inner, time=time, depth=depth - 1)
        return self._only(self._inner(node, time=time), time=time, depth=depth - 1)

    def _inner(self, node: ast.expr, *, time: bool) -> Sequence[ast.expr]:
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
            case ast.Call(args=[inner, *_]) if time:
                return (inner,)
        return ()

    def _only(self, several: Sequence[ast.expr], *, time: bool, depth: int) -> tuple[Path | None, bool]:
        found = {self.of(each, time=time, depth=depth) for each in several}
        known = [each for each in found if each[0] is not None]
        return known[0] if len(known) == 1 else (None, False)
