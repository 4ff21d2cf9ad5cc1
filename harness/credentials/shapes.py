"""Shapes that keys have, and one made up of each: random, and of use to nobody."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import string
import uuid
from collections.abc import Callable, Mapping
from enum import StrEnum

from coincurve import PrivateKey
from Crypto.Hash import keccak
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa


class Shape(StrEnum):
    """The form of a secret, an address or a number; the words stand in a round's file as they are here."""

    TOKEN = "token"  # noqa: S105 - the word itself
    HEX_32 = "hex-32"
    HEX_32_0X = "0x-hex-32"
    HEX_40 = "hex-40"
    HEX_64 = "hex-64"
    BASE58_32 = "base58-32"
    BASE58_64 = "base58-64"
    BASE64_32 = "base64-32"
    BASE64_64 = "base64-64"
    PEM_EC = "pem-ec"
    PEM_EC_PKCS8 = "pem-ec-pkcs8"
    PEM_RSA = "pem-rsa"
    PEM_RSA_PKCS8 = "pem-rsa-pkcs8"
    PEM_ED25519 = "pem-ed25519"
    STARKNET = "starknet"
    MNEMONIC = "mnemonic"
    XRPL_SEED = "xrpl-seed"
    ADDRESS = "address"
    INTEGER = "integer"
    UUID = "uuid"
    JSON = "json"


_LETTERS = string.ascii_letters + string.digits
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# xrpl.org, "base58 Encodings".
_XRPL_BASE58 = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
# The order of the STARK curve (docs.starkware.co, "STARK curve").
_STARK_ORDER = 0x0800000000000010FFFFFFFFFFFFFFFFB781126DCAE7B2321E66A241ADC64D2F
# The first 32 words of BIP 39's English list, whose last word has four bits of checksum for twelve words.
_WORDS = [
    "abandon",
    "ability",
    "able",
    "about",
    "above",
    "absent",
    "absorb",
    "abstract",
    "absurd",
    "abuse",
    "access",
    "accident",
    "account",
    "accuse",
    "achieve",
    "acid",
    "acoustic",
    "acquire",
    "across",
    "act",
    "action",
    "actor",
    "actress",
    "actual",
    "adapt",
    "add",
    "addict",
    "address",
    "adjust",
    "admit",
    "adult",
    "advance",
]


def make(shape: Shape) -> str:
    """A new value of that shape."""
    return _MAKERS[shape]()


def shape_of(text: str) -> Shape | None:
    """The shape that a value of somebody else's has; None where it is a plain word or of no known shape."""
    for pattern, shape in _PATTERNS:
        if pattern.fullmatch(text.strip()):
            return shape
    decoded = _base64(text.strip())
    return {32: Shape.BASE64_32, 64: Shape.BASE64_64}.get(len(decoded))


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def base58(data: bytes, alphabet: str = _BASE58) -> str:
    """Bytes as base58 writes them, of bitcoin's alphabet."""
    number, digits = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        digits = alphabet[digit] + digits
    return alphabet[0] * (len(data) - len(data.lstrip(b"\0"))) + digits


def unbase58(text: str) -> bytes:
    """The bytes of a text in base58. Raises ValueError."""
    number = 0
    for digit in text:
        number = number * 58 + _BASE58.index(digit)
    zeros = len(text) - len(text.lstrip(_BASE58[0]))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _solana_pair() -> str:
    """A seed and its public key in a row, as wallets export them."""
    key = ed25519.Ed25519PrivateKey.generate()
    return base58(key.private_bytes_raw() + key.public_key().public_bytes_raw())


def _mnemonic() -> str:
    """Twelve words of BIP 39. All bits but one of the last word's entropy are zero: the short list has it."""
    numbers = [secrets.randbelow(len(_WORDS)) for _ in range(11)]
    entropy = 0
    for number in numbers:
        entropy = entropy << 11 | number
    last = secrets.randbelow(2)
    checksum = hashlib.sha256((entropy << 7 | last).to_bytes(16, "big")).digest()[0] >> 4
    return " ".join(_WORDS[number] for number in (*numbers, last << 4 | checksum))


def _xrpl_seed() -> str:
    body = b"\x21" + secrets.token_bytes(16)
    check = hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4]
    return base58(body + check, _XRPL_BASE58)


def identity_of(secret: str, shape: Shape, wanted: Shape) -> str | None:
    """The address or public key, in the `wanted` shape, that belongs to a private key; None where none does.

    Connectors compare the two: one that was made up by itself is refused.
    """
    if wanted is Shape.ADDRESS and shape in (Shape.HEX_32, Shape.HEX_32_0X):
        key = PrivateKey.from_hex(secret.removeprefix("0x")).public_key.format(compressed=False)
        return _checksummed(keccak.new(data=key[1:], digest_bits=256).digest()[-20:].hex())
    if wanted is Shape.BASE58_32 and shape is Shape.BASE58_64:
        return base58(unbase58(secret)[32:])
    if wanted is Shape.BASE64_32 and shape is Shape.BASE64_32:
        seed = ed25519.Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret))
        return base64.b64encode(seed.public_key().public_bytes_raw()).decode()
    return None


def _address() -> str:
    return _checksummed(secrets.token_hex(20))


def _checksummed(digits: str) -> str:
    """ERC-55: letters are capital where the hash of the address says so."""
    spoken = keccak.new(data=digits.encode(), digest_bits=256).hexdigest()
    return "0x" + "".join(
        digit.upper() if int(said, 16) >= 8 else digit for digit, said in zip(digits, spoken, strict=False)
    )


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey, pkcs8: bool) -> str:
    form = serialization.PrivateFormat.PKCS8 if pkcs8 else serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def _rsa(pkcs8: bool) -> str:
    return _pem(rsa.generate_private_key(public_exponent=65537, key_size=2048), pkcs8)


def _ec(pkcs8: bool) -> str:
    return _pem(ec.generate_private_key(ec.SECP256R1()), pkcs8)


def _secp256k1() -> str:
    """Below the order of every curve in use."""
    return f"{secrets.randbits(250) + 1:064x}"


_MAKERS: Mapping[Shape, Callable[[], str]] = {
    Shape.TOKEN: lambda: "".join(secrets.choice(_LETTERS) for _ in range(48)),
    Shape.HEX_32: _secp256k1,
    Shape.HEX_32_0X: lambda: "0x" + _secp256k1(),
    Shape.HEX_40: lambda: f"{secrets.randbits(310):080x}",
    Shape.HEX_64: lambda: secrets.token_hex(64),
    Shape.BASE58_32: lambda: base58(secrets.token_bytes(32)),
    Shape.BASE58_64: _solana_pair,
    Shape.BASE64_32: lambda: base64.b64encode(secrets.token_bytes(32)).decode(),
    Shape.BASE64_64: lambda: base64.b64encode(secrets.token_bytes(64)).decode(),
    Shape.PEM_EC: lambda: _ec(pkcs8=False),
    Shape.PEM_EC_PKCS8: lambda: _ec(pkcs8=True),
    Shape.PEM_RSA: lambda: _rsa(pkcs8=False),
    Shape.PEM_RSA_PKCS8: lambda: _rsa(pkcs8=True),
    Shape.PEM_ED25519: lambda: _pem(ed25519.Ed25519PrivateKey.generate(), pkcs8=True),
    Shape.STARKNET: lambda: f"0x{1 + secrets.randbelow(_STARK_ORDER - 1):x}",
    Shape.MNEMONIC: _mnemonic,
    Shape.XRPL_SEED: _xrpl_seed,
    Shape.ADDRESS: _address,
    Shape.INTEGER: lambda: str(secrets.randbelow(200) + 1),
    Shape.UUID: lambda: str(uuid.uuid4()),
    Shape.JSON: lambda: "{}",
}

_PATTERNS: tuple[tuple[re.Pattern[str], Shape], ...] = (
    (re.compile(r"-----BEGIN EC PRIVATE KEY-----.*", re.S), Shape.PEM_EC),
    (re.compile(r"-----BEGIN RSA PRIVATE KEY-----.*", re.S), Shape.PEM_RSA),
    (re.compile(r"-----BEGIN PRIVATE KEY-----.{1,140}-----END.*", re.S), Shape.PEM_ED25519),
    (re.compile(r"-----BEGIN PRIVATE KEY-----.{141,400}-----END.*", re.S), Shape.PEM_EC_PKCS8),
    (re.compile(r"-----BEGIN PRIVATE KEY-----.*", re.S), Shape.PEM_RSA_PKCS8),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I), Shape.UUID),
    (re.compile(r"0x[0-9a-f]{40}", re.I), Shape.ADDRESS),
    (re.compile(r"0x[0-9a-f]{61,64}", re.I), Shape.HEX_32_0X),
    (re.compile(r"[0-9a-f]{64}", re.I), Shape.HEX_32),
    (re.compile(r"(0x)?[0-9a-f]{80}", re.I), Shape.HEX_40),
    (re.compile(r"(0x)?[0-9a-f]{128}", re.I), Shape.HEX_64),
    (re.compile(r"-?[0-9]{1,12}"), Shape.INTEGER),
    (re.compile(r"([a-z]{3,8} ){11}([a-z]{3,8})(( [a-z]{3,8}){12})?"), Shape.MNEMONIC),
    (re.compile(r"s(Ed)?[1-9A-HJ-NP-Za-km-z]{25,33}"), Shape.XRPL_SEED),
    (re.compile(r"[1-9A-HJ-NP-Za-km-z]{86,90}"), Shape.BASE58_64),
    (re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[1-9A-HJ-NP-Za-km-z]{43,44}"), Shape.BASE58_32),
)
