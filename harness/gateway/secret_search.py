"""Traces of secrets in text: whole or in part, in whatever usual spelling, whatever stands in between.

Letter case and everything but letters and digits is left out of both the secret and the text, so dots between
labels, quotes, commas and signs hide nothing; a second look is taken with escapes (`%41`, `\\u0041`, `&#65;`)
undone. What is encrypted, hashed or compressed leaves no trace.
"""

from __future__ import annotations

import base64
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

SHORTEST = 8  # letters and digits; shorter pieces turn up by chance
FEWEST_DIGITS = 13  # as unlikely as eight letters and digits
_AS_IT_STANDS = ("plain", "reversed")
_GRAM = 4
_STRIDE = SHORTEST - _GRAM + 1  # looking at every fifth place misses no piece of eight
_PLAIN = re.compile("[0-9A-Za-z]")
_OTHER = re.compile("[^0-9A-Za-z]+")
_ESCAPED = re.compile(
    r"%([0-9A-Fa-f]{2})|\\u00([0-9A-Fa-f]{2})|\\x([0-9A-Fa-f]{2})|&#x([0-9A-Fa-f]{2});|&#([0-9]{2,3});"
    "|[0-9A-Za-z]"
)
_DECIMAL = 5  # the number of its group
_MARKS = ("%", "\\", "&#")  # without one of these there is nothing to undo


@dataclass(frozen=True)
class Needle:
    """One spelling of a secret, folded. `size` is how many letters and digits the secret has."""

    name: str
    spelling: str
    text: str = field(repr=False)
    size: int


@dataclass(frozen=True)
class Trace:
    """A stretch of `text[start:end]` that says `length` characters of a secret, from its `first` on.

    `digits`: of a secret that is a number, as it stands: eight digits in a row turn up by chance where many
    numbers are sent. Digits of another secret, say in its hex, do not.
    """

    needle: Needle
    first: int
    length: int
    start: int
    end: int
    digits: bool = False

    @property
    def whole(self) -> bool:
        return self.length >= self.needle.size

    @property
    def chance(self) -> bool:
        """Whether it may well be a number of something else."""
        return self.digits and not self.whole and self.length < FEWEST_DIGITS

    @property
    def spelling(self) -> str:
        if self.whole:
            return self.needle.spelling
        return f"{self.needle.spelling}, {self.length} of {self.needle.size} characters"


def fold(text: str) -> str:
    """Small letters and digits of the ASCII alphabet; nothing else is left."""
    return _OTHER.sub("", text).lower()


def needles_of(name: str, secret: str) -> tuple[Needle, ...]:
    """How a secret may be written, folded; none for one that is too short to be looked for.

    Bases 64 and 32 have one spelling for each alignment; base64url folds to the same as base64.
    """
    raw, size = secret.encode(), len(fold(secret))
    if size < SHORTEST:
        return ()
    spelt = {"plain": secret, "reversed": secret[::-1], "hex": raw.hex()}
    spelt["decimal"] = "".join(map(str, raw))
    for skip in range(3):
        spelt[f"base64 at {skip}"] = _aligned(base64.b64encode, raw, skip, 6)
    for skip in range(5):
        spelt[f"base32 at {skip}"] = _aligned(base64.b32encode, raw, skip, 5)
    return tuple(Needle(name, spelling, fold(text), size) for spelling, text in spelt.items())


def _aligned(encode: Callable[[bytes], bytes], raw: bytes, skip: int, bits: int) -> str:
    """The part of the encoded text that does not change with what stands `skip` bytes before, and after."""
    text = encode(b"\0" * skip + raw).decode()
    return text[-(-skip * 8 // bits) : (skip + len(raw)) * 8 // bits]


class Index:
    """Finds traces of any needle in one pass: by a few letters first, and then in full.

    One thread may add needles while others look.
    """

    def __init__(self) -> None:
        self._grams: defaultdict[str, list[tuple[Needle, int]]] = defaultdict(list)

    def add(self, needles: Iterable[Needle]) -> None:
        for needle in needles:
            for place in range(len(needle.text) - _GRAM + 1):
                self._grams[needle.text[place : place + _GRAM]].append((needle, place))

    def find(self, text: str) -> list[Trace]:
        """Every trace of `SHORTEST` characters or more, in order of where it starts."""
        found = self._look(text, _PLAIN)
        if any(mark in text for mark in _MARKS):
            found += [each for each in self._look(text, _ESCAPED) if not _within(each, found)]
        return sorted(found, key=lambda trace: (trace.start, -trace.end))

    def _look(self, text: str, tokens: re.Pattern[str]) -> list[Trace]:
        folded = fold(text) if tokens is _PLAIN else "".join(map(_letter, tokens.finditer(text)))
        found: dict[tuple[Needle, int, int], tuple[int, int]] = {}
        for place in range(0, len(folded) - _GRAM + 1, _STRIDE):
            for needle, at in self._grams.get(folded[place : place + _GRAM], ()):
                back, ahead = _reach(needle.text, at, folded, place)
                if _characters(needle, back + ahead) >= min(SHORTEST, needle.size):
                    found[needle, at - back, place - back] = (place - back, place + ahead)
        if not found:
            return []
        where = [span for token in tokens.finditer(text) for span in [token.span()] * len(_letter(token))]
        return [
            Trace(
                needle,
                _characters(needle, at),
                _characters(needle, end - begin),
                where[begin][0],
                where[end - 1][1],
                needle.spelling in _AS_IT_STANDS and needle.text.isdigit(),
            )
            for (needle, at, _), (begin, end) in found.items()
        ]


def _letter(token: re.Match[str]) -> str:
    """What a token says once it is folded: one letter or digit, or nothing."""
    kind = token.lastindex
    said = token[0] if kind is None else chr(int(token[kind], 10 if kind == _DECIMAL else 16))
    return fold(said)


def _reach(needle: str, at: int, text: str, place: int) -> tuple[int, int]:
    """How far both say the same, before and from there."""
    back = 0
    while back < at and back < place and needle[at - back - 1] == text[place - back - 1]:
        back += 1
    ahead, most = _GRAM, min(len(needle) - at, len(text) - place)
    while ahead < most and needle[at + ahead] == text[place + ahead]:
        ahead += 1
    return back, ahead


def _characters(needle: Needle, letters: int) -> int:
    """How many characters of the secret so many letters of its spelling stand for."""
    return round(letters * needle.size / len(needle.text))


def _within(trace: Trace, others: list[Trace]) -> bool:
    return any(other.start <= trace.start and trace.end <= other.end for other in others)


def best(traces: list[Trace]) -> Trace | None:
    """The one that says most."""
    return max(traces, key=lambda trace: trace.length, default=None)


def without_overlap(traces: list[Trace]) -> list[tuple[int, int, str]]:
    """(start, end, name) of the stretches that the traces cover, in order; the longest trace names each."""
    stretches: list[tuple[int, int, Trace]] = []
    for each in sorted(traces, key=lambda trace: trace.start):
        if stretches and each.start < stretches[-1][1]:
            start, end, longest = stretches.pop()
            longer = max(longest, each, key=lambda trace: trace.length)
            stretches.append((start, max(end, each.end), longer))
        else:
            stretches.append((each.start, each.end, each))
    return [(start, end, trace.needle.name) for start, end, trace in stretches]
