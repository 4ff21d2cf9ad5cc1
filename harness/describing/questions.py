"""What a person has to answer before a described exchange decides more, most decisive first. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from harness.describing.assembling import Assembled, Placed
from harness.describing.deriving import Field
from harness.describing.templates import Kind
from harness.venue.described.addresses import Address, written
from harness.venue.described.sources import confirms

# What an order's life cannot do without, in the order in which its lack is felt.
OPERATIONS = (
    "symbols", "order_book", "balances", "place_order", "cancel_order", "order_status", "order_trades",
    "stream:book", "stream:trades", "stream:orders",
)  # fmt: skip
# Facts that a reply must tell for checks to lean on; one of each group is enough.
FACTS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "symbols": (("market.symbol",), ("market.tick_size", "market.tick_decimals"),
                ("market.lot_size", "market.lot_decimals")),
    "balances": (("balance.asset",), ("balance.free",), ("balance.total", "balance.locked")),
    "place_order": (("order.order_id", "order.client_order_id"),),
    "order_status": (("order.status",), ("order.filled", "order.remaining", "fill.amount")),
    "order_trades": (("fill.trade_id",), ("fill.price",), ("fill.amount",), ("fill.fee",)),
    "stream:orders": (("order.status",), ("order.order_id", "order.client_order_id")),
    "stream:fills": (("fill.trade_id",), ("fill.price",), ("fill.amount",)),
}  # fmt: skip


@dataclass(frozen=True)
class Question:
    """`text` is asked, `line` is what to write into the review once it is answered. Lower ranks first."""

    rank: int
    text: str
    line: str


def questions(made: Assembled) -> tuple[Question, ...]:
    """All of them, each once."""
    found = [*_missing(made), *_contradicted(made), *_signing(made), *_untold(made), *_unread(made),
             *_unnamed(made), *_unconfirmed(made)]  # fmt: skip
    return tuple(dict.fromkeys(sorted(found, key=lambda each: each.rank)))


def line(at: Address | str, value: object = ...) -> str:
    """A line of the review, to be completed with a name and a page."""
    address = at if isinstance(at, str) else written(at)
    said = "" if value is ... else f", is: {json.dumps(value, ensure_ascii=False)}"
    today = datetime.now(UTC).date().isoformat()
    return (
        f"- {{at: {json.dumps(address, ensure_ascii=False)}{said}, by: YOUR NAME, date: {today}, page: URL}}"
    )


def _missing(made: Assembled) -> Iterator[Question]:
    status = [part for part in made.placed if part.operation == "order_status"]
    fills_in_status = any("fill.trade_id" in part.facts for part in status)
    for rank, operation in enumerate(OPERATIONS):
        if operation in made.operations or (operation == "order_trades" and fills_in_status):
            continue
        if operation.startswith("stream:"):
            at: Address = ("connections", "NAME", "channels", operation.partition(":")[2])
            yield Question(
                rank,
                f"How is {operation.partition(':')[2]} told on a stream?",
                line(at, {"operation": operation, "topic": "…", "tells": "…"}),
            )
        else:
            yield Question(
                rank,
                f"Which route is {operation.replace('_', ' ')}?",
                line(("routes", "METHOD /path"), {"operation": operation, "takes": {}, "reply": {}}),
            )
    for part in made.placed:
        told = "tells" if part.operation.startswith("stream:") else "reply"
        if part.operation in OPERATIONS and not any(told in each.at for each in part.fields):
            yield Question(
                10 + OPERATIONS.index(part.operation),
                f"What does {part.name} answer?"
                if told == "reply"
                else f"What do messages of {part.name} say?",
                line((*part.at, told), "…"),
            )


def _contradicted(made: Assembled) -> Iterator[Question]:
    for each in _fields(made):
        if each.says:
            told = ", ".join(f"{source} takes it for {fact}" for source, fact in each.says.items())
            yield Question(20, f"{written(each.at)}: {told}. Which is it?", line(each.at, each.text))


def _signing(made: Assembled) -> Iterator[Question]:
    signing = made.data.get("signing")
    if isinstance(signing, dict) and signing.get("scheme") == "unverified":
        text = f" (found: {signing['text']!r})" if signing.get("text") else ""
        yield Question(
            25,
            f"How is a request signed? No scheme of the menu can be written down{text}.",
            line(("signing", "scheme"), "…"),
        )


def _untold(made: Assembled) -> Iterator[Question]:
    """Facts that no leaf of a reply tells, though checks lean on them."""
    for operation, groups in FACTS.items():
        parts = [part for part in made.placed if part.operation == operation and _told(part)]
        facts = frozenset(fact for part in parts for fact in part.facts)
        for group in groups:
            if parts and not facts & frozenset(group):
                told = "tells" if operation.startswith("stream:") else "reply"
                yield Question(
                    30,
                    f"Where does {parts[0].name} tell {' or '.join(group)}?",
                    line((*parts[0].at, told, "FIELD"), f"{{{group[0]}}}"),
                )


def _told(part: Placed) -> bool:
    return any("reply" in each.at or "tells" in each.at for each in part.fields)


def _unread(made: Assembled) -> Iterator[Question]:
    """Leaves that somebody reads as a word, of which the tests always have the same."""
    for each in _fields(made):
        if each.kind is Kind.CONSTANT and each.fact and not each.says:
            yield Question(
                40,
                f"{written(each.at)}: always {each.text!r} in the tests, read as {each.fact}. "
                "Which words are there?",
                line(each.at, f"{{{each.fact.partition('.')[0]}|LIST OF WORDS}}"),
            )
        elif each.kind is Kind.UNKNOWN:
            yield Question(
                45, f"{written(each.at)}: changes with the order. What is it?", line(each.at, "{object.fact}")
            )


def _unnamed(made: Assembled) -> Iterator[Question]:
    for route in made.unnamed:
        yield Question(
            50,
            f"What is {route.name} for?",
            line(("routes", route.name), {"operation": "…", "private": route.private}),
        )


def _unconfirmed(made: Assembled) -> Iterator[Question]:
    """Parts that only the fork vouches for: one line confirms each."""
    for part in made.placed:
        for told in ("reply", "tells"):
            leaves = [each for each in part.fields if told in each.at and each.fact]
            fork = [each for each in leaves if not any(confirms(source) for source in each.by)]
            if fork:
                yield Question(
                    60,
                    f"{part.name} / {told}: {len(fork)} of {len(leaves)} facts rest on the fork alone. "
                    "Are they right?",
                    line((*part.at, told)),
                )


def _fields(made: Assembled) -> Iterator[Field]:
    for part in made.placed:
        yield from part.fields
