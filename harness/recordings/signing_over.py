"""A request or message that was signed with blind keys, signed anew with the real ones. Pure.

Only what the description's formula explains is signed over: its signature is first made again with the blind
keys, and what was signed is then signed with the real ones.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, quote

from cryptography.hazmat.primitives.asymmetric.padding import PSS
from pydantic import JsonValue

from harness.recordings.keys import Keys
from harness.venue.described.addresses import bare
from harness.venue.described.model import Connection, Description, Login, RouteDescription, Signing
from harness.venue.described.placeholders import AS_JSON, leaf
from harness.venue.described.said_topics import plain, texts_in
from harness.venue.described.schemes import (
    HASHES,
    WALLETS,
    decoded,
    ed25519_key,
    in_form,
    padded,
    rsa_key,
    signed,
    signed_right,
)
from harness.venue.described.signing import Given, given_by, spellings_of, with_claims
from harness.venue.described.signing_texts import text_of
from harness.venue.described.templates import MISMATCH, Filler, Matcher
from harness.venue.described.values import Fact
from harness.venue.dialects.messages import Request


class NotSigned(Exception):  # noqa: N818 - for whoever asked, and for the recording
    """It cannot be signed over; the text says why."""


def why_not(description: Description) -> str | None:
    """Why nothing of this exchange can be signed over, None where it can."""
    signing = description.signing
    if signing is None:
        return "the description does not say how requests are signed"
    if signing.scheme == "unverified":
        return "the description does not say what is signed (`unverified`)"
    if signing.scheme == "plugin":
        return f"no formula says how its requests are signed (plug-in {signing.plugin})"
    if signing.scheme in WALLETS or "signer" in signing.carries:
        return "a wallet signs, and what it signs names its owner"
    return None


class SigningOver:
    """`blind` is what clients hold, `real` what the exchange knows."""

    def __init__(self, description: Description, blind: Keys, real: Keys) -> None:
        self._description = description
        self._blind = blind
        self._real = real
        self._filler = Filler(description.words, description.shapes)
        self._matcher = Matcher(description.words, description.shapes)

    def request(self, request: Request, route: RouteDescription | None = None) -> Request:
        """Raises NotSigned. Without a route it is the request that opens a stream."""
        signing = (route.signing if route else None) or self._description.signing
        if signing is None:
            raise NotSigned("the description does not say how requests are signed")
        if route is not None and route.also_signed is not None:
            raise NotSigned("it is signed twice, by a wallet too")
        given = given_by(signing, request)
        if given.key != self._blind.key and "key" in signing.carries:
            raise NotSigned("it does not name the key that its client was given")
        if route is not None and route.proof == "key":
            return put(signing, request, "key", self._real.key)
        if route is not None and route.proof == "order":
            return request
        more = route.signs if route is not None else None
        number = self._signed_text(signing, request, given, more)
        changed, parts = request, {"key": self._real.key}
        if given.passphrase:
            parts["passphrase"] = self._phrase(signing)
        for name, value in parts.items():
            changed = put(signing, changed, name, value)
        own = replace(given, **{**parts, "passphrase": parts.get("passphrase", self._real.passphrase)})
        text = spellings_of(signing, changed, own, more)[number]
        return put(signing, changed, "signature", self._signature(signing, text, given.signature))

    def signature_in(self, request: Request, route: RouteDescription) -> str:
        """The signature of a request, empty where it has none."""
        signing = route.signing or self._description.signing
        return given_by(signing, request).signature if signing is not None else ""

    def message(self, connection: Connection, said: JsonValue) -> JsonValue:
        """A message that logs in, or subscribes with a signature, signed over; any other as it is.

        Raises NotSigned.
        """
        login = connection.login
        found = None if login is None or login.signing is None else self._fitting(login.said, said)
        if login is None or login.signing is None or found is None:
            return said
        return self._logged_in(
            login, login.signing, said, {name: plain(each) for name, each in found.items()}
        )

    def fits(self, template: JsonValue, said: JsonValue) -> bool:
        """Whether a message is one of those."""
        return template is not None and self._fitting(template, said) is not None

    def _fitting(self, template: JsonValue, said: JsonValue) -> dict[str, Fact] | None:
        try:
            return self._matcher.match(template, said)
        except MISMATCH:
            return None

    def _logged_in(self, login: Login, signing: Signing, said: JsonValue, found: dict[str, str]) -> JsonValue:
        names = ("key", "passphrase", "signature", "time", "window")
        sent = with_claims(signing, Given(**{name: found.get(f"login.{name}", "") for name in names}))
        if sent.key and sent.key != self._blind.key:
            raise NotSigned("it does not name the key that its client was given")
        given = sent if sent.passphrase else replace(sent, passphrase=self._blind.passphrase)
        others = {f"said.{key}": text for key, text in texts_in(said)}
        text = text_of(signing.text, {**vars(given), **others})
        if not signed_right(signing, self._blind.secret, frozenset({text}), given.signature):
            raise NotSigned("its signature is not the one that the description says")
        phrase = self._phrase(signing) if sent.passphrase else self._real.passphrase
        own = replace(given, key=self._real.key, passphrase=phrase)
        text = text_of(signing.text, {**vars(own), **others})
        told = {"login.key": own.key, "login.signature": self._signature(signing, text, given.signature)}
        if sent.passphrase:
            told["login.passphrase"] = phrase
        return placed(self._filler.laid_out(login.said), said, {**found, **told}, frozenset(told))

    def _signed_text(
        self, signing: Signing, request: Request, given: Given, more: Mapping[str, str] | None
    ) -> int:
        """Which of the spellings was signed with the blind keys."""
        blind = given if given.passphrase else replace(given, passphrase=self._blind.passphrase)
        for number, text in enumerate(spellings_of(signing, request, blind, more)):
            if signed_right(signing, self._blind.secret, frozenset({text}), given.signature):
                return number
        raise NotSigned("its signature is not the one that the description says")

    def _phrase(self, signing: Signing) -> str:
        is_signed = signing.passphrase == "signed"  # noqa: S105 - a form, not a passphrase
        return (
            signed(signing, self._real.secret, self._real.passphrase) if is_signed else self._real.passphrase
        )

    def _signature(self, signing: Signing, text: bytes, blind: str) -> str:
        secret = self._real.secret
        match signing.scheme:
            case "hmac":
                digest = hmac.new(decoded(secret, signing.decode), text, signing.digest).digest()
                return in_form(digest, signing.written)
            case "ed25519":
                return in_form(ed25519_key(secret, signing.decode).sign(text), signing.written)
            case "rsa":
                made = rsa_key(secret).sign(text, padded(signing, PSS.MAX_LENGTH), HASHES[signing.digest])
                return in_form(made, signing.written)
            case "jwt":
                return self._token(signing, blind)
            case "token":
                return secret
        raise NotSigned(f"nothing is known of how {signing.scheme} signs")

    def _token(self, signing: Signing, blind: str) -> str:
        """The JWT with the real key and secret, and all else that it claims."""
        head, body, _ = blind.split(".")
        kind, _, name = signing.carries.get("key", "").partition(" ")
        if kind == "claim":
            document = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
            document[name] = self._real.key
            body = _url_safe(json.dumps(document, separators=(",", ":")).encode())
        secret = decoded(self._real.secret, signing.decode)
        made = hmac.new(secret, f"{head}.{body}".encode(), getattr(hashlib, signing.digest)).digest()
        return f"{head}.{body}.{_url_safe(made)}"


def _url_safe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def put(signing: Signing, request: Request, part: str, value: str) -> Request:
    """The request with `value` where that part of its signature stands; as it is where it has no place."""
    kind, _, where = signing.carries.get(part, "").partition(" ")  # type: ignore[call-overload]
    value = signing.prefix.get(part, "") + value
    if kind == "header":
        headers = {
            name: value if name.lower() == where.lower() else held for name, held in request.headers.items()
        }
        return replace(request, headers=headers)
    if kind in ("query", "param"):
        query = _with_parameter(request.query_string, where, value)
        if query != request.query_string:
            pairs = parse_qsl(query, keep_blank_values=True)
            request = replace(request, raw_query=query, query=pairs)
    if kind in ("body", "param") and request.body:
        request = replace(request, body=_in_body(request, where, value).encode())
    return request


def _in_body(request: Request, name: str, value: str) -> str:
    if isinstance(request.json(), dict):
        name = name.rpartition(".")[2]
        found = re.compile(rf'("{re.escape(name)}"\s*:\s*)"(?:[^"\\]|\\.)*"')
        return found.sub(lambda each: each[1] + json.dumps(value), request.text, count=1)
    return _with_parameter(request.text, name, value)


def _with_parameter(text: str, name: str, value: str) -> str:
    """A query or a form with another value of a parameter, and all else as it was written."""
    parts = [each.partition("=") for each in text.split("&")]
    return "&".join(
        f"{key}={quote(value, safe='')}" if key == name else key + mark + held for key, mark, held in parts
    )


def placed(
    template: JsonValue, data: JsonValue, values: Mapping[str, str], names: frozenset[str]
) -> JsonValue:
    """The message with other values where the template has the facts `names`."""
    if isinstance(template, str):
        parts = leaf(template)
        if not any(hole.name in names for hole in parts.holes):
            return data
        return "".join(part if isinstance(part, str) else values.get(part.name, "") for part in parts.parts)
    if isinstance(template, dict) and AS_JSON in template:
        inner = placed(template[AS_JSON], json.loads(str(data)), values, names)
        return json.dumps(inner, separators=(",", ":"))
    if isinstance(template, dict) and isinstance(data, dict):
        found = {bare(key): inner for key, inner in template.items()}
        return {
            key: placed(found[key], value, values, names) if key in found else value
            for key, value in data.items()
        }
    if isinstance(template, list) and isinstance(data, list):
        return [
            placed(template[place], value, values, names) if place < len(template) else value
            for place, value in enumerate(data)
        ]
    return data
