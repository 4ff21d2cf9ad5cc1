"""Typed data is hashed as EIP-712's own example has it (eips.ethereum.org/EIPS/eip-712, CC0)."""

from __future__ import annotations

from typing import Any

import pytest

from harness.venue.dialects.typed_data import domain_separator, struct_hash, typed_digest, word
from harness.venue.dialects.wallets import address_of, keccak, personal_digest, sign_digest, signer_of

TYPES = {
    "Person": {"name": "string", "wallet": "address"},
    "Mail": {"from": "Person", "to": "Person", "contents": "string"},
}
COW = "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"
MAIL = {
    "from": {"name": "Cow", "wallet": COW},
    "to": {"name": "Bob", "wallet": "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"},
    "contents": "Hello, Bob!",
}
DOMAIN = {
    "name": "Ether Mail", "version": "1", "chainId": 1,
    "verifyingContract": "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC",
}  # fmt: skip
KEY = keccak(b"cow").hex()


def test_the_example() -> None:
    separator = domain_separator(DOMAIN)
    assert separator.hex() == "f2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f"
    hashed = struct_hash("Mail", TYPES, MAIL)
    assert hashed.hex() == "c52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e"
    digest = typed_digest(separator, "Mail", TYPES, MAIL)
    assert digest.hex() == "be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2"
    assert address_of(KEY) == COW.lower()
    assert sign_digest(digest, KEY).hex() == (
        "4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d"
        "07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b915621c"
    )
    assert signer_of(digest, sign_digest(digest, KEY)) == COW.lower()


def test_who_signed_something_else_is_somebody_else() -> None:
    made = sign_digest(personal_digest(b"hello"), KEY)
    assert signer_of(personal_digest(b"hello"), made) == COW.lower()
    assert signer_of(personal_digest(b"hullo"), made) != COW.lower()
    for broken in (b"", made[:64], made[:64] + b"\x05", b"\0" * 64 + b"\x1b"):
        with pytest.raises(ValueError, match="sign"):
            signer_of(personal_digest(b"hello"), broken)


@pytest.mark.parametrize(
    ("kind", "value", "made"),
    [
        ("uint64", "18", f"{18:064x}"),
        ("uint256", "0x12", f"{18:064x}"),
        ("int64", -1, "f" * 64),
        ("bool", "True", f"{1:064x}"),
        ("bool", False, f"{0:064x}"),
        ("bytes4", "0x12345678", "12345678".ljust(64, "0")),
        ("address", COW, COW.lower().removeprefix("0x").rjust(64, "0")),
    ],
)
def test_words(kind: str, value: Any, made: str) -> None:
    assert word(kind, value).hex() == made


@pytest.mark.parametrize(
    ("kind", "value"),
    [("uint8", "256"), ("uint8", "-1"), ("int8", "128"), ("uint8", "x"), ("bool", "yes"), ("address", "0x12"),
     ("fixed8", "1")],
)  # fmt: skip
def test_what_a_word_cannot_hold(kind: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        word(kind, value)


def test_lists_and_structs_in_them() -> None:
    types = {"Order": {"legs": "Leg[]"}, "Leg": {"size": "uint64"}}
    legs = [{"size": 1}, {"size": 2}]
    each = [keccak(keccak(b"Leg(uint64 size)") + word("uint64", leg["size"])) for leg in legs]
    spelt = keccak(b"Order(Leg[] legs)Leg(uint64 size)")
    assert struct_hash("Order", types, {"legs": legs}) == keccak(spelt + keccak(b"".join(each)))
    unlike: list[dict[str, Any]] = [{}, {"legs": 1}, {"legs": [1]}, {"legs": [{}]}]
    for wrong in unlike:
        with pytest.raises(ValueError, match=r"."):
            struct_hash("Order", types, wrong)
