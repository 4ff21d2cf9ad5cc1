"""The markets of a described exchange: only what it can say is true at the venue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from pydantic import JsonValue

from harness.venue.described.model import Description
from harness.venue.described.placeholders import leaf, texts
from harness.venue.dialects.decimals import decimals_of
from harness.venue.market import SAMPLE_MARKETS, SAMPLE_PERPETUALS, FeeIn, Market
from harness.venue.model import ZERO


def told_facts(description: Description, operation: str) -> frozenset[str]:
    """The facts that replies of an operation tell."""
    return frozenset(
        hole.name
        for route in description.routes.values()
        if route.operation == operation
        for text in _texts(route.reply, description)
        for hole in leaf(text).holes
    )


def _texts(template: JsonValue, description: Description) -> Iterator[str]:
    yield from texts(template)
    for name, shape in description.shapes.items():
        if f"'$like': '{name}'" in str(template):
            yield from texts(shape)


def sayable(description: Description) -> tuple[Market, ...]:
    """The sample markets, without rules that no reply expresses: where steps are told in decimals they are
    powers of ten, and an amount or notional that nobody can know of is not demanded."""
    samples = SAMPLE_PERPETUALS if description.kind == "perpetual" else SAMPLE_MARKETS
    told = told_facts(description, "symbols")
    quoted = tuple(_quoted(market, description.quote) for market in samples)
    return tuple(_sayable(market, told, description) for market in quoted)


def _quoted(market: Market, quote: str | None) -> Market:
    """The market in the exchange's own quote, where the sample is quoted in USDT."""
    return market if quote is None or market.quote != "USDT" else replace(market, quote=quote)


def _sayable(market: Market, told: frozenset[str], description: Description) -> Market:
    tick, lot = market.tick_size, market.lot_size
    if "market.tick_size" not in told:
        tick = _power_of_ten(tick)
    if "market.lot_size" not in told:
        lot = _power_of_ten(lot)
    if description.orders.amount_decimals is not None:
        lot = Decimal(1).scaleb(-description.orders.amount_decimals)
    named = not description.notional_in or market.quote in description.notional_in
    rules = description.orders
    return replace(
        market,
        tick_size=tick,
        lot_size=lot,
        min_amount=market.min_amount if "market.min_amount" in told else lot,
        min_notional=market.min_notional if named and "market.min_notional" in told else ZERO,
        contract_size=lot if rules.contract == "lot" else market.contract_size,
        fee_in=FeeIn(rules.fee_in),
        funding_interval=description.funding_every or market.funding_interval,
        post_only_expires=rules.post_only_would_take == "expires",
    )


def _power_of_ten(step: Decimal) -> Decimal:
    return Decimal(1).scaleb(-decimals_of(step))
