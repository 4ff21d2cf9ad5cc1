"""A simulated exchange's keys, handed to whatever fields a connector asks for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.credentials.asked import Asked
from harness.credentials.meanings import IDENTITIES, Meaning, meaning_of, meaning_of_name, says_identity
from harness.credentials.shapes import Shape, make
from harness.credentials.stated import Literal, Stated

_OPTIONS = re.compile(r"\((\w{2,20}(?:/\w{2,20})+)\)")
_HELD = frozenset({Meaning.KEY, Meaning.SECRET, Meaning.PASSPHRASE, Meaning.ADDRESS})


@dataclass(frozen=True)
class Matched:
    """What the connector is constructed with, and what it asks for besides that nothing offered fits."""

    credentials: Mapping[str, str]
    missing: tuple[Asked, ...] = ()


def matched(
    fields: Iterable[Asked],
    offered: Mapping[str, str],
    connector: str,
    stated: Mapping[str, Stated] | None = None,
) -> Matched:
    """`offered` by the field names of some connector of the exchange; `stated` by those of this one.

    First what a round's row states, then equal names, then equal meanings, then what is left on both sides.
    What has a default and is not offered by its own name keeps it. An exchange that hands out no passphrase
    checks none: a connector that asks for one gets any.
    """
    pairing = _Pairing(offered, connector)
    asked = [field for field in fields if field.connect_key]
    for field in asked:
        if field.name in (stated or {}):
            pairing.state(field, (stated or {})[field.name])
    for field in asked:
        pairing.by_name(field)
    needed = [field for field in asked if wanted(field, connector) and field.name not in pairing.credentials]
    for field in needed:
        pairing.by_meaning(field)
    pairing.identities([field for field in needed if field.name not in pairing.credentials])
    if Meaning.PASSPHRASE not in {meaning_of_name(name) for name in offered}:
        pairing.passphrases(needed)
    left = []
    for field in needed:
        if field.name not in pairing.credentials:
            option = usual_option(field)
            if option is None:
                left.append(field)
            else:
                pairing.credentials[field.name] = option
    return Matched(pairing.credentials, tuple(left))


def unmatched(missing: Iterable[Asked], exchange: str) -> str:
    """What to tell of fields that nothing offered fits, and what to do."""
    names = [field.name for field in missing]
    return (
        f"Not tried, because nobody knows what {exchange} would put into {', '.join(names)}: say it in the "
        f"candidate's row, as in `exchange: credentials: {{{names[0]}: secret}}`."
    )


def wanted(field: Asked, connector: str) -> bool:
    """Whether it has to be given: it has no default, or a key's default that stands for none."""
    return field.required or (not field.default and meaning_of(field, connector) in _HELD)


def usual_option(field: Asked) -> str | None:
    """Of a switch the one that is off, of a choice the first; None where it is neither.

    A choice may be in the prompt alone: `Enter your account type (trader/market_maker)`.
    """
    if field.kind == "bool":
        return "no"
    words = options(field)
    return "no" if "no" in map(str.lower, words) and "Literal" not in field.kind else next(iter(words), None)


def options(field: Asked) -> tuple[str, ...]:
    """The words that a field may hold, as its type or its prompt names them; none of a key or a secret."""
    named = re.search(r"Literal(\[.*\])", field.kind)
    if named is None:
        told = _OPTIONS.search(field.prompt) if meaning_of_name(field.name) in (Meaning.MODE, None) else None
        return tuple(told[1].split("/")) if told else ()
    try:
        return tuple(map(str, ast.literal_eval(named[1])))
    except (ValueError, SyntaxError):
        return ()


class _Pairing:
    """`credentials` so far, and what is offered and not yet given to anybody."""

    def __init__(self, offered: Mapping[str, str], connector: str) -> None:
        self.credentials: dict[str, str] = {}
        self._left = dict(offered)
        self._connector = connector

    def state(self, field: Asked, said: Stated) -> None:
        if isinstance(said, Literal):
            self.credentials[field.name] = said.value
        elif isinstance(said, Meaning):
            self._take(field, self._meaning(said))
        else:
            self.credentials[field.name] = make(said)

    def by_name(self, field: Asked) -> None:
        if field.name not in self.credentials:
            self._take(field, [name for name in self._left if name == field.name])

    def by_meaning(self, field: Asked) -> None:
        meaning = meaning_of(field, self._connector)
        told = [each for each in IDENTITIES if says_identity(field, each)]
        if meaning in IDENTITIES and told and meaning not in told:
            return  # its name says key, its prompt says address
        if meaning is not None:
            self._take(field, self._meaning(meaning))

    def identities(self, fields: list[Asked]) -> None:
        """Who it is: by what the prompt says, then the one that is left for the one that is offered."""
        for field in fields:
            for meaning in IDENTITIES:
                if says_identity(field, meaning):
                    self._take(field, self._meaning(meaning))
        open_ = [
            field
            for field in fields
            if field.name not in self.credentials
            and meaning_of(field, self._connector) in {*IDENTITIES, None}
        ]
        if len(open_) == 1:
            self._take(open_[0], [name for name in self._left if meaning_of_name(name) in IDENTITIES])

    def passphrases(self, fields: list[Asked]) -> None:
        """Any text, once all that is offered has been handed over."""
        for field in fields:
            if not self._left and meaning_of(field, self._connector) is Meaning.PASSPHRASE:
                self.credentials.setdefault(field.name, make(Shape.TOKEN))

    def _meaning(self, meaning: Meaning) -> list[str]:
        return [name for name in self._left if meaning_of_name(name) is meaning]

    def _take(self, field: Asked, names: list[str]) -> None:
        """Where exactly one fits."""
        if len(names) == 1:
            self.credentials[field.name] = self._left.pop(names[0])
