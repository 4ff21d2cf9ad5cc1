"""From the requests that left a connector to routes: where each parameter stands and what it holds. Pure."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl

from pydantic import JsonValue

from harness.describing.answers import Answer, named_so
from harness.describing.asked import Act, Asked
from harness.describing.fields import SENDS, Field
from harness.describing.leaves import Path, flatten, number_of
from harness.describing.said import Said
from harness.describing.sentinels import SESSION, same_address
from harness.describing.signatures import Scheme
from harness.describing.source_reading import UNREAD, Source
from harness.describing.templates import Example, Explained, Kind, embedded, explained, literal_of, time_form
from harness.venue.described.addresses import bare

Place = tuple[str, str, str]  # host, method, path
_SINCE, _UNTIL = re.compile(r"start|since|from|after", re.I), re.compile(r"end|until|to$|before", re.I)
_WORTH = re.compile(r"total|quote|value|notional|funds|cost|amount", re.I)
_LIMIT = re.compile(r"limit(?!.*price)|size|count|depth", re.I)


@dataclass(frozen=True)
class Route:
    """A route as it was used. `path` names its parameters (`/orders/{id}`); `fields` are those of `takes`.

    `parameters` says where they stand: query, json or form. `private`: requests to it were signed. `means`
    are facts of an order that the route itself stands for.
    """

    operation: str
    host: str
    method: str
    path: str
    takes: Mapping[str, JsonValue]
    parameters: str
    private: bool
    fields: tuple[Field, ...]
    places: tuple[Place, ...]
    by: str = SENDS
    means: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def routes(
    asked: Asked,
    answers: Iterable[Answer],
    schemes: Sequence[Scheme],
    symbol: str,
    source: Source = UNREAD,
    unexplained: Sequence[str] = (),
) -> list[Route]:
    """Every route that was used, those of acts first. `symbol` is the exchange's name of the pair.

    What an act or a test does not tell of a route, the method that asks for it does, else its path's words.
    `unexplained` are places that hold a signature which nobody could reproduce: they are no parameters.
    """
    labels = _labels(answers, source)
    parts = _signed_parts(schemes) | frozenset(unexplained)
    common = {
        "account.number": SESSION["account.number"],
        "market.number": SESSION["market.number"],
        **({"market.symbol": symbol} if symbol else {}),
    }
    found: list[Route] = []
    taken: set[Place] = set()
    for operation in ("place_order", "cancel_order"):
        used = [
            (said, act)
            for act in asked.acts
            if act.operation == operation
            for said in _of_act(act, labels, source)
        ]
        alike = _by_shape(used)
        groups = [(group, shape) for shape in alike for group in _by_words(shape)]
        for group, shape in groups:
            examples, more = (
                [(said, {**common, **act.facts}) for said, act in each] for each in (group, shape)
            )
            made = _route(operation, examples, parts, schemes, asked.credentials, more)
            means = _meant(group, [each for each, _ in groups]) if len(groups) > 1 else {}
            found.append(replace(made, means=means))
            taken |= {_place(said) for said, _ in group}
    others: dict[Place, list[Said]] = {}
    for said in asked.sent:
        unknown = "None" in said.path.split("/")  # an id that the connector had not been told
        if _place(said) not in taken and not _is_upgrade(said) and not unknown:
            others.setdefault(_place(said), []).append(said)
    by_client_id = {act.facts["order.client_order_id"]: act.facts for act in asked.acts}
    for place, messages in others.items():
        operation = _label(place, labels) or source.operation(place[2], place[1]) or named_so(place[2])
        examples = [(said, {**common, **_facts_in(said, by_client_id, asked)}) for said in messages[:20]]
        found.append(_route(operation, examples, parts, schemes, asked.credentials))
    return _merged(found)


Used = Sequence[tuple[Said, Act]]


def _by_shape(used: Used) -> list[Used]:
    """The requests of one operation, those together whose paths have as many parts."""
    groups: dict[tuple[str, int], list[tuple[Said, Act]]] = {}
    for said, act in used:
        groups.setdefault((said.method, said.path.count("/")), []).append((said, act))
    return list(groups.values())


def _by_words(shape: Used) -> list[Used]:
    """Requests of one shape, those apart whose paths say side and type in one word (`/buyLimit`)."""
    known = explained([Example(act.facts, {"path": [*said.path.split("/")]}) for said, act in shape])
    unlike = [path[1] for path, each in known.items() if each.kind is Kind.UNKNOWN]
    groups: dict[tuple[str, ...], list[tuple[Said, Act]]] = {}
    for said, act in shape:
        segments = said.path.split("/")
        groups.setdefault(tuple(segments[int(index)] for index in unlike), []).append((said, act))
    told = [{_side_and_type(act) for _, act in group} for group in groups.values()]
    apart = all(not one & other for one, other in itertools.combinations(told, 2))
    words = all(segment.isalpha() for segments in groups for segment in segments)
    return list(groups.values()) if apart and words else [shape]


def _side_and_type(act: Act) -> tuple[str, str]:
    return act.facts["order.side"], act.facts["order.type"].removesuffix("_maker")


def _meant(group: Used, groups: Sequence[Used]) -> dict[str, str]:
    """What all orders of a group have in common that those of others have not."""
    means = {}
    for fact in ("order.side", "order.type"):
        own = {act.facts[fact].removesuffix("_maker") for _, act in group}
        every = {act.facts[fact].removesuffix("_maker") for each in groups for _, act in each}
        if len(own) == 1 and len(every) > 1:
            means[fact] = own.pop()
    return means


def _labels(answers: Iterable[Answer], source: Source) -> dict[Place, str]:
    """Operation by host, method (empty where a test names none) and path.

    Where a route tells of an order's status and of its fills, it is the status's, unless the connector's
    method for fills asks for it. Whether the exchange is there may be asked of any route.
    """
    found: dict[Place, str] = {}
    for each in answers:
        if each.place is not None:
            host, path = each.place
            place = (host, each.method, path)
            before = found.get(place)
            told = source.operation(path, each.method)
            if before and each.operation == "server_time":
                continue
            if before != "order_status" or (told == each.operation == "order_trades"):
                found[place] = told if before == told == "order_trades" else each.operation
    return found


def _label(place: Place, labels: Mapping[Place, str]) -> str:
    """What the tests have a route for: by its method, then by none, then but for the account's number."""
    host, method, path = place
    alike = (
        labels[each]
        for each in labels
        if each[0] == host and each[1] in (method, "") and same_address(path, each[2])
    )
    return labels.get(place) or labels.get((host, "", path)) or next(alike, "")


def _of_act(act: Act, labels: Mapping[Place, str], source: Source = UNREAD) -> list[Said]:
    """The request that an act led to: the first that names the order and that no test has as another's.

    An order may be asked for with nothing of what it is (amounts in minor units, no id): then it is the
    request of the connector's own method.
    """
    facts = act.facts
    telling = [facts["order.client_order_id"], facts.get("order.order_id", "")]
    if act.operation == "place_order":
        telling.append(facts["order.amount"])
    for said in act.sent:
        words = [said.path, *said.values.values()]
        if labels.get(_place(said), act.operation) not in ("", act.operation):
            continue
        if said.method != "GET" and any(_holds(word, value) for value in telling if value for word in words):
            return [said]
    own = (said for said in act.sent if said.method != "GET")
    return [said for said in own if source.operation(said.path, said.method) == act.operation][:1]


def _holds(word: str, value: str) -> bool:
    return value in word if len(value) > 6 else word.rstrip("0") == value.rstrip("0") and "." in word


def _facts_in(said: Said, acts: Mapping[str, Mapping[str, str]], asked: Asked) -> Mapping[str, str]:
    """The facts of the order that a request is about, by its client order id, else what all orders share."""
    words = [said.path, *said.values.values()]
    for name, facts in acts.items():
        if any(name in word for word in words):
            return facts
    shared = next((act.facts for act in asked.acts if "order.order_id" in act.facts), {})
    return {
        name: shared[name] for name in ("order.order_id", "market.base", "market.quote") if name in shared
    }


def _signed_parts(schemes: Sequence[Scheme]) -> frozenset[str]:
    """Places of requests that hold a part of the signature and no parameter."""
    return frozenset(place for each in schemes for place in (each.place, *each.parts.values()))


def _route(
    operation: str,
    used: Sequence[tuple[Said, Mapping[str, str]]],
    parts: frozenset[str],
    schemes: Sequence[Scheme],
    credentials: Mapping[str, str],
    alike: Sequence[tuple[Said, Mapping[str, str]]] = (),
) -> Route:
    """`alike` are requests to other routes, too, whose parameters hold the same as those of `used`."""
    number = SESSION["account.number"]  # a parameter, whoever was told it
    keys = frozenset(value for value in credentials.values() if len(value) > 7 and value != number)
    examples = [Example(facts, _document(said, parts, keys)) for said, facts in used]
    more = [Example(facts, _document(said, parts, keys)) for said, facts in alike] or examples
    have = {leaf for each in examples for leaf in flatten(each.document)}
    known = {leaf: each for leaf, each in _but_for_market_orders(more).items() if leaf in have}
    first = used[0][0]
    path, fields = _path(known, first)
    takes: dict[str, JsonValue] = {}
    for leaf, each in known.items():
        if leaf[0] == "path" or (leaf[0] == "query" and first.body and not each.fact):
            continue  # beside a body the query only proves who sent it
        named = _naming_the_market(each, examples)
        found = _id_untold(_parameter(leaf, named, _optional(leaf, examples)), operation)
        if found is not None:
            fields.append(found)
    of_market = all(facts.get("order.type") == "market" for _, facts in used)
    if of_market and not any(each.fact == "order.amount" for each in fields):
        fields = [_worth(each) for each in fields]
    for placed in fields:
        _put(takes, placed.at, placed.text)
    takes = {
        name: _as_said(value, [_within(each.document, name) for each in examples])
        for name, value in takes.items()
    }
    private = any(scheme.signs(first, credentials) for scheme in schemes) or any(
        key in value for key in keys for value in first.values.values()
    )
    where = "query" if not first.body else "json" if first.body.lstrip().startswith(("{", "[")) else "form"
    where = "payload" if first.payload is not None else where
    places = tuple(dict.fromkeys(_place(said) for said, _ in used))
    return Route(operation, first.host, first.method, path, takes, where, private, tuple(fields), places)


def _document(said: Said, parts: frozenset[str], keys: frozenset[str]) -> JsonValue:
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
    if isinstance(body, dict):
        body = {
            name: value
            for name, value in body.items()
            if f"body {name}" not in parts and str(value) not in keys
        }
    return {
        "path": [*said.path.split("/")],
        "query": {
            name: value for name, value in query.items() if f"query {name}" not in parts and value not in keys
        },
        "body": body,
    }


def _path(known: Mapping[Path, Explained], first: Said) -> tuple[str, list[Field]]:
    """The path with names for what changes in it, and these parameters."""
    segments: list[str] = []
    fields: list[Field] = []
    for index, segment in enumerate(first.path.split("/")):
        each = known.get(("path", index))
        if each is None or each.kind in (Kind.CONSTANT, Kind.UNKNOWN, Kind.UNSTEADY):
            segments.append(segment)
            continue
        name = (each.fact.rpartition(".")[2] if each.fact else "symbol") or f"part{index}"
        segments.append(f"{{{name}}}")
        fields.append(Field((name,), each.text, each.fact, each.kind, (SENDS,), words=each.words))
    return "/".join(segments), fields


_OF_MARKET = ("market.symbol", "market.base", "market.quote")


def _naming_the_market(each: Explained, examples: Sequence[Example]) -> Explained:
    """A parameter that is the same in all requests is about their market where it names it (`BASE-QUOTE`)."""
    value = each.seen[0]
    if each.kind is not Kind.CONSTANT or not isinstance(value, str):
        return each
    facts = [{name: one.facts[name] for name in _OF_MARKET if name in one.facts} for one in examples]
    text = embedded([(value, known) for known in facts])
    return each if text is None else replace(each, kind=Kind.TEXT, text=text)


def _optional(leaf: Path, examples: Sequence[Example]) -> int:
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


def _parameter(leaf: Path, each: Explained, optional: int) -> Field | None:
    """A parameter of the query or the body, None for a time that only dates the request.

    `optional` is the depth of the key that may be missing, 0: none may.
    """
    steps = [str(step) for step in leaf[1:]]
    if not steps:
        return None
    name = next((str(step) for step in reversed(leaf) if isinstance(step, str)), "")
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
        elif each.kind is not Kind.CONSTANT:
            made = replace(made, text="{any}")
    elif isinstance(made.text, str):
        # When it is read any number of decimals will do.
        made = replace(made, text=re.sub(r"\|fixed\d+", "", made.text))
    if optional > 1:
        steps[optional - 2] += "?"
    return replace(made, at=tuple(steps))


def _but_for_market_orders(examples: Sequence[Example]) -> dict[Path, Explained]:
    """What each leaf holds; of a price and an amount those of other orders decide.

    Market orders may carry the last price, or what they are worth in place of their amount.
    """
    known = explained(examples)
    others = [each for each in examples if each.facts.get("order.type") != "market"]
    for path, each in explained(others).items() if others else ():
        if each.fact in ("order.price", "order.amount") and known[path].fact != each.fact:
            known[path] = each
    return known


def _id_untold(found: Field | None, operation: str) -> Field | None:
    """A parameter of a look-up that was sent with nothing: an id that the connector had not been told."""
    empty = found is not None and found.text in (None, "None", "null")
    if found is None or not empty or operation not in ("order_status", "order_trades", "cancel_order"):
        return found
    return replace(found, text="{order.order_id}", fact="order.order_id", kind=Kind.FACT)


def _worth(each: Field) -> Field:
    """What an order that says no amount is worth."""
    said = each.kind is Kind.CONSTANT and len(each.at) == 1 and number_of(str(each.text)) is not None
    if not said or not _WORTH.search(each.at[0]):
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


def _put(takes: dict[str, JsonValue], at: tuple[str, ...], text: JsonValue) -> None:
    place = takes
    for step in at[:-1]:
        inner = place.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        place = inner
    place[at[-1]] = text


def _within(document: JsonValue, name: str) -> JsonValue:
    """A parameter of a request, wherever it stands."""
    places = [document.get(place) for place in ("query", "body")] if isinstance(document, dict) else []
    return next((each[bare(name)] for each in places if isinstance(each, dict) and bare(name) in each), None)


def _as_said(made: JsonValue, said: Sequence[JsonValue]) -> JsonValue:
    """A parameter's template with lists where the requests had them."""
    if not isinstance(made, dict):
        return made
    if any(isinstance(each, list) for each in said):
        lists = [each for each in said if isinstance(each, list)]
        return [
            _as_said(value, [each[int(bare(key))] for each in lists if int(bare(key)) < len(each)])
            for key, value in made.items()
        ]
    inner = [each for each in said if isinstance(each, dict)]
    return {key: _as_said(value, [each.get(bare(key)) for each in inner]) for key, value in made.items()}


def _has(document: JsonValue, path: Path) -> bool:
    place: JsonValue = document
    for step in path:
        try:
            place = place[step]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _merged(found: Sequence[Route]) -> list[Route]:
    """One route for each name; the first stands."""
    unique: dict[str, Route] = {}
    for each in found:
        unique.setdefault(each.name, each)
    return list(unique.values())


def _place(said: Said) -> Place:
    return said.host, said.method, said.path


def _is_upgrade(said: Said) -> bool:
    return any(name.lower() == "upgrade" for name, _ in said.headers)
