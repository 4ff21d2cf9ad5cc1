"""Signatures are made anew from a formula; the vectors are reckoned here by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PSS

from harness.credentials.shapes import base58, unbase58
from harness.venue.described.held_keys import credential
from harness.venue.described.model import Credential, Signing
from harness.venue.described.schemes import HASHES, PLUGINS, padded, rsa_key, signed_right, signer_belongs
from harness.venue.described.signing import Given, given_by, payload_of, texts_of
from harness.venue.dialects.messages import Request
from harness.venue.dialects.typed_data import domain_separator, typed_digest
from harness.venue.dialects.wallets import address_of, keccak, personal_digest, sign_digest
from harness.venue.model import Account

SECRET = "5ec3e7"
ACCOUNT = Account("maker", "key", SECRET, "phrase")
QUERY = [("b", "2"), ("a", "1 x")]


def request(**headers: str) -> Request:
    return Request("POST", "api.acme.test", "/v1/orders", QUERY, headers, b'{"x":1}', raw_query="b=2&a=1%20x")


def accepted(signing: Signing, made: str, sent: Request | None = None, secret: str = SECRET) -> bool:
    sent = sent or request()
    return signed_right(signing, secret, texts_of(signing, sent, Given(time="17")), made)


@pytest.mark.parametrize(
    ("text", "signed"),
    [
        ("{time}{method}{path}{query|question}{body}", '17POST/v1/orders?b=2&a=1%20x{"x":1}'),
        ("{query}", "b=2&a=1 x"),
        ("{sorted_query}", "a=1%20x&b=2"),
        ("{sorted_pairs|ampersand}t={time}", "a=1 x&b=2&x=1&t=17"),
        ("{query|url}|{nonce|ampersand}", "b%3D2%26a%3D1%2520x|"),
        ("{method|lower}\n{host}", "post\napi.acme.test"),
        ("{body|sha256|hex}", hashlib.sha256(b'{"x":1}').hexdigest()),
    ],
)  # fmt: skip
@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_a_text_is_signed(text: str, signed: str, digest: str) -> None:
    signing = Signing.model_validate({"scheme": "hmac", "digest": digest, "text": text})
    made = hmac.new(SECRET.encode(), signed.encode(), digest).hexdigest()
    assert accepted(signing, made)
    assert not accepted(signing, made.upper())
    assert not accepted(signing, hmac.new(b"other", signed.encode(), digest).hexdigest())


def test_a_digest_may_be_raw_in_the_text_and_the_secret_be_decoded() -> None:
    key = base64.b64encode(b"raw secret").decode()
    signing = Signing(
        scheme="hmac", digest="sha512", decode="base64", written="base64", text="{path}{body|sha256}"
    )
    text = b"/v1/orders" + hashlib.sha256(b'{"x":1}').digest()
    made = base64.b64encode(hmac.new(b"raw secret", text, "sha512").digest()).decode()
    assert accepted(signing, made, secret=key)


def test_a_signature_in_base64_may_begin_as_hexadecimal_ones_do() -> None:
    """One in 4,096 does: it was refused, and so was the order."""
    key = base64.b64encode(b"\7" * 32).decode()
    signing = Signing(scheme="ed25519", decode="base64", written="base64", text="n=2167")
    made = base64.b64encode(Ed25519PrivateKey.from_private_bytes(b"\7" * 32).sign(b"n=2167")).decode()
    assert made.startswith("0x")
    assert accepted(signing, made, secret=key)
    assert not accepted(signing, made.removeprefix("0x"), secret=key)


def test_ed25519() -> None:
    seed = credential(ACCOUNT, Credential.model_validate({"is": "secret", "form": "seed base64"}))
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(seed))
    signing = Signing(scheme="ed25519", decode="base64", written="base64", text="{time}{body}")
    made = base64.b64encode(key.sign(b'17{"x":1}')).decode()
    assert accepted(signing, made, secret=seed)
    assert not accepted(signing, base64.b64encode(key.sign(b"18")).decode(), secret=seed)
    assert not accepted(signing, "no base64", secret=seed)


def jwt(claims: dict[str, str]) -> str:
    def part(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    head = f"{part(b'{}')}.{part(json.dumps(claims).encode())}"
    return f"{head}.{part(hmac.new(SECRET.encode(), head.encode(), 'sha256').digest())}"


def test_a_jwt_names_its_key() -> None:
    signing = Signing.model_validate(
        {
            "scheme": "jwt",
            "carries": {"key": "claim sub", "signature": "header Authorization"},
            "prefix": {"signature": "Bearer "},
        }
    )
    token = jwt({"sub": "key"})
    given = given_by(signing, request(Authorization=f"Bearer {token}"))
    assert (given.key, given.signature) == ("key", token)
    assert accepted(signing, token)
    assert not accepted(signing, token[:-2] + "xx")


def test_parts_stand_in_headers_queries_and_bodies() -> None:
    places = {"key": "header X-Key", "nonce": "query b", "time": "body x", "window": "query w"}
    signing = Signing.model_validate({"scheme": "hmac", "carries": places})
    assert given_by(signing, request(**{"x-key": "k"})) == Given(key="k", nonce="2", time="1")


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ([("sid", "s-1")], b""),
        ([], b"sid=s-1&x=2"),
        ([], b'{"sid":"s-1"}'),
        ([("x", "1")], b'{"by":{"sid":"s-1"}}'),
    ],
)
def test_the_key_of_a_session_may_stand_in_the_query_or_the_body(
    query: list[tuple[str, str]], body: bytes
) -> None:
    place = "body by.sid" if b"by" in body else "param sid"
    signing = Signing(scheme="session", carries={"signature": place})
    sent = Request("POST", "api.acme.test", "/v1/orders", query, {}, body)
    assert given_by(signing, sent).signature == "s-1"


def test_parameters_may_be_a_signed_payload_in_a_header() -> None:
    payload = base64.b64encode(b'{"symbol": "btcusd", "nonce": 7}').decode()
    signing = Signing(
        scheme="hmac", digest="sha384", text="{payload}", carries={"payload": "header X-Payload"}
    )
    sent = Request("POST", "api.acme.test", "/v1/orders", [], {"X-Payload": payload})
    assert payload_of(signing, sent) == {"symbol": "btcusd", "nonce": 7}
    assert payload_of(signing, Request("POST", "api.acme.test", "/", [], {"X-Payload": "{}"})) == {}
    made = hmac.new(SECRET.encode(), payload.encode(), "sha384").hexdigest()
    assert signed_right(signing, SECRET, texts_of(signing, sent, given_by(signing, sent)), made)


def test_a_part_may_stand_in_the_payload() -> None:
    packed = base64.b64encode(b'{"nonce": 1790000000.25, "id": 1.5e-07}').decode()
    places = {"payload": "header X-Payload", "time": "payload nonce", "window": "payload none"}
    signing = Signing.model_validate({"scheme": "hmac", "carries": places, "time": "any s"})
    sent = Request("POST", "api.acme.test", "/v1/orders", [], {"X-Payload": packed})
    assert given_by(signing, sent) == Given(payload=packed, time="1790000000.25")


def test_keys_may_begin_with_a_word() -> None:
    given = Credential.model_validate({"is": "key", "begins": "account-"})
    assert credential(ACCOUNT, given) == "account-key"


def test_a_signature_in_the_query_is_not_signed_itself() -> None:
    signing = Signing(scheme="hmac", text="{params}", carries={"signature": "query sign"})
    sent = Request("GET", "h", "/p", [("a", "1"), ("sign", "x")], raw_query="a=1&sign=x")
    assert texts_of(signing, sent, Given()) == {b"a=1"}


def test_a_signature_in_a_query_or_a_form_is_not_signed_itself() -> None:
    signing = Signing(scheme="hmac", text="{params}", carries={"signature": "param sig", "key": "param key"})
    made = hmac.new(SECRET.encode(), b"key=k&a=1", "sha256").hexdigest()
    sent = f"key=k&a=1&sig={made}"
    in_query = Request("GET", "", "/", [("key", "k"), ("a", "1"), ("sig", made)], raw_query=sent)
    in_form = Request("POST", "", "/", body=sent.encode())
    for each in (in_query, in_form):
        assert given_by(signing, each) == Given(key="k", signature=made)
        assert accepted(signing, made, each)
        assert not accepted(signing, made[::-1], each)


def test_a_query_may_be_signed_as_another_encoder_writes_it() -> None:
    signing = Signing(scheme="hmac", text="{sorted_query}")
    sent = Request("GET", "", "/", [("t", "12:30"), ("a", "1")], raw_query="t=12:30&a=1")
    for text in ("a=1&t=12:30", "a=1&t=12%3A30"):
        assert accepted(signing, hmac.new(SECRET.encode(), text.encode(), "sha256").hexdigest(), sent)


def test_a_plugin_verifies_what_no_formula_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        PLUGINS, "odd", lambda secret, texts, made: made.encode() in texts and secret == SECRET
    )
    signing = Signing(scheme="plugin", plugin="odd", text="{method}")
    assert accepted(signing, "POST")
    assert not accepted(signing, "GET")


def test_what_cannot_be_verified_is_let_in() -> None:
    assert accepted(Signing(scheme="unverified"), "anything")


@pytest.mark.parametrize(
    ("form", "length"), [("hex", 64), ("seed hex", 64), ("base64", 44), ("text", len(SECRET))]
)
def test_secrets_have_the_form_that_the_connector_expects(form: str, length: int) -> None:
    given = Credential.model_validate({"is": "secret", "form": form})
    assert len(credential(ACCOUNT, given)) == length


TYPED = {
    "domain": {"name": "Acme", "version": "1", "chainId": 5},
    "primary": "Order",
    "types": {
        "Order": {"maker": "address", "buys": "bool", "size": "uint256", "force": "uint8", "data": "bytes"}
    },
    "message": {
        "maker": "{owner}",
        "buys": "{said.buys}",
        "size": "{said.legs.0.size|units6}",
        "force": "{said.force|forces}",
        "data": {
            "$abi": [
                ["uint256", "{said.legs.0.size|units6}"],
                ["bytes32", "{said.force|keccak}"],
                ["address", "{said.force|address}"],
            ]
        },
    },
    "codes": {"forces": {"GTC": "1", "IOC": "3"}},
}
WALLET = "0x" + "22" * 32
OWNER = "0x" + "ab" * 20


def an_order(**more: object) -> Request:
    body = {"buys": True, "legs": [{"size": "1.5"}], "force": "IOC", **more}
    return Request("POST", "api.acme.test", "/orders", [], {}, json.dumps(body).encode())


def test_a_wallet_signs_typed_data_of_what_is_asked() -> None:
    signing = Signing.model_validate({"scheme": "eip712", "typed": TYPED})
    data = (1_500_000).to_bytes(32, "big") + keccak(b"IOC") + bytes(12) + keccak(b"IOC")[-20:]
    message = {"maker": OWNER, "buys": True, "size": 1_500_000, "force": 3, "data": data}
    separator = domain_separator({"name": "Acme", "version": "1", "chainId": 5})
    made = sign_digest(typed_digest(separator, "Order", TYPED["types"], message), WALLET)  # type: ignore[arg-type]

    def taken(request: Request, owner: str = OWNER, signature: str = f"0x{made.hex()}") -> bool:
        texts = texts_of(signing, request, Given(), {"owner": owner})
        return signed_right(signing, WALLET, texts, signature)

    assert taken(an_order())
    others: list[dict[str, object]] = [
        {"buys": False},
        {"legs": [{"size": "1.51"}]},
        {"force": "GTC"},
        {"force": "DAY"},
        {"legs": []},
    ]
    for other in others:
        assert not taken(an_order(**other)), other
    assert not taken(an_order(), owner="0x" + "ac" * 20)
    assert not taken(an_order(), signature="0x12")
    assert not taken(an_order(), signature="no hex")


def test_a_domain_may_be_told_as_its_hash_alone() -> None:
    hashed = domain_separator({"name": "Acme", "version": "1", "chainId": 5})
    told = {**TYPED, "domain": {}, "separator": f"0x{hashed.hex()}"}
    texts = {
        texts_of(
            Signing.model_validate({"scheme": "eip712", "typed": typed}),
            an_order(),
            Given(),
            {"owner": OWNER},
        )
        for typed in (TYPED, told)
    }
    assert len(texts) == 1


def test_a_signature_in_three_parts() -> None:
    signing = Signing.model_validate(
        {
            "scheme": "eip712",
            "typed": TYPED,
            "carries": {"signature": "body order.seal", "signer": "body order.by"},
        }
    )
    whole = bytes(range(64)) + b"\x1c"
    parts = {"r": f"0x{whole[:32].hex()}", "s": f"0x{whole[32:64].hex()}", "v": 28}
    given = given_by(signing, an_order(order={"seal": parts, "by": OWNER}))
    assert (given.signature, given.signer) == (whole.hex(), OWNER)
    for broken in ({}, {**parts, "v": 256}, {**parts, "r": 1}, 5):
        assert given_by(signing, an_order(order={"seal": broken})).signature in ("", "5")


def test_a_wallet_signs_a_text() -> None:
    signing = Signing(scheme="eip191", text="{time}")
    made = f"0x{sign_digest(personal_digest(b'17'), WALLET).hex()}"
    assert accepted(signing, made, secret=WALLET)
    assert not accepted(signing, made, secret="0x" + "23" * 32)
    assert signer_belongs(signing, WALLET, address_of(WALLET).upper().replace("X", "x"))
    assert not signer_belongs(signing, WALLET, OWNER)


@pytest.mark.parametrize("padding", ["pkcs1", "pss"])
@pytest.mark.parametrize("digest", ["sha256", "sha512"])
@pytest.mark.parametrize("form", ["pem-rsa", "pem-rsa-pkcs8"])
def test_rsa(padding: str, digest: str, form: str) -> None:
    key = credential(ACCOUNT, Credential.model_validate({"is": "secret", "form": form}))
    signing = Signing.model_validate(
        {"scheme": "rsa", "padding": padding, "digest": digest, "written": "base64", "text": "{time}{path}"}
    )
    pair = rsa_key(key)
    for salt in (PSS.DIGEST_LENGTH, 20):
        made = base64.b64encode(pair.sign(b"17/v1/orders", padded(signing, salt), HASHES[digest])).decode()
        assert accepted(signing, made, secret=key)
    other = base64.b64encode(pair.sign(b"18/v1/orders", padded(signing, 20), HASHES[digest])).decode()
    assert not accepted(signing, other, secret=key)
    assert not accepted(
        signing.model_copy(update={"padding": {"pss": "pkcs1", "pkcs1": "pss"}[padding]}), made, secret=key
    )
    assert not accepted(signing, "no base64", secret=key)


def test_a_sorted_body_is_signed_by_a_pair_in_base58() -> None:
    held = {"is": "secret", "form": "base58-64"}
    secret = credential(ACCOUNT, Credential.model_validate(held))
    signer = credential(
        ACCOUNT,
        Credential.model_validate({"is": "signer", "form": "base58-32"}),
        Credential.model_validate(held),
    )
    signing = Signing.model_validate(
        {
            "scheme": "ed25519", "decode": "base58", "written": "base58",
            "text": '{"data":{sorted_body},"timestamp":{time},"type":"{operation}"}',
            "carries": {"signature": "body signature", "time": "body timestamp", "signer": "body agent"},
        }
    )  # fmt: skip
    body = {
        "symbol": "BTC",
        "deep": {"b": 1, "a": [True, None]},
        "signature": "x",
        "timestamp": 17,
        "agent": signer,
    }
    sent = Request("POST", "api.acme.test", "/orders", [], {}, json.dumps(body).encode())
    text = b'{"data":{"deep":{"a":[true,null],"b":1},"symbol":"BTC"},"timestamp":17,"type":"new"}'
    assert texts_of(signing, sent, given_by(signing, sent), {"operation": "new"}) == {text}
    pair = Ed25519PrivateKey.from_private_bytes(unbase58(secret)[:32])
    assert signed_right(signing, secret, frozenset({text}), base58(pair.sign(text)))
    assert not signed_right(signing, secret, frozenset({text}), base58(pair.sign(text + b" ")))
    assert not signed_right(signing, secret, frozenset({text}), "0OIl")
    assert signer_belongs(signing, secret, signer)
    assert not signer_belongs(signing, secret, base58(b"1" * 32))
