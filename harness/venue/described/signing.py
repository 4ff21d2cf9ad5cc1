"""Signatures made anew from a description's formula, to compare with what the client sent."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from urllib.parse import parse_qsl, unquote, urlencode

from pydantic import JsonValue

from harness.venue.described.model import Signing
from harness.venue.described.said_topics import texts_in
from harness.venue.described.schemes import claims
from harness.venue.described.signing_texts import text_of, typed_text
from harness.venue.described.templates import found_at
from harness.venue.dialects.decimals import plain
from harness.venue.dialects.messages import Request

_WITHIN = ("claim ", "payload ")  # places within another part of the signature


@dataclass(frozen=True)
class Given:
    """What a client sent to prove who it is; empty where it said nothing."""

    key: str = ""
    signature: str = ""
    time: str = ""
    nonce: str = ""
    passphrase: str = ""
    window: str = ""
    payload: str = ""
    signer: str = ""


def given_by(signing: Signing, request: Request) -> Given:
    """The parts of a signature, from where the description says that they stand."""
    parts: dict[str, str] = {}
    for name, place in sorted(signing.carries.items(), key=lambda pair: pair[1].startswith(_WITHIN)):
        kind, _, where = place.partition(" ")
        if kind == "claim":
            parts[name] = claims(parts.get("signature", "")).get(where, "")
        elif kind == "payload":
            parts[name] = _scalar_of(_unpacked(parts.get("payload", "")).get(where))
        else:
            parts[name] = _behind(_at(request, kind, where), signing.prefix.get(name, ""))
    return Given(**parts)


def _behind(told: str, prefix: str) -> str:
    """What stands behind the prefix; nothing where it is missing."""
    return told.removeprefix(prefix) if told.startswith(prefix) else ""


def payload_of(signing: Signing, request: Request) -> dict[str, JsonValue]:
    """The parameters that a request carries as JSON in base64, nothing where it carries none."""
    return _unpacked(given_by(signing, request).payload)


def _unpacked(payload: str) -> dict[str, JsonValue]:
    with contextlib.suppress(binascii.Error, ValueError, RecursionError):
        document = json.loads(base64.b64decode(payload, validate=True))
        return document if isinstance(document, dict) else {}
    return {}


def _scalar_of(value: JsonValue) -> str:
    """What stands at a place of a document; a time has no exponent."""
    if value is None:
        return ""
    return plain(Decimal(str(value))) if isinstance(value, float) else _scalar(value)


def session_in(signing: Signing, request: Request) -> str:
    """The token of a session that a request brings; empty where it brings none, or may bring none."""
    kind, _, where = (signing.session or "").partition(" ")
    return _at(request, kind, where) if where else ""


def _at(request: Request, kind: str, where: str) -> str:
    if kind == "header":
        return request.header(where) or ""
    if kind == "query":
        return dict(request.query).get(where, "")
    if kind == "param" and (told := dict([*request.form, *request.query]).get(where, "")):
        return told
    body = request.json()
    if isinstance(body, dict):
        found = found_at(body, where)
        return _joined(found) if isinstance(found, dict) else str(found or "")
    return dict(request.form).get(where, "")


def _joined(signature: Mapping[str, JsonValue]) -> str:
    """A wallet's signature that is told as `r`, `s` and `v`, as one; nothing where it is none."""
    r, s, v = (signature.get(part) for part in ("r", "s", "v"))
    if not (isinstance(r, str) and isinstance(s, str) and isinstance(v, int) and 0 <= v < 256):
        return ""
    halves = (part.removeprefix("0x").rjust(64, "0") for part in (r, s))
    return f"{''.join(halves)}{v:02x}"


def with_claims(signing: Signing, given: Given) -> Given:
    """With what a message's JWT itself says, such as the key."""
    if signing.scheme != "jwt":
        return given
    said = claims(given.signature)
    places = {part: place.partition(" ") for part, place in signing.carries.items()}
    return replace(
        given, **{part: said.get(name, "") for part, (kind, _, name) in places.items() if kind == "claim"}
    )


def texts_of(
    signing: Signing, request: Request, given: Given, more: Mapping[str, str] | None = None
) -> frozenset[bytes]:
    """What the client may have signed."""
    return frozenset(spellings_of(signing, request, given, more))


def spellings_of(
    signing: Signing, request: Request, given: Given, more: Mapping[str, str] | None = None
) -> tuple[bytes, ...]:
    """The same in order: with the query as it was sent, decoded, and encoded anew.

    `more` is what the route itself adds to the values of the text. None where it cannot be put together.
    """
    left_out = {where for place in signing.carries.values() for where in [place.partition(" ")[2]]}
    kind, _, name = signing.carries.get("signature", "").partition(" ")
    query = _without(request.query_string, name) if kind in ("query", "param") else request.query_string
    body = _without(request.text, name) if kind == "param" else request.text
    pairs = [pair for pair in (*request.query, *request.form) if pair[0] not in left_out]
    values = {
        "method": request.method, "path": request.path, "host": request.host, "body": body,
        "sorted_params": urlencode(sorted(pairs)), **vars(given),
        "content_type": request.header("content-type") or "",
        "sorted_pairs": _sorted_pairs(request, left_out), "sorted_body": _sorted_body(request, left_out),
        **{f"said.{path}": text for path, text in said_in(request)}, **(more or {}),
    }  # fmt: skip
    if signing.typed is not None:
        try:
            return (typed_text(signing.typed, values),)
        except ValueError:
            return ()
    written = (query, unquote(query), urlencode(parse_qsl(query, keep_blank_values=True)))
    return tuple(
        text_of(
            signing.text,
            {
                **values,
                "query": each,
                "params": each + body,
                "sorted_query": "&".join(sorted(each.split("&"))) if each else "",
            },
        )
        for each in written
    )


def _without(text: str, name: str) -> str:
    """A query or a form without one of its parameters."""
    return "&".join(part for part in text.split("&") if part.partition("=")[0] != name)


def _sorted_pairs(request: Request, left_out: Collection[str]) -> str:
    """`key=value` of the query and the body, sorted by key and not encoded; flags as JSON writes them."""
    body = request.json()
    said = body if isinstance(body, dict) else dict(request.form)
    told = {**dict(request.query), **{key: _scalar(value) for key, value in said.items()}}
    return "&".join(f"{key}={told[key]}" for key in sorted(told) if key not in left_out)


def _sorted_body(request: Request, left_out: Collection[str]) -> str:
    """The body as JSON without spaces, its keys sorted however deep."""
    body = request.json()
    said = (
        {key: value for key, value in body.items() if key not in left_out} if isinstance(body, dict) else {}
    )
    return json.dumps(said, separators=(",", ":"), sort_keys=True)


def said_in(request: Request) -> Iterator[tuple[str, str]]:
    """What a request says, each value with its path."""
    yield from (*request.query, *request.form)
    yield from texts_in(request.json())


def _scalar(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
