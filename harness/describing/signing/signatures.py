"""How requests are signed: a menu of texts, hashes, encodings and forms of the secret, tried in turn.

The requests were signed with canary keys that we know, so a scheme that reproduces a signature is the scheme.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from harness.describing.documents.said import Said
from harness.describing.signing.signature_bytes import forms_of, signatures_in
from harness.describing.signing.signed_texts import ATOM, TEXTS, SignedMessage

TRIES = 3  # messages with a signature at one place; where none is reproduced, the others are not tried
MOST_TEXTS = 20_000  # tried for one message
_JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+\Z")


@dataclass(frozen=True)
class Scheme:
    """One way to sign. `secret` is the credential's name and `form` how its bytes are had from it.

    `text` is a template of `TEXTS`, and `parts` says where its `{time}`, `{nonce}`, `{key}` … are taken from:
    a place of the request or `credential NAME`.
    """

    place: str
    algorithm: str
    text: str
    encoding: str
    secret: str
    form: str
    parts: Mapping[str, str] = field(default_factory=dict)

    def signs(self, said: Said, credentials: Mapping[str, str]) -> bool:
        """Whether this reproduces the signature in `said`."""
        message = SignedMessage(said, self.place, credentials)
        signature = next(
            (each for each in signatures_in(said, self.place) if each.encoding == self.encoding), None
        )
        values = {name: message.values.get(place) for name, place in self.parts.items()}
        if signature is None or None in values.values():
            return False
        text = message.text(self.text, {name: value or "" for name, value in values.items()})
        key = forms_of(credentials.get(self.secret, "")).get(self.form)
        return text is not None and key is not None and signature.is_of(text, key, self.algorithm)


@dataclass(frozen=True)
class Explanation:
    """The schemes that reproduce what was signed, and the messages that none reproduces.

    `tokens` are places that hold a JSON Web Token, `unexplained` those that hold something of a signature's
    length that the menu does not reproduce.
    """

    schemes: tuple[Scheme, ...]
    explained: int
    unexplained: tuple[str, ...]
    tokens: tuple[str, ...] = ()


def explain(messages: Sequence[Said], credentials: Mapping[str, str]) -> Explanation:
    """Find the fewest schemes that reproduce every signature in `messages`, signed with these credentials."""
    schemes: list[Scheme] = []
    explained: set[int] = set()
    unexplained: set[str] = set()
    tokens: set[str] = set()
    tried: Counter[str] = Counter()
    for number, said in enumerate(messages):
        tokens |= set(_tokens(said))
        if any(scheme.signs(said, credentials) for scheme in schemes):
            explained.add(number)
            continue
        given_up = frozenset(place for place, tries in tried.items() if tries >= TRIES)
        fitting = list(schemes_of(said, credentials, given_up))
        if fitting:
            schemes.append(_most_telling(fitting, messages, credentials))
            explained.add(number)
        else:
            places = {each.place for each in signatures_in(said)}
            tried.update(places)
            unexplained |= set(filter(_named_so, places))
    known = {scheme.place for scheme in schemes}
    return Explanation(
        tuple(schemes), len(explained), tuple(sorted(unexplained - known)), tuple(sorted(tokens))
    )


def _most_telling(fitting: list[Scheme], messages: Sequence[Said], credentials: Mapping[str, str]) -> Scheme:
    """Of schemes that fit one message, the one that fits most of all; of equals, the longest text."""

    def worth(scheme: Scheme) -> tuple[int, int, int]:
        covered = sum(scheme.signs(said, credentials) for said in messages)
        parts = len(ATOM.findall(scheme.text.replace("{target}", "{path}{query}")))
        return covered, parts, -TEXTS.index(scheme.text)

    return max(fitting, key=worth)


def schemes_of(
    said: Said, credentials: Mapping[str, str], given_up: frozenset[str] = frozenset()
) -> Iterator[Scheme]:
    """Every scheme of the menu that reproduces a signature in this message, but at places given up."""
    for signature in signatures_in(said):
        if signature.place in given_up:
            continue
        message = SignedMessage(said, signature.place, credentials)
        texts = list(itertools.islice(message.texts(), MOST_TEXTS))
        for name, secret in credentials.items():
            for form, key in forms_of(secret).items():
                for algorithm in signature.algorithms(key):
                    for template, parts, text in texts:
                        if signature.is_of(text, key, algorithm):
                            yield Scheme(
                                signature.place, algorithm, template, signature.encoding, name, form, parts
                            )


def _tokens(said: Said) -> Iterator[str]:
    for place, value in said.values.items():
        if value.split(" ")[-1].startswith("eyJ") and _JWT.search(value):
            yield place


def _named_so(place: str) -> bool:
    return re.search(r"sign|hmac|digest|\bsig\b|auth", place, re.IGNORECASE) is not None
