"""A client made of a description alone: it asks, signs, subscribes and reads as the description says."""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from functools import cached_property, partial
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlencode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PSS
from pydantic import JsonValue

from harness.venue.described import DescribedDialect
from harness.venue.described.addresses import bare
from harness.venue.described.held_keys import number_of
from harness.venue.described.model import Connection, Pattern, RouteDescription, Signing
from harness.venue.described.placeholders import ELSE, IF, THEN, leaf
from harness.venue.described.schemes import (
    HASHES,
    WALLETS,
    decoded,
    ed25519_key,
    in_form,
    padded,
    rsa_key,
    signed,
)
from harness.venue.described.signing import Given, given_by, texts_of
from harness.venue.described.signing_texts import text_of
from harness.venue.described.templates import Scope
from harness.venue.described.values import Fact
from harness.venue.dialects.messages import Frame, Reply, Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.dialects.wallets import address_of, personal_digest, sign_digest
from harness.venue.dialects.wire import iso, ms, ns, us
from harness.venue.market import Market
from harness.venue.model import Account
from tests.venue.described.placing import anything, as_text, base64url, es256, placed, put

Facts = Mapping[str, Fact]
NAMES = (
    "1234567",
    "t-1234567",
    "HBOT-1234567",
    "0x" + "ab" * 16,
    "f47ac10b-58cc-4372-a567-0e02b2c3d479",
)  # client order ids: each exchange takes one of them
_FILTERS_THAT_CHANGE = frozenset({"negated", "percent", "contracts", "per_contract", "number_of"})


def moment(at: float, unit: str) -> str:
    """A time as a signature has it."""
    forms: dict[str, Callable[[float], object]] = {
        "s": int, "any s": int, "ms": ms, "us": us, "ns": ns, "iso": lambda t: iso(t)[:19],
    }  # fmt: skip
    return str(forms[unit](at))


@dataclass
class Client:
    """`spoilt`: its signatures are wrong."""

    dialect: DescribedDialect
    account: Account
    spoilt: bool = False
    nonces: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def description(self) -> Any:
        return self.dialect.description

    def routes(self, operation: str) -> Iterator[str]:
        for name, route in self.description.routes.items():
            if route.operation == operation:
                yield name

    def ask(self, name: str, facts: Facts) -> Reply:
        """Send a request of that route which carries the facts; raises LookupError for what it cannot say."""
        route: RouteDescription = self.description.routes[name]
        method, path, *_ = name.split(" ")
        said = self.filled(route.takes, facts)
        said = said if isinstance(said, dict) else {}
        for key in re.findall(r"\{(\w+)\}", path):
            path = path.replace(f"{{{key}}}", str(said.pop(key)))
        said = {**{name: value for name, value in route.when.items() if "." not in name}, **said}
        usual = "query" if method in ("GET", "DELETE") else "json"
        kind = (route.parameters or usual).removesuffix(" or form")
        body = json.dumps(said) if kind == "json" else urlencode(said) if kind == "form" else ""
        query = urlencode({key: as_text(value) for key, value in said.items()}) if kind == "query" else ""
        request = self._request(method, path, query, body if said else "")
        if kind == "payload":
            request = self.packed(request, self.description.signing, said)
        if route.private:
            request = self.signed(request, route)
        return self.dialect.handle(request)

    def packed(self, request: Request, signing: Signing, said: JsonValue) -> Request:
        """The request with what it says, and the time if it belongs there, as JSON in base64 in a header."""
        kind, _, name = signing.carries.get("time", "").partition(" ")
        beside = {name: self.given(signing).time} if kind == "payload" else {}
        whole: dict[str, JsonValue] = {**(said if isinstance(said, dict) else {}), **beside}
        return placed(request, signing, "payload", base64.b64encode(json.dumps(whole).encode()).decode())

    def _request(self, method: str, path: str, query: str, body: str) -> Request:
        pairs = parse_qsl(query, keep_blank_values=True)
        host = self.dialect.rest_hosts[0]
        now = self.dialect.venue.clock.now()
        headers = {"Content-Type": "application/json"} if body[:1] in ("{", "[") else {}
        return Request(method, host, path, pairs, headers, body.encode(), now, query)

    def signed(self, request: Request, route: RouteDescription) -> Request:
        """Orders are signed first: what signs a whole request signs their signature, too."""
        if route.also_signed is not None:
            request = self._signed(request, route.also_signed, route.signs)
        signing = route.signing or self.description.signing
        return self._signed(request, signing, route.signs, proven=route.proof == "signature")

    def _signed(
        self, request: Request, signing: Signing, signs: Mapping[str, str], *, proven: bool = True
    ) -> Request:
        if signing.scheme == "session":
            return placed(request, signing, "signature", "spoilt" if self.spoilt else self.session)
        given = self.given(signing)
        request = self._proven(request, signing, given)
        if not proven:
            return request
        held = self._held()
        own = {"owner": held.get("owner", ""), "number": str(number_of(self.account)), **signs}
        return self._with_signature(request, signing, given, own)

    @staticmethod
    def _proven(request: Request, signing: Signing, given: Given) -> Request:
        """With every part of a signature but itself; those in a payload are in it already."""
        for part in ("key", "time", "nonce", "passphrase", "window", "signer"):
            if not signing.carries.get(part, "payload").startswith("payload"):
                request = placed(request, signing, part, getattr(given, part))
        return request

    def _with_signature(
        self, request: Request, signing: Signing, given: Given, own: Mapping[str, str]
    ) -> Request:
        given = replace(given, payload=given_by(signing, request).payload)
        text = next(iter(texts_of(signing, request, given, own)))
        return placed(request, signing, "signature", self.signature(signing, text))

    @cached_property
    def session(self) -> str:
        """The key of a session that the first route which gives one gave, in its reply or a header."""
        name, *_ = self.routes("stream_token")
        reply = self.ask(name, {})
        for header, text in self.description.routes[name].headers.items():
            pattern = re.escape(text).replace(re.escape("{session.key}"), "([^;]+)")
            pattern = re.sub(r"\\\{.*?\\\}", ".*", pattern)
            if (found := re.fullmatch(pattern, reply.headers[header])) and found.groups():
                return found[1]
        (key,) = self.told(name, reply, "session.key")
        return str(key)

    def _held(self) -> dict[str, str]:
        """What the account's credentials hold, by what they are."""
        held = self.dialect.credentials(self.account)
        return {each.is_: held[name] for name, each in self.description.credentials.items()}

    def given(self, signing: Signing) -> Given:
        values = self._held()
        now = self.dialect.venue.clock.now()
        return Given(
            key=values.get("key", ""),
            time=moment(now, signing.time),
            nonce=str(next(self.nonces)),
            passphrase=self._phrase(signing, values.get("passphrase") or values.get("number", "")),
            window="5000",
            signer=values.get("signer") or self._wallet_address(signing),
        )

    def _wallet_address(self, signing: Signing) -> str:
        wallet = signing.scheme in WALLETS and "signer" in signing.carries
        return address_of(self.dialect.key_of(signing, self.account)) if wallet else ""

    def _phrase(self, signing: Signing, phrase: str) -> str:
        secret = self.dialect.secret(self.account)
        return phrase if signing.passphrase == "plain" else signed(signing, secret, phrase)

    def signature(self, signing: Signing, text: bytes) -> str:
        secret = "c3BvaWx0" * 8 if self.spoilt else self.dialect.secret(self.account)
        if signing.scheme == "jwt":
            return self.token(signing, text)
        if signing.scheme == "hmac":
            key = secret.encode() if self.spoilt else decoded(secret, signing.decode)
            return in_form(hmac.new(key, text, signing.digest).digest(), signing.written)
        if signing.scheme == "ed25519":
            other = Ed25519PrivateKey.from_private_bytes(b"\0" * 32)
            made = (other if self.spoilt else ed25519_key(secret, signing.decode)).sign(text)
            return in_form(made, signing.written)
        if signing.scheme == "rsa":
            said = b"spoilt" if self.spoilt else text
            padding = padded(signing, PSS.DIGEST_LENGTH)
            key_pair = rsa_key(self.dialect.secret(self.account))
            return in_form(key_pair.sign(said, padding, HASHES[signing.digest]), signing.written)
        if signing.scheme in WALLETS:
            wallet = "0x" + "11" * 32 if self.spoilt else self.dialect.key_of(signing, self.account)
            digest = personal_digest(text) if signing.scheme == "eip191" else text
            return in_form(sign_digest(digest, wallet), signing.written)
        return secret

    def token(self, signing: Signing, text: bytes) -> str:
        """A JWT that claims the key where the exchange wants it, and the text as its path."""
        held = self.given(signing)
        parts = ((*place.partition(" "), part) for part, place in signing.carries.items())
        claims = {name: getattr(held, part) for kind, _, name, part in parts if kind == "claim"}
        kind = "HS256" if signing.algorithm == "HMAC" else signing.algorithm
        said: tuple[Any, ...] = ({"alg": kind, "typ": "JWT"}, {**claims, signing.claim: text.decode()})
        head = ".".join(base64url(json.dumps(each).encode()) for each in said)
        secret = "c3BvaWx0" * 8 if self.spoilt else self.dialect.secret(self.account)
        if kind == "ES256":
            return f"{head}.{es256(None if self.spoilt else secret, head)}"
        return f"{head}.{base64url(hmac.new(secret.encode(), head.encode(), signing.digest).digest())}"

    def filled(self, template: JsonValue, facts: Facts) -> JsonValue:
        """A template with these facts (`order.price` …) in it; what may hold anything holds a word."""
        things: dict[str, dict[str, Fact]] = {}
        for name, value in facts.items():
            thing, _, fact = name.partition(".")
            things.setdefault(thing, {})[fact] = value
        scope = Scope({thing: partial(dict, held) for thing, held in things.items()})
        return self.dialect.filler.fill(anything(template), scope)

    def told(self, name: str, reply: Reply, fact: str) -> list[JsonValue]:
        """What a reply holds where the route's template tells the fact, as it stands there."""
        document = json.loads(reply.content())
        return list(self._told(self.description.routes[name].reply, document, fact))

    def _told(self, template: JsonValue, data: JsonValue, fact: str) -> Iterator[JsonValue]:
        if isinstance(template, str):
            hole = leaf(template).whole
            if hole is not None and hole.name == fact and _FILTERS_THAT_CHANGE.isdisjoint(hole.filters):
                yield data
        elif isinstance(template, list) and isinstance(data, list):
            for one, other in zip(template, data, strict=False):
                yield from self._told(one, other, fact)
        elif isinstance(template, dict):
            yield from self._told_of(self.dialect.filler.alike(template), data, fact)

    def _told_of(self, template: dict[str, JsonValue], data: JsonValue, fact: str) -> Iterator[JsonValue]:
        if IF in template:
            for branch in (THEN, ELSE):
                yield from self._told(template.get(branch), data, fact)
            return
        for key, inner in template.items():
            if key.startswith("each ") and isinstance(data, list | dict):
                for row in data if isinstance(data, list) else data.values():
                    yield from self._told(inner, row, fact)
            elif isinstance(data, dict) and bare(key) in data:
                yield from self._told(inner, data[bare(key)], fact)

    def opened(self, connection: Connection, token: str | None) -> StreamSession:
        path, query = connection.path, []
        place = (connection.login.token or "") if connection.login is not None else ""
        kind, _, name = place.partition(" ")
        if kind == "path":
            path = path.replace(f"{{{name}}}", token or "")
        elif kind == "query":
            query = [(name, token or "")]
        host = connection.host or (self.dialect.stream_hosts or self.dialect.rest_hosts)[0]
        request = Request("GET", host, path, query)
        if connection.login is not None and connection.login.by == "upgrade":
            request = self._upgrade(request, connection.login.signing or self.description.signing)
        session = self.dialect.open_stream(request)
        assert isinstance(session, StreamSession), session
        return session

    def _upgrade(self, request: Request, signing: Signing) -> Request:
        """Signed; a payload is the time in base64."""
        if signing.scheme == "session":
            return self._signed(request, signing, {})
        given = self.given(signing)
        if "payload" in signing.carries:
            request = placed(request, signing, "payload", base64.b64encode(given.time.encode()).decode())
        return self._with_signature(self._proven(request, signing, given), signing, given, {})

    def login(self, connection: Connection, said: dict[str, str], token: str | None) -> JsonValue:
        """What logs in, or what a private subscription holds beside its topics; nothing where neither."""
        login = connection.login
        if login is None or login.said is None:
            return {}
        if login.signing is None:
            return self.filled(login.said, {"login.token": token})
        given = self.given(login.signing)
        values = {**vars(given), **{f"said.{key}": value for key, value in said.items()}}
        signature = self.signature(login.signing, text_of(login.signing.text, values))
        facts = {f"login.{name}": value for name, value in vars(replace(given, signature=signature)).items()}
        return self.filled(login.said, facts)

    def subscription(self, pattern: Pattern, topic: JsonValue) -> JsonValue:
        said = self.filled(pattern.said, {})
        if not pattern.topics:
            merged: dict[str, Any] = dict(said) if isinstance(said, dict) else {}
            return {**merged, **topic} if isinstance(topic, dict) else topic
        message: dict[str, Any] = dict(said) if isinstance(said, dict) else {}
        ways = [way.split(" * ") for way in pattern.topics.split(" | ")]
        paths = next((way for way in ways if (len(way) > 1) == isinstance(topic, list)), ways[0])
        parts = topic if len(paths) > 1 and isinstance(topic, list) else [topic]
        for path, part in zip(paths, parts, strict=True):
            put(message, path.removesuffix("[]"), [part] if path.endswith("[]") else part)
        return message

    def topic(self, template: JsonValue, market: Market) -> JsonValue:
        facts: dict[str, Fact] = {
            "market.symbol": self.dialect.symbol(market),
            "market.base": market.base, "market.quote": market.quote, "asset.name": market.quote,
            "market.number": self.dialect.venue.markets.index(market) + 1,
            "account.number": number_of(self.account),
            "page.limit": 50, "page.number": 0, "page.offset": 0,
        }  # fmt: skip
        if isinstance(template, dict):
            for key, value in template.items():
                if isinstance(value, dict) and "each market" in value:
                    return {**template, key: [self.dialect.symbol(market)]}
        return self.filled(template, facts)


def said_in(frames: list[Frame]) -> set[Decimal | str]:
    """Every value of some messages, numbers as decimals."""
    return {value for frame in frames for value in _values(json.loads(frame.text))}


def _values(data: JsonValue) -> Iterator[Decimal | str]:
    if isinstance(data, dict | list):
        for item in data.values() if isinstance(data, dict) else data:
            yield from _values(item)
    elif isinstance(data, str) and data[:1] in ("{", "["):
        yield from _values(json.loads(data))
    elif data is not None:
        yield number(data)


def number(value: JsonValue) -> Decimal | str:
    """A value as a decimal where it is one."""
    try:
        return abs(Decimal(str(value)))
    except InvalidOperation:
        return str(value)
