"""Keys of a reply that name what they stand over: a market, an asset, an order. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pydantic import JsonValue

from harness.describing.documents.sentinels import Sentinels
from harness.describing.fork_tests.answers import Answer

_BETWEEN = ("_", "-", "/", ":", "")  # the two assets of a market's name


def keys_of(sentinels: Sentinels, symbols: Mapping[str, str]) -> dict[str, str]:
    """What may be the key of a row of an object, by the key: the fact, as a template has it."""
    symbol = symbols.get(sentinels.name, "")
    keys = {
        **_pairs(sentinels),
        symbol: "{market.symbol}",
        symbol.lower(): "{market.symbol|lower}",
        sentinels.base.lower(): "{balance.asset|lower}",
        sentinels.base: "{balance.asset}",
        sentinels.order_id: "{order.order_id}",
        sentinels.client_order_id: "{order.client_order_id}",
        sentinels.trade_id: "{fill.trade_id}",
    }
    keys |= {symbol: "{market.symbol}"}  # where it has no capital letters
    return {key: text for key, text in keys.items() if key}


def _pairs(sentinels: Sentinels) -> dict[str, str]:
    """How both assets may name a market beside its symbol."""
    return {
        f"{base}{mark}{quote}": f"{{market.base{form}}}{mark}{{market.quote{form}}}"
        for mark in _BETWEEN
        for base, quote, form in (
            (sentinels.base.lower(), sentinels.quote.lower(), "|lower"),
            (sentinels.base, sentinels.quote, ""),
        )
    }


def names_in_keys(sentinels: Sentinels, symbols: Mapping[str, str]) -> dict[str, str]:
    """What a key may name that is no row's, by the key: the fact, as a template has it."""
    symbol = symbols.get(sentinels.name, "")
    return {
        **({symbol.lower(): "{market.symbol|lower}", symbol: "{market.symbol}"} if symbol else {}),
        sentinels.quote.lower(): "{market.quote|lower}",
        sentinels.quote: "{market.quote}",
        sentinels.base.lower(): "{market.base|lower}",
        sentinels.base: "{market.base}",
        sentinels.order_id: "{order.order_id}",
        sentinels.client_order_id: "{order.client_order_id}",
        sentinels.trade_id: "{fill.trade_id}",
    }


def with_keys_alike(answer: Answer, one: Sentinels, symbols: Mapping[str, str]) -> Answer:
    """An answer whose objects have the first set's keys: a row is found by its key whichever set it is of."""
    ours = answer.sentinels
    own = {**keys_of(ours, symbols), **names_in_keys(ours, symbols)}
    first = {text: key for key, text in {**keys_of(one, symbols), **names_in_keys(one, symbols)}.items()}
    renamed = {key: first[text] for key, text in own.items() if text in first}
    return replace(answer, document=_renamed(answer.document, renamed), again=_renamed(answer.again, renamed))


def _renamed(document: JsonValue, keys: Mapping[str, str]) -> JsonValue:
    if isinstance(document, dict):
        return {keys.get(key, key): _renamed(item, keys) for key, item in document.items()}
    return [_renamed(item, keys) for item in document] if isinstance(document, list) else document
