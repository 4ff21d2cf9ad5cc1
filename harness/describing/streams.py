"""From the messages that left a connector on WebSockets to what can be subscribed to there, and how. Pure."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from harness.describing.asked import Asked, Opened
from harness.describing.leaves import parsed, unpacked
from harness.describing.said import Said
from harness.describing.sentinels import SESSION
from harness.describing.signatures import Scheme
from harness.describing.subscriptions import OPERATIONS, PRIVATE, Subscription, of_accounts, subscription
from harness.describing.templates import embedded, time_form

_VERBS = re.compile(r"subscri|\bsub\b|\breq\b|SetParams|SetSubscription", re.I)
_LOGS_IN = re.compile(r"\bauth|log_?[io]n\b|sign_?in\b", re.I)
_PLAIN_VERB = re.compile(r"sub(scribe)?$", re.I)
_UNDONE = re.compile(r"unsub", re.I)
_VERB_KEYS = ("sub", "subscribe", "req")
_ONE_MARKET = re.compile(r"\{market\.symbol(\|[a-z]+)*\}")
_OF_A_REQUEST = re.compile(r"(content-type|user-agent)$", re.I)  # which some say in every message, too
_NUMBERS = re.compile(r"^(id|req_?id|request_?id|nonce|cid|i)$", re.I)
_TOKEN = SESSION["session.key"]
_NUMBER = SESSION["account.number"]


@dataclass(frozen=True)
class Connection:
    """A WebSocket path and how topics are subscribed to on it.

    `said` is what all subscriptions have in common, `topics` the path to the topic in them. `by` is how it is
    opened for an account (frame, subscription, token, upgrade; empty: it never was), `login` the template of
    that message and `frame` one that was sent; `token` says where in the address a token stands.
    """

    host: str
    path: str
    said: Mapping[str, JsonValue] = field(default_factory=dict)
    topics: str = ""
    subscriptions: tuple[Subscription, ...] = ()
    by: str = ""
    login: JsonValue = None
    frame: Said | None = None
    token: str = ""


def connections(asked: Asked, schemes: Sequence[Scheme], facts: Mapping[str, str]) -> list[Connection]:
    """What was said on each WebSocket. `facts` are the market's."""
    signed = frozenset(scheme.place for scheme in schemes)
    grouped: dict[tuple[str, str], list[Opened]] = {}
    for each in asked.sockets:
        grouped.setdefault((each.host, _without_token(each.path)), []).append(each)
    known = {**facts, **{name: SESSION[name] for name in ("account.number", "market.number")}}
    found = []
    for (host, path), opened in sorted(grouped.items(), key=lambda each: each[0]):
        paths = {each.path for each in opened}
        frames = [each for each in asked.frames if each.host == host and each.path in paths]
        found.append(_Listener(asked, signed, known).connection(host, path, opened, frames))
    return found


def _without_token(path: str) -> str:
    return path.replace(_TOKEN, "{token}") or "/"


@dataclass(frozen=True)
class _Heard:
    """A message: what proves who the client is, with holes (None where nothing does), and the rest of it."""

    frame: Said
    document: dict[str, JsonValue]
    proof: JsonValue
    rest: JsonValue
    subscribes: bool

    @property
    def logs_in(self) -> bool:
        return self.proof is not None and not self.subscribes


class _Listener:
    """Makes a connection of what was sent on it."""

    def __init__(self, asked: Asked, signed: frozenset[str], facts: Mapping[str, str]) -> None:
        self._facts = facts
        self._signed = signed
        self._keys = {
            value: name for name, value in asked.credentials.items() if len(value) > 5 and value != _NUMBER
        }

    def connection(
        self, host: str, path: str, opened: Sequence[Opened], frames: Sequence[Said]
    ) -> Connection:
        by, login, first = "", None, None
        places: dict[str, None] = {}
        bare: dict[str, str] = {}
        said: dict[str, JsonValue] = {}
        subscriptions: dict[str, Subscription] = {}
        said_on: dict[str, set[int]] = {}
        heard = [each for frame in frames if (each := self._heard(frame)) is not None]
        for each in heard:
            frame, proof, rest = each.frame, each.proof, each.rest
            if proof is not None and not by:
                by = "frame" if each.logs_in else "token" if _TOKEN in frame.body else "subscription"
                login = self._holes(each.document, frame, ()) if each.logs_in else proof
                first = frame
            if isinstance(rest, dict) and not each.logs_in:
                if (verb := _bare_verb(rest)) is not None:
                    bare[verb] = str(rest[verb])
                for where, topic, common in _topics(rest, self._facts_in(frame.body)):
                    places[where], said = None, _shared(said, common)
                    name = json.dumps(topic, sort_keys=True)
                    subscriptions.setdefault(name, subscription(topic, private=proof is not None))
                    said_on.setdefault(name, set()).add(frame.socket)
        logged_in = {each.frame.socket for each in heard if each.logs_in}
        subscriptions |= of_accounts(subscriptions, said_on, logged_in)
        if by == "frame" and bare:  # what is the account's is asked for by the message's name alone
            said = _shared(said, dict.fromkeys(bare, "{any}"))
            places |= dict.fromkeys(bare)
            for topic in bare.values():
                subscriptions |= {f"{each} {topic}": Subscription(each, topic, True) for each in PRIVATE}
        ordered = tuple(subscriptions[text] for text in sorted(subscriptions))
        ordered, places = _at_one_place(ordered, places)
        topics = " | ".join(places)
        token, signed_at = _token_place(path, opened), any(map(self._proves, opened))
        by = by or ("token" if token else "upgrade" if signed_at else "")
        return Connection(host, path, said, topics, ordered, by, login, first, token)

    def _heard(self, frame: Said) -> _Heard | None:
        """A message in its parts; None for what subscribes to nothing and proves nothing."""
        document = unpacked(parsed(frame.body))
        if not isinstance(document, dict) or _UNDONE.search(frame.body):
            return None
        document = {name: value for name, value in document.items() if not _OF_A_REQUEST.match(name)}
        proof, rest = self._parted(document, frame, ())
        spoken = json.dumps(rest)
        subscribes = _VERBS.search(spoken) is not None and _LOGS_IN.search(spoken) is None
        return _Heard(frame, document, proof, rest, subscribes)

    def _facts_in(self, text: str) -> Mapping[str, str]:
        """The facts that a message may name: the quote beside its base alone; a broker has the kit's name."""
        if self._facts.get("market.base", "").lower() in text.lower():
            return self._facts
        return {name: value for name, value in self._facts.items() if name != "market.quote"}

    def _proves(self, opened: Opened) -> bool:
        """Whether the request that opened it carried a key, or that of a session."""
        proofs = (*self._keys, _TOKEN)
        return any(proof in value for _, value in opened.headers for proof in proofs)

    def _parted(
        self, value: JsonValue, frame: Said, at: tuple[str | int, ...]
    ) -> tuple[JsonValue, JsonValue]:
        """(what proves who the client is, with holes; the rest). The first is None where nothing does."""
        if isinstance(value, dict):
            proof: dict[str, JsonValue] = {}
            rest: dict[str, JsonValue] = {}
            for key, item in value.items():
                proved, left = self._parted(item, frame, (*at, key))
                if proved is not None:
                    proof[key] = proved
                if left is not None and left != {}:
                    rest[key] = left
            return (proof or None), rest
        if isinstance(value, list):
            proves = any(self._parted(item, frame, (*at, i))[0] is not None for i, item in enumerate(value))
            return (self._holes(value, frame, at), None) if proves else (None, value)
        hole = self._hole(value, frame, at)
        return (hole, None) if isinstance(hole, str) and hole != value else (None, value)

    def _holes(self, value: JsonValue, frame: Said, at: tuple[str | int, ...]) -> JsonValue:
        """A login message with holes for the key, the pass phrase, the time, the token and the signature."""
        if isinstance(value, dict):
            made = {
                key: self._holes(item, frame, (*at, key))
                for key, item in value.items()
                if not _NUMBERS.match(key)
            }
            return dict(made)
        if isinstance(value, list):
            return [self._holes(item, frame, (*at, index)) for index, item in enumerate(value)]
        if str(value) == _NUMBER:
            return "{any}"
        if isinstance(value, int | str) and not isinstance(value, bool) and time_form(value):
            return "{login.time}"
        return self._hole(value, frame, at)

    def _hole(self, leaf: JsonValue, frame: Said, at: tuple[str | int, ...]) -> JsonValue:
        text = str(leaf)
        if text == _TOKEN:
            return "{login.token}"
        if text in self._keys:
            return "{login.passphrase}" if re.search("pass|memo", self._keys[text]) else "{login.key}"
        place = next((name for name in self._signed if frame.values.get(name) == text), None)
        long = isinstance(leaf, str) and re.fullmatch(r"[A-Za-z0-9+/=_.-]{40,}", text) is not None
        name = at[-1] if at else ""
        named = isinstance(name, int) or re.search(r"sig|hash|hmac|digest|^s$", name, re.I) is not None
        return "{login.signature}" if place is not None or (long and named) else leaf


def _token_place(path: str, opened: Sequence[Opened]) -> str:
    if "{token}" in path:
        return "path token"
    for each in opened:
        for pair in each.query.split("&"):
            name, _, value = pair.partition("=")
            if value == _TOKEN:
                return f"query {name}"
    return ""


def _at_one_place(
    subscriptions: tuple[Subscription, ...], places: dict[str, None]
) -> tuple[tuple[Subscription, ...], dict[str, None]]:
    """Where some messages name a topic alone and others with more beside it, it is what both name.

    Where the market stands beside it, all topics are what the others are.
    """
    for place in list(places):
        whole, dot, key = place.rpartition(".")
        if not key or whole not in places:
            continue
        if any(_names_the_market_beside(each.topic, key) for each in subscriptions):
            del places[place]
            subscriptions = tuple(
                each if isinstance(each.topic, dict) else replace(each, topic={key: each.topic})
                for each in subscriptions
            )
        elif dot:
            del places[whole]
            subscriptions = tuple(
                replace(each, topic=each.topic[key])
                if isinstance(each.topic, dict) and isinstance(each.topic.get(key), str)
                else each
                for each in subscriptions
            )
    return subscriptions, places


def _names_the_market_beside(topic: JsonValue, key: str) -> bool:
    beside = {name: item for name, item in topic.items() if name != key} if isinstance(topic, dict) else {}
    return "{market." in json.dumps(beside)


def _shared(one: Mapping[str, JsonValue], other: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """What two subscriptions have in common; where a value differs, any will do."""
    if not one:
        return dict(other)
    return {name: value if one.get(name) == value else "{any}" for name, value in other.items()}


def _bare_verb(document: Mapping[str, JsonValue]) -> str | None:
    """The key of a message that says which subscription it is by its name and nothing else does."""
    rest = [name for name, value in document.items() if not _NUMBERS.match(name) and not _is_time(value)]
    if len(rest) != 1 or not isinstance(document[rest[0]], str) or _PLAIN_VERB.match(str(document[rest[0]])):
        return None
    return rest[0] if _VERBS.search(str(document[rest[0]])) else None


Topics = Iterable[tuple[str, JsonValue, dict[str, JsonValue]]]


def _topics(document: dict[str, JsonValue], facts: Mapping[str, str]) -> Topics:
    """(path to the topics, a topic's template, what else is said) for each topic in a message."""
    for name in _VERB_KEYS:
        if isinstance(document.get(name), str) and not _VERBS.search(str(document[name])):
            return [_topic_at(name, document, facts)]
    said: dict[str, JsonValue] = {
        name: value for name, value in document.items() if isinstance(value, str) and _VERBS.search(value)
    }
    if not said:
        return []
    rest = {
        name: value
        for name, value in document.items()
        if name not in said and not _NUMBERS.match(name) and not _is_time(value)
    }
    lists = [name for name, value in rest.items() if _plain_list(value)]
    if len(rest) == 2 and len(lists) == 2:
        return list(_pairs(rest, facts, said))
    whole: dict[str, JsonValue] = {name: said[name] for name in said if _says_what(str(said[name]))}
    if len(rest) > 1 or whole or not rest:
        said |= dict.fromkeys(whole, "{any}")
        return [("", templated({**whole, **rest}, facts), said)] if rest else []
    ((name, value),) = rest.items()
    if isinstance(value, list) and value:
        return [(f"{name}[]", templated(each, facts), said) for each in value]
    if isinstance(value, dict) and len(value) == 1:
        ((key, inner),) = value.items()
        if isinstance(inner, str):
            return [(f"{name}.{key}", templated(inner, facts), said)]
        if _plain_list(inner) and isinstance(inner, list):
            return [(f"{name}.{key}[]", templated(each, facts), said) for each in inner]
    return [(name, templated(value, facts), said)]


def _topic_at(
    name: str, document: Mapping[str, JsonValue], facts: Mapping[str, str]
) -> tuple[str, JsonValue, dict[str, JsonValue]]:
    """What stands at a key which is the verb (`{"sub": topic}`), or all where the market is beside it."""
    whole = templated({key: value for key, value in document.items() if _tells(key, value)}, facts)
    if _names_the_market_beside(whole, name):
        return "", whole, {name: "{any}"}
    return name, templated(document[name], facts), {name: "{any}"}


def _tells(key: str, value: JsonValue) -> bool:
    """Whether a part of a message tells what is subscribed to: no verb, number or time."""
    plain = isinstance(value, str) and _PLAIN_VERB.match(value) is not None
    return not (plain or _NUMBERS.match(key) or _is_time(value))


def _says_what(verb: str) -> bool:
    """Whether a verb says what is subscribed to as well (`SubscribeTrades`)."""
    rest = _VERBS.sub("", verb)
    return any(re.search(pattern, rest, re.I) for pattern, _ in OPERATIONS)


def _pairs(
    rest: Mapping[str, JsonValue], facts: Mapping[str, str], said: dict[str, JsonValue]
) -> Iterator[tuple[str, JsonValue, dict[str, JsonValue]]]:
    """Two lists: each of the one with each of the other."""
    (one, first), (other, second) = sorted(rest.items())
    if isinstance(first, list) and isinstance(second, list):
        for pair in itertools.product(first, second):
            yield f"{one}[] * {other}[]", [templated(each, facts) for each in pair], said


def _plain_list(value: JsonValue) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)


def _is_time(value: JsonValue) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool) and bool(time_form(value))


def templated(value: JsonValue, facts: Mapping[str, str]) -> JsonValue:
    """What was said, with the facts that stand in it."""
    if isinstance(value, dict):
        return {key: templated(item, facts) for key, item in value.items() if not _is_time(item)}
    if isinstance(value, list):
        made = [templated(item, facts) for item in value]
        return {"each market": made[0]} if len(made) == 1 and _ONE_MARKET.fullmatch(str(made[0])) else made
    if isinstance(value, str):
        return embedded([(value, facts)]) or value
    if isinstance(value, int) and not isinstance(value, bool):
        numbers = (name for name, known in facts.items() if name.endswith(".number") and known == str(value))
        return next((f"{{{name}|number}}" for name in numbers), value)
    return value
