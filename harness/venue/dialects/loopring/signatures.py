"""EdDSA over Baby Jubjub with Poseidon as its hash, as Loopring's protocol 3.0 signs orders and requests.

Source: the scheme as `ethsnarks-loopring` 0.1.5 (PyPI, October 2020) has it; Poseidon after
eprint.iacr.org/2019/458; the curve of eips.ethereum.org/EIPS/eip-2494. Nothing here is constant in time: it
verifies for a simulated exchange.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617
ORDER = 21888242871839275222246405745257275088614511777268538073601725287587578984328  # of the curve
SUBGROUP = ORDER // 8
_A, _D = 168700, 168696
Point = tuple[int, int]
BASE: Point = (
    16540640123574156134436876038791482806971768689494387082833631921987005038935,
    20819045374670962167435360035096875258406992893633759881276124905556507972311,
)
_SEED = b"poseidon"
_FULL_ROUNDS = 6


@dataclass(frozen=True)
class Signature:
    r: Point
    s: int


def public_key(private: int) -> Point:
    return _times(BASE, private)


def sign(message: int, private: int) -> Signature:
    """With a nonce that follows from key and message, as the published scheme has it."""
    secret = b"".join(number.to_bytes(32, "little") for number in (private, message))
    nonce = int.from_bytes(hashlib.sha512(secret).digest(), "little") % SUBGROUP
    r = _times(BASE, nonce)
    return Signature(r, (nonce + private * _challenge(r, public_key(private), message)) % ORDER)


def verifies(message: int, signature: Signature, public: Point) -> bool:
    """Whether `signature` is of `message` (a number of the field) by the owner of `public`."""
    if not (_on_curve(signature.r) and 0 <= signature.s < ORDER):
        return False
    challenge = _challenge(signature.r, public, message)
    return _times(BASE, signature.s) == _affine(
        _add(_extended(signature.r), _extended(_times(public, challenge)))
    )


def hash_of(numbers: Sequence[int], width: int, partial_rounds: int) -> int:
    """Poseidon of fewer than `width` numbers, x⁵ as S-box."""
    state = [number % FIELD for number in numbers] + [0] * (width - len(numbers))
    matrix = _matrix(width)
    rounds = _FULL_ROUNDS + partial_rounds
    for number, constant in enumerate(_constants(_SEED + b"_constants", rounds)):
        state = [value + constant for value in state]
        full = not _FULL_ROUNDS // 2 <= number < _FULL_ROUNDS // 2 + partial_rounds
        boxed = len(state) if full else 1
        state[:boxed] = [pow(value, 5, FIELD) for value in state[:boxed]]
        state = [sum(a * b for a, b in zip(row, state, strict=True)) % FIELD for row in matrix]
    return state[0]


def order_hash(fields: Iterable[int]) -> int:
    """Of the thirteen fields of an order."""
    return hash_of(tuple(fields), 14, 53)


def _challenge(r: Point, public: Point, message: int) -> int:
    return hash_of((*r, *public, message), 6, 52)


@cache
def _constants(seed: bytes, count: int) -> tuple[int, ...]:
    found, data = [], seed
    for _ in range(count):
        data = hashlib.blake2b(data, digest_size=32).digest()
        found.append(int.from_bytes(data, "little") % FIELD)
    return tuple(found)


@cache
def _matrix(width: int) -> tuple[tuple[int, ...], ...]:
    """A Cauchy matrix of the field."""
    c = _constants(_SEED + b"_matrix_0000", 2 * width)
    return tuple(tuple(pow(c[i] - c[width + j], -1, FIELD) for j in range(width)) for i in range(width))


def _on_curve(point: Point) -> bool:
    x, y = point
    squares = x * x % FIELD, y * y % FIELD
    return (_A * squares[0] + squares[1] - 1 - _D * squares[0] * squares[1]) % FIELD == 0


# Extended coordinates (x, y, t, z) of twisted Edwards curves, eprint.iacr.org/2008/522: nothing is divided.
_Extended = tuple[int, int, int, int]


def _extended(point: Point) -> _Extended:
    x, y = point
    return x, y, x * y % FIELD, 1


def _affine(point: _Extended) -> Point:
    inverse = pow(point[3], -1, FIELD)
    return point[0] * inverse % FIELD, point[1] * inverse % FIELD


def _add(one: _Extended, other: _Extended) -> _Extended:
    a, b = one[0] * other[0] % FIELD, one[1] * other[1] % FIELD
    c, d = _D * one[2] * other[2] % FIELD, one[3] * other[3] % FIELD
    e = ((one[0] + one[1]) * (other[0] + other[1]) - a - b) % FIELD
    f, g, h = d - c, d + c, b - _A * a
    return e * f % FIELD, g * h % FIELD, e * h % FIELD, f * g % FIELD


def _times(point: Point, number: int) -> Point:
    result, doubled = (0, 1, 0, 1), _extended(point)
    while number:
        if number & 1:
            result = _add(result, doubled)
        doubled = _add(doubled, doubled)
        number >>= 1
    return _affine(result)
