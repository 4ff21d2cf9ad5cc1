"""From the requests that left a connector to routes: where each parameter stands and what it holds. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from harness.describing.documents.asked import Asked
from harness.describing.documents.fields import SENDS, Field
from harness.describing.documents.leaves import flatten, written
from harness.describing.documents.said import Place, Said, Word
from harness.describing.documents.sentinels import SESSION
from harness.describing.documents.templates import Example
from harness.describing.fork_tests.answers import Answer
from harness.describing.replies.market_units import decimals_told
from harness.describing.replies.places import PLACE, by_place, place_told
from harness.describing.routes.parameters import (
    as_said,
    by_the_usual_orders,
    document_of,
    id_untold,
    may_lack,
    naming_the_market,
    nearly,
    optional_from,
    parameter_of,
    path_of,
    put,
    within,
    worth,
)
from harness.describing.routes.route_labels import (
    by_shape,
    by_words,
    facts_in,
    labels_of,
    meant_by,
    of_act,
    operation_of,
)
from harness.describing.signing.signatures import Scheme
from harness.describing.signing.signing import session_place, session_places
from harness.describing.source_code.source import UNREAD, Source

_SETTING = ("set_leverage", "position_mode")
# Operations that change something of an account's, whoever a request says that it is from.
_OF_ACCOUNTS = ("place_order", "cancel_order", *_SETTING)


@dataclass(frozen=True)
class Route:
    """A route as it was used. `path` names its parameters (`/orders/{id}`); `fields` are those of `takes`.

    `word` tells its requests from others to the same address.
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
    word: Word | None = None

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}{f' ({self.word.text})' if self.word else ''}"

    @property
    def when(self) -> dict[str, JsonValue]:
        """The word, by its parameter."""
        return {self.word.parameter: self.word.wanted} if self.word else {}


def routes(
    asked: Asked,
    answers: Sequence[Answer],
    schemes: Sequence[Scheme],
    symbol: str,
    source: Source = UNREAD,
    unexplained: Sequence[str] = (),
) -> list[Route]:
    """Every route that was used, those of acts first. `symbol` is the exchange's name of the pair.

    What an act or a test does not tell of a route, the method that asks for it does, else its path's words.
    `unexplained` are places that hold a signature which nobody could reproduce: they are no parameters.
    """
    labels = labels_of(answers, source)
    sessions = frozenset(session_places(asked.sent))
    parts = signed_parts(schemes) | frozenset(unexplained) | sessions
    common = {
        **decimals_told(answers),
        **place_told(answers, source.counted),
        "account.number": SESSION["account.number"],
        "session.key": SESSION["session.key"],
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
            for said in of_act(act, labels, source)
        ]
        alike = by_shape(used)
        groups = [(group, shape) for shape in alike for group in by_words(shape)]
        for group, shape in groups:
            examples, more = (
                [(said, {**common, **act.facts}) for said, act in each] for each in (group, shape)
            )
            made = route_of(operation, examples, parts, schemes, asked.credentials, more)
            means = meant_by(group, [each for each, _ in groups]) if len(groups) > 1 else {}
            found.append(replace(made, means=means))
            taken |= {said.at for said, _ in group}
    others = {said: act.facts for act in asked.acts if act.operation in _SETTING for said in act.sent}
    for place, messages in _besides(asked, taken).items():
        operation = operation_of(place, labels, source)
        if operation in _SETTING:  # a connector may set what it likes when it starts
            messages = [said for said in messages if said in others] or messages
        examples = [
            (said, {**common, **facts_in(said, asked), **others.get(said, {})}) for said in messages[:20]
        ]
        found.append(route_of(operation, examples, parts, schemes, asked.credentials))
    return _merged(found)


def _besides(asked: Asked, taken: Set[Place]) -> dict[Place, list[Said]]:
    """The requests that no act led to, by place."""
    others: dict[Place, list[Said]] = {}
    for said in asked.sent:
        unknown = "None" in said.path.split("/")  # an id that the connector had not been told
        if said.at not in taken and not said.opens_a_socket and not unknown:
            others.setdefault(said.at, []).append(said)
    return others


def signed_parts(schemes: Sequence[Scheme]) -> frozenset[str]:
    """Places of requests that hold a part of the signature and no parameter."""
    return frozenset(place for each in schemes for place in (each.place, *each.parts.values()))


def route_of(
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
    examples = [Example(facts, document_of(said, parts, keys)) for said, facts in used]
    more = [Example(facts, document_of(said, parts, keys)) for said, facts in alike] or examples
    have = {leaf for each in examples for leaf in flatten(each.document)}
    known = {leaf: each for leaf, each in by_the_usual_orders(more).items() if leaf in have}
    first = used[0][0]
    path, fields = path_of(known, first, keys)
    takes: dict[str, JsonValue] = {}
    told = any(each.fact in ("order.order_id", "order.client_order_id") for each in known.values())
    amounts = [leaf for leaf, each in known.items() if each.fact == "order.amount"]
    for leaf, each in known.items():
        if leaf[0] == "path" or (leaf[0] == "query" and first.body and not each.fact):
            continue  # beside a body the query only proves who sent it
        if f"{leaf[0]} {written(leaf[1:])}" in parts:
            continue
        named = nearly(naming_the_market(each, examples), more)
        named = worth(by_place(named, used[0][1].get(PLACE, "")), examples, amounts)
        found = parameter_of(leaf, named, optional_from(leaf, examples))
        found = found if told else id_untold(found, operation)
        found = may_lack(found) if found is not None and first.method == "GET" else found
        if found is not None and found.text is not None:  # what is always null is no parameter
            fields.append(found)
    for placed in fields:
        put(takes, placed.at, placed.text)
    takes = {
        name: as_said(value, [within(each.document, name) for each in examples])
        for name, value in takes.items()
    }
    private = (
        operation in _OF_ACCOUNTS
        or any(scheme.signs(first, credentials) for scheme in schemes)
        or session_place(first, parts) != ""
        or any(key in value for key in keys for value in (first.path, *first.values.values()))
    )
    where = "query" if not first.body else "json" if first.body.lstrip().startswith(("{", "[")) else "form"
    where = "payload" if first.payload is not None else where
    places = tuple(dict.fromkeys(said.at for said, _ in used))
    made = Route(operation, first.host, first.method, path, takes, where, private, tuple(fields), places)
    return replace(made, word=first.word)


def _merged(found: Sequence[Route]) -> list[Route]:
    """One route for each name; the first stands."""
    unique: dict[str, Route] = {}
    for each in found:
        unique.setdefault(each.name, each)
    return list(unique.values())
