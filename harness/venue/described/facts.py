"""What a description can speak of: every fact that a request carries or a reply tells, by object.

A fact is written `object.name`: the same names are used in templates, in a review, in questions, and by the
requirements that lean on facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_OBJECTS = {
    "market": """symbol number base quote settle tick_size tick_decimals lot_size lot_decimals min_amount
        max_amount min_notional max_notional max_price maker_fee taker_fee base_decimals quote_decimals
        halted open contract_size max_leverage default_leverage initial_margin maintenance_margin
        base_number quote_number""",
    "asset": "name number",
    "ticker": "last open high low bid bid_amount ask ask_amount volume value average change change_rate",
    "book": "sequence first last previous checksum at",
    "level": "price amount change side",
    "trade": "trade_id price amount signed_amount quote_amount side at buy_order_id sell_order_id",
    "balance": "asset number free locked total",
    "order": """order_id order_ids client_order_id any_id side type time_in_force post_only reduce_only
        position_side price amount signed_amount quote_amount asked asked_left remaining signed_remaining
        filled filled_share filled_quote average_price status ended partly_filled notional created_at
        updated_at expires_at fee fee_asset leverage""",
    "fill": """trade_id order_id client_order_id side price amount quote_amount signed_amount
        signed_quote_amount fee fee_asset fee_asset_number maker at
        position_side realised_pnl opens""",
    "paid": "asset amount",
    "group": "count",
    "position": """side position_side one_way size amount entry_price mark_price unrealised_pnl
        realised_pnl leverage margin_mode margin liquidation_price notional updated_at""",
    "margin": "asset wallet equity available unrealised_pnl used position_margin order_margin",
    "funding": "rate next_at last_at interval mark_price index_price open_interest",
    "payment": "asset amount rate size at payment_id",
    "account": "number name position_mode margin_mode",
    "change": "kind at",
    "page": "limit since until from_id offset number state",
    "session": "key lifetime ends_at",
    "login": "key passphrase time signature token window",
    "refusal": "code message detail status",
    "limit": "limit used left resets_at retry_after",
    "message": "number",
    "now": "at",
}
FACTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {name: frozenset(facts.split()) for name, facts in _OBJECTS.items()}
)
# What can be told one after another, and the object that each of them is in a template.
COLLECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "market": "market", "asset": "asset", "ticker": "ticker", "bid": "level", "ask": "level",
        "trade": "trade", "balance": "balance", "order": "order", "fill": "fill", "paid": "paid",
        "position": "position", "margin": "margin", "funding": "funding", "payment": "payment",
        "group": "group", "reason": "fill", "failed": "order", "tried": "order",
    }
)  # fmt: skip
# What a message of the client's itself holds may be said back to it: `{said.id}`, `{said.args.0.channel}`.
ECHO = "said"


def known_fact(name: str) -> bool:
    """Whether `object.name` is a fact, or something of the message that is answered."""
    thing, _, fact = name.partition(".")
    return thing == ECHO or fact in FACTS.get(thing, ())


def all_facts() -> tuple[str, ...]:
    """Every fact's name, sorted."""
    return tuple(sorted(f"{thing}.{fact}" for thing, facts in FACTS.items() for fact in facts))
