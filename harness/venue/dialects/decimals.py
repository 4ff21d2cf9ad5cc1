"""Decimals on the wire: never in scientific notation, never through a float."""

from __future__ import annotations

from decimal import ROUND_DOWN, Context, Decimal

_WIDE = Context(prec=100, rounding=ROUND_DOWN)


def fixed(value: Decimal, places: int = 8) -> str:
    """Exactly that many decimals, cut, not rounded."""
    return f"{value.quantize(Decimal(1).scaleb(-places), context=_WIDE):f}"


def plain(value: Decimal) -> str:
    """As short as it can be said."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def decimals_of(value: Decimal) -> int:
    """How many decimals it has, trailing zeros not counted."""
    text = plain(value)
    return len(text.partition(".")[2])
