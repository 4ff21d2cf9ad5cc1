"""Where each parameter of a route stands and what it holds, by the requests to it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from urllib.parse import parse_qsl

from pydantic import JsonValue

from harness.describing.documents.fields import SENDS, Field
from harness.describing.documents.leaves import Path, name_of, number_of, unpacked
from harness.describing.documents.names import fact_named
from harness.describing.documents.said import Said
from harness.describing.documents.templates import (
    Example,
    Explained,
    Kind,
    embedded,
    explained,
    literal_of,
    time_form,
)
from harness.describing.routes.route_labels import versions
from harness.venue.described.addresses import bare

_SINCE, _UNTIL = re.compile(r"start|since|from|after", re.I), re.compile(r"end|until|to$|before", re.I)
_WORTH = re.compile(r"total|quote|value|notional|funds|cost|cash|amount", re.I)
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40,}")
_LEVERAGE = re.compile(r"leverage|^lever$", re.I)
NEAR = Decimal("0.001")  # of a figure
_LIMIT = re.compile(r"limit(?!.*price)|size|count|depth", re.I)


def document_of(said: Said, parts: frozenset[str], keys: frozenset[str]) -> JsonValue:
    """A request as one document: its path's segments, query and body, without what proves who sent it."""
    query = dict(parse_qsl(said.query, keep_blank_values=True))
    try:
        body: JsonValue = json.loads(said.body) if said.body else {}
    except (ValueError, RecursionError):
        body = dict(parse_qsl(said.body, keep_blank_values=True))
    if said.payload is not None:
        body = {
            name: value
            for name, value in said.payload.document.items()
            if value != said.path and not re.search(r"nonce|time", name, re.I)
        }
    body = unpacked(body)
    if isinstance(body, list):
        body = {"": body}  # as a described exchange has it
    if isinstance(body, dict):
        body = {
            name: value
            for name, value in body.items()
            if f"body {name}" not in parts and str(value) not in keys and not _is_a_wallets(value)
        }
    return {
        "path": [*said.path.split("/")],
        "query": {
            name: value for name, value in query.items() if f"query {name}" not in parts and value not in keys
        },
        "body": body,
    }


def _is_a_wallets(value: JsonValue) -> bool:
    """Whether it is a signature in the parts that wallets make."""
    return isinstance(value, dict) and {"r", "s", "v"} <= value.keys()


def path_of(
    known: Mapping[Path, Explained], first: Said, keys: Container[str] = ()
) -> tuple[str, list[Field]]:
    """The path with names for what changes in it, and these parameters. `keys` say whose the request is."""
    segments: list[str] = []
    fields: list[Field] = []
    for index, segment in enumerate(first.path.split("/")):
        each = known.get(("path", index))
        if segment in keys:
            segments.append("{key}")
            fields.append(Field(("key",), "{any}", "", Kind.TEXT, (SENDS,)))
            continue
        plain = each is None or each.kind in (Kind.CONSTANT, Kind.UNKNOWN, Kind.UNSTEADY)
        if each is None or plain or versions(each.seen):
            segments.append(segment)
            continue
        name = (each.fact.rpartition(".")[2] if each.fact else "symbol") or f"part{index}"
        segments.append(f"{{{name}}}")
        fields.append(Field((name,), each.text, each.fact, each.kind, (SENDS,), words=each.words))
    return "/".join(segments), fields


_OF_MARKET = ("market.symbol", "market.base", "market.quote")


def naming_the_market(each: Explained, examples: Sequence[Example]) -> Explained:
    """A parameter that is the same in all requests is about their market where it names it (`BASE-QUOTE`)."""
    value = each.seen[0]
    if each.kind is not Kind.CONSTANT or not isinstance(value, str):
        return each
    facts = [{name: one.facts[name] for name in _OF_MARKET if name in one.facts} for one in examples]
    text = embedded([(value, known) for known in facts])
    return each if text is None else replace(each, kind=Kind.TEXT, text=text)


def optional_from(leaf: Path, examples: Sequence[Example]) -> int:
    """The depth of the key on the way to a leaf that some of the requests lack, 0 where all have the leaf."""
    lacking = (
        depth
        for depth in range(2, len(leaf) + 1)
        if not all(_has(example.document, leaf[:depth]) for example in examples)
    )
    depth = next(lacking, 0)
    while depth and isinstance(leaf[depth - 1], int):  # a list that some lack an item of
        depth -= 1
    return depth


def parameter_of(leaf: Path, each: Explained, optional: int) -> Field | None:
    """A parameter of the query or the body, None for a time that only dates the request.

    `optional` is the depth of the key that may be missing, 0: none may.
    """
    steps = [str(step) for step in leaf[1:]]
    if not steps:
        return None
    name = name_of(leaf)
    made = Field((), each.text, each.fact, each.kind, (SENDS,), words=each.words)
    timed = time_form(each.seen[0])
    if each.kind in (Kind.UNKNOWN, Kind.CONSTANT, Kind.UNSTEADY):
        if timed:
            fact = "page.since" if _SINCE.search(name) else "page.until" if _UNTIL.search(name) else ""
            if not fact:
                return None
            made = replace(made, text=f"{{{fact}{timed}}}", fact=fact, kind=Kind.FACT)
        elif _LIMIT.search(name) and str(each.seen[0]).isdigit():
            made = replace(made, text="{page.limit}", fact="page.limit", kind=Kind.FACT)
        elif optional and len(each.seen) == 1:
            made = _only_of_some(made, each)
        elif each.kind is not Kind.CONSTANT or _of_the_account(name, str(each.seen[0])):
            made = replace(made, text="{any}")
    elif isinstance(made.text, str):
        # When it is read any number of decimals will do.
        made = replace(made, text=re.sub(r"\|fixed\d+", "", made.text))
    if optional > 1:
        steps[optional - 2] += "?"
    return replace(made, at=tuple(steps))


def _of_the_account(name: str, value: str) -> bool:
    """Whether what was the same in all requests is the account's own: its address, or the leverage it set."""
    return _ADDRESS.fullmatch(value) is not None or (_LEVERAGE.search(name) is not None and value.isdigit())


def by_the_usual_orders(examples: Sequence[Example]) -> dict[Path, Explained]:
    """What each leaf holds; of a price and an amount those of other orders than market orders decide, and of
    what nothing explains those of one-way mode.

    Market orders may carry the last price, or what they are worth in place of their amount; in hedge mode an
    order that closes a position may be no reduce-only one.
    """
    known = explained(examples)
    usual = [each for each in examples if each.facts.get("order.position_side") == "both"]
    for path, each in explained(usual).items():
        if known[path].kind is Kind.UNKNOWN:
            known[path] = each
    others = [each for each in examples if each.facts.get("order.type") != "market"]
    for path, each in explained(others).items() if others else ():
        if each.fact in ("order.price", "order.amount") and known[path].fact != each.fact:
            known[path] = each
    return known


def id_untold(found: Field | None, operation: str) -> Field | None:
    """A parameter of a look-up that was sent with nothing: an id that the connector had not been told."""
    empty = found is not None and found.text in (None, "None", "null")
    if found is None or not empty or operation not in ("order_status", "order_trades", "cancel_order"):
        return found
    return replace(found, text="{order.order_id}", fact="order.order_id", kind=Kind.FACT)


def may_lack(found: Field) -> Field:
    """A parameter of a question that always says the same (`sort=asc`): others may be asked without it."""
    if found.fact or found.kind is not Kind.CONSTANT or len(found.at) != 1 or found.at[0].endswith("?"):
        return found
    return replace(found, at=(f"{found.at[0]}?",))


def nearly(each: Explained, examples: Sequence[Example]) -> Explained:
    """A parameter that is named for a figure of the order and is near it in all requests.

    Connectors may round by rules of their own, and floats leave digits behind.
    """
    name = name_of(each.path)
    fact = fact_named(name, "order")
    if each.kind is not Kind.UNKNOWN or fact not in ("order.price", "order.amount"):
        return each
    told = [(_at(one.document, each.path), one.facts.get(fact)) for one in examples]
    pairs = [(number_of(leaf), number_of(wanted)) for leaf, wanted in told if leaf is not None and wanted]
    near = all(one and other and abs(one - other) <= other * NEAR for one, other in pairs)
    if len(pairs) < 2 or not near:
        return each
    form = "" if isinstance(each.seen[0], str) else "|number"
    return replace(each, kind=Kind.FACT, fact=fact, form=form, text=f"{{{fact}{form}}}")


def worth(each: Explained, examples: Sequence[Example], amounts: Sequence[Path]) -> Explained:
    """What orders at the market say that they are worth, where they say no amount and no other order says it.

    `amounts` are where orders say their amounts.
    """
    market = [one.document for one in examples if one.facts.get("order.type") == "market"]
    others = [one.document for one in examples if one.facts.get("order.type") != "market"]
    said = [_at(document, each.path) for document in market if _has(document, each.path)]
    # It may make a mistake at it, and say that it is no number.
    numeric = all(number_of(value) is not None or value == "nan" for value in said)
    if each.fact or len(each.path) > 2 or not said or not numeric or not _WORTH.search(name_of(each.path)):
        return each
    if any(_has(one, each.path) for one in others) or any(_has(one, at) for one in market for at in amounts):
        return each
    return replace(each, text="{order.quote_amount}", fact="order.quote_amount", kind=Kind.FACT)


_OF_SOME = (
    (r"post|maker|moc|passive", "order.post_only"),
    (r"reduc|clos", "order.reduce_only"),
)


def _only_of_some(made: Field, each: Explained) -> Field:
    """A literal that only some orders carry may say that they only make, or only reduce a position."""
    names = " ".join(str(part) for part in (*each.path[1:], each.seen[0]))
    fact = next((fact for pattern, fact in _OF_SOME if re.search(pattern, names, re.I)), "")
    if not fact:
        return made
    return replace(made, fact=fact, kind=Kind.WORDS, words={literal_of(each.seen[0]): ("true",)})


def put(takes: dict[str, JsonValue], at: tuple[str, ...], text: JsonValue) -> None:
    place = takes
    for step in at[:-1]:
        inner = place.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        place = inner
    place[at[-1]] = text


def within(document: JsonValue, name: str) -> JsonValue:
    """A parameter of a request, wherever it stands."""
    places = [document.get(place) for place in ("query", "body")] if isinstance(document, dict) else []
    return next((each[bare(name)] for each in places if isinstance(each, dict) and bare(name) in each), None)


def as_said(made: JsonValue, said: Sequence[JsonValue]) -> JsonValue:
    """A parameter's template with lists where the requests had them."""
    if not isinstance(made, dict):
        return made
    if any(isinstance(each, list) for each in said):
        lists = [each for each in said if isinstance(each, list)]
        return [
            as_said(value, [each[int(bare(key))] for each in lists if int(bare(key)) < len(each)])
            for key, value in made.items()
        ]
    inner = [each for each in said if isinstance(each, dict)]
    return {key: as_said(value, [each.get(bare(key)) for each in inner]) for key, value in made.items()}


def _has(document: JsonValue, path: Path) -> bool:
    try:
        _found(document, path)
    except (KeyError, IndexError, TypeError):
        return False
    return True


def _at(document: JsonValue, path: Path) -> JsonValue:
    return _found(document, path) if _has(document, path) else None


def _found(document: JsonValue, path: Path) -> JsonValue:
    for step in path:
        document = document[step]  # type: ignore[index]
    return document
