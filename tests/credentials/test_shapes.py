"""Made-up keys have the shapes that code checks."""

from __future__ import annotations

import base64
import hashlib

import pytest
from coincurve import PrivateKey
from Crypto.Hash import keccak
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from harness.credentials.shapes import Shape, make, shape_of


@pytest.mark.parametrize("shape", Shape)
def test_no_two_are_the_same(shape: Shape) -> None:
    if shape not in (Shape.JSON, Shape.INTEGER):
        assert make(shape) != make(shape)
    assert make(shape)


@pytest.mark.parametrize("shape", [s for s in Shape if s not in (Shape.TOKEN, Shape.JSON, Shape.STARKNET)])
def test_a_shape_is_recognized(shape: Shape) -> None:
    for _ in range(3):
        assert shape_of(make(shape)) is shape


@pytest.mark.parametrize("word", ["testAPIKey", "someKey", "x" * 20, "", "a b c"])
def test_a_plain_word_has_none(word: str) -> None:
    assert shape_of(word) is None


def test_a_hexadecimal_private_key_has_32_bytes() -> None:
    for shape in (Shape.HEX_32, Shape.HEX_32_0X):
        text = make(shape).removeprefix("0x")
        assert len(bytes.fromhex(text)) == 32
        PrivateKey.from_hex(text)


def test_a_seed_in_base64_has_32_bytes() -> None:
    assert len(base64.b64decode(make(Shape.BASE64_32), validate=True)) == 32


@pytest.mark.parametrize("shape", [shape for shape in Shape if shape.startswith("pem")])
def test_a_private_key_in_pem_can_be_loaded(shape: Shape) -> None:
    load_pem_private_key(make(shape).encode(), password=None)


def test_an_address_has_its_checksum() -> None:
    address = make(Shape.ADDRESS).removeprefix("0x")
    spoken = keccak.new(data=address.lower().encode(), digest_bits=256).hexdigest()
    for letter, said in zip(address, spoken, strict=False):
        assert letter.isdigit() or letter.isupper() == (int(said, 16) >= 8)


def test_the_words_have_their_checksum() -> None:
    """BIP 39: twelve words of eleven bits are 128 bits of entropy and 4 of its hash."""
    from harness.credentials.shapes import _WORDS

    for _ in range(20):
        bits = 0
        for word in make(Shape.MNEMONIC).split():
            bits = bits << 11 | _WORDS.index(word)
        entropy, checksum = bits >> 4, bits & 15
        assert hashlib.sha256(entropy.to_bytes(16, "big")).digest()[0] >> 4 == checksum
