"""Which operation a request is for: by what the connector was told, its tests and its source. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence

from harness.describing.documents.asked import Act, Asked
from harness.describing.documents.said import Place, Said, Word
from harness.describing.documents.sentinels import same_address
from harness.describing.documents.templates import Example, Kind, explained
from harness.describing.fork_tests.answers import Answer
from harness.describing.source_code.operation_words import named_so, said_so
from harness.describing.source_code.source import UNREAD, Source

_VERSION = re.compile(r"v\d+(\.\d+)*")
Used = Sequence[tuple[Said, Act]]


def by_shape(used: Used) -> list[Used]:
    """The requests of one operation, those together whose paths have as many parts and that say one word."""
    groups: dict[tuple[str, int, Word | None], list[tuple[Said, Act]]] = {}
    for said, act in used:
        groups.setdefault((said.method, said.path.count("/"), said.word), []).append((said, act))
    return list(groups.values())


def by_words(shape: Used) -> list[Used]:
    """Requests of one shape, those apart whose paths say side and type in one word (`/buyLimit`), or that are
    of several versions of the exchange's API (`/v1.1/order`).
    """
    known = explained([Example(act.facts, {"path": [*said.path.split("/")]}) for said, act in shape])
    unlike = [path[1] for path, each in known.items() if each.kind is Kind.UNKNOWN or versions(each.seen)]
    groups: dict[tuple[str, ...], list[tuple[Said, Act]]] = {}
    for said, act in shape:
        segments = said.path.split("/")
        groups.setdefault(tuple(segments[int(index)] for index in unlike), []).append((said, act))
    told = [{_side_and_type(act) for _, act in group} for group in groups.values()]
    apart = all(not one & other for one, other in itertools.combinations(told, 2))
    words = all(_VERSION.fullmatch(each) or each.isalpha() for segments in groups for each in segments)
    return list(groups.values()) if apart and words else [shape]


def versions(seen: Iterable[object]) -> bool:
    """Whether a path's part is one of several versions: no word for what is ordered."""
    said = set(map(str, seen))
    return len(said) > 1 and all(map(_VERSION.fullmatch, said))


def _side_and_type(act: Act) -> tuple[str, str]:
    return act.facts["order.side"], act.facts["order.type"].removesuffix("_maker")


def meant_by(group: Used, groups: Sequence[Used]) -> dict[str, str]:
    """What all orders of a group have in common that those of others have not."""
    means = {}
    for fact in ("order.side", "order.type"):
        own = {act.facts[fact].removesuffix("_maker") for _, act in group}
        every = {act.facts[fact].removesuffix("_maker") for each in groups for _, act in each}
        if len(own) == 1 and len(every) > 1:
            means[fact] = own.pop()
    return means


def labels_of(answers: Iterable[Answer], source: Source) -> dict[Place, str]:
    """Operation by place (its method empty where a test names none).

    Where a route tells of an order's status and of its fills, it is the status's, unless the connector's
    method for fills asks for it. Whether the exchange is there may be asked of any route.
    """
    found: dict[Place, str] = {}
    for each in answers:
        if each.place is not None and not (each.shared and each.word is None):
            host, path = each.place
            place = (host, each.method, path, each.word)
            before = found.get(place)
            told = source.operation(path, each.method) if each.word is None else ""
            if before and each.operation == "server_time":
                continue
            if before != "order_status" or (told == each.operation == "order_trades"):
                found[place] = told if before == told == "order_trades" else each.operation
    return found


def label_of(place: Place, labels: Mapping[Place, str]) -> str:
    """What the tests have a route for: by its method, then by none, then but for the account's number."""
    host, method, path, word = place
    alike = (
        labels[each]
        for each in labels
        if each[0] == host and each[1] in (method, "") and each[3] == word and same_address(path, each[2])
    )
    return labels.get(place) or labels.get((host, "", path, word)) or next(alike, "")


def operation_of(place: Place, labels: Mapping[Place, str], source: Source) -> str:
    """What the tests have a route for, else what the method is for that asks for it, else its own words."""
    _, method, path, word = place
    if word is not None:
        return label_of(place, labels) or source.meant(path, word) or said_so(word.text)
    return label_of(place, labels) or source.operation(path, method) or named_so(path)


def of_act(act: Act, labels: Mapping[Place, str], source: Source = UNREAD) -> list[Said]:
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
        if labels.get(said.at, act.operation) not in ("", act.operation):
            continue
        if said.method != "GET" and any(_holds(word, value) for value in telling if value for word in words):
            return [said]
    own = (said for said in act.sent if said.method != "GET")
    return [said for said in own if source.operation(said.path, said.method) == act.operation][:1]


def _holds(word: str, value: str) -> bool:
    return value in word if len(value) > 6 else word.rstrip("0") == value.rstrip("0") and "." in word


def facts_in(said: Said, asked: Asked) -> Mapping[str, str]:
    """The facts of the order that a request is about, by its client order id, else what all orders share."""
    words = [said.path, *said.values.values()]
    for name, facts in asked.by_client_id.items():
        if any(name in word for word in words):
            return facts
    shared = next((act.facts for act in asked.acts if "order.order_id" in act.facts), {})
    return {
        name: shared[name] for name in ("order.order_id", "market.base", "market.quote") if name in shared
    }
