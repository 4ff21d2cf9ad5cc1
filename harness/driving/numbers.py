"""Numbers that a fork names, before anybody reckons with them.

A number of a billion digits is written in a dozen characters. What is out of all proportion reads as NaN: it
equals nothing, and written out it is three letters long. `reckoning` lets NaN be compared without an error.
"""

from __future__ import annotations

import decimal
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

# The framework's own "no limit" is 1e56; nothing traded has a step of 1e-40.
MAX_MAGNITUDE = 100
MAX_CHARACTERS = 300
_NOTHING = Decimal("NaN")


def within_reason(value: Any) -> Any:
    """A text, integer or float as a Decimal that is safe to reckon with; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return value
    if isinstance(value, int) and abs(value) >= 10**MAX_MAGNITUDE:
        return _NOTHING
    text = str(value)
    try:
        number = Decimal(text) if len(text) <= MAX_CHARACTERS else _NOTHING
    except decimal.InvalidOperation:
        return value
    if number.is_nan():
        return _NOTHING
    return number if number.is_infinite() or _sensible(number) else _NOTHING


def _sensible(number: Decimal) -> bool:
    """Of a finite number: a zero too may be written with a billion digits."""
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and max(abs(exponent), abs(number.adjusted())) <= MAX_MAGNITUDE


def as_number(value: Any) -> Decimal:
    """Anything that a connector may say where a number belongs: what is none is NaN."""
    number = within_reason(value)
    return number if isinstance(number, Decimal) else _NOTHING


def _as_number_if_any(value: Any) -> Decimal | None:
    return None if value is None else as_number(value)


_AS_FLOAT = decimal.Context(prec=14)


def as_kept(number: Decimal) -> Decimal:
    """A number as far as order books and public trades keep it, which are 64-bit floats in the framework.

    A float has 15 digits, and readers of JSON of 2020 (ujson before 2.0) miss the last of them.
    """
    return _AS_FLOAT.plus(number)


Number = Annotated[Decimal, Field(allow_inf_nan=True), BeforeValidator(as_number)]
# None where the connector says None; a number of another kind is NaN all the same.
NumberIfAny = Annotated[
    Annotated[Decimal, Field(allow_inf_nan=True)] | None, BeforeValidator(_as_number_if_any)
]


def trusting() -> AbstractContextManager[decimal.Context]:
    """Within it sums that make no sense raise again: for our own figures."""
    return decimal.localcontext(decimal.DefaultContext)


def reckoning() -> AbstractContextManager[decimal.Context]:
    """Within it nothing that a claim does to a sum raises: NaN fails every comparison, as in floats.

    Else a connector that is asked for a price and says NaN would break the check instead of failing it.
    """
    return decimal.localcontext(decimal.Context(prec=decimal.DefaultContext.prec, traps=[]))
