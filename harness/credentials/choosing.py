"""Credentials for a connector whose exchange nobody simulates: shapes are tried until its code takes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.credentials.asked import Asked
from harness.credentials.examples import Example
from harness.credentials.matching import usual_option, wanted
from harness.credentials.meanings import IDENTITIES, Meaning, meaning_of, says_identity
from harness.credentials.shapes import Shape, identity_of, make, shape_of
from harness.credentials.stated import Literal, Stated

MOST_TRIES = 80
MOST_EXAMPLES = 5
TELLING = 6  # characters of a value that do not turn up in a failure by chance
Attempt = Callable[[Mapping[str, str]], str | None]

# What a field of each meaning usually looks like; every other shape comes after these.
_USUAL: Mapping[Meaning | None, tuple[Shape, ...]] = {
    Meaning.KEY: (Shape.TOKEN, Shape.UUID, Shape.BASE64_32, Shape.HEX_32_0X, Shape.BASE58_32, Shape.ADDRESS),
    Meaning.SECRET: (  # base64 first: it is text for whom any text will do
        Shape.BASE64_32, Shape.HEX_32, Shape.HEX_32_0X, Shape.TOKEN, Shape.BASE58_64, Shape.BASE64_64,
        Shape.PEM_EC, Shape.PEM_ED25519, Shape.PEM_RSA, Shape.STARKNET, Shape.MNEMONIC, Shape.XRPL_SEED,
    ),
    Meaning.PASSPHRASE: (Shape.TOKEN, Shape.INTEGER),
    Meaning.ADDRESS: (Shape.ADDRESS, Shape.HEX_32_0X, Shape.BASE58_32, Shape.STARKNET, Shape.TOKEN),
    Meaning.ACCOUNT: (Shape.INTEGER, Shape.TOKEN, Shape.UUID, Shape.ADDRESS),
    Meaning.MODE: (Shape.TOKEN, Shape.INTEGER),
    None: (Shape.TOKEN, Shape.INTEGER),
}  # fmt: skip
_BY_WORD: tuple[tuple[str, tuple[Shape, ...]], ...] = (
    (r"mnemonic|phrase", (Shape.MNEMONIC,)),
    (r"private|signing|signer", (Shape.HEX_32_0X, Shape.HEX_32)),
)
# What a constructor's complaint says about the shape that it wants.
_COMPLAINTS: tuple[tuple[str, tuple[Shape, ...]], ...] = (
    (r"\b40 bytes|\b80 (hex|char)", (Shape.HEX_40,)),
    (r"\b64 bytes|keypair", (Shape.BASE58_64, Shape.BASE64_64, Shape.HEX_64)),
    (r"\b32 bytes|32-byte|\b256 bits", (Shape.HEX_32_0X, Shape.HEX_32, Shape.BASE64_32, Shape.BASE58_32)),
    (r"mnemonic|bip.?39", (Shape.MNEMONIC,)),
    (r"stark|felt\b", (Shape.STARKNET,)),
    (r"xrpl|ripple", (Shape.XRPL_SEED,)),
    (r"\bpem\b|deserialize|asn\.?1|malformedframing|key data", (
        Shape.PEM_EC, Shape.PEM_RSA, Shape.PEM_ED25519, Shape.PEM_EC_PKCS8, Shape.PEM_RSA_PKCS8,
    )),
    (r"ed25519|nacl|signingkey", (Shape.BASE64_32, Shape.HEX_32, Shape.BASE58_64, Shape.PEM_ED25519)),
    (r"base58", (Shape.BASE58_64, Shape.BASE58_32)),
    (r"base64|incorrect padding|binascii", (Shape.BASE64_32, Shape.BASE64_64)),
    (r"hexadecimal|hex string|fromhex|base 16|odd-length", (
        Shape.HEX_32_0X, Shape.HEX_32, Shape.HEX_40, Shape.HEX_64,
    )),
    (r"invalid literal for int|integer|base 10", (Shape.INTEGER,)),
    (r"checksum|address", (Shape.ADDRESS,)),
    (r"uuid", (Shape.UUID,)),
    (r"json|expecting value", (Shape.JSON,)),
)  # fmt: skip
# Whose shape is in doubt first, where a failure names nobody.
_DOUBTED = (
    Meaning.SECRET,
    Meaning.ADDRESS,
    Meaning.ACCOUNT,
    Meaning.PASSPHRASE,
    Meaning.KEY,
    None,
    Meaning.MODE,
)


@dataclass(frozen=True)
class Choice:
    """Credentials that were accepted; or those of the first of `tries`, and its `failure`: none was.

    `shapes` is what was made up for which field.
    """

    credentials: Mapping[str, str]
    tries: int
    failure: str | None = None
    shapes: Mapping[str, Shape] = field(default_factory=dict)


def choose(
    fields: Iterable[Asked],
    connector: str,
    attempt: Attempt,
    examples: Sequence[Example] = (),
    stated: Mapping[str, Stated] | None = None,
) -> Choice:
    """`attempt` constructs the connector and gives the failure's text, or None where it is accepted.

    Shapes come from what a round's row states, from the fork's own tests (`examples`), from the fields' types
    and names, from what the failures complain about, and then each in turn. In the end the tests' values are
    tried as they are.
    """
    asked = [field for field in fields if field.connect_key]
    return _Search(asked, connector, attempt, examples, stated or {}).run()


def complained(failure: str) -> tuple[Shape, ...]:
    """The shapes that a failure seems to ask for."""
    text = failure.lower()
    return tuple(dict.fromkeys(s for words, shapes in _COMPLAINTS if re.search(words, text) for s in shapes))


State = tuple[tuple[str, Shape], ...]


class _Search:
    """Depth first: a change that makes it fail elsewhere is followed, one that does not is taken back."""

    def __init__(
        self,
        asked: Sequence[Asked],
        connector: str,
        attempt: Attempt,
        examples: Sequence[Example],
        stated: Mapping[str, Stated],
    ) -> None:
        self._attempt = attempt
        self._examples = examples
        self._values: dict[tuple[str, Shape], str] = {}
        self._fixed = {f.name: option for f in asked if (option := _fixed(f, stated.get(f.name), connector))}
        self._asked = [
            f for f in asked if f.name not in self._fixed and (f.name in stated or wanted(f, connector))
        ]
        self._meanings = {f.name: meaning_of(f, connector) for f in self._asked}
        self._orders = {
            f.name: _order(f, self._meanings[f.name], examples, stated.get(f.name)) for f in self._asked
        }
        self._seen: set[State] = set()
        self._tries = 0

    def run(self) -> Choice:
        start: State = tuple((field.name, self._orders[field.name][0]) for field in self._asked)
        first = failure = self._fails(start)
        begun = self._credentials(start)
        trail = [(start, failure)]
        while failure is not None and trail and self._tries < MOST_TRIES:
            state, here = trail[-1]
            step = self._step(state, here or "")
            if step is None:
                trail.pop()
                continue
            start, failure = step
            trail.append(step)
        if failure is None:
            return Choice(self._credentials(start), self._tries, shapes=dict(start))
        for example in [each for each in self._examples if each.readable][:MOST_EXAMPLES]:
            told = {name: value for name, value in example.values.items() if value is not None}
            credentials = {**self._credentials(trail[0][0] if trail else start), **told}
            self._tries += 1
            if self._attempt(credentials) is None:
                return Choice(credentials, self._tries, shapes=_shapes_of(told))
        return Choice(begun, self._tries, first)

    def _step(self, state: State, failure: str) -> tuple[State, str | None] | None:
        """The next state that fails in another way, or not at all; None where there is none."""
        shapes, here = dict(state), self._signature(state, failure)
        for name in self._suspects(state, failure):
            wished = [shape for shape in complained(failure) if shape in self._orders[name]]
            for shape in dict.fromkeys((*wished, *self._orders[name])):
                candidate: State = tuple({**shapes, name: shape}.items())
                if candidate in self._seen or self._tries >= MOST_TRIES:
                    continue
                new = self._fails(candidate)
                if new is None or self._signature(candidate, new) != here:
                    return candidate, new
        return None

    def _fails(self, state: State) -> str | None:
        self._seen.add(state)
        self._tries += 1
        return self._attempt(self._credentials(state))

    def _credentials(self, state: State) -> dict[str, str]:
        for each in state:
            if each not in self._values:
                self._values[each] = make(each[1])
        made = {name: self._values[name, shape] for name, shape in state}
        return {**self._fixed, **made, **self._identities(state, made)}

    def _identities(self, state: State, made: Mapping[str, str]) -> dict[str, str]:
        """Addresses and public keys that belong to a private key."""
        private = [each for each in state if self._meanings[each[0]] is Meaning.SECRET]
        found: dict[str, str] = {}
        for name, wanted_shape in state:
            if self._meanings[name] in IDENTITIES:
                belonging = (identity_of(made[other], shape, wanted_shape) for other, shape in private)
                found |= [(name, each) for each in belonging if each is not None]
        return found

    def _suspects(self, state: State, failure: str) -> list[str]:
        """Those that the failure shows or names come first."""
        values = self._credentials(state)
        by_doubt = sorted(self._meanings, key=lambda name: _DOUBTED.index(self._meanings[name]))
        shown = [n for n in by_doubt if len(values[n]) >= TELLING and values[n] in failure]
        named = [n for n in by_doubt if re.search(rf"\b_?{re.escape(n)}\b", failure)]
        return list(dict.fromkeys((*shown, *named, *by_doubt)))

    def _signature(self, state: State, failure: str) -> tuple[str, str]:
        """Where and how it fails, whatever the values and their lengths are."""
        for value in self._credentials(state).values():
            if len(value) >= TELLING:
                failure = failure.replace(value, "…")
        lines = [line.strip() for line in failure.splitlines() if line.strip()]
        places = [line for line in lines if line.startswith("File ")]
        return (places[-1] if places else "", re.sub(r"\d+", "#", lines[-1]) if lines else "")


def _fixed(field: Asked, said: Stated | None, connector: str) -> str | None:
    """A value that is not searched for: stated in the row, or an option among others."""
    if isinstance(said, Literal):
        return said.value
    return usual_option(field) if said is None and wanted(field, connector) else None


def _shapes_of(values: Mapping[str, str]) -> dict[str, Shape]:
    return {name: shape for name, value in values.items() if (shape := shape_of(value)) is not None}


def _order(
    field: Asked, meaning: Meaning | None, examples: Sequence[Example], said: Stated | None
) -> tuple[Shape, ...]:
    if isinstance(said, Shape):
        return (said,)
    if isinstance(said, Meaning):
        meaning = said
    if re.search(r"\bint\b", field.kind):
        return (Shape.INTEGER,)
    if meaning in IDENTITIES:  # Derive's `…_api_key` asks for a wallet's address
        meaning = next((each for each in IDENTITIES if says_identity(field, each)), meaning)
    told = [example.values[field.name] for example in examples if example.values.get(field.name)]
    of_tests = [shape_of(value) or _USUAL[meaning][0] for value in told if value]
    words = f"{field.name} {field.prompt}".lower()
    by_word = [s for pattern, shapes in _BY_WORD if re.search(pattern, words) for s in shapes]
    if meaning is not Meaning.SECRET:
        by_word = []
    return tuple(dict.fromkeys((*of_tests, *by_word, *_USUAL[meaning], *Shape)))
