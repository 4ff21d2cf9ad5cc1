"""Which facts of a description somebody other than the fork vouches for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from pydantic import JsonValue

from harness.venue.described.addresses import Address, bare, covering, leaves, parsed, written
from harness.venue.described.model import Description
from harness.venue.described.placeholders import EACH, IF, leaf
from harness.venue.described.sources import confirms

# Parts of a description whose templates carry facts.
CARRYING = ("routes", "connections", "shapes")
# Facts that a market cannot be without; one of each group is enough.
NEEDED = (("market.tick_size", "market.tick_decimals"), ("market.lot_size", "market.lot_decimals"))
# Where a description says in what all fees are taken, and the facts by which replies do.
FEE_IN: Address = ("orders", "fee_in")
FEE_ASSETS = ("fill.fee_asset", "fill.fee_asset_number", "paid.asset", "order.fee_asset")
SIGNATURE = "request.signature"  # a fact of no template: that private requests are signed as described


@dataclass(frozen=True)
class Trust:
    """`places` are the leaves that carry each fact; `doubted` those that only the fork vouches for.

    `derived`: nobody has looked at the description as a whole, so that what no leaf carries may be missing.
    A `perpetual`'s fees are in the asset of its margin.
    """

    places: dict[str, tuple[Address, ...]]
    doubted: frozenset[Address]
    derived: bool = False
    perpetual: bool = False

    @classmethod
    def of(cls, description: Description) -> Trust:
        return _trust(description.model_dump_json(by_alias=True, exclude_none=True))

    def unconfirmed(self, facts: Iterable[str]) -> tuple[str, ...]:
        """Addresses of the leaves that carry one of the facts and are not confirmed, in order.

        What no leaf carries is not leaned on; where none carries any of the facts, they themselves are given,
        and so are those that a market needs, and the asset of fees, that no leaf of a derived description
        carries.
        """
        asked = tuple(facts)
        places = [place for fact in asked for place in self.places.get(fact, ())]
        if not places:
            return asked
        missing = [
            group[0]
            for group in NEEDED
            if self.derived and set(group) <= set(asked) and not any(fact in self.places for fact in group)
        ]
        spot = self.derived and not self.perpetual
        if spot and FEE_ASSETS[0] in asked and not any(fact in self.places for fact in FEE_ASSETS):
            missing.append(FEE_ASSETS[0])
        return tuple(dict.fromkeys([*missing, *(written(each) for each in places if each in self.doubted)]))


@lru_cache(maxsize=32)
def _trust(text: str) -> Trust:
    description = Description.model_validate_json(text)
    table = {parsed(at): sources for at, sources in description.known.items()}
    places: dict[str, list[Address]] = {}
    doubted: set[Address] = set()

    def sure(address: Address) -> bool:
        at = covering(address, table)
        return at is not None and any(confirms(source) for source in table[at])

    for fact, address, parts in _carried(description):
        places.setdefault(fact, []).append(address)
        if not all(map(sure, parts)):
            doubted.add(address)
    if FEE_IN in table:
        places.setdefault(FEE_ASSETS[0], []).append(FEE_IN)
        doubted |= set() if sure(FEE_IN) else {FEE_IN}
    if description.signing is not None and description.signing.scheme == "unverified":
        doubted.add(("signing",))
    carried = {fact: tuple(dict.fromkeys(found)) for fact, found in places.items()}
    perpetual = description.kind == "perpetual"
    return Trust(carried, frozenset(doubted), derived=bool(description.derived), perpetual=perpetual)


def _carried(description: Description) -> Iterator[tuple[str, Address, tuple[Address, ...]]]:
    """Each fact, where it is carried, and the leaves that this rests on."""
    dumped = description.model_dump(mode="json", by_alias=True, exclude_none=True)
    for part in CARRYING:
        for address, value in _strings(dumped.get(part), (part,)):
            for fact in _facts(value, description):
                yield fact, address, (address,)
    for name, words in description.words.items():
        for word, said in words.words.items():
            address = ("words", name, "words", word)
            for fact in said:
                yield f"{words.of}.{fact}", address, tuple((*address, each) for each in said)
    for name, route in description.routes.items():
        for fact in route.means:
            address = ("routes", name, "means", fact)
            yield fact, address, (address,)
    if description.signing is not None:
        yield SIGNATURE, ("signing",), tuple(at for at, _ in leaves(dumped["signing"], ("signing",)))


def _facts(value: str, description: Description) -> Iterator[str]:
    """The facts of a leaf: those it names, and those that its list of words stands for."""
    for hole in leaf(value).holes:
        lists = [description.words[name] for name in hole.filters if name in description.words]
        if not lists:
            yield hole.name
        for words in lists:
            yield from dict.fromkeys(f"{hole.thing}.{fact}" for said in words.words.values() for fact in said)


def _strings(value: JsonValue, at: Address) -> Iterator[tuple[Address, str]]:
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, (*at, str(index)))
    elif isinstance(value, dict):
        for key, item in value.items():
            found = EACH.fullmatch(key)
            if found and found["key"]:
                yield (*at, key), found["key"]
            if key != IF:
                yield from _strings(item, (*at, bare(key)))
