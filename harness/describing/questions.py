"""What a person has to answer before a described exchange decides more, most decisive first. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic import JsonValue

from harness.describing.assembling import Assembled
from harness.describing.documents.fields import Field
from harness.describing.documents.placed import Placed, at_address
from harness.describing.documents.templates import Kind
from harness.describing.missing_operations import missing_operations
from harness.describing.review_lines import OPEN_FACT, Question, line, route_line
from harness.venue.described.addresses import Address, written
from harness.venue.described.facts import FACTS
from harness.venue.described.sources import confirms
from harness.venue.described.trust import FEE_ASSETS, FEE_IN

# Facts that a reply must tell for checks to lean on; one of each group is enough.
FACTS_LEANED_ON: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "symbols": (("market.symbol", "market.base", "market.number"),
                ("market.tick_size", "market.tick_decimals"), ("market.lot_size", "market.lot_decimals")),
    "balances": (("balance.asset",), ("balance.free",), ("balance.total", "balance.locked")),
    "place_order": (("order.order_id", "order.client_order_id"),),
    "order_status": (("order.status",), ("order.filled", "order.remaining", "fill.amount")),
    "order_trades": (("fill.trade_id",), ("fill.price",), ("fill.amount",), ("fill.fee",)),
    "stream:orders": (("order.status",), ("order.order_id", "order.client_order_id")),
    "stream:fills": (("fill.trade_id",), ("fill.price",), ("fill.amount",)),
}  # fmt: skip
# What an account's margin tells of the asset that it is in.
_ALSO: Mapping[str, tuple[str, ...]] = {
    "margin.available": ("balance.asset", "balance.free"), "margin.wallet": ("balance.total",),
}  # fmt: skip
# What need not be told where all of these are.
_FOLLOWS: Mapping[str, frozenset[str]] = {"balance.free": frozenset({"balance.total", "balance.locked"})}
# Objects whose facts a leaf may be, and the names that leaves of them go by.
_THINGS: Mapping[str, str] = {
    "market": r"each market|symbols|instrument",
    "balance": "balance|wallet|account",
    "order": "order",
    "fill": "fill|trade",
    "book": r"book|depth",
}
# A signature as a description has it, to be put right: docs/descriptions.md has the words of its text.
_HMAC: Mapping[str, JsonValue] = {
    "scheme": "hmac", "text": "{time}{method}{path}{query}{body}", "digest": "sha256", "written": "hex",
}  # fmt: skip
_CARRIED: Mapping[str, JsonValue] = {"key": "header KEY", "signature": "header SIGN", "time": "header TIME"}
_ANY = "{any}"  # a parameter that says whatever the connector likes
_SHOWN = 6  # values, or names of leaves, in one question


def questions(made: Assembled) -> tuple[Question, ...]:
    """All of them, each once; none where the connector cannot be constructed, so that nothing was seen."""
    if not made.sources.asked.constructed:
        return ()
    found = [*_unseen(made), *missing_operations(made), *_contradicted(made), *_signing(made), *_untold(made),
             *_fees(made), *_unread(made), *_unnamed(made), *_unconfirmed(made)]  # fmt: skip
    return tuple(dict.fromkeys(sorted(found, key=lambda each: each.rank)))


def glossary(asked: Iterable[Question]) -> tuple[str, ...]:
    """The facts that the questions leave open, a line for each object that one of them is about."""
    text = " ".join(line for each in asked if OPEN_FACT in "".join(each.lines) for line in each.lines)
    if not text:
        return ()
    things = [thing for thing in _THINGS if re.search(_THINGS[thing], text, re.IGNORECASE)] or list(_THINGS)
    return tuple(f"{thing}: {', '.join(sorted(FACTS[thing]))}" for thing in things)


def _contradicted(made: Assembled) -> Iterator[Question]:
    for each in _fields(made):
        if each.says:
            told = ", ".join(f"{source} takes it for {fact}" for source, fact in each.says.items())
            yield Question(20, f"{written(each.at)}: {told}. Which is it?", (line(each.at, each.text),))


def _unseen(made: Assembled) -> Iterator[Question]:
    """What is asked where the connector sent nothing about a market, or nothing that was signed."""
    if not made.sources.symbols:
        yield Question(
            0, "How does the exchange name a market?", (line(("symbol",), made.data.get("symbol")),)
        )
    routes = made.data.get("routes")
    told = routes.values() if isinstance(routes, dict) else ()
    if "signing" not in made.data and not any(isinstance(each, dict) and each["private"] for each in told):
        yield Question(
            25,
            "How is a request signed? No request with a key was seen. `scheme: unverified` accepts any "
            "request that names one, and signs-requests then stays undetermined.",
            (line(("signing",), {**_HMAC, "carries": dict(_CARRIED)}),),
        )


def _signing(made: Assembled) -> Iterator[Question]:
    signing = made.data.get("signing")
    if isinstance(signing, dict) and signing.get("scheme") == "unverified":
        found = (
            f"Its signature is made of {signing['text']!r}, which a description cannot express."
            if signing.get("text")
            else "No known signing text reproduces its signature."
        )
        carries = signing.get("carries")
        whole = {**_HMAC, "carries": {**_CARRIED, **(carries if isinstance(carries, dict) else {})}}
        yield Question(
            25,
            f"How is a request signed? {found} Until this is described, any request that names a key is "
            "accepted, and signs-requests stays undetermined.",
            (line(("signing",), whole),),
        )


def _untold(made: Assembled) -> Iterator[Question]:
    """Facts that no leaf of a reply tells, though checks lean on them."""
    for operation, groups in FACTS_LEANED_ON.items():
        parts = [part for part in made.placed if part.operation == operation and _told(part)]
        facts = frozenset(
            fact for part in parts for told in part.facts for fact in (told, *_ALSO.get(told, ()))
        )
        for group in groups:
            follows = any(_FOLLOWS[fact] <= facts for fact in group if fact in _FOLLOWS)
            if parts and not follows and not facts & frozenset(group):
                told = "tells" if operation.startswith("stream:") else "reply"
                hint, place = _unexplained(parts[0], told)
                yield Question(
                    30,
                    f"Which field of {parts[0].name} is {' or '.join(group)}? {hint}",
                    (line((*place, "FIELD"), f"{{{group[0]}}}"),),
                )


def _fees(made: Assembled) -> Iterator[Question]:
    """In what fees are taken, where neither a leaf nor those who read fills say it."""
    facts = {
        fact
        for part in made.placed
        if part.operation in ("order_trades", "stream:fills")
        for fact in part.facts
    }
    orders = made.data.get("orders")
    known = FEE_ASSETS[0] in facts or (isinstance(orders, dict) and "fee_in" in orders)
    if "fill.fee" in facts and not known and made.sources.kind == "spot":
        yield Question(
            30,
            "In what are fees taken: in what is received, always in the quote, or always in the base?",
            (line(FEE_IN, "received"),),
        )


def _unexplained(part: Placed, told: str) -> tuple[str, Address]:
    """The leaves of a reply that nobody explained, one of which it may be, and where they stand."""
    whole: Address = (*part.at, told)
    leaves = [each for each in part.fields if each.at[: len(whole)] == whole]
    open_ = [each for each in leaves if each.kind in (Kind.CONSTANT, Kind.UNKNOWN) and not each.fact]
    if not open_:
        place = leaves[0].at[:-1] if leaves else whole
        return "The tests show no field that could be it: put its name in place of FIELD.", place
    known = Counter(each.at[:-1] for each in leaves if each.fact)
    place = max((each.at[:-1] for each in open_), key=lambda at: known[at])
    names = [each.at[-1] for each in open_ if each.at[:-1] == place]
    more = " …" if len(names) > _SHOWN else ""
    listed = ", ".join(names[:_SHOWN])
    return f"The meaning of {listed}{more} is unknown: put the right one in place of FIELD.", place


def _told(part: Placed) -> bool:
    return any("reply" in each.at or "tells" in each.at for each in part.fields)


def _unread(made: Assembled) -> Iterator[Question]:
    """Leaves that somebody reads as a word, of which the tests always have the same: one for each list."""
    lists: dict[str, list[Field]] = {}
    for each in filter(_always_one_word, _fields(made)):
        lists.setdefault(_list_for(each), []).append(each)
    for words, leaves in lists.items():
        asked = [each for each in leaves if not _said_by_a_list(made, each)]
        if asked:
            yield _which_words(words, leaves, asked)
    for each in _fields(made):
        if each.kind is Kind.UNKNOWN:
            yield Question(
                45,
                f"{written(each.at)}: changes with the order{_seen(each)}. Which fact is it?"
                + (f" `{_ANY}` is a value that the connector makes up." if "takes" in each.at else ""),
                (line(each.at, OPEN_FACT), *([line(each.at, _ANY)] if "takes" in each.at else ())),
            )


def _which_words(name: str, leaves: Sequence[Field], asked: Sequence[Field]) -> Question:
    """What the words of a list say, with a line for it and one for each leaf that is said by it."""
    thing, _, fact = leaves[0].fact.partition(".")
    words: dict[str, JsonValue] = {str(each.text): {fact: "…"} for each in leaves}
    told = ", ".join(dict.fromkeys(repr(each.text) for each in asked))
    first, more = written(asked[0].at), len(asked) - 1
    also = f" (and {more} more leaves)" if more > 1 else " (and one more leaf)" if more else ""
    return Question(
        40,
        f"{first}{also}: always {told} in the tests, read as {asked[0].fact}. "
        "Which values can it have, and what does each mean?",
        (
            line(("words", name), {"of": thing, "words": words}),
            *(line(each.at, f"{{{thing}|{name}}}") for each in asked),
        ),
    )


def _always_one_word(each: Field) -> bool:
    return each.kind is Kind.CONSTANT and bool(each.fact) and not each.says


def _said_by_a_list(made: Assembled, each: Field) -> bool:
    """Whether other requests and replies have shown the words, so that it is said through their list."""
    try:
        said = at_address(made.data, each.at)
    except (KeyError, IndexError, TypeError, ValueError):
        return False
    return isinstance(said, str) and said.startswith("{")


def _list_for(each: Field) -> str:
    """The name of a list of words, one for all leaves of a name that are read as the same."""
    name = re.sub(r"\W+", "_", each.at[-1]).strip("_").lower()
    return "_".join(dict.fromkeys((*each.fact.split("."), name, "words")))


def _seen(each: Field) -> str:
    return f" (such as {each.text!r})" if each.text not in ("", _ANY, None) else ""


def _unnamed(made: Assembled) -> Iterator[Question]:
    for route in made.unnamed:
        yield Question(
            50,
            f"What is {route.name} for? It gets no answer until its operation is named "
            "(docs/descriptions.md lists them).",
            (route_line(route.name, private=route.private, when=route.when),),
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
                    (line((*part.at, told)),),
                )


def _fields(made: Assembled) -> Iterator[Field]:
    for part in made.placed:
        yield from part.fields
