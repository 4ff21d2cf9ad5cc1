"""What we saw ourselves during a scenario: it stands beside whatever the connector claims of it."""

from __future__ import annotations

from collections import Counter

from pydantic import JsonValue

from harness.checking import seen_in_ledger
from harness.gateway.entries import is_request
from harness.outcome import Basis, Evidence, EvidenceKind
from harness.scenarios.trace.model import Part

MOST_NAMED = 8


def observed(part: Part) -> tuple[Evidence, ...]:
    """From the gateway's record and the venue's books. Empty where the connector reached neither."""
    return (*_seen_on_the_wire(part), *_seen_in_the_books(part))


def _seen_on_the_wire(part: Part) -> tuple[Evidence, ...]:
    asked = Counter(str(each.operation) for each in part.wire.requests() if each.operation)
    told = (each.operation for each in part.wire.frames(direction="received"))
    heard = Counter(operation for operation in told if operation and not is_request(operation))
    handshakes = part.wire.handshakes()
    if not asked and not heard and not handshakes:
        return ()
    text = (
        f"{len(handshakes)} TLS connections begun, {asked.total()} requests ({_named(asked)}), "
        f"{heard.total()} messages delivered ({_named(heard)})"
    )
    data: dict[str, JsonValue] = {**_counts(asked), **_counts(heard)}
    return (Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.WIRE, text=text, data=data),)


def _seen_in_the_books(part: Part) -> tuple[Evidence, ...]:
    orders = part.orders
    if not orders or not part.wire.requests("place_order"):  # a scenario places some by hand
        return ()
    fills = part.fills
    states = Counter(order.status.value for order in orders)
    text = f"{len(orders)} orders of this account ({_named(states)}), {len(fills)} fills"
    return (seen_in_ledger(text, orders=len(orders), fills=len(fills)),)


def _named(counts: Counter[str]) -> str:
    named = [f"{name} {count}" for name, count in counts.most_common(MOST_NAMED)]
    return ", ".join([*named, "…"] if len(counts) > MOST_NAMED else named) or "none"


def _counts(counts: Counter[str]) -> dict[str, JsonValue]:
    return dict(counts.most_common(MOST_NAMED))
