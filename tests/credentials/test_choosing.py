"""Connectors that accept keys of one shape only, each found in a few tries."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Mapping

import pytest
from coincurve import PrivateKey
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from harness.credentials.choosing import MOST_TRIES, choose, complained
from harness.credentials.examples import Example
from harness.credentials.shapes import Shape
from harness.credentials.stated import stated
from harness.venue.dialects.wallets import address_of
from tests.credentials.fields import field

KEY, SECRET = field("one_api_key"), field("one_secret_key")


def refusing(read: Callable[[Mapping[str, str]], object]) -> Callable[[Mapping[str, str]], str | None]:
    """A constructor that reads its keys so, and whose failure is told as the driver tells it."""

    def attempt(credentials: Mapping[str, str]) -> str | None:
        try:
            read(credentials)
        except Exception as error:
            return f'  File "one_auth.py", line 7, in __init__\n{type(error).__name__}: {error}'
        return None

    return attempt


def exactly(count: int, data: bytes) -> bytes:
    if len(data) != count:
        raise ValueError(f"must be exactly {count} bytes long, instead of {len(data)}")
    return data


def base58(text: str) -> bytes:
    number = 0
    for letter in text:
        number = number * 58 + "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".index(letter)
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def rsa_key(pem: str) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(pem.encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("this is no RSA key")
    return key


def ec_key(pem: str) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(pem.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("this is no key of a curve")
    return key


@pytest.mark.parametrize(
    "read",
    [
        lambda keys: PrivateKey.from_hex(keys["one_secret_key"].removeprefix("0x")),
        lambda keys: exactly(32, bytes.fromhex(keys["one_secret_key"])),
        lambda keys: exactly(32, base64.b64decode(keys["one_secret_key"], validate=True)),
        lambda keys: exactly(64, base58(keys["one_secret_key"])),
        lambda keys: exactly(40, bytes.fromhex(keys["one_secret_key"])),
        lambda keys: ec_key(keys["one_secret_key"]).curve,
        lambda keys: rsa_key(keys["one_secret_key"]).key_size,
        lambda keys: exactly(12, bytes(len(keys["one_secret_key"].split()))),
        lambda keys: uuid.UUID(keys["one_api_key"]),
        lambda keys: (int(keys["one_api_key"]), bytes.fromhex(keys["one_secret_key"])),
        lambda keys: json.loads(keys["one_api_key"])["a"] if keys["one_api_key"] != "{}" else None,
    ],
    ids=[
        "a private key of 32 bytes", "hexadecimal without 0x", "a seed in base64", "a pair in base58",
        "40 bytes", "EC in PEM", "RSA in PEM", "words", "a UUID", "an integer and a hexadecimal", "JSON",
    ],
)  # fmt: skip
def test_the_shape_is_found(read: Callable[[Mapping[str, str]], object]) -> None:
    choice = choose([KEY, SECRET], "one", refusing(read))
    assert choice.failure is None
    read(choice.credentials)
    assert choice.tries <= 50


def test_an_address_belongs_to_its_private_key() -> None:
    def read(keys: Mapping[str, str]) -> None:
        derived = address_of(keys["one_secret_key"])
        if derived != keys["one_address"].lower():
            raise ValueError("the private key does not derive to the supplied address")

    choice = choose([field("one_address"), SECRET], "one", refusing(read))
    assert choice.failure is None
    read(choice.credentials)


def test_ordinary_keys_take_one_try() -> None:
    fields = [KEY, SECRET, field("one_passphrase"), field("one_tier", default="Pro", required=False)]
    choice = choose(fields, "one", refusing(lambda keys: keys["one_passphrase"]))
    assert (choice.tries, set(choice.credentials)) == (1, {"one_api_key", "one_secret_key", "one_passphrase"})


def test_the_tests_tell_the_shape() -> None:
    example = Example({"one_api_key": "testKey", "one_secret_key": "11" * 40})
    read = refusing(lambda keys: exactly(40, bytes.fromhex(keys["one_secret_key"])))
    choice = choose([KEY, SECRET], "one", read, [example])
    assert choice.tries == 1
    assert choice.credentials["one_secret_key"] != "11" * 40


def test_what_only_the_tests_have_is_taken_from_them() -> None:
    example = Example({"one_api_key": "magic", "one_secret_key": "words"})

    def read(keys: Mapping[str, str]) -> None:
        if keys["one_api_key"] != "magic":
            raise ValueError("no such key")

    choice = choose([KEY, SECRET], "one", refusing(read), [example])
    assert choice.failure is None
    assert choice.credentials == {"one_api_key": "magic", "one_secret_key": "words"}


def test_a_row_says_it() -> None:
    read = refusing(lambda keys: exactly(32, bytes.fromhex(keys["one_other"])))
    said = {"one_other": stated("hex-32"), "one_area": stated("=www")}
    choice = choose([field("one_other"), field("one_area")], "one", read, stated=said)
    assert (choice.tries, choice.credentials["one_area"]) == (1, "www")


def test_one_that_never_can_be_constructed_ends() -> None:
    choice = choose([KEY, SECRET], "one", lambda keys: "NameError: name 'helper' is not defined")
    assert choice.failure == "NameError: name 'helper' is not defined"
    assert choice.tries <= MOST_TRIES + 1


def test_one_that_asks_for_nothing() -> None:
    assert choose([], "one", lambda keys: None).tries == 1
    assert choose([], "one", lambda keys: "ValueError: no").failure == "ValueError: no"


@pytest.mark.parametrize(
    ("failure", "shape"),
    [
        ("ValidationError: private key must be exactly 32 bytes long, instead of 33", Shape.HEX_32_0X),
        ("ValueError: non-hexadecimal number found in fromhex() arg at position 0", Shape.HEX_32_0X),
        ("binascii.Error: Incorrect padding", Shape.BASE64_32),
        ("ValueError: Invalid character 'l' (base58)", Shape.BASE58_64),
        ("ValueError: Could not deserialize key data. ASN.1 parsing error", Shape.PEM_EC),
        ("ValueError: invalid literal for int() with base 10: 'a'", Shape.INTEGER),
        ("ValueError: badly formed hexadecimal UUID string", Shape.UUID),
        ("ValueError: 'x' is not a valid mnemonic", Shape.MNEMONIC),
        ("KeyError: 'x'", None),
    ],
)
def test_a_complaint_names_a_shape(failure: str, shape: Shape | None) -> None:
    assert (shape in complained(failure)) if shape else not complained(failure)


def test_a_key_whose_prompt_asks_for_an_address_gets_the_one_of_the_private_key() -> None:
    """Derive's `derive_api_key`: its constructor takes any text, and nothing can be signed then."""
    asked = [
        field("one_api_key", "Enter your One Wallet address"),
        field("one_api_secret", "Enter your wallet private key", kind="SecretStr"),
    ]
    told = {"one_api_secret": Shape.HEX_32}
    given = choose(asked, "one", lambda _: None, (), told).credentials
    assert given["one_api_key"].lower() == address_of(given["one_api_secret"])
