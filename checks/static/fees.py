"""The fees that a connector's settings module gives as the exchange's own, `DEFAULT_FEES`."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from checks.static.source import Source

MOST = 10**6  # percent that are written out: a fork may write any number


@dataclass(frozen=True)
class DefaultFees:
    """In percent, None where it is no number that can be read; `line` is where they stand."""

    maker: Decimal | None
    taker: Decimal | None
    line: int


def default_fees(source: Source) -> DefaultFees | None:
    """As the file sets them last; None where it sets none.

    They stand there as a `TradeFeeSchema` of shares (hummingbot-site,
    docs/connectors/connectors/architecture/index.md) or, until 2021, as a list of percentages.
    """
    value = assigned(source, "DEFAULT_FEES")
    match value:
        case None:
            return None
        case ast.List(elts=[maker, taker]):
            return DefaultFees(_number(maker, 1), _number(taker, 1), value.lineno)
        case ast.Call(
            func=ast.Name(id="TradeFeeSchema") | ast.Attribute(attr="TradeFeeSchema"),
            args=[],
            keywords=keywords,
        ) if all(each.arg for each in keywords):  # what it is not given is 0
            shares = {each.arg: _number(each.value, 100) for each in keywords}
            return DefaultFees(
                shares.get("maker_percent_fee_decimal", Decimal(0)),
                shares.get("taker_percent_fee_decimal", Decimal(0)),
                value.lineno,
            )
    return DefaultFees(None, None, value.lineno)


def in_words(percent: Decimal) -> str:
    """`0.15`: without the zeros at its end."""
    return f"{percent.normalize():f}" if abs(percent) < MOST else f"more than {MOST}"


def assigned(source: Source, name: str) -> ast.expr | None:
    """What the file gives to this name last."""
    found = None
    for node in source.nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                found = value
            case ast.AnnAssign(target=ast.Name(id=target), value=value) if target == name and value:
                found = value
    return found


def _number(node: ast.expr, times: int) -> Decimal | None:
    if isinstance(node, ast.Call) and len(node.args) == 1:  # Decimal("0.001")
        node = node.args[0]
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str | int | float):
        return None
    try:
        number = Decimal(str(node.value)) * times
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
