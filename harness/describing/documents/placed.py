"""A part of a description with its leaves, and how these are laid into its template. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue

from harness.describing.documents.fields import SENDS, Field
from harness.describing.documents.wordlists import WordLists
from harness.venue.described.addresses import Address, written

_KEYS = re.compile(r"\{([a-z_]+\.[a-z_]+)[|}]")  # facts in a key: `each fill as {fill.trade_id}`


@dataclass
class Placed:
    """A part of the description with its leaves, each at its whole address."""

    operation: str
    name: str
    at: Address
    fields: list[Field] = field(default_factory=list)
    by: str = SENDS

    @property
    def facts(self) -> frozenset[str]:
        """What its leaves hold, and its keys."""
        keys = {name for each in self.fields for step in each.at for name in _KEYS.findall(step)}
        return frozenset(each.fact for each in self.fields if each.fact) | keys


def spoken(template: Any, fields: Iterable[Field], words: WordLists) -> JsonValue:
    """The template with each word said through its list."""
    made: JsonValue = copied(template)
    for each in fields:
        text = words.text_of(each)
        if text is not None:
            made = put(made, each.at, text)
    return made


def copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


def put(document: Any, at: Sequence[str], text: JsonValue) -> JsonValue:
    if not at:
        return text
    place = document
    for step in at[:-1]:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if isinstance(place, list):
        place[int(at[-1])] = text
    else:
        place[at[-1]] = text
    made: JsonValue = document
    return made


def at_address(document: Any, at: Sequence[str]) -> JsonValue:
    place = document
    for step in at:
        place = place[int(step)] if isinstance(place, list) else place[step]
    found: JsonValue = place
    return found


def known_from(placed: Sequence[Placed]) -> dict[str, list[str]]:
    """Each part's usual source at its own address, and the leaves that have others."""
    known: dict[str, list[str]] = {}
    for part in placed:
        known[written(part.at)] = [part.by]
        for inner in ("takes", "means", "signing", "rows", "reply", "topic", "tells", "first"):
            leaves = [each for each in part.fields if each.at[: len(part.at) + 1] == (*part.at, inner)]
            if not leaves:
                continue
            usual = Counter(each.by for each in leaves).most_common(1)[0][0]
            known[written((*part.at, inner))] = list(usual)
            known |= {written(each.at): list(each.by) for each in leaves if each.by != usual}
    return known
