"""What a leaf means to somebody who reads it: the attribute that follows the leaf when it is changed. Pure.

The reader may be the fork's connector or ccxt; each has its own names of attributes, and one table of facts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from pydantic import JsonValue

from harness.describing.documents.leaves import Leaf, Path, amount_of, changed, flatten, number_of

Moved = Mapping[str, tuple[JsonValue, JsonValue]]


class Meaning(NamedTuple):
    """A fact, and by which factor the attribute is smaller than the leaf (1000 for milliseconds)."""

    fact: str
    factor: Decimal = Decimal(1)


# Attributes of the framework's own objects; the first pattern that fits counts.
FORK = (
    (r"(^|\.)exchange_order_id$", "order.order_id"),
    (r"(^|\.)client_order_id$", "order.client_order_id"),
    (r"new_state$", "order.status"),
    (r"update_timestamp$", "order.updated_at"),
    (r"trade_id$", "fill.trade_id"),
    (r"fill_price$", "fill.price"),
    (r"fill_base_amount$", "fill.amount"),
    (r"fill_quote_amount$", "fill.quote_amount"),
    (r"fill_timestamp$", "fill.at"),
    (r"fee\.flat_fees\[\d+\]\.amount$", "fill.fee"),
    (r"fee\.(flat_fees\[\d+\]\.token|percent_token)$", "fill.fee_asset"),
    (r"is_taker$", "fill.maker"),
    (r"min_order_size$", "market.min_amount"),
    (r"max_order_size$", "market.max_amount"),
    (r"min_price_increment$", "market.tick_size"),
    (r"min_base_amount_increment$", "market.lot_size"),
    (r"min_notional_size$|min_order_value$", "market.min_notional"),
    (r"collateral_token$", "market.settle"),
    (r"(^|\.)total\.[^.]+$", "balance.total"),
    (r"(^|\.)available\.[^.]+$", "balance.free"),
)
# Attributes of ccxt's structures (its manual, "order structure", "trade structure" and so on).
CCXT = (
    (r"^fills?.*\.id$", "fill.trade_id"),
    (r"^fill.*\.order$", "fill.order_id"),
    (r"^fill.*\.price$", "fill.price"),
    (r"^fill.*\.amount$", "fill.amount"),
    (r"^fill.*\.fees?(\[\d+\])?\.cost$", "fill.fee"),
    (r"^fill.*\.cost$", "fill.quote_amount"),
    (r"^fill.*\.fees?(\[\d+\])?\.currency$", "fill.fee_asset"),
    (r"^fill.*\.takerOrMaker$", "fill.maker"),
    (r"^fill.*\.side$", "fill.side"),
    (r"^fill.*\.timestamp$", "fill.at"),
    (r"^trade\.id$", "trade.trade_id"),
    (r"^trade\.price$", "trade.price"),
    (r"^trade\.amount$", "trade.amount"),
    (r"^trade\.side$", "trade.side"),
    (r"^trade\.timestamp$", "trade.at"),
    (r"^order.*\.trades\[\d+\]\.id$", "fill.trade_id"),
    (r"^order.*\.trades\[\d+\]\.price$", "fill.price"),
    (r"^order.*\.trades\[\d+\]\.amount$", "fill.amount"),
    (r"^order.*\.trades\[\d+\]\.fees?(\[\d+\])?\.cost$", "fill.fee"),
    (r"^order.*\.trades\[\d+\]\.cost$", "fill.quote_amount"),
    (r"^order.*\.trades\[\d+\]\.timestamp$", "fill.at"),
    (r"^order[^.]*\.id$", "order.order_id"),
    (r"^order[^.]*\.clientOrderId$", "order.client_order_id"),
    (r"^order[^.]*\.price$", "order.price"),
    (r"^order[^.]*\.amount$", "order.amount"),
    (r"^order[^.]*\.filled$", "order.filled"),
    (r"^order[^.]*\.remaining$", "order.remaining"),
    (r"^order[^.]*\.cost$", "order.filled_quote"),
    (r"^order[^.]*\.average$", "order.average_price"),
    (r"^order[^.]*\.side$", "order.side"),
    (r"^order[^.]*\.type$", "order.type"),
    (r"^order[^.]*\.status$", "order.status"),
    (r"^order[^.]*\.timestamp$", "order.created_at"),
    (r"^order[^.]*\.last(Trade|Update)Timestamp$", "order.updated_at"),
    (r"^order[^.]*\.fee\.cost$", "order.fee"),
    (r"^order[^.]*\.timeInForce$", "order.time_in_force"),
    (r"^order[^.]*\.postOnly$", "order.post_only"),
    (r"^balance\.[^.]+\.free$", "balance.free"),
    (r"^balance\.[^.]+\.total$", "balance.total"),
    (r"^balance\.[^.]+\.used$", "balance.locked"),
    (r"^market.*\.contractSize$", "market.contract_size"),
    (r"^market.*\.precision\.price$", "market.tick_size"),
    (r"^market.*\.precision\.amount$", "market.lot_size"),
    (r"^market.*\.limits\.amount\.min$", "market.min_amount"),
    (r"^market.*\.limits\.amount\.max$", "market.max_amount"),
    (r"^market.*\.limits\.cost\.min$", "market.min_notional"),
    (r"^market.*\.limits\.cost\.max$", "market.max_notional"),
    (r"^market.*\.(id|lowercaseId)$", "market.symbol"),
    (r"^market.*\.baseId$", "market.base"),
    (r"^market.*\.quoteId$", "market.quote"),
    (r"^market.*\.maker$", "market.maker_fee"),
    (r"^market.*\.taker$", "market.taker_fee"),
    (r"^market.*\.active$", "market.open"),
    (r"^book\.(bids|asks)\[\d+\]\[0\]$", "level.price"),
    (r"^book\.(bids|asks)\[\d+\]\[1\]$", "level.amount"),
    (r"^book\.timestamp$", "book.at"),
    (r"^time$", "now.at"),
    (r"^ticker\.last$", "ticker.last"),
    (r"^ticker\.open$", "ticker.open"),
    (r"^ticker\.high$", "ticker.high"),
    (r"^ticker\.low$", "ticker.low"),
    (r"^ticker\.bid$", "ticker.bid"),
    (r"^ticker\.ask$", "ticker.ask"),
    (r"^ticker\.baseVolume$", "ticker.volume"),
    (r"^ticker\.quoteVolume$", "ticker.value"),
)
Table = tuple[tuple[str, str], ...]
_WORDS = frozenset(
    {
        "order.side",
        "order.type",
        "order.status",
        "fill.side",
        "fill.maker",
        "order.time_in_force",
        "trade.side",
    }
)
_STEPS = ("market.tick_size", "market.lot_size")  # which may be told as a number of decimals
# How much larger a leaf may be than what is read of it: a time's units.
_FACTORS = tuple(Decimal(10) ** power for power in (0, 3, 6, 9))


_OF_A_FLOAT = Decimal("1e-15")


def meanings_of(
    document: JsonValue,
    read: Callable[[JsonValue], Mapping[str, JsonValue] | None],
    another: Callable[[Leaf], JsonValue],
    most: int,
) -> dict[Path, Meaning]:
    """For each of the document's first `most` leaves, what ccxt takes it for; nothing where it reads nothing.

    Each is changed to `another` value of its kind, and the document is read again.
    """
    before = read(document)
    if not before:
        return {}
    found = {}
    for path, leaf in list(flatten(document).items())[:most]:
        other = another(leaf)
        after = read(changed(document, path, other)) or {}
        moved = {
            name: (before.get(name), after.get(name))
            for name in before.keys() | after.keys()
            if before.get(name) != after.get(name)
        }
        if after and (meant := meaning(moved, other, CCXT)) is not None:
            found[path] = meant
    return found


def meaning(moved: Moved, to: JsonValue, table: Table) -> Meaning | None:
    """The fact that follows a leaf which was changed to `to`; None where none does, or where several do.

    An attribute follows when it has become what the leaf says; of what is only reckoned from it, none does.
    Words are another matter: any change of the side, the type or the state is a reading.
    """
    followed = {
        found
        for attribute, (_, after) in moved.items()
        if (fact := fact_of(attribute, table)) and (found := _follows(fact, after, to))
    }
    if len(followed) == 1:
        return followed.pop()
    words = {
        fact
        for attribute, (before, after) in moved.items()
        if None not in (before, after) and (fact := fact_of(attribute, table)) in _WORDS
    }
    return Meaning(words.pop()) if not followed and len(words) == 1 else _first(followed)


def _first(followed: Iterable[Meaning]) -> Meaning | None:
    """Of several facts of one leaf, the one named first: an order's amount is also what remains of it, and a
    market's lot the least that is traded.
    """
    named = ("order.order_id", "order.amount", "order.price", "fill.price", "market.lot_size")
    ranked = {name: rank for rank, name in enumerate(named)}
    known = sorted((each for each in followed if each.fact in ranked), key=lambda each: ranked[each.fact])
    return known[0] if known else None


def fact_of(attribute: str, table: Table) -> str | None:
    return next((fact for pattern, fact in table if re.search(pattern, attribute)), None)


def _follows(fact: str, after: JsonValue, to: JsonValue) -> Meaning | None:
    number, wanted = number_of(after), number_of(to)
    if wanted is None and (amount := amount_of(to)) is not None and fact.startswith("market."):
        wanted = amount[0]
    if number is None or wanted is None or fact.endswith(("_id", "symbol", "base", "quote")):
        return Meaning(fact) if str(after) == str(to) else None
    if fact in _STEPS and wanted == wanted.to_integral_value() and number == Decimal(1).scaleb(-int(wanted)):
        return Meaning(fact.replace("_size", "_decimals"))
    if fact.endswith(("at", "_size")) and number:
        factor = next(
            (each for each in _FACTORS if abs(number * each - wanted) < Decimal("0.001") * each), None
        )
        return None if factor is None else Meaning(fact, factor)
    # A connector may make a decimal of a float: 1.01 is 1.0100000000000000088817… then.
    return Meaning(fact) if abs(abs(number) - abs(wanted)) <= abs(wanted) * _OF_A_FLOAT else None
