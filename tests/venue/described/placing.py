"""Where the parts of a request stand: what the client made of a description puts them with."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import JsonValue

from harness.venue.described.model import Signing
from harness.venue.dialects.messages import Request


def es256(secret: str | None, head: str) -> str:
    """The signature of a JWT's first two parts, by a P-256 key in PEM or, where there is none, another."""
    key = load_pem_private_key(secret.encode(), None) if secret else ec.generate_private_key(ec.SECP256R1())
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    numbers = decode_dss_signature(key.sign(head.encode(), ec.ECDSA(hashes.SHA256())))
    return base64url(b"".join(each.to_bytes(32, "big") for each in numbers))


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def as_text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def anything(template: JsonValue) -> JsonValue:
    """The template with a word wherever anything may stand, and the first word where any of a list may."""
    if isinstance(template, dict):
        return {key: anything(value) for key, value in template.items()}
    if isinstance(template, list):
        return [anything(item) for item in template]
    return template.replace("{any}", "1") if isinstance(template, str) else template


def put(message: dict[str, Any], path: str, value: JsonValue) -> None:
    *way, last = path.split(".")
    for key in way:
        message = message.setdefault(key, {})
    held = message.get(last)
    if isinstance(held, dict) and isinstance(value, str):  # a wallet's signature has its parts there
        raw = bytes.fromhex(value.removeprefix("0x"))
        value = {**held, "r": f"0x{raw[:32].hex()}", "s": f"0x{raw[32:64].hex()}", "v": raw[64]}
    message[last] = value


def placed(request: Request, signing: Signing, part: str, value: str) -> Request:
    """The request with a part of its signature where the description says that it stands."""
    kind, _, where = signing.carries[part].partition(" ")  # type: ignore[index]
    value = signing.prefix.get(part, "") + value
    if kind == "header":
        return replace(request, headers={**request.headers, where: value})
    if kind == "query" or (kind == "param" and not request.body):
        pairs = [*request.query, (where, value)]
        return replace(request, query=pairs, raw_query=urlencode(pairs))
    if kind == "param":
        return replace(request, body=request.body + b"&" + urlencode({where: value}).encode())
    body = json.loads(request.body or b"{}")
    put(body, where, value)
    return replace(request, body=json.dumps(body).encode())
