"""A request signed with blind keys becomes one that the exchange takes, scheme by scheme."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PSS
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import JsonValue

from harness.recordings.keys import Keys
from harness.recordings.signing_over import NotSigned, SigningOver, why_not
from harness.venue.described.model import Connection, Description, Signing
from harness.venue.described.schemes import HASHES, padded, rsa_key, signed_right
from harness.venue.described.signing import given_by, texts_of
from harness.venue.dialects.messages import Request

BLIND = Keys("blind-key-0123456789", "blind-secret-0123456789abcdef", "blind-phrase")
REAL = Keys("real-key-9876543210", "real-secret-fedcba9876543210zz", "real-phrase")
BLIND_SEED, REAL_SEED = bytes(range(32)).hex(), bytes(range(1, 33)).hex()


def described(signing: dict[str, Any]) -> Description:
    return Description.model_validate(
        {
            "exchange": "acme", "hosts": {"rest": ["api.acme.test"]}, "symbol": "{market.base}",
            "credentials": {"key": {"is": "key"}}, "signing": signing, "routes": {},
            "refusals": {"body": {}}, "known": {"": ["ccxt"]},
        }
    )  # fmt: skip


def sha256(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def taken(signing: dict[str, Any], request: Request, real: Keys) -> bool:
    """Whether the exchange takes it, which knows the real keys alone."""
    model = Signing.model_validate(signing)
    given = given_by(model, request)
    if "key" in model.carries and given.key != real.key:
        return False
    return signed_right(model, real.secret, texts_of(model, request, given), given.signature)


def test_hmac_in_headers_with_a_signed_pass_phrase() -> None:
    signing = {
        "scheme": "hmac", "text": "{time}{method}{path}{query|question}{body}{passphrase}",
        "passphrase": "signed", "prefix": {"key": "Key "},
        "carries": {"key": "header K", "signature": "header S", "time": "header T", "passphrase": "header P"},
    }  # fmt: skip
    phrase = sha256(BLIND.secret, BLIND.passphrase)
    made = sha256(BLIND.secret, f'17POST/o?a=1{{"x":1}}{phrase}')
    sent = Request(
        "POST", "api.acme.test", "/o", [("a", "1")], body=b'{"x":1}', raw_query="a=1",
        headers={"k": f"Key {BLIND.key}", "S": made, "T": "17", "P": phrase},
    )  # fmt: skip
    assert not taken(signing, sent, REAL)
    signed = SigningOver(described(signing), BLIND, REAL).request(sent)
    assert taken(signing, signed, REAL)
    assert signed.headers["P"] == sha256(REAL.secret, REAL.passphrase)
    assert signed.headers["k"] == f"Key {REAL.key}"
    assert "blind" not in str(signed.headers)


@pytest.mark.parametrize("raw", ["b=2&symbol=A%2FB&apiKey={key}", "apiKey={key}&b=x+y"])
def test_hmac_in_the_query_however_it_was_spelled(raw: str) -> None:
    signing = {
        "scheme": "hmac",
        "text": "{query}",
        "carries": {"key": "query apiKey", "signature": "query sign"},
    }
    query = raw.format(key=BLIND.key)
    whole = f"{query}&sign={sha256(BLIND.secret, query)}"
    sent = Request("GET", "api.acme.test", "/o", parse_qsl(whole), raw_query=whole)
    signed = SigningOver(described(signing), BLIND, REAL).request(sent)
    assert taken(signing, signed, REAL)
    assert signed.raw_query.startswith(raw.format(key=REAL.key))


def test_hmac_over_a_body_that_holds_the_key() -> None:
    signing = {
        "scheme": "hmac", "text": "{body|sha256|hex}",
        "carries": {"key": "body apiKey", "signature": "header S"},
    }  # fmt: skip
    body = json.dumps({"apiKey": BLIND.key, "b": 'a "quoted" text'})
    made = sha256(BLIND.secret, hashlib.sha256(body.encode()).hexdigest())
    sent = Request("POST", "api.acme.test", "/o", headers={"S": made}, body=body.encode())
    signed = SigningOver(described(signing), BLIND, REAL).request(sent)
    assert json.loads(signed.body) == {"apiKey": REAL.key, "b": 'a "quoted" text'}
    assert taken(signing, signed, REAL)


def test_ed25519() -> None:
    signing = {
        "scheme": "ed25519", "decode": "hex", "written": "base64", "text": "{method}{path}",
        "carries": {"key": "header K", "signature": "header S"},
    }  # fmt: skip
    blind, real = Keys(BLIND.key, BLIND_SEED), Keys(REAL.key, REAL_SEED)
    made = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(BLIND_SEED)).sign(b"GET/o")
    headers = {"K": blind.key, "S": base64.b64encode(made).decode()}
    signed = SigningOver(described(signing), blind, real).request(
        Request("GET", "api.acme.test", "/o", headers=headers)
    )
    assert taken(signing, signed, real)


def pem() -> str:
    key = rsa.generate_private_key(65537, 2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize("padding", ["pkcs1", "pss"])
def test_rsa(padding: str) -> None:
    signing = {
        "scheme": "rsa", "padding": padding, "written": "base64", "text": "{method}{path}",
        "carries": {"key": "header K", "signature": "header S"},
    }  # fmt: skip
    blind, real = Keys(BLIND.key, pem()), Keys(REAL.key, pem())
    model = Signing.model_validate(signing)
    made = rsa_key(blind.secret).sign(b"GET/o", padded(model, PSS.MAX_LENGTH), HASHES["sha256"])
    headers = {"K": blind.key, "S": base64.b64encode(made).decode()}
    sent = Request("GET", "api.acme.test", "/o", headers=headers)
    assert not taken(signing, sent, real)
    assert taken(signing, SigningOver(described(signing), blind, real).request(sent), real)


def test_a_token_is_the_secret_itself() -> None:
    signing = {"scheme": "token", "carries": {"signature": "header A"}, "prefix": {"signature": "Bearer "}}
    sent = Request("GET", "api.acme.test", "/o", headers={"A": f"Bearer {BLIND.secret}"})
    signed = SigningOver(described(signing), BLIND, REAL).request(sent)
    assert signed.headers == {"A": f"Bearer {REAL.secret}"}


def token(key: str, secret: str, **more: str) -> str:
    def packed(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    head = packed(b'{"alg":"HS256"}') + "." + packed(json.dumps({"sub": key, **more}).encode())
    return f"{head}.{packed(hmac.new(secret.encode(), head.encode(), hashlib.sha256).digest())}"


def test_a_jwt_names_the_real_key_and_claims_all_else() -> None:
    signing = {
        "scheme": "jwt", "text": "{path}", "prefix": {"signature": "Bearer "},
        "carries": {"key": "claim sub", "signature": "header A"},
    }  # fmt: skip
    sent = Request(
        "GET", "api.acme.test", "/o", headers={"A": f"Bearer {token(BLIND.key, BLIND.secret, path='/o')}"}
    )
    signed = SigningOver(described(signing), BLIND, REAL).request(sent)
    assert taken(signing, signed, REAL)
    assert signed.headers["A"] != sent.headers["A"]


LOGIN = {
    "by": "frame",
    "said": {"op": "login", "args": ["{login.key}", "{login.time}", "{login.signature}"]},
    "signing": {"scheme": "hmac", "text": "{time}GET/login", "carries": {}},
}


def test_a_message_that_logs_in() -> None:
    over = SigningOver(described({"scheme": "hmac"}), BLIND, REAL)
    connection = Connection.model_validate({"path": "/ws", "login": LOGIN})
    signature = sha256(BLIND.secret, "17GET/login")
    said: JsonValue = {"op": "login", "args": [BLIND.key, "17", signature], "id": 1}
    assert over.message(connection, said) == {
        "op": "login",
        "args": [REAL.key, "17", sha256(REAL.secret, "17GET/login")],
        "id": 1,
    }
    other: JsonValue = {"op": "subscribe", "args": ["book"]}
    assert over.message(connection, other) is other
    with pytest.raises(NotSigned, match="signature is not the one"):
        over.message(connection, {"op": "login", "args": [BLIND.key, "18", signature]})


def test_what_cannot_be_signed_over_says_why() -> None:
    assert why_not(described({"scheme": "hmac"})) is None
    assert "plug-in starknet" in str(why_not(described({"scheme": "plugin", "plugin": "starknet"})))
    assert "a wallet signs" in str(why_not(described({"scheme": "eip191"})))
    assert "unverified" in str(why_not(described({"scheme": "unverified"})))
