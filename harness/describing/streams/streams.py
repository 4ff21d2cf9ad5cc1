"""From the messages that left a connector on WebSockets to what can be subscribed to there, and how. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from harness.describing.documents.asked import Asked, Opened
from harness.describing.documents.leaves import parsed, unpacked
from harness.describing.documents.said import Said
from harness.describing.documents.sentinels import SESSION
from harness.describing.documents.templates import time_form
from harness.describing.signing.signatures import Scheme
from harness.describing.streams.subscriptions import PRIVATE, Subscription, of_accounts, subscription
from harness.describing.streams.topics import (
    NUMBERS,
    VERBS,
    Topics,
    bare_verb,
    names_the_market_beside,
    topics_alone,
    topics_named,
)

_LOGS_IN = re.compile(r"\bauth|log_?[io]n\b|sign_?in\b", re.I)
_UNDONE = re.compile(r"unsub", re.I)
_OF_A_REQUEST = re.compile(r"(content-type|user-agent)$", re.I)  # which some say in every message, too
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
        heard = [each for frame in frames if (each := self._heard(frame)) is not None]
        for each in heard:
            if each.proof is not None and not by:
                by = "frame" if each.logs_in else "token" if _TOKEN in each.frame.body else "subscription"
                login = self._holes(each.document, each.frame, ()) if each.logs_in else each.proof
                first = each.frame
        rests = [each.rest for each in heard if isinstance(each.rest, dict) and not each.logs_in]
        bare = {verb: str(rest[verb]) for rest in rests if (verb := bare_verb(rest)) is not None}
        said, places, subscriptions = self._subscribed(heard, topics_named)
        if not subscriptions:
            said, places, subscriptions = self._subscribed(heard, topics_alone)
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

    def _subscribed(
        self, heard: Sequence[_Heard], read: Callable[[dict[str, JsonValue], Mapping[str, str]], Topics]
    ) -> tuple[dict[str, JsonValue], dict[str, None], dict[str, Subscription]]:
        """(what all subscriptions have in common, where topics stand, the subscriptions)."""
        said: dict[str, JsonValue] = {}
        places: dict[str, None] = {}
        subscriptions: dict[str, Subscription] = {}
        said_on: dict[str, set[int]] = {}
        for each in heard:
            rest = each.rest if isinstance(each.rest, dict) and not each.logs_in else {}
            for where, topic, common in read(rest, self._facts_in(each.frame.body)):
                places[where], said = None, _shared(said, common)
                name = json.dumps(topic, sort_keys=True)
                subscriptions.setdefault(name, subscription(topic, private=each.proof is not None))
                said_on.setdefault(name, set()).add(each.frame.socket)
        logged_in = {each.frame.socket for each in heard if each.logs_in}
        return said, places, subscriptions | of_accounts(subscriptions, said_on, logged_in)

    def _heard(self, frame: Said) -> _Heard | None:
        """A message in its parts; None for what subscribes to nothing and proves nothing."""
        document = unpacked(parsed(frame.body))
        if not isinstance(document, dict) or _UNDONE.search(frame.body):
            return None
        document = {name: value for name, value in document.items() if not _OF_A_REQUEST.match(name)}
        proof, rest = self._parted(document, frame, ())
        spoken = json.dumps(rest)
        subscribes = VERBS.search(spoken) is not None and _LOGS_IN.search(spoken) is None
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
                if not NUMBERS.match(key)
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
        if any(names_the_market_beside(each.topic, key) for each in subscriptions):
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


def _shared(one: Mapping[str, JsonValue], other: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """What two subscriptions have in common; where a value differs, any will do."""
    if not one:
        return dict(other)
    return {name: value if one.get(name) == value else "{any}" for name, value in other.items()}
