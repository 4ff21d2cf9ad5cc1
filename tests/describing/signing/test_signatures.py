"""The search is tried on ccxt's own signed requests, which know nothing of our menu."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import quote, urlsplit

import ccxt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from harness.credentials.shapes import Shape, make
from harness.describing.documents.asked import Asked
from harness.describing.documents.said import Said
from harness.describing.documents.sentinels import SESSION
from harness.describing.signing.signatures import explain
from harness.describing.signing.signing import credentials_of, login_signing, signing_of

SECRET = base64.b64encode(bytes(range(32))).decode()
KEYS = {"api_key": "key-4711-0815", "secret_key": SECRET, "passphrase": "word-42-word"}


def _said(exchange: str, path: str, api: list[str], method: str) -> Said:
    names = {"apiKey": KEYS["api_key"], "secret": SECRET, "password": KEYS["passphrase"], "uid": "memo"}
    client: Any = getattr(ccxt, exchange)(names)
    signed = client.sign(path, api, method, {"symbol": "BTCUSDT", "amount": "1.5"})
    url = urlsplit(signed["url"])
    headers = tuple((signed.get("headers") or {}).items())
    return Said(url.netloc, url.path, method, url.query, headers, signed.get("body") or "")


@pytest.mark.parametrize(
    ("exchange", "path", "api", "method", "text", "place"),
    [
        ("binance", "order", ["private"], "POST", "{query}{body}", "body signature"),
        ("mexc", "order", ["spot", "private"], "GET", "{query}{body}", "query signature"),
        ("okx", "trade/order", ["private"], "POST", "{time}{method}{target}{body}", "header OK-ACCESS-SIGN"),
        ("kucoin", "orders", ["private"], "GET", "{time}{method}{target}{body}", "header KC-API-SIGN"),
        (
            "bybit",
            "v5/order/create",
            ["private"],
            "POST",
            "{time}{key}{window}{query}{body}",
            "header X-BAPI-SIGN",
        ),
        (
            "htx",
            "v1/order/orders",
            ["spot", "private"],
            "GET",
            "{method}\n{host}\n{path}\n{sorted}",
            "query Signature",
        ),
        ("kraken", "AddOrder", ["private"], "POST", "{path}{sha256_nonce_body}", "header API-Sign"),
        (
            "btcmarkets",
            "orders",
            ["private"],
            "GET",
            "{method}{path}{time}{body}",
            "header BM-AUTH-SIGNATURE",
        ),
        ("bitfinex", "auth/r/orders", ["private"], "POST", "/api{path}{nonce}{body}", "header bfx-signature"),
    ],
)
def test_finds_how_ccxt_signs(
    exchange: str, path: str, api: list[str], method: str, text: str, place: str
) -> None:
    found = explain([_said(exchange, path, api, method)], KEYS)
    assert [(scheme.text, scheme.place, scheme.secret) for scheme in found.schemes] == [
        (text, place, "secret_key")
    ]


def test_a_header_that_holds_the_body_is_what_is_signed_of_it() -> None:
    """As WhiteBIT's: the body in base64 is sent once more, and signed."""
    sent = tuple(_said("whitebit", path, ["v4", "private"], "POST") for path in ("order/new", "orders"))
    found = explain(sent, KEYS)
    assert found.explained == len(sent)
    assert signing_of(Asked(KEYS, sent=sent), found) == {
        "scheme": "hmac", "digest": "sha512", "written": "hex", "decode": "raw", "text": "{body|base64}",
        "carries": {"key": "header X-TXC-APIKEY", "signature": "header X-TXC-SIGNATURE"},
    }  # fmt: skip


def test_a_signature_by_another_key_is_left_unexplained() -> None:
    said = _said("okx", "trade/order", ["private"], "POST")
    found = explain([said], {**KEYS, "secret_key": "something else"})
    assert not found.schemes
    assert found.unexplained == ("header OK-ACCESS-SIGN",)


def test_one_scheme_explains_queries_and_bodies() -> None:
    messages = [_said("okx", "account/balance", ["private"], method) for method in ("GET", "POST")]
    found = explain(messages, KEYS)
    assert (len(found.schemes), found.explained) == (1, 2)


def test_a_changed_body_is_no_longer_signed_for() -> None:
    said = _said("okx", "trade/order", ["private"], "POST")
    scheme = explain([said], KEYS).schemes[0]
    forged = Said(
        said.host, said.path, said.method, said.query, said.headers, said.body.replace("1.5", "9.5")
    )
    assert scheme.signs(said, KEYS)
    assert not scheme.signs(forged, KEYS)


def test_finds_an_ed25519_signature() -> None:
    seed = base64.b64decode(SECRET)
    text = b"amount=1&symbol=X&timestamp=1764000000000&window=5000"
    signature = base64.b64encode(Ed25519PrivateKey.from_private_bytes(seed).sign(text)).decode()
    headers = (("X-Timestamp", "1764000000000"), ("X-Window", "5000"), ("X-Signature", signature))
    said = Said("api.x.test", "/orders", "POST", "", headers, '{"symbol": "X", "amount": "1"}')
    (scheme,) = explain([said], KEYS).schemes
    assert (scheme.algorithm, scheme.form, scheme.text) == (
        "ed25519", "base64", "{named}&timestamp={time}&window={window}",
    )  # fmt: skip


def test_finds_a_login_message() -> None:
    digest = hmac.new(SECRET.encode(), b"GET/realtime1764000000000", hashlib.sha256).hexdigest()
    body = f'{{"op": "auth", "args": ["{KEYS["api_key"]}", 1764000000000, "{digest}"]}}'
    (scheme,) = explain([Said("stream.x.test", "/private", body=body)], KEYS).schemes
    assert (scheme.place, scheme.text) == ("body args[2]", "GET/realtime{time}")


def test_a_login_message_may_carry_what_was_signed_under_any_name() -> None:
    number, nonce = SESSION["account.number"], "1764000000123"
    digest = hmac.new(SECRET.encode(), f"{nonce}{number}{KEYS['api_key']}".encode(), hashlib.sha256)
    told = {"nonce": nonce, "clientId": number, "publicKey": KEYS["api_key"], "signature": digest.hexdigest()}
    frame = Said("stream.x.test", "/", body=json.dumps({"event": "subscribe", "data": told}))
    keys = {**KEYS, "client_id": number}
    signing = login_signing(Asked(keys), explain([frame], keys), frame)
    assert signing["text"] == "{said.data.nonce}{passphrase}{key}"


def test_a_web_token_is_named() -> None:
    said = Said("x.test", "/", "GET", headers=(("Authorization", "Bearer eyJhbGciOiJFUzI1NiJ9.e30.c2ln"),))
    assert explain([said], KEYS).tokens == ("header Authorization",)


def test_a_query_that_is_signed_as_it_is_encoded_and_sent_as_it_is() -> None:
    query = "AccessKeyId=key-4711-0815&Timestamp=2026-11-30T00:22:13"
    text = "GET\napi.x.test\n/v1/accounts\nAccessKeyId=key-4711-0815&Timestamp=2026-11-30T00%3A22%3A13"
    signature = base64.b64encode(hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()).decode()
    said = Said("api.x.test", "/v1/accounts", "GET", f"{query}&Signature={quote(signature, safe='')}")
    (scheme,) = explain([said], KEYS).schemes
    assert (scheme.text, scheme.place) == ("{method}\n{host}\n{path}\n{encoded}", "query Signature")


def _kalshi(key: RSAPrivateKey, method: str, body: str, digest: hashes.HashAlgorithm) -> Said:
    """A request as Kalshi wants it: PSS over time, method and path, whatever query and body are."""
    signature = key.sign(
        f"1764500000123{method}/v2/orders".encode(), PSS(MGF1(digest), PSS.DIGEST_LENGTH), digest
    )
    headers = (
        ("ACCESS-KEY", KEYS["api_key"]),
        ("ACCESS-SIGNATURE", base64.b64encode(signature).decode()),
        ("ACCESS-TIMESTAMP", "1764500000123"),
    )
    return Said("x.test", "/v2/orders", method, "limit=10", headers, body)


@pytest.mark.parametrize("shape", [Shape.PEM_RSA, Shape.PEM_RSA_PKCS8])
def test_an_rsa_signature_with_a_salt_is_described(shape: Shape) -> None:
    pem = make(shape)
    key = load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    keys = {"api_key": KEYS["api_key"], "secret_key": pem}
    sent = (_kalshi(key, "GET", "", hashes.SHA256()), _kalshi(key, "POST", '{"size": 1}', hashes.SHA256()))
    asked = Asked(sent=sent, credentials=keys, shapes={"secret_key": shape})
    found = explain(sent, keys)
    assert (found.explained, found.unexplained) == (2, ())
    assert signing_of(asked, found) == {
        "scheme": "rsa",
        "padding": "pss",
        "digest": "sha256",
        "written": "base64",
        "decode": "raw",
        "text": "{time}{method}{path}",
        "time": "ms",
        "carries": {
            "key": "header ACCESS-KEY",
            "signature": "header ACCESS-SIGNATURE",
            "time": "header ACCESS-TIMESTAMP",
        },
    }
    assert credentials_of(asked, found)["secret_key"] == {"is": "secret", "form": str(shape)}


def test_an_rsa_signature_of_another_key_is_not_explained() -> None:
    other = load_pem_private_key(make(Shape.PEM_RSA).encode(), password=None)
    assert isinstance(other, RSAPrivateKey)
    found = explain([_kalshi(other, "GET", "", hashes.SHA512())], {**KEYS, "secret_key": make(Shape.PEM_RSA)})
    assert (found.schemes, found.unexplained) == ((), ("header ACCESS-SIGNATURE",))


def test_binance_s_rsa_signatures_are_reproduced() -> None:
    pem = make(Shape.PEM_RSA_PKCS8)
    client: Any = ccxt.binance({"apiKey": KEYS["api_key"], "secret": pem})
    signed = client.sign("order", ["private"], "GET", {"symbol": "BTCUSDT", "amount": "1.5"})
    url = urlsplit(signed["url"])
    said = Said(url.netloc, url.path, "GET", url.query, tuple(signed["headers"].items()))
    (scheme,) = explain([said], {"api_key": KEYS["api_key"], "secret_key": pem}).schemes
    assert (scheme.algorithm, scheme.place, scheme.form) == ("rsa pkcs1 sha256", "query signature", "pem")
