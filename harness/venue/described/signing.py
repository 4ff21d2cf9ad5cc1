"""Signatures made anew from a description's formula, to compare with what the client sent."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from urllib.parse import parse_qsl, quote_plus, unquote, urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import JsonValue

from harness.credentials.shapes import Shape, identity_of, make
from harness.venue.described.model import Credential, Signing
from harness.venue.described.placeholders import Hole, leaf
from harness.venue.dialects.messages import Request
from harness.venue.dialects.signing import same
from harness.venue.model import Account

# Schemes that no formula says: whether one of the texts, signed with the secret, gives the signature.
PLUGINS: dict[str, Callable[[str, frozenset[bytes], str], bool]] = {}
_HASHES = frozenset({"md5", "sha1", "sha256", "sha384", "sha512"})


def credential(account: Account, given: Credential, secret: Credential | None = None) -> str:
    """What the connector's field holds for an account; `secret` is the field of the account's secret."""
    if given.is_ == "none":
        return given.value or ""
    if given.is_ == "number":
        return str(number_of(account))
    own = {"key": account.api_key, "secret": account.api_secret, "passphrase": account.passphrase}[given.is_]
    if given.form == "text":
        return own if given.length is None else own[: given.length].ljust(given.length, "0")
    if given.form == "pem":
        return _pem(own)
    if isinstance(given.form, Shape):
        return _made(own, given.form, account, secret)
    raw = hashlib.shake_256(own.encode()).digest(32 if "seed" in given.form else given.length or 32)
    return raw.hex() if given.form.endswith("hex") else base64.b64encode(raw).decode()


def _made(own: str, shape: Shape, account: Account, secret: Credential | None) -> str:
    """A value of that shape; an address belongs to the account's private key where it has one."""
    if secret is not None and isinstance(secret.form, Shape) and shape is Shape.ADDRESS:
        belonging = identity_of(credential(account, secret), secret.form, shape)
        if belonging is not None:
            return belonging
    return _made_up(own, shape)


@cache
def _made_up(own: str, shape: Shape) -> str:  # noqa: ARG001 - whose it is
    """The same for the same account, as long as this process lives."""
    return make(shape)


@cache
def _pem(own: str) -> str:
    """An Ed25519 private key as PKCS #8 in PEM, made of an account's secret."""
    seed = hashlib.shake_256(own.encode()).digest(32)
    key = Ed25519PrivateKey.from_private_bytes(seed)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def number_of(account: Account | str) -> int:
    """A number for an account, as exchanges have for their users."""
    name = account if isinstance(account, str) else account.name
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:3], "big") + 1_000_000


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


def given_by(signing: Signing, request: Request) -> Given:
    """The parts of a signature, from where the description says that they stand."""
    parts: dict[str, str] = {}
    for name, place in sorted(signing.carries.items(), key=lambda pair: pair[1].startswith("claim ")):
        kind, _, where = place.partition(" ")
        if kind == "claim":
            parts[name] = claims(parts.get("signature", "")).get(where, "")
        else:
            parts[name] = _at(request, kind, where).removeprefix(signing.prefix.get(name, ""))
    return Given(**parts)


def payload_of(signing: Signing, request: Request) -> dict[str, JsonValue]:
    """The parameters that a request carries as JSON in base64, nothing where it carries none."""
    with contextlib.suppress(binascii.Error, ValueError, RecursionError):
        document = json.loads(base64.b64decode(given_by(signing, request).payload, validate=True))
        return document if isinstance(document, dict) else {}
    return {}


def _at(request: Request, kind: str, where: str) -> str:
    if kind == "header":
        return request.header(where) or ""
    if kind == "query":
        return dict(request.query).get(where, "")
    if kind == "param":
        return dict([*request.form, *request.query]).get(where, "")
    body = request.json()
    if isinstance(body, dict):
        return str(body.get(where) or "")
    return dict(request.form).get(where, "")


def with_claims(signing: Signing, given: Given) -> Given:
    """A message's JWT names the key itself."""
    kind, _, name = signing.carries.get("key", "").partition(" ")
    if signing.scheme != "jwt" or kind != "claim":
        return given
    return replace(given, key=claims(given.signature).get(name, ""))


def texts_of(
    signing: Signing, request: Request, given: Given, more: Mapping[str, str] | None = None
) -> frozenset[bytes]:
    """What the client may have signed."""
    return frozenset(spellings_of(signing, request, given, more))


def spellings_of(
    signing: Signing, request: Request, given: Given, more: Mapping[str, str] | None = None
) -> tuple[bytes, ...]:
    """The same in order: with the query as it was sent, decoded, and encoded anew.

    `more` is what the route itself adds to the values of the text.
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
        "sorted_pairs": _sorted_pairs(request, left_out), **(more or {}),
    }  # fmt: skip
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


def _scalar(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def text_of(template: str, values: Mapping[str, str]) -> bytes:
    """What is signed; a digest without `hex` or `base64` is in it as raw bytes."""
    parts = leaf(template).parts
    return b"".join(part.encode() if isinstance(part, str) else _filled(part, values) for part in parts)


def _filled(hole: Hole, values: Mapping[str, str]) -> bytes:
    raw = values.get(hole.name, "").encode()
    for name in hole.filters:
        if name == "question":
            raw = b"?" + raw if raw else b""
        elif name == "ampersand":
            raw = raw + b"&" if raw else b""
        elif name in _HASHES:
            raw = hashlib.new(name, raw, usedforsecurity=False).digest()
        elif name == "url":
            raw = quote_plus(raw).encode()
        elif name in ("hex", "base64"):
            raw = base64.b64encode(raw) if name == "base64" else raw.hex().encode()
        else:
            raw = {"lower": raw.lower(), "upper": raw.upper()}.get(name, raw)
    return raw


def signed_right(signing: Signing, secret: str, texts: frozenset[bytes], signature: str) -> bool:
    """Whether one of the texts, signed with the secret, gives the signature."""
    match signing.scheme:
        case "unverified":
            return True
        case "token":
            return same(secret, signature)
        case "hmac":
            key = decoded(secret, signing.decode)
            return any(same(_hmac(signing, key, text), signature) for text in texts)
        case "ed25519":
            key_pair = ed25519_key(secret, signing.decode)
            return any(_ed25519(key_pair, text, signature, signing) for text in texts)
        case "jwt":
            return _jwt(secret, texts, signature, signing)
        case "plugin":
            return PLUGINS[signing.plugin or ""](secret, texts, signature)


def signed(signing: Signing, secret: str, text: str) -> str:
    """The HMAC of a text as a signature of that kind is written."""
    return _hmac(signing, decoded(secret, signing.decode), text.encode())


def decoded(secret: str, how: str) -> bytes:
    """The bytes of a secret as it is written."""
    if how == "raw":
        return secret.encode()
    return bytes.fromhex(secret) if how == "hex" else base64.b64decode(secret)


def _hmac(signing: Signing, key: bytes, text: bytes) -> str:
    return in_form(hmac.new(key, text, signing.digest).digest(), signing.written)


def in_form(digest: bytes, written: str) -> str:
    """A digest as text."""
    if written == "base64":
        return base64.b64encode(digest).decode()
    return digest.hex().upper() if written == "HEX" else digest.hex()


def ed25519_key(secret: str, how: str) -> Ed25519PrivateKey:
    """The key of a secret: a PEM document, or 32 bytes as they are written."""
    if secret.startswith("-----BEGIN"):
        key = load_pem_private_key(secret.encode(), password=None)
        if isinstance(key, Ed25519PrivateKey):
            return key
    return Ed25519PrivateKey.from_private_bytes(decoded(secret, how)[:32])


def _ed25519(pair: Ed25519PrivateKey, text: bytes, signature: str, signing: Signing) -> bool:
    key = pair.public_key()
    try:
        given = base64.b64decode(signature) if signing.written == "base64" else bytes.fromhex(signature)
        key.verify(given, text)
    except (ValueError, InvalidSignature):
        return False
    return True


def _jwt(secret: str, texts: frozenset[bytes], token: str, signing: Signing) -> bool:
    """HS256, HS384 or HS512 by the secret; where there is a `text`, it has to claim that as its `path`."""
    if signing.text and claims(token).get("path", "").encode() not in texts:
        return False
    head, _, signature = token.rpartition(".")
    made = hmac.new(decoded(secret, signing.decode), head.encode(), signing.digest).digest()
    return bool(head) and same(base64.urlsafe_b64encode(made).decode().rstrip("="), signature)


def claims(token: str) -> dict[str, str]:
    """What a JWT says; empty where it is none."""
    parts = token.split(".")
    try:
        said = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError):
        return {}
    return {str(key): str(value) for key, value in said.items()} if isinstance(said, dict) else {}
